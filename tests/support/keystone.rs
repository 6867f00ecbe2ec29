//! A real Keystone on loopback, with a small cloud of its own (`tests/keystone/cloud.py`).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Scopes a token may be asked for.
pub fn project(name: &str, domain: &str) -> Json {
    json!({"project": {"name": name, "domain": {"name": domain}}})
}

/// A running Keystone; it ends when it is dropped.
pub struct Keystone {
    /// `http://127.0.0.1:PORT`, without a version.
    pub url: String,
    python: PathBuf,
    folder: TempDir,
    seconds: u32,
    server: Child,
}

impl Keystone {
    /// Whose tokens last for an hour.
    pub fn start() -> Self {
        Self::with_tokens_of(3600)
    }

    /// Whose tokens last for so many seconds.
    pub fn with_tokens_of(seconds: u32) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keystone");
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("keystone");
        let prepared = Command::new(here.join("keystone.sh"))
            .arg(&made)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let python = String::from_utf8(prepared.stdout).unwrap();
        assert!(
            prepared.status.success(),
            "tests/keystone/keystone.sh cannot prepare Keystone"
        );
        let python = PathBuf::from(python.trim());
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(made.join("cloud").join("."))
            .arg(folder.path())
            .status();
        assert!(copied.unwrap().success());
        let (server, url) = serve(&python, folder.path(), seconds, 0);
        Self {
            url,
            python,
            folder,
            seconds,
            server,
        }
    }

    /// Kills it.
    pub fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        let (server, url) = serve(&self.python, self.folder.path(), self.seconds, port);
        assert_eq!(url, self.url);
        self.server = server;
    }

    /// Asks it something; the token of the answer's head, and its document.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Json,
    ) -> (u16, Option<String>, Json) {
        let method = method.parse().unwrap();
        let url = format!("{}/v3{path}", self.url);
        let mut request = reqwest::Client::new().request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let token = response.headers().get("x-subject-token");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        (
            status,
            token,
            serde_json::from_str(&text).unwrap_or_default(),
        )
    }

    /// A token by an identity document; of no scope where `scope` is null.
    pub async fn token(&self, identity: Json, scope: Json) -> String {
        let mut auth = json!({"identity": identity});
        if !scope.is_null() {
            auth["scope"] = scope;
        }
        let body = json!({"auth": auth});
        let (status, token, answer) = self.ask("POST", "/auth/tokens", &[], body).await;
        assert_eq!(status, 201, "{answer}");
        token.unwrap()
    }

    /// A token of a user, whose password is its name.
    pub async fn login(&self, user: &str, domain: &str, scope: Json) -> String {
        let user = json!({"name": user, "domain": {"name": domain}, "password": user});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        self.token(identity, scope).await
    }
}

fn serve(python: &Path, folder: &Path, seconds: u32, port: u16) -> (Child, String) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keystone");
    let log = std::fs::File::create(folder.join("serve.log")).unwrap();
    let mut server = Command::new(python)
        .arg(here.join("serve.py"))
        .arg(folder)
        .args(["--token-seconds", &seconds.to_string()])
        .args(["--port", &port.to_string()])
        // It ends with this process, however that ends.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut url = String::new();
    let said = BufReader::new(server.stdout.take().unwrap()).read_line(&mut url);
    let told = || std::fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
    assert!(said.is_ok() && url.starts_with("http"), "{}", told());
    (server, url.trim().to_owned())
}

impl Drop for Keystone {
    fn drop(&mut self) {
        self.stop();
    }
}
