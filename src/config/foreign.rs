//! Options of Neutron's that weft knows and does not follow, with the reason.

/// Options of one section that share a reason.
pub(super) struct Row {
    pub(super) section: &'static str,
    /// None: the whole section.
    pub(super) names: &'static [&'static str],
    pub(super) reason: &'static str,
}

/// What is known of an option that is not in weft's own table.
pub(super) enum Foreign {
    /// Neutron has it; this is why it has no effect.
    Known(&'static str),
    /// Nobody has it.
    Unknown,
}

pub(super) fn find(section: &str, name: &str) -> Foreign {
    ROWS.iter()
        .find(|row| row.section == section && (row.names.is_empty() || row.names.contains(&name)))
        .map_or(Foreign::Unknown, |row| Foreign::Known(row.reason))
}

pub(super) fn has_section(section: &str) -> bool {
    ROWS.iter().any(|row| row.section == section)
}

pub(super) fn names(section: &str) -> impl Iterator<Item = &'static str> {
    ROWS.iter()
        .filter(move |row| row.section == section)
        .flat_map(|row| row.names.iter().copied())
}

const NO_AGENTS: &str = "nodes run Open vSwitch and no agent; weft drives it itself";
const ONE_PLUGIN: &str = "weft is one program: it has no plugins or drivers to choose from";
const ONE_PROCESS: &str = "weft is one process with a thread for each processor";
const NO_BROKER: &str = "weft uses no message broker";
const OWN_MEMORY: &str =
    "weft remembers tokens itself, by their digests, within [weft] token_cache_size";
const NO_CATALOGUE: &str = "weft asks for no catalogue with a token: it has no use for it";
const ALWAYS_TOKENS: &str = "weft decides on a token before it does anything else";
const VERSION_3: &str = "Keystone has had no other version of its API than 3 for years";
const UNBOUND: &str = "Keystone gives out no tokens that are bound to anything";
const ONE_SECTION: &str = "weft reads its user from [keystone_authtoken]; write it there";
const NO_PKI: &str = "it was for tokens of a kind that Keystone no longer has";
const SINCE_AUTH_URL: &str =
    "keystonemiddleware no longer has it: auth_url, username, password and project_name replace it";
const NO_NOVA: &str = "this version does not call Nova";
const NO_METADATA: &str = "this version does not serve metadata to instances";
const NO_ROUTERS: &str = "this version has no routers";
const NO_ADDRESS_LIMIT: &str = "this version limits no port's number of addresses";
const OWN_QUOTAS: &str = "weft keeps limits itself and always counts by what there is";
const NO_REMOTE_POLICY: &str = "weft decides about policies by itself and asks no other server";
const POLICY_MOVED: &str = "it is read from [oslo_policy]";
const NO_SERVICE: &str = "this version does not offer that service";
const STANDARD_ERROR: &str = "weft logs to standard error; what runs it keeps the log";
const ON_THE_LINE: &str = "files are named on the command line, by --config-file and --config-dir";
const IN_DATABASE: &str =
    "weft keeps everything in its database; $name still stands for what is written here";
const OWN_PIPELINE: &str =
    "what stands around the API is set by [cors], [healthcheck] and [oslo_middleware]";
const LOG_TELLS: &str = "no answer shows the inside of the program; the log does";
const IDLE_ENDS: &str = "a connection that lies still is ended by client_socket_timeout";
const NO_BACKDOOR: &str = "weft has no backdoor; /weft/v1/status and /metrics tell its state";
const CHECK_TELLS: &str = "`weft config check` prints the settings";
const NEW_NAME: &str = "the option is max_request_body_size in [oslo_middleware]";
const NO_PASSWORDS: &str = "weft keeps no passwords of its users";
const NO_TRACING: &str =
    "weft sends no traces; its log has every request with its ids and its time";
const ONE_PATH: &str = "health is told at /healthcheck";
const ALWAYS: &str = "weft always does so";
const ONE_CONNECTION: &str = "weft writes through one connection and reads from memory";
const DHCP_IN_FLOWS: &str = "weft answers DHCP itself: there is no dnsmasq";
const OWN_VALUE: &str = "weft has a value of its own for that, which suits its pipeline";

