//! The database gone for ten seconds under a running cloud: writes are refused with the reason, the nodes
//! go on, and what they had to report is written when it is back.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;
use weft::ledger::{self, Database, Ledger};

use crate::controller::{Controller, file};
use crate::eventually;
use crate::machine::{Link, Machine};
use crate::mariadb::{Server, run};

/// How long the database is gone.
const OUTAGE: Duration = Duration::from_secs(10);
/// How long a write may take to be refused.
const REFUSAL: Duration = Duration::from_secs(5);

/// A cloud of two nodes, and what is asked of it.
struct Cloud {
    controller: Controller,
    machines: [Machine; 2],
    network: Uuid,
    /// A port that is not plugged yet.
    waiting: Uuid,
}

impl Cloud {
    async fn start(database: ledger::Settings) -> Self {
        let controller = Controller::start(database).await;
        let machines = ["one", "other"].map(|host| Machine::start(&controller, host));
        let network = controller.network().await;
        for machine in &machines {
            let port = controller.port(network, &machine.host).await;
            eventually(async || {
                let bridge = machine.named("Bridge", "br-int");
                bridge.map(drop).ok_or("no br-int".to_owned())
            })
            .await;
            machine.plug(port);
            machine.converges(&controller).await;
        }
        let waiting = controller.port(network, "one").await;
        controller.settled().await;
        Cloud {
            controller,
            machines,
            network,
            waiting,
        }
    }

    /// Without the database: what is written is refused and not done, what is read is answered with
    /// `reads`, switches keep what they have, and a port that is plugged gets its flows.
    async fn without_database(&self, reads: u16) {
        let Cloud {
            controller,
            machines: [one, other],
            network,
            waiting,
        } = self;
        let since = Instant::now();
        let before = controller.ledger.model();
        let mods = [one.mods(), other.mods()];
        let stranger = Machine::start(controller, "late");
        let mut refused = 0;
        while since.elapsed() < OUTAGE {
            let asked = Instant::now();
            let body = json!({"network": {"name": format!("lost-{refused}")}});
            let (status, answer) = controller.ask("POST", "/v2.0/networks", Some(body)).await;
            assert_eq!(status, 503, "{answer}");
            let message = answer["NeutronError"]["message"]
                .as_str()
                .unwrap_or_default();
            assert!(message.starts_with("nothing was changed: "), "{answer}");
            // Where the database is belongs in the log.
            assert!(
                !message.contains("://") && !message.contains(".db"),
                "{answer}"
            );
            assert!(asked.elapsed() < REFUSAL, "{:?}", asked.elapsed());
            refused += 1;
            let (status, answer) = controller.ask("GET", "/v2.0/ports?fields=id", None).await;
            assert_eq!(status, reads, "{answer}");
            one.cut(Link::OpenFlow);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert!(refused > 1);
        assert_eq!([one.mods(), other.mods()], mods, "flows were touched");
        assert!(
            stranger.named("Bridge", "br-int").is_none(),
            "it joined without being remembered"
        );
        one.plug(*waiting);
        eventually(async || one.holds(controller)).await;
        assert!(one.mods() > mods[0]);
        assert_eq!(*controller.ledger.model(), *before);
        assert!(before.network(*network).is_some());
    }

    /// With it again everything goes on by itself, and all of it is remembered.
    async fn with_database(self, database: ledger::Settings) {
        for machine in &self.machines {
            machine.converges(&self.controller).await;
        }
        assert_eq!(self.controller.status(self.waiting).await, "ACTIVE");
        let late = Machine::start(&self.controller, "late");
        self.controller.port(self.network, "late").await;
        late.converges(&self.controller).await;
        self.controller.settled().await;
        let model = self.controller.ledger.model();
        assert!(
            model
                .networks()
                .all(|network| !network.name.starts_with("lost"))
        );
        let again = Ledger::open(database).await.unwrap();
        assert_eq!(*again.model(), *model);
    }
}

/// Another process keeps the file locked.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_that_somebody_locks() {
    let (folder, mut settings) = file();
    settings.busy_timeout = Duration::from_millis(200);
    let cloud = Cloud::start(settings.clone()).await;
    let path = folder.path().join("weft.db");
    let options = SqliteConnectOptions::new().filename(path);
    let mut somebody: SqliteConnection = options.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut somebody)
        .await
        .unwrap();
    cloud.without_database(200).await;
    sqlx::query("ROLLBACK")
        .execute(&mut somebody)
        .await
        .unwrap();
    somebody.close().await.unwrap();
    cloud.with_database(settings).await;
}

/// Asks the server to stop, and waits until it has. Killed outright right after its first start, it would
/// not have written enough to start again.
fn stop(server: &mut Server) {
    if let Some((process, _)) = &mut server.own {
        let id = process.id().to_string();
        Command::new("kill").arg(id).status().unwrap();
        process.wait().unwrap();
    }
}

/// Starts it again, with what it held.
fn start_again(server: &mut Server) {
    let port = server.url.rsplit([':', '/']).nth(1);
    let port = port.and_then(|port| port.parse().ok()).unwrap();
    if let Some((process, folder)) = &mut server.own {
        *process = run(folder.path(), port);
    }
}

/// The server is stopped and started again. Another controller may know more, so nothing is read without it.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_server_that_is_stopped() {
    let Some(mut server) = Server::find().filter(Server::is_own) else {
        return;
    };
    let database: Database = server.ready().await;
    let settings = ledger::Settings::new(database);
    let cloud = Cloud::start(settings.clone()).await;
    stop(&mut server);
    cloud.without_database(503).await;
    start_again(&mut server);
    server.ready().await;
    cloud.with_database(settings).await;
}
