//! What proxies in front of us say of a request (`Forwarded`, `X-Forwarded-…`), as oslo.middleware's
//! `http_proxy_to_wsgi` reads it. Whoever is not told to believe it must not ask.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::uri::{Authority, PathAndQuery};

/// The headers of proxies, as `[healthcheck] ignore_proxied_requests` looks for them.
const PROXY_HEADERS: [&str; 5] = [
    "x-forwarded",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-for",
    "x-forwarded-prefix",
];

/// The client's side of the first proxy. What has no sound form is as if it had not been said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    /// `http` or `https`.
    pub scheme: Option<&'static str>,
    /// Host, with its port where it is not the scheme's own.
    pub host: Option<String>,
    /// The client.
    pub client: Option<IpAddr>,
    /// What the path began with before the proxy took it off: empty, or `/…` without a slash at the end.
    pub prefix: String,
}

impl Forwarded {
    /// From a request's headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let first = |name: &str| text(name).map(|list| list.split(',').next().unwrap_or("").trim());
        let mut said = match text("forwarded").filter(|list| !list.is_empty()) {
            Some(list) => Self::rfc7239(list),
            None => Self {
                scheme: first("x-forwarded-proto").and_then(scheme),
                host: first("x-forwarded-host").and_then(host),
                client: first("x-forwarded-for").and_then(client),
                prefix: String::new(),
            },
        };
        said.prefix = first("x-forwarded-prefix").map_or_else(String::new, prefix);
        said
    }

    /// The first element of a `Forwarded` header.
    fn rfc7239(list: &str) -> Self {
        let mut said = Self::default();
        let element = list.split(',').next().unwrap_or("");
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "proto" => said.scheme = scheme(value),
                "host" => said.host = host(value),
                "for" => said.client = client(value),
                _ => {}
            }
        }
        said
    }

    /// True where a request shows that a proxy passed it on.
    pub(super) fn by_proxy(headers: &HeaderMap) -> bool {
        PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
    }
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"]
        .into_iter()
        .find(|scheme| scheme.eq_ignore_ascii_case(text))
}

fn host(text: &str) -> Option<String> {
    let authority: Authority = text.parse().ok()?;
    (!authority.as_str().contains('@')).then(|| text.to_owned())
}

fn client(text: &str) -> Option<IpAddr> {
    let address = text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text.trim_matches(['[', ']']).parse();
    address.or(bare).ok()
}

fn prefix(text: &str) -> String {
    let path = text.trim_end_matches('/');
    let sound = path.starts_with('/') && !path.contains('?');
    match path.parse::<PathAndQuery>() {
        Ok(_) if sound => path.to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn said(headers: &[(&'static str, &'static str)]) -> Forwarded {
        let pair = |(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        Forwarded::of(&headers.iter().copied().map(pair).collect())
    }

    #[test]
    fn the_older_headers() {
        let forwarded = said(&[
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "cloud.example:443"),
            ("x-forwarded-for", "192.0.2.7, 10.0.0.1"),
            ("x-forwarded-prefix", "/network/"),
        ]);
        assert_eq!(forwarded.scheme, Some("https"));
        assert_eq!(forwarded.host.as_deref(), Some("cloud.example:443"));
        assert_eq!(forwarded.client, "192.0.2.7".parse().ok());
        assert_eq!(forwarded.prefix, "/network");
    }

    #[test]
    fn rfc_7239_goes_before_them() {
        let forwarded = said(&[
            (
                "forwarded",
                "for=\"[2001:db8::1]:4711\";proto=HTTPS;host=a.example, for=10.0.0.1;proto=http",
            ),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "b.example"),
        ]);
        assert_eq!(forwarded.scheme, Some("https"));
        assert_eq!(forwarded.host.as_deref(), Some("a.example"));
        assert_eq!(forwarded.client, "2001:db8::1".parse().ok());
    }

    #[test]
    fn nonsense_says_nothing() {
        let forwarded = said(&[
            ("x-forwarded-proto", "javascript"),
            ("x-forwarded-host", "a b"),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-prefix", "//evil.example?x"),
        ]);
        assert_eq!(forwarded, Forwarded::default());
        assert_eq!(said(&[("forwarded", ";;=,")]), Forwarded::default());
    }
}
