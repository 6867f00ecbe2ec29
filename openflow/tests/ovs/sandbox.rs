//! An Open vSwitch of one's own: `ovsdb-server` and `ovs-vswitchd` with the dummy datapath, in a
//! directory that goes with it. Nothing of it leaves the directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use openflow::connection::Target;
use tempfile::TempDir;

/// How long the programs may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Open vSwitch with the bridge `br0` and its ports `p1` and `p2`.
pub struct Sandbox {
    directory: TempDir,
    server: Child,
    /// `ovs-vswitchd`.
    pub switch: Child,
}

impl Sandbox {
    /// Starts one. `None`, with a notice, where Open vSwitch is not installed and need not be.
    pub fn start() -> Option<Sandbox> {
        if let Err(missing) = installed() {
            let required = ["CI", "WEFT_REQUIRE_OVS"]
                .iter()
                .any(|v| std::env::var_os(v).is_some());
            assert!(!required, "{missing} is required here and not installed");
            eprintln!("NOT TESTED against Open vSwitch: {missing} is not installed");
            return None;
        }
        let directory = TempDir::with_prefix("weft-ovs").unwrap();
        let at = directory.path();
        let database = at.join("conf.db");
        let created = run(
            at,
            "ovsdb-tool",
            &["create", path(&database), path(&schema())],
        );
        assert!(created.status.success(), "{created:?}");
        let remote = format!("--remote=punix:{}", path(&at.join("db.sock")));
        let server = spawn(at, "ovsdb-server", &[path(&database), &remote]);
        wait_for(&at.join("db.sock"));
        let database = format!("unix:{}", path(&at.join("db.sock")));
        let arguments = [&database[..], "--enable-dummy=override", "--disable-system"];
        let switch = spawn(at, "ovs-vswitchd", &arguments);
        let sandbox = Sandbox {
            directory,
            server,
            switch,
        };
        sandbox.vsctl("init");
        sandbox.vsctl(
            "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=OpenFlow13 \
             other-config:datapath-id=00000000000000aa",
        );
        for port in ["1", "2"] {
            sandbox.add_port(port);
        }
        wait_for(&sandbox.path().join("br0.mgmt"));
        Some(sandbox)
    }

    /// The directory of its sockets and files.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where `br0` takes controllers.
    pub fn target(&self) -> Target {
        Target::Unix(self.path().join("br0.mgmt"))
    }

    /// Adds the port `pN` with the number N.
    pub fn add_port(&self, number: &str) {
        let interface = format!("-- set interface p{number} type=dummy ofport_request={number}");
        self.vsctl(&format!("add-port br0 p{number} {interface}"));
    }

    /// `ovs-vsctl` on its database; what it printed.
    pub fn vsctl(&self, arguments: &str) -> String {
        let database = format!("--db=unix:{}", path(&self.path().join("db.sock")));
        let all: Vec<&str> = [&database[..], "--timeout=15"]
            .into_iter()
            .chain(arguments.split(' '))
            .collect();
        self.succeed("ovs-vsctl", &all)
    }

    /// `ovs-ofctl -O OpenFlow13 VERB br0 ARGUMENTS`; what it printed.
    pub fn ofctl(&self, options: &[&str], verb: &str, arguments: &[&str]) -> String {
        let bridge = self.target().to_string();
        let all: Vec<&str> = ["-O", "OpenFlow13"]
            .iter()
            .chain(options)
            .chain(&[verb, &bridge])
            .chain(arguments)
            .copied()
            .collect();
        self.succeed("ovs-ofctl", &all)
    }

    /// A program of Open vSwitch that must succeed; what it printed.
    pub fn succeed(&self, program: &str, arguments: &[&str]) -> String {
        let output = run(self.path(), program, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for child in [&mut self.switch, &mut self.server] {
            // It may have been killed before.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether everything is there; else what is not.
fn installed() -> Result<(), String> {
    for program in [
        "ovsdb-tool",
        "ovsdb-server",
        "ovs-vswitchd",
        "ovs-vsctl",
        "ovs-ofctl",
    ] {
        let here = Path::new(".");
        command(here, program, &["--version"])
            .stdout(Stdio::null())
            .status()
            .map_err(|_| program.to_owned())?;
    }
    let schema = schema();
    if schema.exists() {
        Ok(())
    } else {
        Err(format!("{}", schema.display()))
    }
}

/// Named by `WEFT_OVS_SCHEMA`, or where the programs look for it.
fn schema() -> PathBuf {
    if let Some(named) = std::env::var_os("WEFT_OVS_SCHEMA") {
        return named.into();
    }
    let data = std::env::var_os("OVS_PKGDATADIR");
    let data = data.unwrap_or_else(|| OsString::from("/usr/share/openvswitch"));
    Path::new(&data).join("vswitch.ovsschema")
}

/// Daemons live where an ordinary user's path does not lead.
fn search_path() -> OsString {
    let mut all = std::env::var_os("PATH").unwrap_or_default();
    all.push(":/usr/local/sbin:/usr/sbin:/sbin");
    all
}

fn command(at: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("PATH", search_path())
        .stdin(Stdio::null());
    for variable in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"] {
        command.env(variable, at);
    }
    command
}

fn run(at: &Path, program: &str, arguments: &[&str]) -> std::process::Output {
    command(at, program, arguments).output().unwrap()
}

/// Starts a daemon in the foreground, with a control socket of a known name.
fn spawn(at: &Path, program: &str, arguments: &[&str]) -> Child {
    let control = format!("--unixctl={}", path(&at.join(format!("{program}.ctl"))));
    let log = std::fs::File::create(at.join(format!("{program}.err"))).unwrap();
    command(at, program, arguments)
        .args([&control, "-vconsole:warn"])
        .stderr(log)
        .spawn()
        .unwrap()
}

fn wait_for(file: &Path) {
    let begun = Instant::now();
    while !file.exists() {
        assert!(
            begun.elapsed() < PATIENCE,
            "{} did not come",
            file.display()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
