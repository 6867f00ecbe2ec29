//! One connection: TLS, HTTP/1.1 or HTTP/2, and an end to it when it lies still or crawls.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use metrics::counter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Standing, Watched};
use super::exchange::{Answered, Exchange};
use super::head::HEAD_MAX;
use super::{App, Options, filter, last_words};
use crate::Backend;
use crate::metrics::CONNECTIONS_ENDED;

/// How long an HTTP end (`Connection: close`, GOAWAY) may take before the socket is closed under it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Slower than this, in bytes a second over the idle time, nobody reads who wants the answer.
const READ_RATE_MIN: f64 = 4096.0;
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;
/// Requests that a client may take back before they were looked at; beyond it, it is let go.
const RESETS_MAX: usize = 64;
/// An HTTP/2 client is asked after so long whether it is still there, and has as long to say so.
const PING: Duration = Duration::from_secs(20);

/// What the filter needs to know of the connection and cannot see in a request's parts.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Came in over TLS.
    pub tls: bool,
    /// The other end.
    pub peer: IpAddr,
    /// The request's target, with the authority HTTP/2 puts there.
    pub uri: http::Uri,
    /// The request's version.
    pub version: http::Version,
}

/// Serves `stream` until it ends, lies still too long, or the server drains.
pub(super) async fn run<B: Backend>(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    app: Arc<App<B>>,
    draining: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let peer = peer.ip().to_canonical();
    let Some(acceptor) = acceptor else {
        return http(stream, peer, false, app, draining).await;
    };
    match tokio::time::timeout(app.options.head_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, peer, true, app, draining).await,
        Ok(Err(error)) => {
            count_end("handshake");
            tracing::debug!(%peer, %error, "TLS handshake failed");
        }
        Err(_) => {
            count_end("handshake");
            tracing::debug!(%peer, "TLS handshake took too long");
        }
    }
}

fn count_end(why: &'static str) {
    counter!(CONNECTIONS_ENDED.name, "why" => why).increment(1);
}

async fn http<S, B: Backend>(
    stream: S,
    peer: IpAddr,
    tls: bool,
    app: Arc<App<B>>,
    draining: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::new());
    let (watched, back) = Watched::new(stream, Arc::clone(&activity));
    let requests = TowerToHyperService::new(warp::service(filter::catch_all(Arc::clone(&app))));
    let counted = {
        let activity = Arc::clone(&activity);
        service_fn(move |mut request: http::Request<Incoming>| {
            let version = request.version();
            let under_way = activity.begin(version == http::Version::HTTP_2);
            let uri = request.uri().clone();
            request.extensions_mut().insert(Origin {
                tls,
                peer,
                uri,
                version,
            });
            let answer = requests.call(request);
            async move {
                let mut answer = answer.await?;
                let exchange = answer.extensions_mut().remove::<Arc<Exchange>>();
                Ok::<_, std::convert::Infallible>(
                    answer.map(|body| Answered::new(body, exchange, under_way)),
                )
            }
        })
    };
    let builder = builder(&app.options);
    let standing = {
        let connection = builder.serve_connection(TokioIo::new(watched), counted);
        tokio::pin!(connection);
        drive(connection, &activity, &app.options, draining).await
    };
    let Ok(stream) = back.await else {
        return;
    };
    let log = app.options.access_log.as_deref();
    let overdue = standing == Some(Standing::HeadOverdue) && activity.has_begun();
    let status = activity.refusal().or_else(|| overdue.then_some(408));
    match status {
        Some(status) => last_words::say(stream, &last_words::refusal(status), peer, log).await,
        None if !activity.is_ended() => last_words::leave(stream).await,
        None => {}
    }
}

/// Drives a connection to its end, and tells how it stood when the end was ours.
async fn drive<C: GracefulConnection>(
    mut connection: Pin<&mut C>,
    activity: &Activity,
    options: &Options,
    mut draining: watch::Receiver<bool>,
) -> Option<Standing>
where
    C::Error: Display,
{
    let (head, idle) = (options.head_timeout, options.idle_timeout);
    let mut pace = Pace::new(activity);
    let mut ending = *draining.borrow();
    if ending {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        let standing = activity.standing(head, idle);
        let patience = match standing {
            Standing::Patience(patience) => patience,
            Standing::HeadOverdue if !activity.is_multiplexed() => {
                count_end("head");
                return Some(standing);
            }
            Standing::HeadOverdue | Standing::Idle => {
                count_end("idle");
                connection.as_mut().graceful_shutdown();
                // Whoever does not read what is left is closed under.
                let _ = tokio::time::timeout(LAST_WORDS, &mut connection).await;
                return Some(standing);
            }
        };
        if pace.is_too_slow(activity, idle) {
            count_end("reader");
            tracing::info!("let go of a client that does not read its answer");
            return Some(standing);
        }
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%error, "connection ended");
                }
                return None;
            }
            _ = draining.changed(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(patience) => {}
        }
    }
}

/// How fast a client takes its answers.
struct Pace {
    since: Instant,
    taken: u64,
}

impl Pace {
    fn new(activity: &Activity) -> Self {
        Self {
            since: Instant::now(),
            taken: activity.reading().1,
        }
    }

    /// Whether something waited to be taken all the time, and next to nothing was.
    fn is_too_slow(&mut self, activity: &Activity, window: Duration) -> bool {
        let (waits, taken) = activity.reading();
        let elapsed = self.since.elapsed();
        if waits && elapsed < window {
            return false;
        }
        let bytes = (taken - self.taken) as f64;
        let slow = waits && bytes < elapsed.as_secs_f64() * READ_RATE_MIN;
        *self = Self::new(activity);
        slow
    }
}

fn builder(options: &Options) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Heads are timed by the connection's watch, which tells a late head from a client that thinks.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .keep_alive(options.keep_alive)
        .max_buf_size(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        // Twice what is served, so that a head a little too long is answered like any other.
        .max_header_list_size(2 * HEAD_MAX as u32)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}
