//! Sockets: dialling a server, and listening for switches that dial us.

mod listen;
mod target;

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

pub use listen::{ListenOptions, Listener};
pub use target::{ListenTarget, Target, TargetError};

use crate::cache::SchemaCache;
use crate::handle::{Peer, Session};
use crate::session::Options;

/// What a dialled or accepted connection is made with.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How its session behaves.
    pub options: Options,
    /// Shared between sessions.
    pub cache: Arc<SchemaCache>,
}

/// Dials a server. Reconnecting is the caller's.
///
/// # Errors
/// Where the connection or the TLS handshake fails; `InvalidInput` for an `ssl:` target without
/// `tls`. There is no timeout but the system's.
pub async fn connect(
    target: &Target,
    tls: Option<Arc<ClientConfig>>,
    settings: &Settings,
) -> io::Result<Session> {
    let start = |peer| (peer, settings.options.clone(), settings.cache.clone());
    match target {
        Target::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            let peer = tcp_peer(&stream)?;
            let (peer, options, cache) = start(peer);
            Ok(Session::start(stream, peer, options, cache))
        }
        Target::Ssl { host, port } => {
            let Some(tls) = tls else {
                let what = format!("{target}: no TLS configuration was given");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            };
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            let mut peer = tcp_peer(&stream)?;
            let stream = TlsConnector::from(tls).connect(name, stream).await?;
            let certificates = stream.get_ref().1.peer_certificates();
            peer.certificates = certificates
                .unwrap_or_default()
                .iter()
                .map(|c| c.clone().into_owned())
                .collect();
            let (peer, options, cache) = start(peer);
            Ok(Session::start(stream, peer, options, cache))
        }
        Target::Unix { path } => {
            let stream = UnixStream::connect(path).await?;
            let (peer, options, cache) = start(Peer::default());
            Ok(Session::start(stream, peer, options, cache))
        }
    }
}

/// The address of the peer; small messages leave at once.
fn tcp_peer(stream: &TcpStream) -> io::Result<Peer> {
    stream.set_nodelay(true)?;
    Ok(Peer {
        address: Some(stream.peer_addr()?),
        certificates: Vec::new(),
    })
}
