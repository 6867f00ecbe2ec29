//! What the tests stand on: a private real `ovsdb-server` in a temporary folder, and one face for
//! it and the in-memory server, so that a case runs on both.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ovsdb::testing::{Server, ServerOptions};
use ovsdb::vswitch::{self, DATABASE};
use ovsdb::{
    Columns, Condition, Monitor, NamedUuid, Options, Schema, Session, Set, Settings, Target,
    Transaction,
};

/// Where the schema of Open vSwitch is: named by `WEFT_OVS_SCHEMA`, or where Debian's keeps it.
pub fn schema_file() -> PathBuf {
    let debian = "/usr/share/openvswitch/vswitch.ovsschema";
    std::env::var_os("WEFT_OVS_SCHEMA").map_or(debian.into(), PathBuf::from)
}

/// Whether the programs of Open vSwitch are there. Says so loudly where they are not, and fails
/// where they must be (`CI` or `WEFT_REQUIRE_OVS` set).
pub fn have_ovs() -> bool {
    let have = schema_file().exists()
        && ["ovsdb-server", "ovsdb-tool", "ovs-vsctl"]
            .iter()
            .all(|program| {
                let run = Command::new(program)
                    .arg("--version")
                    .stdout(Stdio::null())
                    .status();
                run.is_ok_and(|status| status.success())
            });
    let required = ["CI", "WEFT_REQUIRE_OVS"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    assert!(
        have || !required,
        "Open vSwitch is not installed: apt-get install openvswitch-switch"
    );
    if !have {
        eprintln!("NOT TESTED against the real ovsdb-server: Open vSwitch is not installed");
    }
    have
}

/// A real `ovsdb-server` of our own, with an initialised vswitch database.
pub struct Real {
    pub folder: tempfile::TempDir,
    child: Child,
}

impl Real {
    /// Starts one with these arguments in addition.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, |folder| {
            run(Command::new("ovsdb-tool")
                .arg("create")
                .arg(folder.join("conf.db"))
                .arg(schema_file()));
        })
    }

    /// Starts one on a clustered database of one member, which keeps transaction ids.
    pub fn start_clustered() -> Self {
        Self::start_with(&[], |folder| {
            let raft = format!("unix:{}", folder.join("raft.sock").display());
            run(Command::new("ovsdb-tool")
                .arg("create-cluster")
                .arg(folder.join("conf.db"))
                .arg(schema_file())
                .arg(raft));
        })
    }

    fn start_with(arguments: &[&str], create: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        create(path);
        let child = Command::new("ovsdb-server")
            .args(["-vconsole:off", "-vfile:info", "--no-chdir"])
            .arg(format!("--remote=punix:{}", path.join("db.sock").display()))
            .arg("--remote=db:Open_vSwitch,Open_vSwitch,manager_options")
            .arg(format!("--unixctl={}", path.join("ctl").display()))
            .arg(format!("--log-file={}", path.join("log").display()))
            .args(arguments)
            .arg(path.join("conf.db"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let real = Self { folder, child };
        wait_until("the socket of ovsdb-server", || real.socket().exists());
        real.vsctl(&["init"]);
        real
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("db.sock")
    }

    pub fn target(&self) -> Target {
        Target::Unix {
            path: self.socket(),
        }
    }

    /// Runs `ovs-vsctl --no-wait` on it; gives what it printed.
    pub fn vsctl(&self, arguments: &[&str]) -> String {
        let db = format!("--db=unix:{}", self.socket().display());
        run(Command::new("ovs-vsctl")
            .args([&db, "--no-wait", "--timeout=10"])
            .args(arguments))
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // Ours, by its handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end; gives what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub fn wait_until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "{what} does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server of either kind.
pub enum Database {
    Memory(Server),
    Real(Real),
}

impl Database {
    pub fn memory() -> Option<Self> {
        Some(Self::Memory(Server::new(ServerOptions::default())))
    }

    pub fn real() -> Option<Self> {
        have_ovs().then(|| Self::Real(Real::start(&[])))
    }

    /// A new session.
    pub async fn connect(&self) -> Session {
        match self {
            Self::Memory(server) => server.session(Options::default()),
            Self::Real(real) => ovsdb::connect(&real.target(), None, &Settings::default())
                .await
                .unwrap(),
        }
    }

    /// A new session that follows the whole vswitch database, its first step taken.
    pub async fn follow(&self) -> Following {
        let session = self.connect().await;
        follow(session).await
    }
}

/// A session that follows the vswitch database.
pub struct Following {
    pub session: Session,
    pub schema: Arc<Schema>,
    pub monitor: Monitor,
}

pub async fn follow(session: Session) -> Following {
    let schema = session.schema(DATABASE).await.unwrap();
    let selection = vswitch::check(&schema).unwrap();
    let mut monitor = session.monitor(&schema, &selection, None).await.unwrap();
    monitor.next().await.unwrap();
    Following {
        session,
        schema,
        monitor,
    }
}

pub fn columns<const N: usize>(columns: [(&str, ovsdb::Datum); N]) -> Columns {
    columns
        .into_iter()
        .map(|(name, datum)| (name.to_owned(), datum))
        .collect()
}

/// A set of one row that is being inserted.
pub fn named(name: &NamedUuid) -> Set {
    [name.clone().into()].into_iter().collect()
}

/// Inserts a bridge with one port and interface of its name.
pub fn insert_bridge(transaction: &mut Transaction, name: &str) {
    let interface = transaction.insert("Interface", columns([("name", name.into())]));
    let row = [
        ("name", name.into()),
        ("interfaces", named(&interface).into()),
    ];
    let port = transaction.insert("Port", columns(row));
    let row = [("name", name.into()), ("ports", named(&port).into())];
    let bridge = transaction.insert("Bridge", columns(row));
    let mutation = ovsdb::Mutation::insert("bridges", named(&bridge));
    transaction.mutate("Open_vSwitch", Vec::new(), vec![mutation]);
}

pub fn by_name(name: &str) -> Vec<Condition> {
    vec![Condition::equal("name", name)]
}

/// Generates each case twice: on the in-memory server and on the real one.
macro_rules! cases {
    ($($(#[$doc:meta])* async fn $name:ident($db:ident: Database) $body:block)*) => {
        mod case {
            use super::*;
            $($(#[$doc])* pub async fn $name($db: Database) $body)*
        }
        mod memory {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                case::$name(Database::memory().unwrap()).await;
            })*
        }
        mod real {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                if let Some(database) = Database::real() {
                    case::$name(database).await;
                }
            })*
        }
    };
}
pub(crate) use cases;
