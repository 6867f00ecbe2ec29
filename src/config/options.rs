//! Every option weft has. `docs/configuration.md` is printed from this table.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use api::{AccessLog, NetworkType};
use ipnet::IpNet;

use crate::ledger::Database;

use super::given::Given;
use super::keystone::{AuthType, CacheSeconds, Interface, Secret};
use super::serving::{Ciphers, HealthBackend, PortFile, TlsVersions};
use super::table::{OptionRow, sections};
use super::types::{
    AuthStrategy, BaseMac, Folders, IdRanges, LeaseSeconds, Limit, Listen, PhysicalNetworks,
    QuotaLimit, VlanRanges,
};
use super::value::Value;

sections! {
    /// The API, and what holds for the whole cloud. Neutron's options.
    general: General = "DEFAULT" {
        /// Address the API listens on. Left empty, it is 127.0.0.1 with `auth_strategy = noauth`
        /// and 0.0.0.0 otherwise.
        bind_host: Option<IpAddr> = "";
        /// Port the API listens on.
        bind_port: u16 = "9696";
        /// Who may use the API. With no file at all it is `noauth`, on loopback.
        auth_strategy: AuthStrategy = "keystone";
        /// Whether the log tells more: what was sent to which switch, and why.
        debug: bool = "false";
        /// Whether the log is one JSON document a line.
        use_json: bool = "false";
        /// Whether the API speaks TLS, by `[ssl]`.
        use_ssl: bool = "false";
        /// How long requests may take to end once weft was told to stop, in seconds; 0 for as long as
        /// they take. Told twice, it stops at once.
        graceful_shutdown_timeout: u32 = "60", 0..=86400;
        /// How long a connection may lie still with no request being served, in seconds, and the time
        /// over which the speed is measured at which a client reads an answer (4 KiB a second are the
        /// least); 0 for ever. Neutron's default is 900.
        client_socket_timeout: u32 = "75", 0..=86400;
        /// Whether an HTTP/1.1 connection serves more than one request.
        wsgi_keep_alive: bool = "true";
        /// Longest line of a request's head, in bytes; longer ones are answered with 431, a longer
        /// address with 414. All lines together may have 64 KiB, and there may be 100 of them.
        max_header_line: u32 = "16384", 256..=65536;
        /// How a request is written in the log, in Python's notation.
        wsgi_log_format: AccessLog = "%(client_ip)s \"%(request_line)s\" status: %(status_code)s  len: %(body_length)s time: %(wall_seconds).7f";
        /// How many connections may wait to be accepted.
        backlog: u32 = "4096", 1..=65535;
        /// Whether a POST may create several resources at once.
        allow_bulk: bool = "true";
        /// Most resources in one answer to a list request.
        pagination_max_limit: Limit = "-1";
        /// What the MAC addresses begin with that weft makes up.
        base_mac: BaseMac = "fa:16:3e:00:00:00";
        /// MTU of the physical networks and of what tunnels run over, in bytes.
        global_physnet_mtu: u32 = "1500", 68..=65535;
        /// How long a DHCP lease lasts, in seconds.
        dhcp_lease_duration: LeaseSeconds = "86400";
        /// Domain that instances' names are in.
        dns_domain: String = "openstacklocal";
        /// Most DNS servers a subnet may have.
        max_dns_nameservers: u32 = "5";
        /// Most host routes a subnet may have.
        max_subnet_host_routes: u32 = "20";
        /// Most allowed address pairs a port may have.
        max_allowed_address_pair: u32 = "10";
        /// Availability zones of networks that ask for none.
        default_availability_zones: Vec<String> = "";
    }

    /// Where the cloud is remembered. Neutron's option.
    database: DatabaseSection = "database" {
        /// The database: a file for one controller, a MySQL or MariaDB server for several.
        connection: Database = "sqlite:weft.db";
    }

    /// TLS of the API. oslo.service's options.
    ssl: Ssl = "ssl" {
        /// File with the certificate chain, in PEM.
        cert_file: Option<PathBuf> = "";
        /// File with the private key, in PEM.
        key_file: Option<PathBuf> = "";
        /// File with the certificates, in PEM, that must have signed those of the clients. Left empty,
        /// clients need none.
        ca_file: Option<PathBuf> = "";
        /// Versions of TLS.
        version: TlsVersions = "";
        /// Cipher suites of TLS 1.2; those of 1.3 are always there.
        ciphers: Ciphers = "";
    }

    /// What browsers are told of pages of other sites. oslo.middleware's options.
    cors: CorsSection = "cors" {
        /// Sites whose pages may use the API, as `https://horizon.example.com`, or `*` for all.
        allowed_origin: Vec<String> = "";
        /// Whether their requests may carry credentials.
        allow_credentials: bool = "true";
        /// Headers of answers that they may read, beside the simple ones.
        expose_headers: Vec<String> = "X-Auth-Token,X-Subject-Token,X-Service-Token,X-OpenStack-Request-ID,OpenStack-Volume-microversion";
        /// How long a browser may remember what it was told, in seconds.
        max_age: u32 = "3600";
        /// Methods that they may use.
        allow_methods: Vec<String> = "GET,PUT,POST,DELETE,PATCH";
        /// Headers that they may send, beside the simple ones.
        allow_headers: Vec<String> = "X-Auth-Token,X-Identity-Status,X-Roles,X-Service-Catalog,X-User-Id,X-Tenant-Id,X-OpenStack-Request-ID";
    }

    /// Requests before they are read. oslo.middleware's options.
    middleware: Middleware = "oslo_middleware" {
        /// Whether to believe `Forwarded`, `X-Forwarded-Proto`, `-Host`, `-For` and `-Prefix`. Only
        /// behind a proxy that sets or removes them.
        enable_proxy_headers_parsing: bool = "false";
        /// Longest body of a request, in bytes; longer ones are answered with 413.
        max_request_body_size: u32 = "8388608", 1024..=1073741824;
    }

    /// `/healthcheck`. oslo.middleware's options.
    healthcheck: HealthcheckSection = "healthcheck" {
        /// What is looked at, beside the ledger.
        backends: Vec<HealthBackend> = "disable_by_file";
        /// While this file is there, the answer is 503 (`disable_by_file`).
        disable_by_file_path: Option<PathBuf> = "/var/lib/neutron/healthcheck_disable";
        /// The same for each port that may be listened on (`disable_by_files_ports`).
        disable_by_file_paths: Vec<PortFile> = "";
        /// While one of these files is missing, the answer is 503 (`enable_by_files`).
        enable_by_file_paths: Vec<PathBuf> = "";
        /// Whether the answer says what was looked at and found.
        detailed: bool = "false";
        /// Networks from which the question is answered; empty for all.
        allowed_source_ranges: Vec<IpNet> = "";
        /// Whether requests that a proxy passed on are not answered.
        ignore_proxied_requests: bool = "false";
    }

    /// Keystone, which knows who is calling, and the user weft asks it as. keystonemiddleware's
    /// options; read where `auth_strategy = keystone`.
    keystone: Keystone = "keystone_authtoken" {
        /// Where weft's own user gets its token: a URL, with /v3 at its end or without. Left empty,
        /// it is `www_authenticate_uri`.
        auth_url: String = "";
        /// Where clients without a valid token are told to get one. Left empty, it is `auth_url`.
        www_authenticate_uri | "auth_uri": String = "";
        /// By what weft's user proves who it is.
        auth_type | "auth_plugin": AuthType = "password";
        /// Name of weft's user, who needs the role `service` or `admin`.
        username | "user_name": String = "";
        /// Its id, instead of the name.
        user_id: String = "";
        /// Its password.
        password: Secret = "";
        /// Domain of the user's name.
        user_domain_name: String = "";
        /// The same by id.
        user_domain_id: String = "";
        /// Id of the user's application credential, with `v3applicationcredential`.
        application_credential_id: String = "";
        /// Name of it; the user has to be named too.
        application_credential_name: String = "";
        /// Secret of it.
        application_credential_secret: Secret = "";
        /// Project of weft's token.
        project_name | "tenant_name": String = "";
        /// The same by id.
        project_id | "tenant_id": String = "";
        /// Domain of the project's name.
        project_domain_name: String = "";
        /// The same by id.
        project_domain_id: String = "";
        /// Domain of weft's token, instead of a project.
        domain_name: String = "";
        /// The same by id.
        domain_id: String = "";
        /// `all` for a token for the whole system, instead of a project.
        system_scope: String = "";
        /// Trust of weft's token, instead of a project.
        trust_id: String = "";
        /// Domain of names that have none of their own here.
        default_domain_name: String = "";
        /// The same by id.
        default_domain_id: String = "";
        /// Which of Keystone's endpoints in its catalogue is asked about tokens; `auth_url` where
        /// the catalogue has none.
        interface: Interface = "internal";
        /// Region of that endpoint; left empty, any.
        region_name: String = "";
        /// File with the certificates, in PEM, that may have signed Keystone's; left empty, those
        /// of the system.
        cafile: Option<PathBuf> = "";
        /// File with the certificate, in PEM, that weft shows to Keystone.
        certfile: Option<PathBuf> = "";
        /// File with its key, where it is not in the same file.
        keyfile: Option<PathBuf> = "";
        /// Whether any certificate of Keystone's will do.
        insecure: bool = "false";
        /// How long one request to Keystone may take, in seconds. keystonemiddleware waits for ever
        /// where it is not given.
        http_connect_timeout: u32 = "10", 1..=600;
        /// How often a connection to Keystone is tried again, after 0.2 s, 0.4 s and so on.
        http_request_max_retries: u32 = "3", 0..=10;
        /// How long what Keystone said of a token holds, in seconds: a token that is revoked is
        /// good for as long.
        token_cache_time: CacheSeconds = "300";
        /// Roles of which a service's token (`X-Service-Token`) must have one for its user's token
        /// to count after it has ended.
        service_token_roles: Vec<String> = "service";
        /// Whether a service's token must have one of them to count at all.
        service_token_roles_required: bool = "true";
        /// What access rules of application credentials call this service. keystonemiddleware
        /// refuses such tokens where it is not given.
        service_type: String = "network";
    }

    /// Which networks there can be. Neutron's options.
    ml2: Ml2 = "ml2" {
        /// Network types that networks may have.
        type_drivers: Vec<NetworkType> = "local,flat,vlan,gre,vxlan,geneve";
        /// Network types that networks get whose creator names none, in the order in which they
        /// are tried. Neutron's default is `local`, with which nothing reaches another node.
        tenant_network_types | "project_network_types": Vec<NetworkType> = "vxlan";
        /// Largest packet the underlay of tunnels carries, in bytes; 0 for `global_physnet_mtu`.
        path_mtu: u32 = "0", 0..=65535;
        /// MTU of physical networks that differs from `global_physnet_mtu`, in bytes.
        physical_network_mtus: BTreeMap<String, u32> = "", 68..=65535;
        /// Network type of external networks whose creator names none; empty for
        /// `tenant_network_types`.
        external_network_type: Option<NetworkType> = "";
        /// IP version of the addresses between which tunnels run.
        overlay_ip_version: u8 = "4", 4..=6;
    }

    /// Untagged networks. Neutron's option.
    flat: Flat = "ml2_type_flat" {
        /// Physical networks that a flat network may be made of.
        flat_networks: PhysicalNetworks = "*";
    }

    /// VLAN networks. Neutron's option.
    vlan: Vlan = "ml2_type_vlan" {
        /// Physical networks that carry VLANs, with the VLAN ids that networks get whose creator
        /// names none.
        network_vlan_ranges: VlanRanges = "";
    }

    /// VXLAN networks. Neutron's option.
    vxlan: Vxlan = "ml2_type_vxlan" {
        /// VNIs that networks get whose creator names none. Neutron's default is none.
        vni_ranges: IdRanges = "1:16777215", 1..=16777215;
    }

    /// GRE networks. Neutron's option.
    gre: Gre = "ml2_type_gre" {
        /// Keys that networks get whose creator names none.
        tunnel_id_ranges: IdRanges = "1:16777215", 1..=4294967295;
    }

    /// Geneve networks. Neutron's options.
    geneve: Geneve = "ml2_type_geneve" {
        /// VNIs that networks get whose creator names none.
        vni_ranges: IdRanges = "1:16777215", 1..=16777215;
        /// Room to leave for the Geneve header with its options, in bytes.
        max_header_size: u32 = "30", 8..=260;
    }

    /// Open vSwitch on the nodes. Neutron's option.
    ovs: Ovs = "ovs" {
        /// The bridge that instances are plugged into.
        integration_bridge: String = "br-int";
    }

    /// How much a project may have that has no limits of its own (`openstack quota set`). Neutron's
    /// options.
    quotas: Quotas = "quotas" {
        /// Most of anything else that has a quota.
        default_quota: QuotaLimit = "-1";
        /// Most networks.
        quota_network: QuotaLimit = "100";
        /// Most subnets.
        quota_subnet: QuotaLimit = "100";
        /// Most ports.
        quota_port: QuotaLimit = "500";
        /// Most routers.
        quota_router: QuotaLimit = "10";
        /// Most routes of one router.
        quota_router_route: QuotaLimit = "30";
        /// Most floating IPs.
        quota_floatingip: QuotaLimit = "50";
        /// Most security groups.
        quota_security_group: QuotaLimit = "10";
        /// Most rules of security groups.
        quota_security_group_rule: QuotaLimit = "100";
        /// Most RBAC policies.
        quota_rbac_policy: QuotaLimit = "10";
    }

    /// Who may do what. Neutron's options, which are oslo.policy's.
    policy: Policy = "oslo_policy" {
        /// File with rules that override Neutron's defaults, in YAML or JSON. A relative path is
        /// looked for beside each configuration file. Left empty, it is `policy.yaml` where there is
        /// one. It is read again when it changes, and at SIGHUP.
        policy_file: Option<PathBuf> = "";
        /// Folders with more such files, which override it in order of name. Those that are not
        /// there are passed over.
        policy_dirs: Folders = "policy.d";
        /// The rule of what has none.
        policy_default_rule: String = "default";
        /// Whether tokens for the whole system or for a domain are refused: Neutron's policies are
        /// for tokens of projects.
        enforce_scope: bool = "true";
        /// Whether only the personas of today count (admin, manager, member, reader, service).
        /// Otherwise the older defaults hold besides, and administrators may do everything.
        enforce_new_defaults: bool = "true";
    }

    /// What Neutron has no option for.
    weft: Weft = "weft" {
        /// Where the nodes' OVSDB servers connect to (`ovs-vsctl set-manager`).
        ovsdb_listen: Vec<Listen> = "tcp:127.0.0.1:6640";
        /// Where the nodes' switches connect to; weft tells them.
        openflow_listen: Vec<Listen> = "tcp:127.0.0.1:6653";
        /// What the nodes' switches are told to connect to, as in `ovs-vsctl set-controller`.
        /// Left empty, it is the address at which a node reached `ovsdb_listen`, with the first
        /// port of `openflow_listen`.
        openflow_target: String = "";
        /// File with the private key, in PEM, for `ssl:` listeners.
        key_file: Option<PathBuf> = "";
        /// File with the certificate chain, in PEM, for `ssl:` listeners.
        cert_file: Option<PathBuf> = "";
        /// File with the certificates, in PEM, that must have signed those of the nodes.
        ca_file: Option<PathBuf> = "";
        /// Whether an API that takes everybody for an administrator may listen beyond loopback.
        allow_noauth_beyond_loopback: bool = "false";
        /// How often to look whether certificate files have changed, in seconds. SIGHUP looks at once.
        certificate_check_interval_seconds: u32 = "10", 1..=86400;
        /// How often to look whether policy files have changed, in seconds. SIGHUP looks at once.
        policy_check_interval_seconds: u32 = "10", 1..=86400;
        /// Whether each request is written in the log, by `wsgi_log_format`.
        access_log: bool = "true";
        /// Most connections to the API at once; one more is answered with 503.
        api_connections_max: u32 = "8192", 1..=1000000;
        /// How long the head of a request may take to arrive, and a TLS handshake, in seconds; then
        /// it is answered with 408.
        request_head_timeout_seconds: u32 = "10", 1..=3600;
        /// How long the body of a request may take to arrive, in seconds; then it is answered with 408.
        request_body_timeout_seconds: u32 = "30", 1..=3600;
        /// Where `/metrics` is served besides the API, in the clear and to everybody, with
        /// `/healthcheck` and nothing else. Left empty, nowhere.
        metrics_listen: Option<SocketAddr> = "";
        /// Whether the API serves `/metrics` to everybody, and not to administrators only.
        metrics_public: bool = "false";
        /// Most tokens of which weft remembers what Keystone said, and as many of those it refused.
        token_cache_size: u32 = "16384", 1..=1000000;
        /// Most tokens that Keystone is asked about at a time.
        token_validations_max: u32 = "64", 1..=4096;
        /// Most unknown tokens that wait for that; one more is answered with 503.
        token_validations_waiting: u32 = "1024", 0..=1000000;
        /// How many days the log of all changes goes back; 0 keeps everything.
        log_retention_days: u32 = "30", 0..=36500;
        /// Most clients that follow the changes (`/weft/v1/changes`) at a time; one more is answered
        /// with 503.
        change_readers_max: u32 = "1024", 1..=1000000;
        /// How often each node's switch is compared with what it should have, in seconds; 0 never.
        audit_interval_seconds: u32 = "300", 0..=86400;
        /// Most API writes that wait at a time; one more is answered with 503.
        write_queue_length: u32 = "4096", 1..=1000000;
        /// How long a lock of another process on the database is waited for, in seconds.
        database_lock_timeout_seconds: u32 = "5", 1..=600;
        /// How often to look for what other controllers have written, in milliseconds.
        database_poll_interval_ms: u32 = "1000", 10..=60000;
    }
}
