//! A small HTTP client, and the whole API on a socket to speak to.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use weft::ledger::{self, Database, Ledger};
use weft::service::{Service, Settings};

/// The API served from a ledger in a file; both go when it is dropped.
pub struct House {
    pub address: SocketAddr,
    pub service: Service,
    _folder: TempDir,
}

impl House {
    /// Serves the API with these settings on a free port of loopback.
    pub async fn open(settings: Settings) -> Self {
        let options = api::Options::noauth("0a15e59f33a14376a2dc15b62010877a");
        Self::open_as(settings, options).await
    }

    /// As `open`, with the door that `options` make.
    pub async fn open_as(settings: Settings, options: api::Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("weft.db"));
        let ledger = Ledger::open(ledger::Settings::new(database)).await.unwrap();
        let service = Service::new(ledger, settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Arc::new(service.clone());
        tokio::spawn(api::serve(
            listener,
            backend,
            options,
            std::future::pending(),
        ));
        Self {
            address,
            service,
            _folder: folder,
        }
    }

    /// Asks one thing on a connection of its own; the status and the document answered.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&Json>,
    ) -> (u16, Json) {
        let body = body.map(Json::to_string).unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: weft\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Content-Type: application/json\r\n");
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let document = if body.is_empty() {
            Json::Null
        } else {
            serde_json::from_str(body).unwrap()
        };
        (status, document)
    }
}
