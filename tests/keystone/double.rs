//! What answers like Keystone, or does not: a test says what it answers, and learns what it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use api::Timestamp;

/// An answer.
#[derive(Clone)]
pub enum Answer {
    /// With this status and body.
    Says(u16, String),
    /// These bytes, and then the end of the connection.
    Bytes(Vec<u8>),
    /// Never.
    Silence,
}

/// Says of a question about a token, by that token and whether late ones count, what the answer is.
pub type Script = Box<dyn Fn(&str, bool) -> Answer + Send + Sync>;

pub struct Double {
    pub url: String,
    pub state: Arc<State>,
}

/// What a test may look at and change.
pub struct State {
    /// Logins so far.
    pub logins: AtomicUsize,
    /// Questions about tokens so far.
    pub questions: AtomicUsize,
    /// How a login is answered; `None` with a token that lasts for `lasts` seconds.
    pub login: Mutex<Option<Answer>>,
    pub lasts: Mutex<i64>,
    script: Mutex<Script>,
    /// A question is answered once there is a permit.
    pub gate: Semaphore,
}

/// A document of a token of `user`.
pub fn token_of(user: &str, seconds: i64) -> Json {
    json!({"token": {
        "methods": ["password"],
        "user": {"id": user, "name": user, "domain": {"id": "default", "name": "default"}},
        "expires_at": Timestamp(Timestamp::now().0 + seconds).to_string(),
        "issued_at": Timestamp::now().to_string(),
        "roles": [{"id": "1", "name": "member"}],
    }})
}

/// 200 with a token that belongs to whoever it is named after.
pub fn valid(token: &str) -> Answer {
    Answer::Says(200, token_of(token, 3600).to_string())
}

impl Double {
    /// Answers at once, every token being a valid one.
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub async fn at(address: &str) -> Self {
        let (listener, double) = Self::listening("http", address).await;
        let shared = Arc::clone(&double.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.serve(stream).await });
            }
        });
        double
    }

    pub async fn with_tls(config: ServerConfig) -> Self {
        let (listener, double) = Self::listening("https", "127.0.0.1:0").await;
        let shared = Arc::clone(&double.state);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, acceptor) = (Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        state.serve(stream).await;
                    }
                });
            }
        });
        double
    }

    async fn listening(scheme: &str, address: &str) -> (TcpListener, Self) {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            logins: AtomicUsize::new(0),
            questions: AtomicUsize::new(0),
            login: Mutex::new(None),
            lasts: Mutex::new(3600),
            script: Mutex::new(Box::new(|token, _| valid(token))),
            gate: Semaphore::new(1_000_000),
        });
        (listener, Self { url, state })
    }

    pub fn answer(&self, script: impl Fn(&str, bool) -> Answer + Send + Sync + 'static) {
        *self.state.script.lock().unwrap() = Box::new(script);
    }

    pub fn questions(&self) -> usize {
        self.state.questions.load(Ordering::SeqCst)
    }

    pub fn logins(&self) -> usize {
        self.state.logins.load(Ordering::SeqCst)
    }
}

impl State {
    /// One request after another, until the connection ends.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        loop {
            let Some((head, length)) = head(&bytes) else {
                match stream.read_buf(&mut bytes).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => continue,
                }
            };
            bytes.drain(..length);
            match self.answer(&head).await {
                Answer::Silence => std::future::pending().await,
                Answer::Bytes(answer) => {
                    let _ = stream.write_all(&answer).await;
                    return;
                }
                Answer::Says(status, body) => {
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nX-Subject-Token: own\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn answer(&self, head: &str) -> Answer {
        if head.starts_with("POST") {
            self.logins.fetch_add(1, Ordering::SeqCst);
            let login = self.login.lock().unwrap().clone();
            let lasts = *self.lasts.lock().unwrap();
            return login
                .unwrap_or_else(|| Answer::Says(201, token_of("neutron", lasts).to_string()));
        }
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        let subject = head
            .lines()
            .find_map(|line| line.strip_prefix("x-subject-token: "));
        let script = self.script.lock().unwrap();
        script(
            subject.unwrap_or_default(),
            head.contains("allow_expired=1"),
        )
    }
}

/// The head of the first request in `bytes`, and the length of all of it, once it is there.
fn head(bytes: &[u8]) -> Option<(String, usize)> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    (body.len() >= length).then(|| (head.to_owned(), head.len() + 4 + length))
}
