//! Cross-origin requests, as oslo.middleware's `cors` answers them: which pages of other sites a
//! browser may let at the API.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY};
use http::{Method, header};

/// Headers that any page may send.
const SIMPLE_HEADERS: [&str; 8] = [
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Cache-Control",
    "Content-Language",
    "Expires",
    "Last-Modified",
    "Pragma",
];

/// What is allowed to pages of which sites. By default no site is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// `scheme://host[:port]` of each, or `*`.
    pub allowed_origin: Vec<String>,
    /// Whether their requests may carry credentials.
    pub allow_credentials: bool,
    /// Headers of answers that they may read beyond the simple ones.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember an answer to its question, in seconds; 0 says nothing of it.
    pub max_age: u32,
    /// Methods that they may use.
    pub allow_methods: Vec<String>,
    /// Headers that they may send beyond the simple ones.
    pub allow_headers: Vec<String>,
}

impl Cors {
    /// Adds what a browser wants to know to the headers of an answer.
    pub(super) fn decorate(&self, method: &Method, asked: &HeaderMap, answer: &mut HeaderMap) {
        let Some(origin) = self.origin(asked) else {
            return;
        };
        if method == Method::OPTIONS {
            self.preflight(origin, asked, answer);
            return;
        }
        answer.append(VARY, HeaderValue::from_static("Origin"));
        self.permit(origin, answer);
        put(
            answer,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            &self.expose_headers.join(","),
        );
    }

    /// The origin as the answer names it.
    fn origin(&self, asked: &HeaderMap) -> Option<HeaderValue> {
        let origin = asked.get(ORIGIN)?;
        let named = |allowed: &str| self.allowed_origin.iter().any(|one| one == allowed);
        if origin.to_str().is_ok_and(named) {
            return Some(origin.clone());
        }
        named("*").then(|| HeaderValue::from_static("*"))
    }

    fn permit(&self, origin: HeaderValue, answer: &mut HeaderMap) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.allow_credentials {
            put(answer, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
    }

    /// The question a browser asks before the request itself.
    fn preflight(&self, origin: HeaderValue, asked: &HeaderMap, answer: &mut HeaderMap) {
        let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
        let Some(method) = text(header::ACCESS_CONTROL_REQUEST_METHOD) else {
            return;
        };
        let headers = text(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        let headers: Vec<&str> = headers
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let known = |name: &str| {
            let own = self.allow_headers.iter().map(String::as_str);
            own.chain(SIMPLE_HEADERS)
                .any(|allowed| allowed.eq_ignore_ascii_case(name))
        };
        if !self.allow_methods.iter().any(|allowed| allowed == method)
            || !headers.iter().all(|name| known(name))
        {
            return;
        }
        answer.insert(VARY, HeaderValue::from_static("Origin"));
        self.permit(origin, answer);
        if self.max_age > 0 {
            let seconds = self.max_age.to_string();
            put(answer, header::ACCESS_CONTROL_MAX_AGE, &seconds);
        }
        put(answer, header::ACCESS_CONTROL_ALLOW_METHODS, method);
        put(
            answer,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            &headers.join(","),
        );
    }
}

/// Sets a header, unless there is nothing to say.
fn put(answer: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text)
        && !text.is_empty()
    {
        answer.insert(name, value);
    }
}
