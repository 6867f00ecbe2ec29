//! The server: `weft serve` as a process of its own, so that what it costs is not what its clients cost.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

/// Ticks in a second, as the kernel counts a process's time.
const TICKS: f64 = 100.0;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts it with its files in `folder`, quotas lifted: for everybody, or for whoever has a token
    /// of the Keystone at `auth_url`.
    pub fn start(folder: &Path, auth_url: Option<&str>) -> Self {
        fs::create_dir_all(folder).unwrap();
        let place = folder.display();
        let (strategy, keystone) = match auth_url {
            None => ("noauth", String::new()),
            Some(url) => (
                "keystone",
                format!(
                    "[keystone_authtoken]\nauth_url = {url}\nusername = neutron\npassword = neutron\nuser_domain_id = default\n"
                ),
            ),
        };
        let text = format!(
            "[DEFAULT]\nauth_strategy = {strategy}\nbind_host = 127.0.0.1\nbind_port = 0\nuse_json = true\n\
             [database]\nconnection = sqlite:{place}/weft.db\n\
             [quotas]\nquota_network = -1\nquota_subnet = -1\nquota_port = -1\n\
             [weft]\novsdb_listen = tcp:127.0.0.1:0\nopenflow_listen = tcp:127.0.0.1:0\n{keystone}"
        );
        let (file, log) = (folder.join("weft.conf"), folder.join("log"));
        fs::write(&file, text).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_weft"))
            .arg("serve")
            .arg("--config-file")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = server.serving(&log);
        server
    }

    /// Waits until it says where it serves.
    fn serving(&mut self, log: &PathBuf) -> SocketAddr {
        loop {
            let text = fs::read_to_string(log).unwrap();
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "weft ended: {text}");
            let lines = text.lines().filter_map(|l| serde_json::from_str(l).ok());
            let address = |line: Json| line["fields"]["api"].as_str().map(str::to_owned);
            if let Some(address) = lines.filter_map(address).next() {
                return address.parse().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Processor time it has used so far, in seconds (proc(5), fields 14 and 15).
    pub fn cpu(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = text.rsplit_once(") ").unwrap();
        let field = |at: usize| fields.split(' ').nth(at - 3).unwrap().parse::<f64>();
        (field(14).unwrap() + field(15).unwrap()) / TICKS
    }

    /// Memory it has, in MiB.
    pub fn resident(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing left to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
