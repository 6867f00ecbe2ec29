//! The listeners for switches: OVSDB managers and OpenFlow controllers, as the configuration names them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use super::certificates::Certificates;
use super::tls::{self, Files, TlsError};
use crate::config::{Ciphers, Settings, TlsVersions};
use crate::node::{self, Fleet};
use crate::respond::dhcp4;

/// The OpenFlow port that IANA has given out.
const OPENFLOW_PORT: u16 = 6653;

/// Why switches cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SwitchesError {
    /// An address that is taken, or not ours.
    #[error("cannot listen on {address} for {what}; end what listens there, or name another")]
    Listen {
        /// For what.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What the configuration says about nodes.
pub(super) fn settings(settings: &Settings) -> node::Settings {
    let weft = &settings.weft;
    let openflow_port = weft
        .openflow_listen
        .first()
        .map(|listen| listen.address.port());
    let audit_seconds = Some(weft.audit_interval_seconds).filter(|seconds| *seconds > 0);
    node::Settings {
        openflow_target: Some(weft.openflow_target.clone()).filter(|target| !target.is_empty()),
        openflow_port: openflow_port.unwrap_or(OPENFLOW_PORT),
        audit_interval: audit_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        openflow: openflow::session::Config::default(),
        dhcp: dhcp4::Settings {
            lease_seconds: settings.general.dhcp_lease_duration.0.unwrap_or(u32::MAX),
            domain: settings.general.dns_domain.trim_end_matches('.').to_owned(),
        },
    }
}

/// Listens, and hands to `fleet` what connects; returns the certificates that are shown, if any.
///
/// # Errors
/// [`SwitchesError`].
pub(super) async fn listen(
    settings: &Settings,
    fleet: &Fleet,
) -> Result<Vec<Arc<Certificates>>, SwitchesError> {
    let certificates = certificates(settings)?;
    let server = match &certificates {
        None => None,
        Some(shown) => {
            let server = tls::server(shown, TlsVersions::All, &Ciphers::default())?;
            Some(Arc::new(server))
        }
    };
    let tls_of = |tls: bool| -> Option<Arc<ServerConfig>> { server.clone().filter(|_| tls) };
    for listen in &settings.weft.ovsdb_listen {
        let (address, port) = (listen.address.ip(), listen.address.port());
        let target = match listen.tls {
            true => ovsdb::ListenTarget::Ssl { address, port },
            false => ovsdb::ListenTarget::Tcp { address, port },
        };
        let tls = tls_of(listen.tls);
        let options = ovsdb::ListenOptions::default();
        let listener = ovsdb::Listener::bind(&target, tls, options, ovsdb::Settings::default())
            .await
            .map_err(|source| taken("OVSDB", listen.address, source))?;
        let address = listener.local_addr().unwrap_or(listen.address);
        tracing::info!(%address, tls = listen.tls, "OVSDB listens");
        let fleet = fleet.clone();
        tokio::spawn(async move { fleet.serve_ovsdb(listener).await });
    }
    for listen in &settings.weft.openflow_listen {
        let tls = tls_of(listen.tls);
        let listener = openflow::connection::Listener::bind(listen.address, tls)
            .await
            .map_err(|source| taken("OpenFlow", listen.address, source))?;
        let address = listener.local_address().unwrap_or(listen.address);
        tracing::info!(%address, tls = listen.tls, "OpenFlow listens");
        let fleet = fleet.clone();
        tokio::spawn(async move { fleet.serve_openflow(listener).await });
    }
    Ok(certificates.into_iter().collect())
}

/// What is shown to switches, if any listener wants TLS.
fn certificates(settings: &Settings) -> Result<Option<Arc<Certificates>>, TlsError> {
    let weft = &settings.weft;
    let mut listeners = weft.ovsdb_listen.iter().chain(&weft.openflow_listen);
    if !listeners.any(|listen| listen.tls) {
        return Ok(None);
    }
    let files = Files::named(
        weft.key_file.as_deref(),
        weft.cert_file.as_deref(),
        weft.ca_file.as_deref(),
        ["[weft] key_file", "[weft] cert_file"],
    )?;
    Certificates::read("switches", files).map(Some)
}

fn taken(what: &'static str, address: SocketAddr, source: io::Error) -> SwitchesError {
    SwitchesError::Listen {
        what,
        address,
        source,
    }
}
