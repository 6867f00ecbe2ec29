//! The API's listeners as the configuration wants them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{AccessLog, Cors, Health, HealthCheck, Options};
use tokio::net::{TcpListener, TcpSocket};

use super::certificates::Certificates;
use super::systemd;
use super::tls::{self, Files, TlsError};
use crate::config::{HealthBackend, Settings};

/// The project of requests that name none, where nobody is asked who they are.
const NOAUTH_PROJECT: &str = "default";
/// "For ever", for what counts in durations.
const EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Listens where the API is to be: on the socket that the service manager handed over, if it did.
///
/// # Errors
/// An address that is taken, or not ours.
pub(super) fn listener(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    match systemd::handed_listener()? {
        Some(listener) => TcpListener::from_std(listener),
        None => bind(address, backlog),
    }
}

/// Listens on an address.
///
/// # Errors
/// An address that is taken, or not ours.
pub(super) fn bind(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A restart need not wait for connections of the past.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

/// Nobody is asked who they are.
pub(super) fn noauth() -> Arc<dyn api::Identify> {
    Arc::new(api::NoAuth::new(NOAUTH_PROJECT))
}

/// How all HTTP is served, without TLS and without anything mounted.
pub(super) fn options(settings: &Settings) -> Options {
    let (general, weft) = (&settings.general, &settings.weft);
    let mut options = Options::noauth(NOAUTH_PROJECT);
    let page_max = general.pagination_max_limit.0;
    options.page_max = page_max.map_or(0, size);
    options.connections_max = size(weft.api_connections_max);
    options.body_max = size(settings.middleware.max_request_body_size);
    options.header_line_max = size(general.max_header_line);
    options.keep_alive = general.wsgi_keep_alive;
    options.proxy_headers = settings.middleware.enable_proxy_headers_parsing;
    options.head_timeout = seconds(weft.request_head_timeout_seconds);
    options.body_timeout = seconds(weft.request_body_timeout_seconds);
    options.idle_timeout = match general.client_socket_timeout {
        0 => EVER,
        limit => seconds(limit),
    };
    options.shutdown_timeout = seconds(general.graceful_shutdown_timeout);
    options.access_log = weft
        .access_log
        .then(|| access_log(&general.wsgi_log_format));
    options.cors = cors(settings);
    options.health = health(settings);
    options
}

/// TLS of the API, if it is to have any.
///
/// # Errors
/// What cannot be used of files, versions and ciphers.
pub(super) fn tls(settings: &Settings) -> Result<Option<Arc<Certificates>>, TlsError> {
    if !settings.general.use_ssl {
        return Ok(None);
    }
    let ssl = &settings.ssl;
    let files = Files::named(
        ssl.key_file.as_deref(),
        ssl.cert_file.as_deref(),
        ssl.ca_file.as_deref(),
        ["[ssl] key_file", "[ssl] cert_file"],
    )?;
    Certificates::read("the API", files).map(Some)
}

/// The protocol by which these certificates are shown.
///
/// # Errors
/// Versions and ciphers that leave nothing to speak.
pub(super) fn server(
    settings: &Settings,
    certificates: &Arc<Certificates>,
) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let mut server = tls::server(certificates, settings.ssl.version, &settings.ssl.ciphers)?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

fn access_log(format: &AccessLog) -> Arc<AccessLog> {
    Arc::new(format.clone())
}

fn cors(settings: &Settings) -> Cors {
    let cors = settings.cors.clone();
    Cors {
        allowed_origin: cors.allowed_origin,
        allow_credentials: cors.allow_credentials,
        expose_headers: cors.expose_headers,
        max_age: cors.max_age,
        allow_methods: cors.allow_methods,
        allow_headers: cors.allow_headers,
    }
}

fn health(settings: &Settings) -> Health {
    let asked = settings.healthcheck.clone();
    let check = |backend: &HealthBackend| match backend {
        HealthBackend::DisableByFile => {
            let path = asked.disable_by_file_path.clone();
            path.map(HealthCheck::DisabledByFile)
        }
        HealthBackend::DisableByFilesPorts => {
            let files = asked.disable_by_file_paths.iter();
            let files = files.map(|file| (file.port, file.path.clone()));
            Some(HealthCheck::DisabledByPortFile(files.collect()))
        }
        HealthBackend::EnableByFiles => Some(HealthCheck::EnabledByFiles(
            asked.enable_by_file_paths.clone(),
        )),
    };
    Health {
        detailed: asked.detailed,
        checks: asked.backends.iter().filter_map(check).collect(),
        allowed_source_ranges: asked.allowed_source_ranges,
        ignore_proxied_requests: asked.ignore_proxied_requests,
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
