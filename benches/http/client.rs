//! One client: a connection that stays open, and what it asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;

use serde_json::Value as Json;

use crate::keystone::TOKEN;

pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::with_capacity(1 << 20, stream))
    }

    /// Asks one thing; the body of the answer, which must be of `status`.
    pub fn ask(&mut self, method: &str, path: &str, body: &str, status: &str) -> Vec<u8> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: weft\r\nX-Auth-Token: {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut length, mut chunked) = (String::new(), 0, false);
        self.0.read_line(&mut line).unwrap();
        let answered = line.clone();
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            chunked |= line.starts_with("transfer-encoding:");
        }
        let body = if chunked {
            self.chunks()
        } else {
            self.take(length)
        };
        let said = || String::from_utf8_lossy(&body);
        assert!(answered.contains(status), "{answered}{}", said());
        body
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// A body of unknown length (RFC 9112 §7.1).
    fn chunks(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            all.extend(self.take(length));
            self.take(2);
            if length == 0 {
                return all;
            }
        }
    }

    /// Reads the stream of all changes from now on, until the server ends; told of when it has begun.
    pub fn follow(mut self, begun: &Barrier) {
        let request = format!(
            "GET /weft/v1/changes HTTP/1.1\r\nHost: weft\r\nX-Auth-Token: {TOKEN}\r\nAccept: text/event-stream\r\n\r\n"
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut bytes = vec![0; 1 << 16];
        let mut read = || self.0.read(&mut bytes).unwrap_or(0);
        let first = read();
        begun.wait();
        assert!(first > 0);
        while read() > 0 {}
    }

    /// Makes one of these; its id.
    pub fn create(&mut self, kind: &str, attributes: &str) -> String {
        let body = format!("{{\"{kind}\":{{{attributes}}}}}");
        let answer = self.ask("POST", &format!("/v2.0/{kind}s"), &body, "201");
        let document: Json = serde_json::from_slice(&answer).unwrap();
        document[kind]["id"].as_str().unwrap().to_owned()
    }
}
