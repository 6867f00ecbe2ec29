//! The files of a deployment start weft as they stand, with only hosts and ports put in their place:
//! a real Keystone, a real MariaDB, and the program itself.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value as Json, json};
use sqlx::{Connection, Executor, MySqlConnection};

use crate::deployment::FILES;
use crate::keystone::{Keystone, project};
use crate::mariadb::Server;

/// The program, running; ended when it is dropped.
struct Weft(Child);

impl Drop for Weft {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Writes the files with the hosts put in their place, and starts weft from them.
fn start(folder: &Path, keystone: &str, database: &str, api: &str) -> Weft {
    let keystone = keystone.strip_prefix("http://").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    command.arg("serve");
    for (name, text) in FILES {
        let text = text
            .replace("node1:35357", keystone)
            .replace("node1:5000", keystone)
            .replace("@node1/neutron", &format!("@{database}/neutron"));
        fs::write(folder.join(name), text).unwrap();
        command.arg("--config-file").arg(folder.join(name));
    }
    let switches = |flag, port| [flag, format!("tcp:127.0.0.1:{port}")];
    let started = command
        .args(["--api-listen", api])
        .args(switches("--ovsdb-listen".to_owned(), free_port()))
        .args(switches("--openflow-listen".to_owned(), free_port()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn();
    Weft(started.unwrap())
}

/// Asks weft's API; `None` while nobody is there.
async fn ask(api: &str, method: &str, path: &str, token: &str, body: Json) -> Option<Response> {
    let method = method.parse().unwrap();
    let request = reqwest::Client::new().request(method, format!("http://{api}{path}"));
    let request = request
        .header("x-auth-token", token)
        .header("x-project-id", "somebody's");
    let request = match body {
        Json::Null => request,
        body => request.json(&body),
    };
    request.send().await.ok()
}

fn command(api: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    command
        .args(arguments)
        .args(["--api", &format!("http://{api}")]);
    for name in ["OS_TOKEN", "OS_AUTH_URL", "OS_AUTH_TYPE"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployments_own_files_start_weft() {
    let Some(database) = Server::find() else {
        return;
    };
    if !database.is_own() {
        eprintln!("the server of WEFT_TEST_MYSQL has no database called neutron: not tested");
        return;
    }
    openflow::tls::install_crypto();
    let keystone = Keystone::start();
    database.ready().await;
    let mut connection = MySqlConnection::connect(&database.url).await.unwrap();
    connection.execute("CREATE DATABASE neutron").await.unwrap();
    let (_, address) = database.url.rsplit_once('@').unwrap();
    let (address, _) = address.split_once('/').unwrap();

    let folder = tempfile::tempdir().unwrap();
    let api = format!("127.0.0.1:{}", free_port());
    let weft = start(folder.path(), &keystone.url, address, &api);
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    let late = Instant::now() + Duration::from_secs(60);
    while ask(&api, "GET", "/", "", Json::Null).await.is_none() {
        assert!(Instant::now() < late, "{}", log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    served(&keystone, &api).await;
    commands(&keystone, &api).await;
    drop(weft);
    let log = log();
    assert_eq!(
        log.matches("memcached_servers has no effect").count(),
        1,
        "{log}"
    );
    assert!(
        log.contains("Keystone knows weft") && !log.contains("NEUTRON_DBPASS"),
        "{log}"
    );
}

async fn served(keystone: &Keystone, api: &str) {
    let get = |path: String, token: String| async move {
        let answer = ask(api, "GET", &path, &token, Json::Null).await.unwrap();
        let challenge = answer.headers().get("www-authenticate").cloned();
        let status = answer.status().as_u16();
        (status, challenge, answer.json::<Json>().await.unwrap())
    };
    for wrong in ["", "wrong", &"x".repeat(12_000)] {
        let networks = "/v2.0/networks".to_owned();
        let (status, challenge, document) = get(networks, wrong.to_owned()).await;
        let keystone = format!("Keystone uri=\"{}\"", keystone.url);
        assert_eq!(
            (status, challenge.unwrap().to_str().unwrap()),
            (401, &*keystone)
        );
        assert_eq!(document["error"]["title"], "Unauthorized");
    }
    let token = keystone
        .login("member", "default", project("demo", "default"))
        .await;
    let body = json!({"network": {"name": "first"}});
    let made = ask(api, "POST", "/v2.0/networks", &token, body)
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let made: Json = made.json().await.unwrap();
    let owner = made["network"]["project_id"].as_str().unwrap();
    assert_eq!(
        owner.len(),
        32,
        "the token's project, whatever a header says"
    );
    let path = format!("/v2.0/networks/{}", made["network"]["id"].as_str().unwrap());
    let (status, _, shown) = get(path, token).await;
    assert_eq!((status, &shown["network"]["name"]), (200, &json!("first")));
}

async fn commands(keystone: &Keystone, api: &str) {
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let nobody = command(api, &["status"], &[]);
    assert!(!nobody.status.success());
    assert!(said(&nobody).contains("OS_AUTH_URL"), "{}", said(&nobody));
    let login = [
        ("OS_AUTH_URL", &*keystone.url),
        ("OS_USERNAME", "admin"),
        ("OS_PASSWORD", "admin"),
        ("OS_USER_DOMAIN_NAME", "default"),
        ("OS_PROJECT_NAME", "admin"),
        ("OS_PROJECT_DOMAIN_NAME", "default"),
    ];
    let admin = command(api, &["status"], &login);
    assert!(admin.status.success(), "{}", said(&admin));
    assert!(String::from_utf8_lossy(&admin.stdout).contains("1 networks"));
    let token = keystone
        .login("member", "default", project("demo", "default"))
        .await;
    let member = command(api, &["status"], &[("OS_TOKEN", &token)]);
    assert!(
        said(&member).contains("administrators"),
        "{}",
        said(&member)
    );
    let admin = keystone
        .login("admin", "default", project("admin", "default"))
        .await;
    assert!(
        command(api, &["status", "--token", &admin], &[])
            .status
            .success()
    );
}