const fn row(section: &'static str, names: &'static [&'static str], reason: &'static str) -> Row {
    Row {
        section,
        names,
        reason,
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "DEFAULT",
        &[
            "core_plugin",
            "service_plugins",
            "api_extensions_path",
            "ipam_driver",
            "external_dns_driver",
            "network_scheduler_driver",
            "router_scheduler_driver",
            "interface_driver",
            "quota_driver",
            "vlan_qinq",
            "vlan_transparent",
            "network_link_prefix",
            "enable_traditional_dhcp",
            "allow_automatic_dhcp_failover",
            "allow_automatic_l3agent_failover",
            "rpc_backend",
            "enable_code_profiling",
            "code_profiling_calls_to_log",
        ],
        ONE_PLUGIN,
    ),
    row(
        "DEFAULT",
        &[
            "allow_overlapping_ips",
            "allow_pagination",
            "allow_sorting",
            "filter_validation",
            "advertise_mtu",
            "force_gateway_on_subnet",
            "network_auto_schedule",
            "router_auto_schedule",
        ],
        ALWAYS,
    ),
    row(
        "DEFAULT",
        &[
            "api_workers",
            "rpc_workers",
            "rpc_state_report_workers",
            "workers",
            "setproctitle",
            "periodic_interval",
            "periodic_fuzzy_delay",
            "wsgi_default_pool_size",
            "retry_until_window",
            "run_external_periodic_tasks",
        ],
        ONE_PROCESS,
    ),
    row(
        "DEFAULT",
        &[
            "transport_url",
            "control_exchange",
            "rpc_response_timeout",
            "rpc_response_max_timeout",
            "rpc_conn_pool_size",
            "conn_pool_min_size",
            "conn_pool_ttl",
            "executor_thread_pool_size",
            "rpc_thread_pool_size",
            "rpc_ping_enabled",
            "notification_driver",
            "notification_topics",
            "rpc_resources_processing_step",
        ],
        NO_BROKER,
    ),
    row(
        "DEFAULT",
        &[
            "notify_nova_on_port_status_changes",
            "notify_nova_on_port_data_changes",
            "send_events_interval",
        ],
        NO_NOVA,
    ),
    row(
        "DEFAULT",
        &[
            "log_config_append",
            "log_config",
            "log_date_format",
            "log_file",
            "logfile",
            "log_dir",
            "logdir",
            "watch_log_file",
            "use_syslog",
            "use_journal",
            "use_stderr",
            "use_eventlog",
            "syslog_log_facility",
            "log_color",
            "log_rotate_interval",
            "log_rotate_interval_type",
            "log_rotation_type",
            "max_logfile_count",
            "max_logfile_size_mb",
            "logging_context_format_string",
            "logging_default_format_string",
            "logging_debug_format_suffix",
            "logging_exception_prefix",
            "logging_user_identity_format",
            "default_log_levels",
            "publish_errors",
            "instance_format",
            "instance_uuid_format",
            "rate_limit_interval",
            "rate_limit_burst",
            "rate_limit_except_level",
            "fatal_deprecations",
            "verbose",
        ],
        STANDARD_ERROR,
    ),
    row(
        "DEFAULT",
        &[
            "dhcp_agent_notification",
            "agent_down_time",
            "dhcp_load_type",
            "enable_new_agents",
            "dhcp_agents_per_network",
            "enable_services_on_agents_with_admin_state_down",
            "report_interval",
            "agent_mode",
            "external_pids",
            "ovs_use_veth",
            "ra_confs",
            "radvd_user",
            "kill_scripts_path",
            "cleanup_on_shutdown",
            "ip_lib_force_root",
            "ovs_integration_bridge",
            "external_network_bridge",
            "router_id",
            "use_namespaces",
            "ha_confs_path",
            "per_router_log_files",
            "router_log_files_in_ha_confs",
            "metering_agent_driver",
            "driver",
            "granular_traffic_data",
            "measure_interval",
        ],
        NO_AGENTS,
    ),
    row(
        "DEFAULT",
        &[
            "dhcp_driver",
            "dhcp_confs",
            "resync_interval",
            "resync_throttle",
            "enable_isolated_metadata",
            "force_metadata",
            "enable_metadata_network",
            "num_sync_threads",
            "bulk_reload_interval",
            "dnsmasq_config_file",
            "dnsmasq_dns_servers",
            "dnsmasq_base_log_dir",
            "dnsmasq_local_resolv",
            "dnsmasq_lease_max",
            "dnsmasq_enable_addr6_list",
            "dnsmasq_txt_record",
            "dhcp_broadcast_reply",
            "dhcp_renewal_time",
            "dhcp_rebinding_time",
            "dhcp_domain",
            "min_rtr_adv_interval",
            "max_rtr_adv_interval",
        ],
        DHCP_IN_FLOWS,
    ),
    row(
        "DEFAULT",
        &[
            "metadata_port",
            "enable_metadata_proxy",
            "metadata_access_mark",
            "metadata_proxy_socket",
            "metadata_proxy_user",
            "metadata_proxy_group",
            "metadata_proxy_socket_mode",
            "metadata_proxy_shared_secret",
            "metadata_workers",
            "metadata_backlog",
            "nova_metadata_host",
            "nova_metadata_ip",
            "nova_metadata_port",
            "nova_metadata_protocol",
            "nova_metadata_insecure",
            "nova_client_cert",
            "nova_client_priv_key",
            "auth_ca_cert",
        ],
        NO_METADATA,
    ),
    row(
        "DEFAULT",
        &[
            "router_distributed",
            "enable_dvr",
            "host_dvr_for_dhcp",
            "dvr_base_mac",
            "l3_ha",
            "max_l3_agents_per_router",
            "min_l3_agents_per_router",
            "l3_ha_net_cidr",
            "l3_ha_network_type",
            "l3_ha_network_physical_name",
            "max_routes",
            "enable_snat_by_default",
            "enable_default_route_ecmp",
            "enable_default_route_bfd",
            "enable_ndp_proxy_by_default",
            "handle_internal_only_routers",
            "ipv6_gateway",
            "external_ingress_mark",
            "ha_vrrp_auth_type",
            "ha_vrrp_auth_password",
            "ha_vrrp_advert_int",
            "ha_vrrp_health_check_interval",
            "allowed_conntrack_helpers",
            "ha_conntrackd_enabled",
            "ha_conntrackd_group",
            "ha_conntrackd_hashlimit",
            "ha_conntrackd_hashsize",
            "ha_conntrackd_ipv4_mcast_addr",
            "ha_conntrackd_rcvsocketbuffer",
            "ha_conntrackd_sndsocketbuffer",
            "ha_conntrackd_socketbuffersize",
            "ha_conntrackd_socketbuffersize_max_grown",
            "ha_conntrackd_unix_backlog",
            "ipv6_pd_enabled",
            "gateway_external_network_id",
        ],
        NO_ROUTERS,
    ),
    row(
        "DEFAULT",
        &["osapi_max_request_body_size", "max_request_body_size"],
        NEW_NAME,
    ),
    row(
        "DEFAULT",
        &["config_file", "config_dir", "config_source"],
        ON_THE_LINE,
    ),
    row("DEFAULT", &["state_path", "lock_path"], IN_DATABASE),
    row("DEFAULT", &["api_paste_config"], OWN_PIPELINE),
    row("DEFAULT", &["wsgi_server_debug"], LOG_TELLS),
    row("DEFAULT", &["tcp_keepidle"], IDLE_ENDS),
    row(
        "DEFAULT",
        &["backdoor_port", "backdoor_socket"],
        NO_BACKDOOR,
    ),
    row("DEFAULT", &["log_options"], CHECK_TELLS),
    row("DEFAULT", &["http_retries"], NO_NOVA),
    row("DEFAULT", &["host", "my_ip", "my_ipv6"], NO_AGENTS),
    row("DEFAULT", &["policy_file"], POLICY_MOVED),
    row("DEFAULT", &["max_fixed_ips_per_port"], NO_ADDRESS_LIMIT),
    row(
        "database",
        &[
            "engine",
            "backend",
            "slave_connection",
            "asyncio_connection",
            "asyncio_slave_connection",
            "sqlite_synchronous",
            "mysql_sql_mode",
            "mysql_wsrep_sync_wait",
            "connection_recycle_time",
            "idle_timeout",
            "min_pool_size",
            "max_pool_size",
            "max_retries",
            "retry_interval",
            "max_overflow",
            "connection_debug",
            "connection_trace",
            "pool_timeout",
            "use_db_reconnect",
            "use_tpool",
            "db_retry_interval",
            "db_inc_retry_interval",
            "db_max_retry_interval",
            "db_max_retries",
            "connection_parameters",
            "synchronous_reader",
        ],
        ONE_CONNECTION,
    ),
    row(
        "ml2",
        &[
            "mechanism_drivers",
            "extension_drivers",
            "tunnelled_network_rp_name",
        ],
        ONE_PLUGIN,
    ),
    row(
        "ml2_type_vxlan",
        &["vxlan_group", "l2_population"],
        OWN_VALUE,
    ),
    row("agent", &[], NO_AGENTS),
    row("ovs", &[], NO_AGENTS),
    row("ovs_driver", &[], ONE_PLUGIN),
    row("linux_bridge", &[], NO_AGENTS),
    row("vxlan", &[], NO_AGENTS),
    row("macvtap", &[], NO_AGENTS),
    row("sriov_nic", &[], NO_AGENTS),
    row("sriov_driver", &[], ONE_PLUGIN),
    row("securitygroup", &[], NO_AGENTS),
    row("l2pop", &[], NO_AGENTS),
    row("fdb", &[], NO_AGENTS),
    row("dhcp", &[], NO_AGENTS),
    row("local_ip", &[], NO_AGENTS),
    row("metadata", &[], NO_METADATA),
    row("metadata_haproxy", &[], NO_METADATA),
    row("metadata_rate_limiting", &[], NO_METADATA),
    row("dns_forwarder", &[], NO_AGENTS),
    row("ovn", &[], ONE_PLUGIN),
    row("ovn_nb_global", &[], ONE_PLUGIN),
    row("ovn_evpn", &[], ONE_PLUGIN),
    row("network_log", &[], NO_SERVICE),
    row("bgp", &[], NO_SERVICE),
    row("designate", &[], NO_SERVICE),
    row("placement", &[], NO_SERVICE),
    row("ironic", &[], NO_SERVICE),
    row("qos", &[], NO_SERVICE),
    row("service_providers", &[], NO_SERVICE),
    row("quotas", &["quota_driver", "track_quota_usage"], OWN_QUOTAS),
    row("nova", &[], NO_NOVA),
    row(
        "keystone_authtoken",
        &[
            "memcached_servers",
            "memcache_servers",
            "memcache_security_strategy",
            "memcache_secret_key",
            "memcache_tls_enabled",
            "memcache_tls_cafile",
            "memcache_tls_certfile",
            "memcache_tls_keyfile",
            "memcache_tls_allowed_ciphers",
            "memcache_pool_dead_retry",
            "memcache_pool_maxsize",
            "memcache_pool_socket_timeout",
            "memcache_pool_unused_timeout",
            "memcache_pool_conn_get_timeout",
            "memcache_use_advanced_pool",
            "memcache_sasl_enabled",
            "memcache_username",
            "memcache_password",
            "cache",
        ],
        OWN_MEMORY,
    ),
    row(
        "keystone_authtoken",
        &["include_service_catalog"],
        NO_CATALOGUE,
    ),
    row(
        "keystone_authtoken",
        &["delay_auth_decision"],
        ALWAYS_TOKENS,
    ),
    row("keystone_authtoken", &["auth_version"], VERSION_3),
    row("keystone_authtoken", &["enforce_token_bind"], UNBOUND),
    row("keystone_authtoken", &["auth_section"], ONE_SECTION),
    row(
        "keystone_authtoken",
        &[
            "signing_dir",
            "check_revocations_for_cached",
            "hash_algorithms",
            "revocation_cache_time",
        ],
        NO_PKI,
    ),
    row(
        "keystone_authtoken",
        &[
            "identity_uri",
            "auth_host",
            "auth_port",
            "auth_protocol",
            "auth_admin_prefix",
            "admin_token",
            "admin_user",
            "admin_password",
            "admin_tenant_name",
        ],
        SINCE_AUTH_URL,
    ),
    row("oslo_concurrency", &[], ONE_PROCESS),
    row(
        "oslo_middleware",
        &["http_basic_auth_user_file"],
        NO_PASSWORDS,
    ),
    row("oslo_middleware_tracing", &[], NO_TRACING),
    row("oslo_reports", &[], ONE_PROCESS),
    row("oslo_versionedobjects", &[], ONE_PROCESS),
    row("oslo_messaging_notifications", &[], NO_BROKER),
    row("oslo_messaging_rabbit", &[], NO_BROKER),
    row("oslo_messaging_amqp", &[], NO_BROKER),
    row("oslo_messaging_kafka", &[], NO_BROKER),
    row("oslo_messaging_zmq", &[], NO_BROKER),
    row("oslo_limit", &[], OWN_QUOTAS),
    row(
        "oslo_policy",
        &[
            "remote_content_type",
            "remote_ssl_verify_server_crt",
            "remote_ssl_ca_crt_file",
            "remote_ssl_client_crt_file",
            "remote_ssl_client_key_file",
            "remote_timeout",
        ],
        NO_REMOTE_POLICY,
    ),
    row("privsep", &[], NO_AGENTS),
    row("healthcheck", &["path"], ONE_PATH),
    row("profiler", &[], NO_TRACING),
    row("cache", &[], ONE_PROCESS),
    row("experimental", &[], ONE_PLUGIN),
    row("cli_script", &[], ONE_PROCESS),
    row("audit_middleware_notifications", &[], NO_BROKER),
];
