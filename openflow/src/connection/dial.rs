//! Dialling a switch: `tcp:HOST:PORT`, `ssl:HOST:PORT` or `unix:PATH`, as Open vSwitch writes them.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use thiserror::Error;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::listen::{prepare, within};
use super::{Config, Connection, Events};
use crate::session::CloseReason;

/// The port that is meant where a target names none (IANA: openflow).
const OPENFLOW_PORT: u16 = 6653;

/// Where a switch listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// `tcp:HOST:PORT`
    Tcp {
        /// Name or address, without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// `ssl:HOST:PORT`
    Ssl {
        /// Name or address, without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// `unix:PATH`, such as the `.mgmt` socket of a bridge.
    Unix(PathBuf),
}

/// Why a switch could not be reached.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DialError {
    /// The text is no target.
    #[error("`{text}` is no target: tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH is")]
    Target {
        /// What was given.
        text: String,
    },
    /// `ssl:` without a TLS configuration.
    #[error("{target} needs a key, a certificate and a CA certificate")]
    NoTls {
        /// Where to.
        target: Target,
    },
    /// The host is no name that a certificate can be checked against.
    #[error("`{host}` is no valid host name")]
    HostName {
        /// What was given.
        host: String,
    },
    /// No connection.
    #[error("cannot connect to {target}: {error}")]
    Connect {
        /// Where to.
        target: Target,
        /// Why not.
        error: io::Error,
    },
    /// A connection, but no session.
    #[error("no OpenFlow session with {target}: {reason}")]
    Session {
        /// With whom.
        target: Target,
        /// Why not.
        reason: CloseReason,
    },
}

/// Connects to a switch and does the handshake. Whether and when to try again is the caller's.
///
/// # Errors
/// No connection or no session.
pub async fn dial(
    target: &Target,
    tls: Option<Arc<ClientConfig>>,
    config: Config,
) -> Result<(Connection, Events), DialError> {
    let no_session = |reason| DialError::Session {
        target: target.clone(),
        reason,
    };
    let timeout = config.session.handshake_timeout;
    match target {
        Target::Unix(path) => {
            let connect = UnixStream::connect(path);
            let stream = in_time(target, timeout, connect).await?;
            Connection::open(stream, config).await.map_err(no_session)
        }
        Target::Tcp { host, port } => {
            let connect = TcpStream::connect((host.as_str(), *port));
            let stream = in_time(target, timeout, connect).await?;
            prepare(&stream).map_err(no_session)?;
            Connection::open(stream, config).await.map_err(no_session)
        }
        Target::Ssl { host, port } => {
            let tls = tls.ok_or_else(|| DialError::NoTls {
                target: target.clone(),
            })?;
            let name = ServerName::try_from(host.clone())
                .map_err(|_| DialError::HostName { host: host.clone() })?;
            let connect = TcpStream::connect((host.as_str(), *port));
            let stream = in_time(target, timeout, connect).await?;
            prepare(&stream).map_err(no_session)?;
            let handshake = TlsConnector::from(tls).connect(name, stream);
            let stream = within(timeout, handshake).await.map_err(no_session)?;
            Connection::open(stream, config).await.map_err(no_session)
        }
    }
}

async fn in_time<S>(
    target: &Target,
    timeout: std::time::Duration,
    connect: impl Future<Output = io::Result<S>>,
) -> Result<S, DialError> {
    let connected = tokio::time::timeout(timeout, connect).await;
    let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    connected.map_err(|error| DialError::Connect {
        target: target.clone(),
        error,
    })
}

impl FromStr for Target {
    type Err = DialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no_target = || DialError::Target {
            text: text.to_owned(),
        };
        let (method, rest) = text.split_once(':').ok_or_else(no_target)?;
        match method {
            "unix" if !rest.is_empty() => Ok(Target::Unix(rest.into())),
            "tcp" => {
                let (host, port) = host_and_port(rest).ok_or_else(no_target)?;
                Ok(Target::Tcp { host, port })
            }
            "ssl" => {
                let (host, port) = host_and_port(rest).ok_or_else(no_target)?;
                Ok(Target::Ssl { host, port })
            }
            _ => Err(no_target()),
        }
    }
}

/// `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if port.is_empty() => OPENFLOW_PORT,
        None => return None,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, host, port) = match self {
            Target::Tcp { host, port } => ("tcp", host, port),
            Target::Ssl { host, port } => ("ssl", host, port),
            Target::Unix(path) => return write!(f, "unix:{}", path.display()),
        };
        match host.contains(':') {
            true => write!(f, "{method}:[{host}]:{port}"),
            false => write!(f, "{method}:{host}:{port}"),
        }
    }
}
