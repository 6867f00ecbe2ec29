//! HTTP: accepting connections, with a bound on everything a client can make us wait for or hold.
//!
//! warp carries the requests: one catch-all filter (`filter.rs`) in front of our own routes. Each
//! connection is a task that hyper drives, HTTP/1.1 or HTTP/2 as the client likes, over TLS where
//! the caller gave a configuration.

mod activity;
mod connection;
mod filter;
mod identity;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::Backend;
use crate::routes::Mount;

pub use identity::{Head, Identify, NoAuth, Refusal};

/// How the API is served.
#[derive(Clone)]
pub struct Options {
    /// Who a request comes from.
    pub identify: Arc<dyn Identify>,
    /// Paths the caller serves itself.
    pub mounts: Vec<Mount>,
    /// TLS; its ALPN protocols are the caller's to set (`h2`, `http/1.1`).
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections at once; further ones are answered 503 and closed.
    pub connections_max: usize,
    /// Longest body of a request, in bytes.
    pub body_max: usize,
    /// How long a request's head may take, from the accept or the first byte of it.
    pub head_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// How long a connection may lie still: no request served, no byte sent or received.
    pub idle_timeout: Duration,
    /// How long requests may take to end once a shutdown began.
    pub shutdown_timeout: Duration,
    /// Most rows a page, whatever `limit` says (`pagination_max_limit`); 0 for no bound.
    pub page_max: usize,
}

impl Options {
    /// `noauth` for a default project, no TLS, and bounds that serve a cloud.
    pub fn noauth(default_project: impl Into<String>) -> Self {
        Self {
            identify: Arc::new(NoAuth::new(default_project)),
            mounts: Vec::new(),
            tls: None,
            connections_max: 8192,
            body_max: 8 * 1024 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            page_max: 0,
        }
    }
}

/// What every connection needs.
struct App<B> {
    backend: Arc<B>,
    options: Options,
}

/// Serves the API on `listener` until `shutdown`; then accepts nothing more, and returns once the
/// requests under way have ended or [`Options::shutdown_timeout`] has passed.
pub async fn serve<B: Backend>(
    listener: TcpListener,
    backend: Arc<B>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) {
    let slots = Arc::new(Semaphore::new(options.connections_max));
    let acceptor = options.tls.clone().map(TlsAcceptor::from);
    let app = Arc::new(App { backend, options });
    let (drain, draining) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut refused = Refused::default();
    tokio::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            () = &mut shutdown => break,
            _ = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Mostly a lack of file descriptors, which ends as connections do.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            refused.refuse(&stream, acceptor.is_some(), app.options.connections_max);
            continue;
        };
        let (app, acceptor, draining) = (Arc::clone(&app), acceptor.clone(), draining.clone());
        connections.spawn(async move {
            connection::run(stream, acceptor, app, draining).await;
            drop(slot);
        });
    }
    drop(listener);
    drain.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(app.options.shutdown_timeout, ended)
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "closing connections that did not end in time"
        );
    }
}

/// Turns away what is beyond the bound, and says so at most once a second.
#[derive(Default)]
struct Refused {
    count: u64,
    said: Option<Instant>,
}

impl Refused {
    fn refuse(&mut self, stream: &TcpStream, tls: bool, bound: usize) {
        const BUSY: &[u8] =
            b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";
        self.count += 1;
        if !tls {
            // A courtesy: a client that cannot take it learns the same from the close.
            let _ = stream.try_write(BUSY);
        }
        if self
            .said
            .is_none_or(|at| at.elapsed() >= Duration::from_secs(1))
        {
            self.said = Some(Instant::now());
            tracing::warn!(bound, refused = self.count, "all connections are taken");
        }
    }
}
