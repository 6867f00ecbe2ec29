//! HTTP: accepting connections, with a bound on everything a client can make us wait for or hold.
//!
//! warp carries the requests: one catch-all filter (`filter.rs`) in front of our own routes. Each
//! connection is a task that hyper drives, HTTP/1.1 or HTTP/2 as the client likes, over TLS where
//! the caller gave a configuration.

mod access;
mod activity;
mod connection;
mod cors;
mod exchange;
mod filter;
mod forwarded;
mod head;
mod health;
mod identity;
mod last_words;
mod request_id;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::metrics::{CONNECTIONS, CONNECTIONS_ACCEPTED, CONNECTIONS_REFUSED};
use crate::policy::PolicySwitch;
use crate::routes::{Mount, Site};
use crate::{ApiError, Backend};

pub use access::{AccessLog, NoFormat};
pub use cors::Cors;
pub(crate) use forwarded::Forwarded;
pub use health::{Health, HealthCheck};
pub use identity::{Head, Identify, NoAuth, Refusal};

/// How the API is served.
#[derive(Clone)]
pub struct Options {
    /// Who a request comes from.
    pub identify: Arc<dyn Identify>,
    /// Who may do what.
    pub policies: PolicySwitch,
    /// Paths the caller serves itself.
    pub mounts: Vec<Mount>,
    /// Paths the caller serves itself, and to everybody: nobody is asked who they are.
    pub open_mounts: Vec<Mount>,
    /// Serve nothing but `open_mounts` and `/healthcheck`.
    pub only_open: bool,
    /// TLS; its ALPN protocols are the caller's to set (`h2`, `http/1.1`).
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections at once; further ones are answered 503 and closed.
    pub connections_max: usize,
    /// Longest body of a request, in bytes.
    pub body_max: usize,
    /// Longest line of a request's head, in bytes.
    pub header_line_max: usize,
    /// Whether an HTTP/1.1 connection serves more than one request.
    pub keep_alive: bool,
    /// Whether to believe what proxies say of a request: scheme, host, client and prefix.
    pub proxy_headers: bool,
    /// Which sites' pages browsers may let at the API.
    pub cors: Cors,
    /// How `/healthcheck` answers.
    pub health: Health,
    /// How each request is logged; `None` not at all.
    pub access_log: Option<Arc<AccessLog>>,
    /// How long a request's head may take, from the accept or the first byte of it.
    pub head_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// How long a connection may lie still with no request being served, and the time over which the
    /// speed is measured at which a client reads an answer.
    pub idle_timeout: Duration,
    /// How long requests may take to end once a shutdown began; zero for ever.
    pub shutdown_timeout: Duration,
    /// Most rows a page, whatever `limit` says (`pagination_max_limit`); 0 for no bound.
    pub page_max: usize,
}

impl Options {
    /// `noauth` for a default project, no TLS, and bounds that serve a cloud.
    pub fn noauth(default_project: impl Into<String>) -> Self {
        Self {
            identify: Arc::new(NoAuth::new(default_project)),
            policies: PolicySwitch::default(),
            mounts: Vec::new(),
            open_mounts: Vec::new(),
            only_open: false,
            tls: None,
            connections_max: 8192,
            body_max: 8 * 1024 * 1024,
            header_line_max: 16 * 1024,
            keep_alive: true,
            proxy_headers: false,
            cors: Cors::default(),
            health: Health::default(),
            access_log: Some(Arc::default()),
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
    site: Site,
    /// True once a shutdown began.
    draining: watch::Receiver<bool>,
    /// The port that is listened on.
    port: u16,
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
    let (drain, draining) = watch::channel(false);
    let port = listener.local_addr().map_or(0, |address| address.port());
    let mounts = options.mounts.clone();
    let app = Arc::new(App {
        backend,
        site: Site::new(mounts, &options.open_mounts, options.page_max),
        options,
        draining: draining.clone(),
        port,
    });
    let mut connections = JoinSet::new();
    let mut refused = Refused::default();
    tokio::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            _ = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly a lack of file descriptors, which ends as connections do.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            refused.refuse(&stream, peer, acceptor.is_some(), &app.options);
            continue;
        };
        let open = Open::new();
        let (app, acceptor, draining) = (Arc::clone(&app), acceptor.clone(), draining.clone());
        connections.spawn(async move {
            connection::run(stream, peer, acceptor, app, draining).await;
            drop((slot, open));
        });
    }
    drop(listener);
    drain.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    let patience = app.options.shutdown_timeout;
    if patience.is_zero() {
        ended.await;
    } else if tokio::time::timeout(patience, ended).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "closing connections that did not end in time"
        );
    }
}

/// A connection in the metrics, as long as it is open.
struct Open;

impl Open {
    fn new() -> Self {
        counter!(CONNECTIONS_ACCEPTED.name).increment(1);
        gauge!(CONNECTIONS.name).increment(1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(CONNECTIONS.name).decrement(1);
    }
}

/// Turns away what is beyond the bound, and says so at most once a second.
#[derive(Default)]
struct Refused {
    count: u64,
    said: Option<Instant>,
}

impl Refused {
    fn refuse(&mut self, stream: &TcpStream, peer: SocketAddr, tls: bool, options: &Options) {
        self.count += 1;
        counter!(CONNECTIONS_REFUSED.name).increment(1);
        let bound = options.connections_max;
        if !tls {
            let id = request_id::fresh();
            let why = format!("all {bound} connections are taken; try again later");
            let busy = last_words::answer(&ApiError::unavailable(why), &id, true);
            // A courtesy: a client that cannot take it learns the same from the close.
            let _ = stream.try_write(&busy);
            let log = options.access_log.as_deref();
            last_words::note(503, &id, peer.ip().to_canonical(), log);
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
