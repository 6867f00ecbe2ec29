//! One connection: TLS, HTTP/1.1 or HTTP/2, and an end to it when it lies still.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Watched};
use super::{App, filter};
use crate::Backend;

/// How long an HTTP end (`Connection: close`, GOAWAY) may take before the socket is closed under it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Longest head of a request, in bytes.
const HEAD_MAX: usize = 64 * 1024;

/// What the filter needs to know of the connection and cannot see in a request's parts.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Came in over TLS.
    pub tls: bool,
    /// The request's target, with the authority HTTP/2 puts there.
    pub uri: http::Uri,
}

/// Serves `stream` until it ends, lies still too long, or the server drains.
pub(super) async fn run<B: Backend>(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    app: Arc<App<B>>,
    draining: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let Some(acceptor) = acceptor else {
        return http(stream, false, app, draining).await;
    };
    match tokio::time::timeout(app.options.head_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, true, app, draining).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

async fn http<S, B: Backend>(
    stream: S,
    tls: bool,
    app: Arc<App<B>>,
    mut draining: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (head, idle) = (app.options.head_timeout, app.options.idle_timeout);
    let activity = Arc::new(Activity::new());
    let requests = TowerToHyperService::new(warp::service(filter::catch_all(app)));
    let counted = {
        let activity = Arc::clone(&activity);
        service_fn(move |mut request: http::Request<Incoming>| {
            let serving = activity.serve();
            let uri = request.uri().clone();
            request.extensions_mut().insert(Origin { tls, uri });
            let answer = requests.call(request);
            async move {
                let answer = answer.await;
                drop(serving);
                answer
            }
        })
    };
    let builder = builder(head);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let connection = builder.serve_connection(io, counted);
    tokio::pin!(connection);
    let mut ending = *draining.borrow();
    if ending {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        let patience = activity.patience(head, idle);
        if patience.is_zero() {
            connection.as_mut().graceful_shutdown();
            // Whoever does not read what is left is closed under.
            if tokio::time::timeout(LAST_WORDS, &mut connection)
                .await
                .is_err()
            {
                tracing::debug!("closed a connection that lay still");
            }
            return;
        }
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            _ = draining.changed(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(patience) => {}
        }
    }
}

fn builder(head: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(HEAD_MAX as u32)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
