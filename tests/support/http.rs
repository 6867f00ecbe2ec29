//! The whole API on a socket to speak to.

#[path = "client.rs"]
mod client;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::net::TcpListener;
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

    /// Asks one thing; the status and the document answered.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&Json>,
    ) -> (u16, Json) {
        client::ask(self.address, method, path, headers, body).await
    }
}
