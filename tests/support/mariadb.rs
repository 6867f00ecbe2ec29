//! A MariaDB server for a test: the one that `WEFT_TEST_MYSQL` names (a URL with a database of its
//! own), or one of our own where `mariadbd` is installed.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, MySqlConnection};
use weft::ledger::Database;

/// A server of our own, or that of the environment.
pub struct Server {
    pub url: String,
    /// Our own, and the folder of what it holds.
    pub own: Option<(Child, tempfile::TempDir)>,
}

impl Server {
    /// The server of `WEFT_TEST_MYSQL` or one of our own; none where `mariadbd` is not installed,
    /// unless `WEFT_REQUIRE_MYSQL` is set.
    pub fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("WEFT_TEST_MYSQL") {
            return Some(Server { url, own: None });
        }
        let installed = Command::new("mariadbd").arg("--version").output();
        if !installed.is_ok_and(|done| done.status.success()) {
            let needed = std::env::var_os("WEFT_REQUIRE_MYSQL").is_some();
            assert!(!needed, "there is no mariadbd; install mariadb-server-core");
            eprintln!("no mariadbd and no WEFT_TEST_MYSQL: not tested on a server");
            return None;
        }
        Some(Server::start())
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the data directory is a database; without grant tables none need be made.
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("weft")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = run(folder.path(), port);
        Server {
            url: format!("mysql://root@127.0.0.1:{port}/weft"),
            own: Some((server, folder)),
        }
    }

    /// True of one that is ours to end.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends a server of our own.
    pub fn kill(&mut self) {
        if let Some((server, _)) = &mut self.own {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Waits until the server answers; its database is left empty.
    pub async fn ready(&self) -> Database {
        let late = Instant::now() + Duration::from_secs(60);
        while let Err(error) = MySqlConnection::connect(&self.url).await {
            assert!(Instant::now() < late, "{error}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.url.parse().unwrap()
    }
}

/// A server on what the folder holds.
pub fn run(folder: &Path, port: u16) -> Child {
    Command::new("mariadbd")
        .args(["--no-defaults", "--skip-grant-tables", "--user=root"])
        .arg("--bind-address=127.0.0.1")
        .args([
            format!("--datadir={}", folder.join("data").display()),
            "--max-allowed-packet=1M".into(),
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.join("s").display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
