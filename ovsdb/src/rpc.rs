//! JSON-RPC 1.0 on a byte stream (RFC 7047 §4): finding where a message ends, reading what it is,
//! writing ours. Messages follow one another without a separator.

use std::borrow::Cow;

use bytes::{Buf, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{DecodeError, ErrorKind, FrameError, PeerError};

/// How much of a message is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message. A node with 10,000 ports starts its monitor with some 8 MB.
    pub frame_bytes_max: usize,
    /// Levels of arrays and objects. OVSDB needs about ten; the JSON parser stops at 128.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 32 << 20,
            depth_max: 64,
        }
    }
}

/// Finds the end of a message in a growing buffer. Each byte is looked at once, however the
/// stream is cut into reads.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    scanned: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// A scanner at the start of a message.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            scanned: 0,
            depth: 0,
            in_string: false,
            escaped: false,
        }
    }

    /// Takes the next whole message from the front of `buffer`; `None` where more bytes are
    /// needed. Between two calls bytes may only be appended to `buffer`.
    ///
    /// # Errors
    /// [`FrameError`]; the stream cannot be read on after it.
    pub fn next_frame(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        if self.scanned == 0 {
            let blank = buffer
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            buffer.advance(blank);
            match buffer.first() {
                None => return Ok(None),
                Some(b'{') => {}
                Some(&byte) => return Err(FrameError::NotAnObject { byte }),
            }
        }
        let visible = buffer.len().min(self.limits.frame_bytes_max);
        let fresh = buffer.get(self.scanned..visible).unwrap_or_default();
        match self.end(fresh)? {
            Some(length) => {
                let frame = buffer.split_to(self.scanned + length).freeze();
                *self = Self::new(self.limits);
                Ok(Some(frame))
            }
            None if buffer.len() > visible => Err(FrameError::TooLong {
                limit: self.limits.frame_bytes_max,
            }),
            None => {
                self.scanned = visible;
                Ok(None)
            }
        }
    }

    /// How many of the fresh bytes belong to the message, where it ends among them.
    fn end(&mut self, fresh: &[u8]) -> Result<Option<usize>, FrameError> {
        for (place, &byte) in fresh.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > self.limits.depth_max {
                        return Err(FrameError::TooDeep {
                            limit: self.limits.depth_max,
                        });
                    }
                }
                // Brackets that do not match are left to the JSON parser.
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Ok(Some(place + 1));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

/// A message, as parts of its frame.
#[derive(Debug)]
pub enum Message<'a> {
    /// The peer wants an answer.
    Request {
        /// The method.
        method: Cow<'a, str>,
        /// Its parameters, as JSON.
        params: &'a str,
        /// What the answer must carry, as JSON.
        id: &'a str,
    },
    /// The peer tells something.
    Notification {
        /// The method.
        method: Cow<'a, str>,
        /// Its parameters, as JSON.
        params: &'a str,
    },
    /// The answer to a request of ours.
    Response {
        /// The request, as JSON.
        id: &'a str,
        /// The result as JSON, or the peer's error.
        result: Result<&'a str, PeerError>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

impl<'a> Message<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`DecodeError`] where it is no JSON, or no message of JSON-RPC 1.0.
    pub fn read(frame: &'a [u8]) -> Result<Self, DecodeError> {
        let envelope: Envelope<'a> =
            serde_json::from_slice(frame).map_err(|source| DecodeError::Json {
                what: "JSON-RPC message",
                source,
            })?;
        let params = envelope.params.map_or("null", RawValue::get);
        let id = envelope.id.map(RawValue::get);
        match (envelope.method, id) {
            (Some(method), Some(id)) => Ok(Self::Request { method, params, id }),
            (Some(method), None) => Ok(Self::Notification { method, params }),
            (None, Some(id)) => {
                let result = match envelope.error {
                    Some(error) => Err(read_error(error.get())),
                    None => Ok(envelope.result.map_or("null", RawValue::get)),
                };
                Ok(Self::Response { id, result })
            }
            (None, None) if envelope.error.is_some() => {
                Err(DecodeError::Message("an error without an id"))
            }
            (None, None) => Err(DecodeError::Message("neither method nor id")),
        }
    }
}

/// The error of a response: an `<error>`, or whatever else the peer put there.
fn read_error(json: &str) -> PeerError {
    if let Ok(error) = serde_json::from_str::<PeerError>(json) {
        return error;
    }
    let text = serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned());
    PeerError {
        kind: ErrorKind::from(text),
        details: None,
        syntax: None,
    }
}

/// Appends a request. `params` is JSON.
pub fn write_request(out: &mut BytesMut, id: u64, method: &str, params: &str) {
    let id = id.to_string();
    // Method names are ours and hold nothing that JSON would escape.
    for part in [
        "{\"id\":",
        &id,
        ",\"method\":\"",
        method,
        "\",\"params\":",
        params,
        "}",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends a notification. `params` is JSON.
pub fn write_notification(out: &mut BytesMut, method: &str, params: &str) {
    for part in [
        "{\"id\":null,\"method\":\"",
        method,
        "\",\"params\":",
        params,
        "}",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends the answer to a request of the peer; `id`, `result` and `error` are JSON.
pub fn write_response(out: &mut BytesMut, id: &str, result: &str, error: &str) {
    for part in [
        "{\"id\":",
        id,
        ",\"result\":",
        result,
        ",\"error\":",
        error,
        "}",
    ] {
        out.extend_from_slice(part.as_bytes());
    }
}
