//! Accepting switches over TCP or TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Config, Connection, Events};
use crate::session::CloseReason;

/// A port on which switches connect.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
}

/// A switch that has connected and of which nothing is known yet.
#[derive(Debug)]
pub struct Incoming {
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
}

impl Listener {
    /// Binds an address; with `tls`, every switch must do a TLS handshake by that configuration.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        Ok(Listener {
            listener: TcpListener::bind(address).await?,
            tls,
        })
    }

    /// The address that is listened on.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for a switch. No handshake happens here, so a slow switch keeps nobody else waiting: do
    /// [`Incoming::open`] in a task of its own, and bound how many of them there are.
    ///
    /// # Errors
    /// The process is out of file descriptors, for instance. Waiting a moment helps.
    pub async fn accept(&self) -> io::Result<Incoming> {
        let (stream, address) = self.listener.accept().await?;
        Ok(Incoming {
            stream,
            address,
            tls: self.tls.clone(),
        })
    }
}

impl Incoming {
    /// Where the switch connects from.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does the TLS handshake, if there is one, and that of OpenFlow. Both together take at most the
    /// handshake timeout twice.
    ///
    /// # Errors
    /// Why the session did not come about.
    pub async fn open(self, config: Config) -> Result<(Connection, Events), CloseReason> {
        prepare(&self.stream)?;
        match self.tls {
            None => Connection::open(self.stream, config).await,
            Some(tls) => {
                let timeout = config.session.handshake_timeout;
                let handshake = TlsAcceptor::from(tls).accept(self.stream);
                Connection::open(within(timeout, handshake).await?, config).await
            }
        }
    }
}

/// OpenFlow is small messages that wait for answers: no delay to fill segments.
pub(super) fn prepare(stream: &TcpStream) -> Result<(), CloseReason> {
    stream
        .set_nodelay(true)
        .map_err(|error| CloseReason::Io(error.to_string()))
}

/// A TLS handshake that must not take longer than `timeout`.
pub(super) async fn within<S>(
    timeout: Duration,
    handshake: impl Future<Output = io::Result<S>>,
) -> Result<S, CloseReason> {
    match tokio::time::timeout(timeout, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(CloseReason::Io(format!("TLS: {error}"))),
        Err(_) => Err(CloseReason::HandshakeTimeout {
            after: timeout,
            waiting_for: "TLS handshake",
        }),
    }
}
