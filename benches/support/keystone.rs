//! A Keystone for benches: every token is that of one member of one project.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A token as long as Keystone's usual ones.
pub const TOKEN: &str = "gAAAAABrCPehtWNxUTIIptLd2Vq2SrsMLve0OoFGVCHWJdc8DFzlhEGogfAlcwKgo7-vTYwVkB_TWRJGFbOVNO2Y9NmCziR9j4W8NlrmokPeRSD9px6hAeCzrfjThiVdjADbB2oRn0pH1_VV1dC94SilOzK5m0unYvKMaQp3kPjHU1LEzqLm3u0";

const DOCUMENT: &str = r#"{"token": {
    "methods": ["password"], "expires_at": "2999-01-01T00:00:00.000000Z",
    "user": {"id": "5fe01b30f82342e782e34200a6fab8e8", "name": "member", "domain": {"id": "default", "name": "Default"}},
    "project": {"id": "ca802e307d3a452992892bc1c580f72b", "name": "demo", "domain": {"id": "default", "name": "Default"}},
    "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}]
}}"#;

/// Starts it; its URL.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    format!("http://{address}")
}

/// One request after another on a connection.
fn serve(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length, mut status) = (String::new(), 0, "200 OK");
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.starts_with("POST") {
                status = "201 Created";
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        stream.read_exact(&mut vec![0; length]).unwrap();
        let answer = format!(
            "HTTP/1.1 {status}\r\nX-Subject-Token: own\r\nContent-Length: {}\r\n\r\n{DOCUMENT}",
            DOCUMENT.len()
        );
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
