//! Keystone over HTTP: asking for a token, asking about one. The only sockets of this room.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use api::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use super::credentials::Credentials;
use super::token::{Caller, Moment};

/// Longest answer that is read, in bytes. A token with the catalogue of a large cloud is a tenth.
const ANSWER_MAX: usize = 4 * 1024 * 1024;
/// The first pause before a connection is tried again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
/// Says that application credentials' access rules are heeded here; Keystone refuses such tokens
/// to those who do not say so.
const ACCESS_RULES: HeaderName = HeaderName::from_static("openstack-identity-access-rules");

/// How Keystone's certificate is checked, and what is shown to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificates that may have signed Keystone's, in PEM, instead of the system's.
    pub ca: Option<PathBuf>,
    /// Our own certificate, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, where it is not in the same file.
    pub key: Option<PathBuf>,
    /// Take any certificate.
    pub insecure: bool,
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file that cannot be read.
    #[error("{path}: the file cannot be read: {reason}")]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file without what it should hold.
    #[error("{path}: not {what} in PEM: {reason}")]
    Pem {
        /// Its path.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: reqwest::Error,
    },
    /// All of it together.
    #[error("no TLS client can be made of these certificates")]
    Unfit(#[source] reqwest::Error),
}

/// Why Keystone gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody there, or not in time.
    #[error("Keystone does not answer at {url}: {}", told(.source))]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why it failed.
        source: reqwest::Error,
    },
    /// It refuses.
    #[error("Keystone answered {status} to {what} at {url}: {message}")]
    Refused {
        /// For what.
        what: &'static str,
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// An answer that is none.
    #[error("what answers at {url} is no Keystone: {reason}")]
    Nonsense {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ClientError {
    /// True where not even a connection could be had, or none in time: the next question would
    /// fare no better.
    pub fn is_outage(&self) -> bool {
        match self {
            ClientError::Unreachable { source, .. } => source.is_connect() || source.is_timeout(),
            _ => false,
        }
    }
}

/// The innermost cause, which is the one that says something.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A token that Keystone gave us.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: HeaderValue,
    /// When it ends.
    pub expires_at: Timestamp,
    catalog: Vec<Service>,
}

#[derive(Debug, Deserialize)]
struct Service {
    r#type: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    interface: String,
    region_id: Option<String>,
    region: Option<String>,
    url: String,
}

impl Issued {
    /// The URL of a service in the catalogue.
    pub fn endpoint(&self, service: &str, interface: &str, region: Option<&str>) -> Option<&str> {
        let services = self.catalog.iter().filter(|s| s.r#type == service);
        let mut endpoints = services.flat_map(|service| &service.endpoints);
        let there = |endpoint: &Endpoint| match (region, &endpoint.region_id, &endpoint.region) {
            (None, ..) => true,
            (Some(region), Some(id), _) => id == region,
            (Some(region), None, name) => name.as_deref() == Some(region),
        };
        let found = endpoints.find(|endpoint| endpoint.interface == interface && there(endpoint));
        found.map(|endpoint| endpoint.url.as_str())
    }
}

/// What Keystone says of a token.
#[derive(Debug)]
pub enum Verdict {
    /// It is good.
    Valid(Box<Caller>),
    /// There is no such token.
    Unknown,
    /// The token we asked with is not good.
    WhoAsks,
}

/// Asks Keystone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    retries: u32,
}

impl Client {
    /// A client that gives up a request after `patience`, and tries `retries` times more where
    /// there is no connection.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn new(tls: &Tls, patience: Duration, retries: u32) -> Result<Self, TlsFault> {
        let http = http(tls, patience)?;
        Ok(Self { http, retries })
    }

    /// A token for these credentials.
    ///
    /// # Errors
    /// Keystone refuses them, or is not there.
    pub async fn authenticate(
        &self,
        auth_url: &str,
        credentials: &Credentials,
    ) -> Result<Issued, ClientError> {
        let url = format!("{}/auth/tokens", versioned(auth_url));
        let request = self.http.post(&url).json(credentials.document());
        let response = self.send(&url, request).await?;
        if response.status() != StatusCode::CREATED {
            return Err(refused("a login", url, response).await);
        }
        let token = response.headers().get(SUBJECT_TOKEN).cloned();
        let nonsense = |reason: String| ClientError::Nonsense {
            url: url.clone(),
            reason,
        };
        let mut token = token.ok_or_else(|| nonsense("no X-Subject-Token".into()))?;
        token.set_sensitive(true);
        #[derive(Deserialize)]
        struct Document {
            token: Body,
        }
        #[derive(Deserialize)]
        struct Body {
            expires_at: Moment,
            #[serde(default)]
            catalog: Vec<Service>,
        }
        let bytes = whole(&url, response).await?;
        let document: Document =
            serde_json::from_slice(&bytes).map_err(|error| nonsense(error.to_string()))?;
        Ok(Issued {
            token,
            expires_at: document.token.expires_at.0,
            catalog: document.token.catalog,
        })
    }

    /// What Keystone at `endpoint` (with its version) says of the token `subject`, asked with the
    /// token `own`; `late`: one that has ended counts as well, for as long as Keystone lets it.
    ///
    /// # Errors
    /// Keystone cannot tell.
    pub async fn validate(
        &self,
        endpoint: &str,
        own: &HeaderValue,
        subject: &HeaderValue,
        late: bool,
    ) -> Result<Verdict, ClientError> {
        let late = if late { "&allow_expired=1" } else { "" };
        let url = format!("{endpoint}/auth/tokens?nocatalog{late}");
        let request = self
            .http
            .get(&url)
            .header(AUTH_TOKEN, own)
            .header(SUBJECT_TOKEN, subject)
            .header(ACCESS_RULES, "1");
        let response = self.send(&url, request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(Verdict::Unknown),
            StatusCode::UNAUTHORIZED => return Ok(Verdict::WhoAsks),
            _ => return Err(refused("a question about a token", url, response).await),
        }
        let bytes = whole(&url, response).await?;
        match Caller::read(&bytes) {
            Ok(caller) => Ok(Verdict::Valid(Box::new(caller))),
            Err(error) => Err(ClientError::Nonsense {
                url,
                reason: error.to_string(),
            }),
        }
    }

    /// Sends a request, and again where there was no connection.
    async fn send(&self, url: &str, request: RequestBuilder) -> Result<Response, ClientError> {
        let mut pause = PAUSE;
        for _ in 0..self.retries {
            let Some(again) = request.try_clone() else {
                break;
            };
            match again.send().await {
                Err(error) if error.is_connect() && !error.is_timeout() => {
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                answered => return answered.map_err(|source| unreachable(url, source)),
            }
        }
        let last = request.send().await;
        last.map_err(|source| unreachable(url, source))
    }
}

/// What speaks HTTP and TLS, and gives up a request after `patience`. Where the system has no
/// certificates and none are named, it speaks HTTP; TLS then fails when it is tried.
///
/// # Errors
/// Certificates that cannot be used.
pub fn http(tls: &Tls, patience: Duration) -> Result<reqwest::Client, TlsFault> {
    let builder = || {
        reqwest::Client::builder()
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
            // Another host must not be shown our token.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(patience)
            .tls_danger_accept_invalid_certs(tls.insecure)
    };
    let identity = tls.identity()?;
    let with_identity = |builder: ClientBuilder| match identity.clone() {
        Some(identity) => builder.identity(identity),
        None => builder,
    };
    if let Some(path) = &tls.ca {
        let roots = Certificate::from_pem_bundle(&file(path)?);
        let roots = roots.map_err(|reason| unfit(path, "certificates", reason))?;
        let builder = with_identity(builder().tls_certs_only(roots));
        return builder.build().map_err(TlsFault::Unfit);
    }
    with_identity(builder()).build().or_else(|error| {
        tracing::debug!(%error, "no certificates of the system's");
        let bare = with_identity(builder().tls_certs_only([]));
        bare.build().map_err(TlsFault::Unfit)
    })
}

impl Tls {
    /// Our own certificate with its key, if there is one.
    fn identity(&self) -> Result<Option<Identity>, TlsFault> {
        let Some(path) = &self.certificate else {
            return Ok(None);
        };
        let mut pem = file(path)?;
        if let Some(key) = &self.key {
            pem.push(b'\n');
            pem.extend(file(key)?);
        }
        let identity = Identity::from_pem(&pem);
        let what = "a certificate and its key";
        identity
            .map(Some)
            .map_err(|reason| unfit(path, what, reason))
    }
}

fn unreachable(url: &str, source: reqwest::Error) -> ClientError {
    ClientError::Unreachable {
        url: url.to_owned(),
        source: source.without_url(),
    }
}

fn file(path: &Path) -> Result<Vec<u8>, TlsFault> {
    fs::read(path).map_err(|reason| TlsFault::File {
        path: path.to_owned(),
        reason,
    })
}

fn unfit(path: &Path, what: &'static str, reason: reqwest::Error) -> TlsFault {
    TlsFault::Pem {
        path: path.to_owned(),
        what,
        reason,
    }
}

/// The URL of Keystone's version 3, however the one that is given ends.
pub(super) fn versioned(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let base = ["/v3", "/v2.0"]
        .iter()
        .find_map(|end| url.strip_suffix(end));
    format!("{}/v3", base.unwrap_or(url))
}

async fn refused(what: &'static str, url: String, response: Response) -> ClientError {
    let status = response.status().as_u16();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let bytes = match whole(&url, response).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    let document: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let said = document.and_then(|d| Some(d["error"]["message"].as_str()?.to_owned()));
    let message = match said {
        Some(message) => message.chars().take(300).collect(),
        None if is_json => "no reason given".to_owned(),
        None => "what it says is no JSON".to_owned(),
    };
    ClientError::Refused {
        what,
        url,
        status,
        message,
    }
}

/// The body of an answer, within its bound.
async fn whole(url: &str, mut response: Response) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    loop {
        let piece = response.chunk().await;
        match piece.map_err(|source| unreachable(url, source))? {
            None => return Ok(bytes),
            Some(piece) if bytes.len() + piece.len() > ANSWER_MAX => {
                return Err(ClientError::Nonsense {
                    url: url.to_owned(),
                    reason: format!("an answer of more than {ANSWER_MAX} bytes"),
                });
            }
            Some(piece) => bytes.extend_from_slice(&piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_url_leads_to_version_3() {
        for url in [
            "http://k:5000",
            "http://k:5000/",
            "http://k:5000/v3",
            "http://k:5000/v3/",
            "http://k:5000/v2.0",
        ] {
            assert_eq!(versioned(url), "http://k:5000/v3");
        }
        assert_eq!(versioned("https://k/identity"), "https://k/identity/v3");
    }

    #[test]
    fn the_catalogue_is_searched_by_type_interface_and_region() {
        let endpoint = |interface: &str, region: &str, url: &str| Endpoint {
            interface: interface.into(),
            region_id: Some(region.into()),
            region: None,
            url: url.into(),
        };
        let issued = Issued {
            token: HeaderValue::from_static("t"),
            expires_at: Timestamp(0),
            catalog: vec![Service {
                r#type: "identity".into(),
                endpoints: vec![
                    endpoint("public", "One", "p1"),
                    endpoint("internal", "One", "i1"),
                    endpoint("internal", "Two", "i2"),
                ],
            }],
        };
        assert_eq!(issued.endpoint("identity", "internal", None), Some("i1"));
        let two = issued.endpoint("identity", "internal", Some("Two"));
        assert_eq!(two, Some("i2"));
        assert_eq!(issued.endpoint("identity", "admin", None), None);
        assert_eq!(issued.endpoint("network", "public", None), None);
    }
}
