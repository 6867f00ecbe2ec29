//! A running `weft serve` on loopback, and `curl` to speak to it.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

/// How long anything that is waited for may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The binary that this build made.
pub const BINARY: &str = env!("CARGO_BIN_EXE_weft");

/// A running server. It is ended with this, in whatever state.
pub struct Weft {
    pub child: Child,
    pub api: SocketAddr,
    pub folder: TempDir,
}

/// What a server is started with: a folder for its files, and its configuration.
pub struct Prepared {
    pub folder: TempDir,
    options: String,
    variables: Vec<(&'static str, String)>,
}

/// With `options` in place of the defaults of the section each stands in.
pub fn with(options: &str) -> Prepared {
    Prepared {
        folder: tempfile::tempdir().unwrap(),
        options: options.to_owned(),
        variables: Vec::new(),
    }
}

impl Prepared {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Writes the configuration and gives its path. `FOLDER` in options is the folder.
    pub fn configured(&self) -> PathBuf {
        let folder = self.folder.path().display().to_string();
        let text = format!(
            "[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nuse_json = true\n\
             [database]\nconnection = sqlite:FOLDER/weft.db\n\
             [weft]\novsdb_listen = tcp:127.0.0.1:0\nopenflow_listen = tcp:127.0.0.1:0\n{}",
            self.options
        );
        let path = self.path("weft.conf");
        fs::write(&path, text.replace("FOLDER", &folder)).unwrap();
        path
    }

    /// Starts it, by `words` before the command where there are any, and waits until it answers.
    pub fn start_by(self, words: &[&str]) -> Weft {
        let file = self.configured();
        let log = File::create(self.path("log")).unwrap();
        let mut words = words.iter().copied().chain([BINARY]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        command.arg("serve").arg("--config-file").arg(file);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut child = command.spawn().unwrap();
        let log = self.path("log");
        let began = waited("weft serves", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("{status}: {}", fs::read_to_string(&log).unwrap());
            }
            said_in(&log, "serving")
        });
        Weft {
            child,
            api: began["api"].as_str().unwrap().parse().unwrap(),
            folder: self.folder,
        }
    }

    pub fn start(self) -> Weft {
        self.start_by(&[])
    }
}

/// Asks again until there is an answer.
pub fn waited<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{what}: not so within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The fields of the first line of a log whose message begins so.
fn said_in(log: &Path, message: &str) -> Option<Json> {
    let text = fs::read_to_string(log).unwrap();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let fields = lines.map(|line: Json| line["fields"].clone());
    let begins = |fields: &Json| {
        fields["message"]
            .as_str()
            .is_some_and(|m| m.starts_with(message))
    };
    fields.into_iter().find(begins)
}

impl Weft {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Waits for a line of the log that begins so; its fields.
    pub fn said(&self, message: &str) -> Json {
        waited(message, || said_in(&self.path("log"), message))
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        waited("weft ends", || self.child.try_wait().unwrap())
    }

    /// Tells it to stop, and waits until it has, in good order.
    pub fn stop(&mut self) {
        self.signal("TERM");
        assert!(self.ended().success(), "{}", self.log());
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.api)
    }
}

impl Drop for Weft {
    fn drop(&mut self) {
        // Mostly it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What curl got.
#[derive(Debug)]
pub struct Got {
    /// curl's own exit code: 0 when there was an answer.
    pub code: i32,
    pub status: u16,
    /// `1.1` or `2`.
    pub version: String,
    /// Headers as they came, names in lower case.
    pub head: String,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut named = lines.filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value)
    }

    #[track_caller]
    pub fn refused(&self, status: u16, kind: &str) {
        let told = &self.json()["NeutronError"]["type"];
        assert_eq!(
            (self.status, told.as_str()),
            (status, Some(kind)),
            "{self:?}"
        );
        assert!(self.header("x-openstack-request-id").is_some(), "{self:?}");
    }
}

/// Runs curl with these words.
pub fn curl(words: &[&str]) -> Got {
    let mark = "\n%{http_code} %{http_version}";
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--max-time",
        "60",
        "--include",
        "--write-out",
        mark,
    ]);
    let ran = command.args(words).output().expect("curl is installed");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let (said, figures) = said.rsplit_once('\n').unwrap_or(("", &said));
    let (status, version) = figures.split_once(' ').unwrap_or(("0", ""));
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or((said, ""));
    Got {
        code: ran.status.code().unwrap_or(-1),
        status: status.parse().unwrap_or(0),
        version: version.to_owned(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Makes a network and gives its id.
pub fn network(weft: &Weft, name: &str) -> String {
    let body = format!("{{\"network\": {{\"name\": \"{name}\"}}}}");
    let made = curl(&["--data", &body, &weft.url("/v2.0/networks")]);
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["network"]["id"].as_str().unwrap().to_owned()
}

/// Overwrites a file in one step, as a careful tool does.
pub fn replace(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    File::create(&draft)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    fs::rename(draft, path).unwrap();
}
