//! A real Open vSwitch of the test's own, with a dummy datapath, that joins as any node does: its daemon is
//! killed and started again, and its switch is refilled. Where Open vSwitch is not installed, the test says
//! so and passes, unless `CI` or `WEFT_REQUIRE_OVS` is set.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

use crate::controller::{Controller, file};
use crate::eventually;

/// Where Debian's Open vSwitch keeps its schema; `WEFT_OVS_SCHEMA` names another place.
const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
/// How often the daemon is killed.
const KILLS: u32 = 4;

/// Servers and their folder; both go with it.
struct Ovs {
    folder: tempfile::TempDir,
    database: Child,
    switch: Child,
}

impl Drop for Ovs {
    fn drop(&mut self) {
        for server in [&mut self.switch, &mut self.database] {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn command(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    for variable in ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR"] {
        command.env(variable, folder);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn switch(folder: &Path) -> Child {
    let remote = format!("unix:{}", folder.join("db.sock").display());
    let control = format!("--unixctl={}", folder.join("vswitchd.ctl").display());
    command(folder, "ovs-vswitchd")
        .args([&*remote, &*control, "--enable-dummy=override"])
        .args(["--disable-system", "--disable-system-route"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

impl Ovs {
    /// Starts one that knows its name and its manager; `None` where there is no Open vSwitch.
    async fn start(controller: &Controller, host: &str) -> Option<Ovs> {
        let schema = std::env::var_os("WEFT_OVS_SCHEMA").map_or(SCHEMA.into(), PathBuf::from);
        let found = Command::new("ovs-vswitchd").arg("--version").output();
        if found.is_err() || !schema.exists() {
            let required = ["CI", "WEFT_REQUIRE_OVS"]
                .iter()
                .any(|name| std::env::var_os(name).is_some());
            assert!(!required, "Open vSwitch is required here and not installed");
            eprintln!("NOT TESTED against Open vSwitch: it is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let file = path.join("conf.db");
        let made = command(path, "ovsdb-tool")
            .arg("create")
            .args([&file, &schema])
            .status();
        assert!(made.unwrap().success());
        let remote = format!("--remote=punix:{}", path.join("db.sock").display());
        let database = command(path, "ovsdb-server")
            .arg(&file)
            .args([
                &*remote,
                "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let socket = path.join("db.sock");
        eventually(async || socket.exists().then_some(()).ok_or("no db.sock".to_owned())).await;
        let ovs = Ovs {
            switch: switch(path),
            database,
            folder,
        };
        ovs.vsctl("--no-wait init");
        ovs.vsctl(&format!(
            "--no-wait set Open_vSwitch . external_ids:system-id={host} external_ids:hostname={host} \
             external_ids:ovn-encap-ip=192.0.2.1 -- set-manager tcp:{}",
            controller.ovsdb
        ));
        Some(ovs)
    }

    fn vsctl(&self, words: &str) -> String {
        let database = format!("--db=unix:{}", self.folder.path().join("db.sock").display());
        let words = words.split_whitespace();
        let output = command(self.folder.path(), "ovs-vsctl")
            .args(["--timeout=20", &*database])
            .args(words)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn plug(&self, port: Uuid) {
        let name = format!("tap{}", &port.simple().to_string()[..11]);
        self.vsctl(&format!(
            "--no-wait add-port br-int {name} -- set Interface {name} external_ids:iface-id={port}"
        ));
    }

    /// Flows, groups and meters of the bridge, without counters.
    fn state(&self) -> Vec<String> {
        let bridge = format!("unix:{}", self.folder.path().join("br-int.mgmt").display());
        let mut lines = Vec::new();
        for what in ["dump-flows", "dump-groups", "dump-meters"] {
            let output = command(self.folder.path(), "ovs-ofctl")
                .args([
                    "-O",
                    "OpenFlow13",
                    "--no-stats",
                    "--no-names",
                    what,
                    &bridge,
                ])
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let told = text
                .lines()
                .filter(|line| line.contains('=') && !line.contains("reply"));
            lines.extend(told.map(|line| line.trim().to_owned()));
        }
        lines.sort();
        lines
    }

    /// The daemon is killed and started again.
    fn kill(&mut self) {
        self.switch.kill().unwrap();
        self.switch.wait().unwrap();
        self.switch = switch(self.folder.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_is_refilled() {
    let (_folder, database) = file();
    let controller = Controller::start(database).await;
    let Some(mut ovs) = Ovs::start(&controller, "one").await else {
        return;
    };
    let network = controller.network().await;
    let mut ports = Vec::new();
    for _ in 0..5 {
        ports.push(controller.port(network, "one").await);
    }
    eventually(async || match ovs.vsctl("list-br").contains("br-int") {
        true => Ok(()),
        false => Err("no br-int".to_owned()),
    })
    .await;
    ports.iter().for_each(|port| ovs.plug(*port));
    active(&controller, &ports).await;
    for _ in 0..KILLS {
        // With the tunnel port's number, which comes after the ports'.
        tokio::time::sleep(Duration::from_secs(1)).await;
        controller.settled().await;
        let before = ovs.state();
        assert!(before.len() > 50, "{before:#?}");
        ovs.kill();
        eventually(async || {
            let now = ovs.state();
            let missing = before.iter().filter(|line| !now.contains(line)).count();
            match now == before {
                true => Ok(()),
                false => Err(format!("{missing} of {} are missing", before.len())),
            }
        })
        .await;
        active(&controller, &ports).await;
    }
}

async fn active(controller: &Controller, ports: &[Uuid]) {
    eventually(async || {
        for port in ports {
            let status = controller.status(*port).await;
            if status != "ACTIVE" {
                return Err(format!(
                    "{port} is {status}; {:?}",
                    controller.report("one")
                ));
            }
        }
        Ok(())
    })
    .await;
}
