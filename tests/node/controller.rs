//! The controller of a test: its API on a socket, its ledger, and its two listeners for switches.

#[path = "../support/client.rs"]
mod client;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;
use weft::ledger::{self, Database, Ledger};
use weft::node::{self, Fleet, Report};
use weft::respond::dhcp4;
use weft::service::{Service, Settings};

use crate::LIMIT;

/// What a switch owes an answer is waited for so long.
pub const ANSWER: Duration = Duration::from_millis(500);

/// All of it in this process.
pub struct Controller {
    pub api: SocketAddr,
    pub ovsdb: SocketAddr,
    pub ledger: Ledger,
    pub fleet: Fleet,
}

/// A database in a folder that goes with the test.
pub fn file() -> (TempDir, ledger::Settings) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("weft.db"));
    (folder, ledger::Settings::new(database))
}

impl Controller {
    /// Starts it on a database, without audits but those that are asked for.
    pub async fn start(database: ledger::Settings) -> Self {
        Self::start_with(database, None).await
    }

    /// Starts it with audits at this interval.
    pub async fn start_with(database: ledger::Settings, audit: Option<Duration>) -> Self {
        let ledger = Ledger::open(database).await.unwrap();
        let service = Service::new(ledger.clone(), Settings::default());
        let any = "127.0.0.1:0".parse().unwrap();
        let switches = openflow::connection::Listener::bind(any, None)
            .await
            .unwrap();
        let openflow = switches.local_address().unwrap();
        let fleet = Fleet::start(service.clone(), ledger.clone(), settings(openflow, audit));
        let target = ovsdb::ListenTarget::Tcp {
            address: any.ip(),
            port: 0,
        };
        let databases = ovsdb::Listener::bind(
            &target,
            None,
            ovsdb::ListenOptions::default(),
            ovsdb::Settings::default(),
        );
        let databases = databases.await.unwrap();
        let ovsdb = databases.local_addr().unwrap();
        let (one, other) = (fleet.clone(), fleet.clone());
        tokio::spawn(async move { one.serve_ovsdb(databases).await });
        tokio::spawn(async move { other.serve_openflow(switches).await });
        let listener = TcpListener::bind(any).await.unwrap();
        let api = listener.local_addr().unwrap();
        let options = api::Options::noauth("0a15e59f33a14376a2dc15b62010877a");
        let serve = api::serve(listener, Arc::new(service), options, std::future::pending());
        tokio::spawn(serve);
        Self {
            api,
            ovsdb,
            ledger,
            fleet,
        }
    }

    /// Asks the API.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
        client::ask(self.api, method, path, &[], body.as_ref()).await
    }

    /// Creates something; its id.
    pub async fn create(&self, kind: &str, body: Json) -> Uuid {
        let path = format!("/v2.0/{kind}s");
        let (status, answer) = self.ask("POST", &path, Some(json!({ kind: body }))).await;
        assert_eq!(status, 201, "{answer}");
        answer[kind]["id"].as_str().unwrap().parse().unwrap()
    }

    /// A VXLAN network with a subnet.
    pub async fn network(&self) -> Uuid {
        let network = self.create("network", json!({})).await;
        let subnet = json!({"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/16"});
        self.create("subnet", subnet).await;
        network
    }

    /// A port on a host.
    pub async fn port(&self, network: Uuid, host: &str) -> Uuid {
        let body = json!({
            "network_id": network,
            "binding:host_id": host,
            "device_owner": "compute:nova",
        });
        self.create("port", body).await
    }

    pub async fn delete_port(&self, port: Uuid) {
        let (status, answer) = self
            .ask("DELETE", &format!("/v2.0/ports/{port}"), None)
            .await;
        assert_eq!(status, 204, "{answer}");
    }

    /// A port's status.
    pub async fn status(&self, port: Uuid) -> String {
        let (_, answer) = self.ask("GET", &format!("/v2.0/ports/{port}"), None).await;
        answer["port"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// What the worker of a host says.
    pub fn report(&self, host: &str) -> Option<Report> {
        let model = self.ledger.model();
        let node = model.node_by_hostname(host)?.id;
        self.fleet.reports().remove(&node)
    }

    /// Waits until every connected switch has acknowledged all there is.
    pub async fn settled(&self) {
        let settled = self.fleet.settled(self.ledger.model().revision());
        tokio::time::timeout(LIMIT, settled).await.unwrap();
    }
}

fn settings(openflow: SocketAddr, audit: Option<Duration>) -> node::Settings {
    node::Settings {
        openflow_target: Some(format!("tcp:{openflow}")),
        openflow_port: openflow.port(),
        audit_interval: audit,
        openflow: openflow::session::Config {
            request_timeout: ANSWER,
            bundle_timeout: ANSWER,
            ..openflow::session::Config::default()
        },
        dhcp: dhcp4::Settings {
            lease_seconds: 3_600,
            domain: String::new(),
        },
    }
}
