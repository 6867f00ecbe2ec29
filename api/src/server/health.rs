//! `/healthcheck`, as oslo.middleware answers it: for load balancers, before anybody is asked who
//! they are.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use http::Method;
use http::header::{ACCEPT, HeaderMap};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::json;

use super::forwarded::Forwarded;
use crate::reply::{Content, JSON, Reply};
use crate::{ApiError, Timestamp};

const PLAIN: &str = "text/plain; charset=UTF-8";
const HTML: &str = "text/html; charset=UTF-8";
/// What can be answered, the first being answered where nothing else is asked for.
const OFFERS: [(&str, &str); 3] = [
    ("text/plain", PLAIN),
    ("text/html", HTML),
    ("application/json", JSON),
];

/// How health is told, and to whom.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Whether the answer says what was looked at.
    pub detailed: bool,
    /// What is looked at besides the backend.
    pub checks: Vec<HealthCheck>,
    /// Networks that are answered; empty for all.
    pub allowed_source_ranges: Vec<IpNet>,
    /// Whether what a proxy passed on is not answered.
    pub ignore_proxied_requests: bool,
}

/// Something that says whether requests should be sent here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthCheck {
    /// Not while this file is there.
    DisabledByFile(PathBuf),
    /// Not while the file of the port that listens is there.
    DisabledByPortFile(BTreeMap<u16, PathBuf>),
    /// Only while all of these are there.
    EnabledByFiles(Vec<PathBuf>),
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Found {
    class: &'static str,
    details: String,
    reason: &'static str,
    #[serde(skip)]
    available: bool,
}

impl HealthCheck {
    async fn look(&self, port: u16) -> Found {
        let (class, path) = match self {
            Self::EnabledByFiles(paths) => return enabled_by(paths).await,
            Self::DisabledByFile(path) => ("DisableByFile", Some(path)),
            Self::DisabledByPortFile(paths) => ("DisableByFilesPorts", paths.get(&port)),
        };
        let Some(path) = path else {
            return ok(class, format!("no file is named for port {port}"));
        };
        let shown = path.display();
        if !exists(path).await {
            return ok(class, format!("Path '{shown}' was not found"));
        }
        Found {
            class,
            details: format!("Path '{shown}' was found"),
            reason: "DISABLED BY FILE",
            available: false,
        }
    }
}

async fn enabled_by(paths: &[PathBuf]) -> Found {
    let class = "EnableByFiles";
    for path in paths {
        if !exists(path).await {
            return Found {
                class,
                details: format!("File path {} is missing", path.display()),
                reason: "FILE PATH MISSING",
                available: false,
            };
        }
    }
    ok(class, "Specified file paths are available".to_owned())
}

fn ok(class: &'static str, details: String) -> Found {
    Found {
        class,
        details,
        reason: "OK",
        available: true,
    }
}

async fn exists(path: &Path) -> bool {
    tokio::fs::try_exists(path).await.unwrap_or(false)
}

impl Health {
    /// The answer; `ledger` is what the backend says of itself.
    pub(super) async fn reply(
        &self,
        asked: &Asked<'_>,
        ledger: Result<(), ApiError>,
    ) -> Result<Reply, ApiError> {
        let within = |address: IpAddr| {
            let ranges = &self.allowed_source_ranges;
            ranges.is_empty() || ranges.iter().any(|range| range.contains(&address))
        };
        let proxied = self.ignore_proxied_requests && Forwarded::by_proxy(asked.headers);
        if !within(asked.client) || proxied {
            let why = "health is not told to this client";
            return Err(ApiError::not_found("HTTPNotFound", why));
        }
        let mut found = Vec::new();
        for check in &self.checks {
            found.push(check.look(asked.port).await);
        }
        let reads = match ledger {
            Ok(()) => ok("Ledger", "the ledger can be read".to_owned()),
            Err(error) => Found {
                class: "Ledger",
                details: error.message,
                reason: "LEDGER CANNOT BE READ",
                available: false,
            },
        };
        // A healthy answer is the one a load balancer was told to expect: "OK", once.
        if self.detailed || !reads.available || found.is_empty() {
            found.push(reads);
        }
        Ok(self.rendered(asked, &found))
    }

