//! A request as the routes see it: decoded path, query, headers, whole body, and who asks.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, IF_MATCH};
use http::{Method, Uri};

use crate::policy::{Judge, Policies};
use crate::query::{Query, decode};
use crate::server::Forwarded;
use crate::{ApiError, Context};

/// One request, its body read.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Decoded segments of the path, without the empty one of a trailing slash.
    pub segments: Vec<String>,
    /// Scheme, host and path, for links.
    pub url: Url,
    /// Query as sent, without `?`.
    pub raw_query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Who asks.
    pub context: Context,
    /// The policies in force when the request came.
    pub policies: Arc<Policies>,
}

/// The address a client used, as links repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// `http://host:port`, and the prefix that a proxy took off the path.
    pub base: String,
    /// Path as sent.
    pub path: String,
}

impl Url {
    /// From what the request says of itself, unless a proxy that is believed says otherwise; `tls`
    /// tells how it came in.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap, tls: bool, forwarded: &Forwarded) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = forwarded
            .scheme
            .unwrap_or(if tls { "https" } else { "http" });
        let host = forwarded.host.as_deref();
        let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
        let host = host.or_else(|| text(HOST.as_str())).unwrap_or("localhost");
        let prefix = &forwarded.prefix;
        Self {
            base: format!("{scheme}://{host}{prefix}"),
            path: uri.path().to_owned(),
        }
    }
}

/// Decodes a path into segments; a trailing slash and a `.json` at the end mean nothing.
///
/// # Errors
/// 400 where it is not UTF-8 once decoded.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, ApiError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let parts = path.split('/').map(|part| decode(part, false));
    let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
    let is_tag = parts.len() == 5;
    let last = parts
        .last_mut()
        .filter(|last| !is_tag && *last != "openapi.json");
    if let Some(last) = last
        && last.ends_with(".json")
    {
        last.truncate(last.len() - ".json".len());
    }
    Ok(parts)
}

impl Request {
    /// Who decides what the caller may.
    pub fn judge(&self) -> Judge<'_> {
        self.policies.judge(&self.context)
    }

    /// The query, decoded.
    ///
    /// # Errors
    /// 400 where it is not UTF-8 once decoded.
    pub(crate) fn query(&self) -> Result<Query, ApiError> {
        Query::parse(&self.raw_query)
    }

    /// The query as decoded pairs in the order given, for paths the caller serves itself.
    ///
    /// # Errors
    /// 400 where it is not UTF-8 once decoded.
    pub fn parameters(&self) -> Result<Vec<(String, String)>, ApiError> {
        self.query().map(|query| query.0)
    }

    /// The revision `If-Match: revision_number=N` asks for.
    ///
    /// # Errors
    /// 400 `BadRequest` when N is no number, or there are two.
    pub(crate) fn if_match(&self) -> Result<Option<u64>, ApiError> {
        let mut wanted = None;
        let refuse = |why: String| Err(ApiError::new(400, "BadRequest", why));
        for value in self.headers.get_all(IF_MATCH) {
            let Ok(text) = value.to_str() else { continue };
            for etag in text.split(',') {
                let etag = etag.trim().trim_matches('"');
                let Some(number) = etag.strip_prefix("revision_number=") else {
                    continue;
                };
                if wanted.is_some() {
                    return refuse("If-Match names revision_number twice".into());
                }
                match number.parse() {
                    Ok(number) => wanted = Some(number),
                    Err(_) => {
                        let shown = crate::query::short(number);
                        return refuse(format!("If-Match: '{shown}' is not a revision number"));
                    }
                }
            }
        }
        Ok(wanted)
    }

    /// Refuses a body that says it is something else than JSON.
    ///
    /// # Errors
    /// 415.
    pub(crate) fn expect_json(&self) -> Result<(), ApiError> {
        let Some(value) = self.headers.get(CONTENT_TYPE) else {
            return Ok(());
        };
        let text = value.to_str().unwrap_or("?");
        let media = text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        // What curl says when told nothing: Neutron reads such bodies as JSON too.
        let form = "application/x-www-form-urlencoded";
        if media == crate::reply::JSON || media.ends_with("+json") || media == form {
            return Ok(());
        }
        Err(ApiError::new(
            415,
            "HTTPUnsupportedMediaType",
            format!(
                "Content-Type '{}'; send application/json",
                crate::query::short(&media)
            ),
        ))
    }
}
