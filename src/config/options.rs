//! Every option weft has. `docs/configuration.md` is printed from this table.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use api::NetworkType;

use crate::ledger::Database;

use super::given::Given;
use super::table::{OptionRow, sections};
use super::types::{
    AuthStrategy, BaseMac, IdRanges, LeaseSeconds, Limit, Listen, PhysicalNetworks, QuotaLimit,
    VlanRanges,
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
        /// How many days the log of all changes goes back; 0 keeps everything.
        log_retention_days: u32 = "30", 0..=36500;
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