    fn rendered(&self, asked: &Asked<'_>, found: &[Found]) -> Reply {
        let healthy = found.iter().all(|found| found.available);
        if asked.method == Method::HEAD {
            let mut reply = Reply::text(if healthy { 204 } else { 503 }, "");
            reply.content_type = PLAIN;
            reply.content = Content::Empty;
            return reply;
        }
        let reasons: Vec<&str> = found.iter().map(|found| found.reason).collect();
        let content_type = wanted(asked.headers);
        let body = match content_type {
            JSON => self.json(found, &reasons),
            HTML => self.html(found),
            _ => reasons.join("\n"),
        };
        let mut reply = Reply::text(if healthy { 200 } else { 503 }, body);
        reply.content_type = content_type;
        reply
    }

    fn json(&self, found: &[Found], reasons: &[&str]) -> String {
        let document = match self.detailed {
            false => json!({"detailed": false, "reasons": reasons}),
            true => json!({
                "detailed": true,
                "now": Timestamp::now(),
                "platform": format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
                "reasons": found,
                "version": env!("CARGO_PKG_VERSION"),
            }),
        };
        format!("{document:#}")
    }

    fn html(&self, found: &[Found]) -> String {
        let cells = |cells: &[&str], tag: &str| {
            let cells: String = cells
                .iter()
                .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)))
                .collect();
            format!("<tr>{cells}</tr>\n")
        };
        let mut rows = match self.detailed {
            true => cells(&["Kind", "Reason", "Details"], "th"),
            false => cells(&["Reason"], "th"),
        };
        for found in found {
            rows.push_str(&match self.detailed {
                true => cells(&[found.class, found.reason, &found.details], "td"),
                false => cells(&[found.reason], "td"),
            });
        }
        format!(
            "<html><head><title>Healthcheck Status</title></head><body>\n<h2>Result of {} checks:</h2>\n<table border=\"1\">\n{rows}</table>\n</body></html>\n",
            found.len()
        )
    }
}

/// What there is to know of a request for health.
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    /// Who asks.
    pub client: IpAddr,
    /// The port that was asked.
    pub port: u16,
}

/// The best of the offers by the request's `Accept`; plain text where none is acceptable.
fn wanted(headers: &HeaderMap) -> &'static str {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let Some(accept) = accept else {
        return PLAIN;
    };
    let mut best = (0.0, PLAIN);
    for (media, content_type) in OFFERS {
        let quality = quality(accept, media);
        if quality > best.0 {
            best = (quality, content_type);
        }
    }
    best.1
}

/// The weight of a media type by the most specific range that names it; 0 where none does.
fn quality(accept: &str, media: &str) -> f32 {
    let kind = media.split('/').next().unwrap_or(media);
    let mut best = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specific = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media => 3,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        let weight = weight.map_or(1.0, |text| text.parse().unwrap_or(0.0));
        if specific > best.0 {
            best = (specific, weight);
        }
    }
    best.1
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_best_offer_by_accept() {
        let by = |accept: &'static str| {
            wanted(&HeaderMap::from_iter([(
                ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        assert_eq!(wanted(&HeaderMap::new()), PLAIN);
        assert_eq!(by("*/*"), PLAIN);
        assert_eq!(by("application/json"), JSON);
        assert_eq!(
            by("text/plain;q=0.5, application/json;q=0.9, text/html;q=0.1"),
            JSON
        );
        assert_eq!(by("text/*;q=0.5, text/html"), HTML);
        assert_eq!(by("*/*;q=0.1, text/plain;q=0"), HTML);
        assert_eq!(by("image/png"), PLAIN);
    }
}
