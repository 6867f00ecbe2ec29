//! Listening for switches that dial us (`ovs-vsctl set-manager`). A connection that stays silent,
//! stalls in the handshake or goes away costs its own task and nothing else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{ListenTarget, Settings, tcp_peer};
use crate::handle::{Peer, Session};
use crate::session::Options;

/// How a listener treats what comes.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How many connections may be open at once, those in their handshake included; further ones
    /// wait in the system's queue.
    pub connections_max: usize,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(10),
            connections_max: 16_384,
        }
    }
}

/// Accepts connections and starts a session on each.
#[derive(Debug)]
pub struct Listener {
    sessions: mpsc::Receiver<Session>,
    local: Option<SocketAddr>,
    accepting: JoinHandle<()>,
}

/// Sessions that were accepted and not yet taken by [`Listener::accept`].
const SESSIONS_WAITING_MAX: usize = 64;
/// After a failed accept, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Listener {
    /// Starts to listen. A socket file left behind at a Unix path is replaced.
    ///
    /// # Errors
    /// Where the address cannot be had; `InvalidInput` for `pssl:` without `tls`.
    pub async fn bind(
        target: &ListenTarget,
        tls: Option<Arc<ServerConfig>>,
        options: ListenOptions,
        settings: Settings,
    ) -> io::Result<Self> {
        let (socket, acceptor) = match target {
            ListenTarget::Tcp { address, port } => (
                Socket::Tcp(TcpListener::bind((*address, *port)).await?),
                None,
            ),
            ListenTarget::Ssl { address, port } => {
                let Some(tls) = tls else {
                    let what = format!("{target}: no TLS configuration was given");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
                };
                let socket = TcpListener::bind((*address, *port)).await?;
                (Socket::Tcp(socket), Some(TlsAcceptor::from(tls)))
            }
            ListenTarget::Unix { path } => {
                use std::os::unix::fs::FileTypeExt;
                if path.metadata().is_ok_and(|m| m.file_type().is_socket()) {
                    std::fs::remove_file(path)?;
                }
                (Socket::Unix(UnixListener::bind(path)?), None)
            }
        };
        let local = match &socket {
            Socket::Tcp(socket) => Some(socket.local_addr()?),
            Socket::Unix(_) => None,
        };
        let (sender, sessions) = mpsc::channel(SESSIONS_WAITING_MAX);
        let places = Arc::new(Semaphore::new(options.connections_max));
        let door = Door {
            acceptor,
            handshake_timeout: options.handshake_timeout,
            settings,
            sender,
        };
        let accepting = tokio::spawn(accept_all(socket, places, door));
        Ok(Self {
            sessions,
            local,
            accepting,
        })
    }

    /// The address listened on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }

    /// The next session. Nothing is known of the peer yet but its address and certificates: it may
    /// be anything that could connect.
    pub async fn accept(&mut self) -> Option<Session> {
        self.sessions.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What each accepted connection needs.
#[derive(Clone)]
struct Door {
    acceptor: Option<TlsAcceptor>,
    handshake_timeout: Duration,
    settings: Settings,
    sender: mpsc::Sender<Session>,
}

async fn accept_all(socket: Socket, places: Arc<Semaphore>, door: Door) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let accepted = match &socket {
            Socket::Tcp(socket) => socket.accept().await.map(|(s, _)| Accepted::Tcp(s)),
            Socket::Unix(socket) => socket.accept().await.map(|(s, _)| Accepted::Unix(s)),
        };
        match accepted {
            Ok(stream) => {
                tokio::spawn(admit(stream, door.clone(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "ovsdb accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Brings one connection to a session and holds its place until the end of it.
async fn admit(stream: Accepted, door: Door, place: OwnedSemaphorePermit) {
    let session = match establish(stream, &door).await {
        Ok(session) => session,
        Err(error) => {
            tracing::debug!(%error, "ovsdb connection refused");
            return;
        }
    };
    let mut ended = session.ended();
    tokio::select! {
        sent = door.sender.send(session) => if sent.is_err() { return },
        // Gone before anybody took it.
        () = ended.wait() => return,
    }
    drop(door);
    ended.wait().await;
    drop(place);
}

async fn establish(stream: Accepted, door: &Door) -> io::Result<Session> {
    let Settings { options, cache } = door.settings.clone();
    let options: Options = options;
    match stream {
        Accepted::Unix(stream) => Ok(Session::start(stream, Peer::default(), options, cache)),
        Accepted::Tcp(stream) => {
            let mut peer = tcp_peer(&stream)?;
            let Some(acceptor) = &door.acceptor else {
                return Ok(Session::start(stream, peer, options, cache));
            };
            let handshake = acceptor.accept(stream);
            let stream = tokio::time::timeout(door.handshake_timeout, handshake)
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let certificates = stream.get_ref().1.peer_certificates();
            peer.certificates = certificates
                .unwrap_or_default()
                .iter()
                .map(|c| c.clone().into_owned())
                .collect();
            Ok(Session::start(stream, peer, options, cache))
        }
    }
}
