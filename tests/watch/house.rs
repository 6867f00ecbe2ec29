//! The whole API with its changes on a socket, and asking it.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use api::{Context, Head, Identify, Refusal};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use weft::ledger::{self, Database, Ledger};
use weft::model::Draft;
use weft::node::{self, Fleet};
use weft::respond::dhcp4;
use weft::service::{self, Service};
use weft::{admin, watch};

use crate::client::{Events, document, request, send};

/// Who asks with `X-Reader: PROJECT` is a member of that project, everybody else an administrator.
struct ByHeader;

impl Identify for ByHeader {
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let context = match text("x-reader") {
            None => Context {
                user_id: text("x-user-id").unwrap_or_default().to_owned(),
                ..Context::admin("admins", request_id)
            },
            Some(project) => Context {
                project_id: project.to_owned(),
                user_id: "reader".to_owned(),
                roles: vec!["member".to_owned(), "reader".to_owned()],
                request_id,
                ..Context::default()
            },
        };
        Box::pin(ready(Ok(context)))
    }
}

/// A controller.
pub struct House {
    pub address: SocketAddr,
    pub service: Service,
    pub ledger: Ledger,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _folder: Option<TempDir>,
}

/// Has the log of a house in this folder cut down to its last commit, as the retention time would.
pub async fn forget(folder: &TempDir) {
    let forgetful = ledger::Settings {
        retention: std::time::Duration::from_micros(1),
        ..settings(folder)
    };
    let ledger = Ledger::open(forgetful).await.unwrap();
    while ledger.log(0, 2).await.unwrap().len() > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    ledger.close().await;
}

/// How a ledger of its own is kept that is looked at often.
pub fn settings(folder: &TempDir) -> ledger::Settings {
    ledger::Settings {
        poll_interval: std::time::Duration::from_millis(10),
        ..ledger::Settings::new(Database::Sqlite(folder.path().join("weft.db")))
    }
}

impl House {
    /// On a file of its own, with the settings that the controller has.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder);
        let mut house = Self::with(settings, watch::Settings::default()).await;
        house._folder = Some(folder);
        house
    }

    /// With these settings.
    pub async fn with(settings: ledger::Settings, readers: watch::Settings) -> Self {
        let ledger = Ledger::open(settings).await.unwrap();
        let service = Service::new(ledger.clone(), service::Settings::default());
        let settings = node::Settings {
            openflow_target: None,
            openflow_port: 6653,
            audit_interval: None,
            openflow: openflow::session::Config::default(),
            dhcp: dhcp4::Settings {
                lease_seconds: 3_600,
                domain: String::new(),
            },
        };
        let fleet = Fleet::start(service.clone(), ledger.clone(), settings);
        let watch = watch::Watch::start(service.clone(), ledger.clone(), readers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut options = api::Options::noauth("admins");
        options.identify = Arc::new(ByHeader);
        options.mounts.extend(watch::mounts(&watch));
        options.mounts.push(admin::mount(fleet, ledger.clone()));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            let _ = stopped.await;
            watch.close();
        };
        let backend = Arc::new(service.clone());
        Self {
            address,
            service,
            ledger,
            stop,
            task: tokio::spawn(api::serve(listener, backend, options, stopped)),
            _folder: None,
        }
    }

    /// Stops serving, and waits until that is done.
    pub async fn close(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
        self.ledger.close().await;
    }

    /// Asks one thing.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Json>,
    ) -> (u16, Json) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request(method, path, headers, body);
        document(send(self.address, request).await).await
    }

    /// What must be answered with `status`.
    pub async fn expect(&self, status: u16, method: &str, path: &str, body: Option<Json>) -> Json {
        let page = [("accept", "application/json")];
        let (found, answer) = self.ask(method, path, &page, body).await;
        assert_eq!(found, status, "{method} {path}: {answer}");
        answer
    }

    /// A document that must be there.
    pub async fn get(&self, path: &str) -> Json {
        self.expect(200, "GET", path, None).await
    }

    /// What must be refused with this status and error type.
    pub async fn refused(&self, status: u16, kind: &str, path: &str) -> String {
        let answer = self.expect(status, "GET", path, None).await;
        assert_eq!(answer["NeutronError"]["type"], kind, "{path}: {answer}");
        let message = answer["NeutronError"]["message"].as_str();
        message.unwrap().to_owned()
    }

    /// The id of a new network of this name and project.
    pub async fn network(&self, name: &str, project: &str) -> String {
        let body = json!({"network": {"name": name, "project_id": project}});
        let made = self.expect(201, "POST", "/v2.0/networks", Some(body)).await;
        made["network"]["id"].as_str().unwrap().to_owned()
    }

    /// The id of a new port of this name on a network.
    pub async fn port(&self, name: &str, network: &str) -> String {
        let body = json!({"port": {"name": name, "network_id": network}});
        let made = self.expect(201, "POST", "/v2.0/ports", Some(body)).await;
        made["port"]["id"].as_str().unwrap().to_owned()
    }

    /// Gives a network another name.
    pub async fn rename(&self, network: &str, name: &str) {
        let path = format!("/v2.0/networks/{network}");
        let body = json!({"network": {"name": name}});
        self.expect(200, "PUT", &path, Some(body)).await;
    }

    /// The stream at this path.
    pub async fn events(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        let request = request("GET", path, headers, String::new());
        Events::of(send(self.address, request).await)
    }

    /// Many networks in one commit, past the rules; its revision.
    pub async fn bulk(&self, networks: usize) -> u64 {
        let write = self
            .ledger
            .write(ledger::Author::default(), move |draft: &mut Draft| {
                for _ in 0..networks {
                    let id = uuid::Uuid::new_v4();
                    let made = weft::model::sample::network(draft, "bulk");
                    draft.put(api::Network { id, ..made });
                }
                Ok::<_, ()>(())
            });
        write.await.unwrap().0.revision()
    }
}
