//! One line of the log for each request, as `wsgi_log_format` wants it.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// A format in Python's notation: `%(status_code)s`, `%(wall_seconds).7f`, `%%`.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessLog(Vec<Piece>);

/// Why a format is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no part of a format; there are %(client_ip)s, %(date_time)s, %(request_line)s, %(status_code)s, %(body_length)s, %(wall_seconds).7f and %%"
)]
pub struct NoFormat(pub String);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Value(Field, Form),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    ClientIp,
    DateTime,
    RequestLine,
    StatusCode,
    BodyLength,
    WallSeconds,
}

/// How a value is written: at least so wide, with so many digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    width: usize,
    precision: Option<usize>,
}

/// What is known of a request when its answer is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub client: IpAddr,
    /// `GET /v2.0/networks HTTP/1.1`.
    pub request: &'a str,
    pub status: u16,
    /// Bytes of the answer's body.
    pub length: u64,
    pub time: Duration,
}

/// Widths and precisions beyond this are no format but a mistake.
const WIDTH_MAX: usize = 64;

impl FromStr for AccessLog {
    type Err = NoFormat;

    fn from_str(format: &str) -> Result<Self, NoFormat> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((text, after)) = rest.split_once('%') {
            let (piece, after) = match after.strip_prefix('%') {
                Some(after) => (Piece::Text("%".to_owned()), after),
                None => value(after).ok_or_else(|| {
                    let shown: String = after.chars().take(24).collect();
                    NoFormat(format!("%{shown}"))
                })?,
            };
            pieces.extend([Piece::Text(text.to_owned()), piece]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }
}

/// The `(name)form` that `text` begins with, and what follows it.
fn value(text: &str) -> Option<(Piece, &str)> {
    let (name, rest) = text.strip_prefix('(')?.split_once(')')?;
    let field = match name {
        "client_ip" => Field::ClientIp,
        "date_time" => Field::DateTime,
        "request_line" => Field::RequestLine,
        "status_code" => Field::StatusCode,
        "body_length" => Field::BodyLength,
        "wall_seconds" => Field::WallSeconds,
        _ => return None,
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (form, rest) = rest.split_at(end);
    let rest = rest.strip_prefix(['s', 'd', 'f'])?;
    let (width, precision) = match form.split_once('.') {
        Some((width, precision)) => (width, Some(precision.parse().ok()?)),
        None => (form, None),
    };
    let width = if width.is_empty() {
        0
    } else {
        width.parse().ok()?
    };
    let sound = width <= WIDTH_MAX && precision.is_none_or(|digits| digits <= WIDTH_MAX);
    sound.then_some((Piece::Value(field, Form { width, precision }), rest))
}

impl Default for AccessLog {
    /// As oslo.service writes it.
    fn default() -> Self {
        let text = |text: &str| Piece::Text(text.to_owned());
        let plain = Form {
            width: 0,
            precision: None,
        };
        let seconds = Form {
            precision: Some(7),
            ..plain
        };
        Self(vec![
            Piece::Value(Field::ClientIp, plain),
            text(" \""),
            Piece::Value(Field::RequestLine, plain),
            text("\" status: "),
            Piece::Value(Field::StatusCode, plain),
            text("  len: "),
            Piece::Value(Field::BodyLength, plain),
            text(" time: "),
            Piece::Value(Field::WallSeconds, seconds),
        ])
    }
}

impl AccessLog {
    /// The line of one request.
    pub(super) fn line(&self, line: &Line<'_>) -> String {
        let mut out = String::with_capacity(128);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(field, form) => line.write(*field, *form, &mut out),
            }
        }
        out
    }
}

impl Line<'_> {
    fn write(&self, field: Field, form: Form, out: &mut String) {
        let width = form.width;
        // Writing to a string cannot fail.
        let _ = match field {
            Field::ClientIp => write!(out, "{:>width$}", self.client.to_string()),
            Field::DateTime => {
                let now = Timestamp::now().strftime("%d/%b/%Y %H:%M:%S").to_string();
                write!(out, "{now:>width$}")
            }
            Field::RequestLine => write!(out, "{:>width$}", self.request),
            Field::StatusCode => write!(out, "{:>width$}", self.status),
            Field::BodyLength => write!(out, "{:>width$}", self.length),
            Field::WallSeconds => {
                let digits = form.precision.unwrap_or(6);
                write!(out, "{:>width$.digits$}", self.time.as_secs_f64())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line<'a>() -> Line<'a> {
        Line {
            client: "192.0.2.7".parse().unwrap(),
            request: "GET /v2.0/networks HTTP/1.1",
            status: 200,
            length: 1234,
            time: Duration::from_micros(1500),
        }
    }

    #[test]
    fn the_default_is_that_of_oslo_service() {
        let format = "%(client_ip)s \"%(request_line)s\" status: %(status_code)s  len: %(body_length)s time: %(wall_seconds).7f";
        let parsed: AccessLog = format.parse().unwrap();
        let said =
            "192.0.2.7 \"GET /v2.0/networks HTTP/1.1\" status: 200  len: 1234 time: 0.0015000";
        assert_eq!(parsed.line(&line()), said);
        assert_eq!(AccessLog::default().line(&line()), said);
    }

    #[test]
    fn widths_digits_and_percent_signs() {
        let said = |format: &str| format.parse::<AccessLog>().map(|log| log.line(&line()));
        assert_eq!(said("100%% %(status_code)6d|").unwrap(), "100%    200|");
        assert_eq!(said("%(wall_seconds)8.2f").unwrap(), "    0.00");
        assert!(said("%(date_time)s").unwrap().contains('/'));
        assert_eq!(said("").unwrap(), "");
        for bad in [
            "%",
            "%(",
            "%(nothing)s",
            "%(status_code)",
            "%s",
            "%(status_code)999s",
        ] {
            assert!(said(bad).is_err(), "{bad}");
        }
    }
}
