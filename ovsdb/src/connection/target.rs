//! `tcp:HOST:PORT`, `ssl:HOST:PORT`, `unix:PATH`, and their passive forms, spelled as in
//! `ovsdb(7)`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

/// The port of OVSDB (RFC 7047 §4).
pub const DEFAULT_PORT: u16 = 6640;

/// Where to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `tcp:HOST:PORT`.
    Tcp {
        /// Name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// `ssl:HOST:PORT`.
    Ssl {
        /// Name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// `unix:PATH`.
    Unix {
        /// The socket.
        path: PathBuf,
    },
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenTarget {
    /// `ptcp:PORT:ADDRESS`.
    Tcp {
        /// The address.
        address: IpAddr,
        /// The port; 0 for any that is free.
        port: u16,
    },
    /// `pssl:PORT:ADDRESS`.
    Ssl {
        /// The address.
        address: IpAddr,
        /// The port; 0 for any that is free.
        port: u16,
    },
    /// `punix:PATH`.
    Unix {
        /// The socket.
        path: PathBuf,
    },
}

/// A text that is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no connection target; expected {expected}")]
pub struct TargetError {
    text: String,
    expected: &'static str,
}

const ACTIVE: &str =
    "tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH, with brackets around an IPv6 address";
const PASSIVE: &str = "ptcp:[PORT][:ADDRESS], pssl:[PORT][:ADDRESS] or punix:PATH, with brackets around an IPv6 address";

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let parsed = text.split_once(':').and_then(|(kind, rest)| match kind {
            "tcp" => host_and_port(rest).map(|(host, port)| Self::Tcp { host, port }),
            "ssl" => host_and_port(rest).map(|(host, port)| Self::Ssl { host, port }),
            "unix" if !rest.is_empty() => Some(Self::Unix { path: rest.into() }),
            _ => None,
        });
        parsed.ok_or_else(|| TargetError {
            text: text.to_owned(),
            expected: ACTIVE,
        })
    }
}

impl FromStr for ListenTarget {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let parsed = text.split_once(':').and_then(|(kind, rest)| match kind {
            "ptcp" => port_and_address(rest).map(|(port, address)| Self::Tcp { address, port }),
            "pssl" => port_and_address(rest).map(|(port, address)| Self::Ssl { address, port }),
            "punix" if !rest.is_empty() => Some(Self::Unix { path: rest.into() }),
            _ => None,
        });
        parsed.ok_or_else(|| TargetError {
            text: text.to_owned(),
            expected: PASSIVE,
        })
    }
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (
                host,
                rest.strip_prefix(':').or(rest.is_empty().then_some(""))?,
            )
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let port = match port {
        "" => DEFAULT_PORT,
        port => port.parse().ok().filter(|&port| port != 0)?,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn port_and_address(text: &str) -> Option<(u16, IpAddr)> {
    let (port, address) = text.split_once(':').unwrap_or((text, ""));
    let port = match port {
        "" => DEFAULT_PORT,
        port => port.parse().ok()?,
    };
    let address = match address.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.into(),
        None if address.is_empty() => Ipv4Addr::UNSPECIFIED.into(),
        None => address.parse::<Ipv4Addr>().ok()?.into(),
    };
    Some((port, address))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "tcp:{}:{port}", bracketed(host)),
            Self::Ssl { host, port } => write!(f, "ssl:{}:{port}", bracketed(host)),
            Self::Unix { path } => write!(f, "unix:{}", path.display()),
        }
    }
}

impl fmt::Display for ListenTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { address, port } => {
                write!(f, "ptcp:{port}:{}", bracketed(&address.to_string()))
            }
            Self::Ssl { address, port } => {
                write!(f, "pssl:{port}:{}", bracketed(&address.to_string()))
            }
            Self::Unix { path } => write!(f, "punix:{}", path.display()),
        }
    }
}
