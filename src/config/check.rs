//! Options that do not go together.

use std::net::{IpAddr, Ipv4Addr};

use super::error::ConfigFault;
use super::given::Given;
use super::options::Settings;
use super::serving::HealthBackend;
use super::types::AuthStrategy;

impl Settings {
    /// The address the API listens on.
    pub fn api_address(&self) -> IpAddr {
        let unset = match self.general.auth_strategy {
            AuthStrategy::NoAuth => Ipv4Addr::LOCALHOST,
            AuthStrategy::Keystone => Ipv4Addr::UNSPECIFIED,
        };
        self.general.bind_host.unwrap_or(unset.into())
    }
}

/// What does not go together in how the API is served: section, option and why.
fn serving(settings: &Settings) -> Vec<(&'static str, &'static str, String)> {
    let mut found = Vec::new();
    let ssl = &settings.ssl;
    for (name, file) in [("cert_file", &ssl.cert_file), ("key_file", &ssl.key_file)] {
        if settings.general.use_ssl && file.is_none() {
            let what = format!("use_ssl = true needs {name} in [ssl]");
            found.push(("DEFAULT", "use_ssl", what));
        }
    }
    let backends = &settings.healthcheck.backends;
    let both = [HealthBackend::DisableByFile, HealthBackend::EnableByFiles];
    if both.iter().all(|backend| backends.contains(backend)) {
        let what = "disable_by_file and enable_by_files do not go together; choose one";
        found.push(("healthcheck", "backends", what.to_owned()));
    }
    found
}

pub(super) fn contradictions(settings: &Settings, given: &Given) -> Vec<ConfigFault> {
    let mut faults = Vec::new();
    let mut fault = |section: &str, name: &str, what: String| {
        faults.push(ConfigFault::Contradiction {
            place: given.source(section, name),
            what,
        });
    };
    let address = settings.api_address();
    if settings.general.auth_strategy == AuthStrategy::NoAuth
        && !address.is_loopback()
        && !settings.weft.allow_noauth_beyond_loopback
    {
        fault(
            "DEFAULT",
            "bind_host",
            format!(
                "bind_host = {address} with auth_strategy = noauth makes everybody who reaches that address an administrator; listen on 127.0.0.1, or write `allow_noauth_beyond_loopback = true` in [weft] (--allow-noauth-beyond-loopback)"
            ),
        );
    }
    for network_type in &settings.ml2.tenant_network_types {
        if !settings.ml2.type_drivers.contains(network_type) {
            fault(
                "ml2",
                "tenant_network_types",
                format!(
                    "tenant_network_types has {network_type}, which type_drivers has not; add it there"
                ),
            );
        }
    }
    if ![4, 6].contains(&settings.ml2.overlay_ip_version) {
        fault(
            "ml2",
            "overlay_ip_version",
            "overlay_ip_version = 5 is no version of IP; allowed: 4, 6".to_owned(),
        );
    }
    for (section, name, what) in serving(settings) {
        fault(section, name, what);
    }
    for (name, listeners) in [
        ("ovsdb_listen", &settings.weft.ovsdb_listen),
        ("openflow_listen", &settings.weft.openflow_listen),
    ] {
        let files = [
            ("key_file", &settings.weft.key_file),
            ("cert_file", &settings.weft.cert_file),
            ("ca_file", &settings.weft.ca_file),
        ];
        let missing = files.iter().find(|(_, file)| file.is_none());
        let tls = listeners.iter().find(|listen| listen.tls);
        if let (Some((missing, _)), Some(listen)) = (missing, tls) {
            fault(
                "weft",
                name,
                format!("{name} has {listen}, which needs {missing} in [weft]"),
            );
        }
    }
    faults
}
