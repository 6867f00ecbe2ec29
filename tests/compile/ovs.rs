//! A real Open vSwitch of the test's own, in a temporary folder, with a dummy datapath: nothing of the
//! machine's network is touched. Where Open vSwitch is not installed, its tests say so and pass, unless `CI`
//! or `WEFT_REQUIRE_OVS` is set.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use openflow::Connection;
use openflow::connection::Config;
use openflow::multipart::{FlowQuery, MultipartReplyBody, MultipartRequest};
use serde_json::{Value, json};
use tokio::net::UnixStream;
use weft::compile::cookie::{OWNER_BITS, OWNER_MASK};
use weft::compile::{Delta, Facts, Output, Rows, order};

use crate::cloud::{PATCH, TUNNEL_PORTS};
use crate::scenario::Bridge;

/// How often a switch is given the time to work off what it was sent.
const ROUNDS: u32 = 4;
/// How long each time.
const ROUND: Duration = Duration::from_millis(5);

/// Ports that are plugged in one transaction.
const AT_ONCE: usize = 500;
const START: Duration = Duration::from_secs(20);
/// Where Debian's Open vSwitch keeps its schema; `WEFT_OVS_SCHEMA` names another place.
const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
pub const BRIDGE: &str = "br-int";
/// The bridge that packets of tunnels take.
pub const UNDERLAY_BRIDGE: &str = "br-un";
/// Its port to the outside.
pub const UNDERLAY: u32 = 2000;

/// Servers and their folder; both go with it.
pub struct Ovs {
    folder: tempfile::TempDir,
    servers: Vec<Child>,
    /// The captures of ports that can be sent to and received from.
    captures: BTreeMap<u32, PathBuf>,
    /// How far each was read.
    read: BTreeMap<u32, usize>,
}

impl Drop for Ovs {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().rev() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Ovs {
    /// Starts one with an empty bridge; `None` where there is no Open vSwitch.
    pub fn start() -> Option<Ovs> {
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
        let mut ovs = Ovs {
            folder,
            servers: Vec::new(),
            captures: BTreeMap::new(),
            read: BTreeMap::new(),
        };
        let database = ovs.path("conf.db");
        let schema = schema.display().to_string();
        ovs.run("ovsdb-tool", &["create", &database, &schema]);
        let remote = format!("--remote=punix:{}", ovs.path("db.sock"));
        ovs.serve("ovsdb-server", &[&database, &remote]);
        ovs.wait_for("db.sock");
        ovs.vsctl(&["--no-wait", "init"]);
        let remote = format!("unix:{}", ovs.path("db.sock"));
        let control = format!("--unixctl={}", ovs.path("vswitchd.ctl"));
        let arguments = [
            &*remote,
            &control,
            "--enable-dummy",
            "--disable-system",
            "--disable-system-route",
        ];
        ovs.serve("ovs-vswitchd", &arguments);
        ovs.wait_for("vswitchd.ctl");
        let bridge = [
            "set",
            "bridge",
            BRIDGE,
            "datapath_type=dummy",
            "fail_mode=secure",
        ];
        let versions = ["protocols=OpenFlow13"];
        ovs.vsctl(&[&["add-br", BRIDGE, "--"], &bridge[..], &versions[..]].concat());
        Some(ovs)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.folder.path();
        for variable in ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR"] {
            command.env(variable, folder);
        }
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let begin = &arguments[..arguments.len().min(12)];
        assert!(output.status.success(), "{program} {begin:?}: {text}");
        text
    }

    fn serve(&mut self, program: &str, arguments: &[&str]) {
        let mut command = self.command(program);
        command.args(arguments).stdout(Stdio::null());
        self.servers.push(command.spawn().unwrap());
    }

    fn wait_for(&self, name: &str) {
        let since = Instant::now();
        while !self.folder.path().join(name).exists() {
            assert!(since.elapsed() < START, "{name} did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn vsctl(&self, arguments: &[&str]) {
        let database = format!("--db=unix:{}", self.path("db.sock"));
        self.run(
            "ovs-vsctl",
            &[&["--timeout=60", &*database], arguments].concat(),
        );
    }

    /// Many commands over one connection: a call of `ovs-appctl` for each would take a while.
    fn control_each(&self, method: &str, all: impl Iterator<Item = Vec<String>>) {
        let socket = std::os::unix::net::UnixStream::connect(self.path("vswitchd.ctl")).unwrap();
        let mut replies = serde_json::Deserializer::from_reader(&socket).into_iter::<Value>();
        for (id, params) in all.enumerate() {
            let request = json!({"id": id, "method": method, "params": params});
            write!(&socket, "{request}").unwrap();
            let reply = replies.next().unwrap().unwrap();
            assert_eq!(reply["error"], Value::Null, "{request}");
        }
    }

    /// Takes a frame in by a port.
    pub fn receive(&self, port: u32, frame: &[u8]) {
        let hex: String = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        self.control(&["netdev-dummy/receive", &format!("p{port}"), &hex]);
    }

    fn control(&self, arguments: &[&str]) -> String {
        let target = self.path("vswitchd.ctl");
        self.run(
            "ovs-appctl",
            &[&["--timeout=20", "-t", &*target], arguments].concat(),
        )
    }

    /// Plugs what the facts say as dummies, patches too, and tunnel ports as the rows say.
    pub fn plug(&mut self, facts: &Facts, rows: &Rows) {
        let dummies: Vec<u32> = facts.ofports.values().copied().chain([PATCH]).collect();
        for port in dummies {
            self.add_dummy(BRIDGE, port);
        }
        for row in rows.ports.values() {
            let tunnel = TUNNEL_PORTS
                .iter()
                .find(|(kind, _)| kind.as_str() == row.interface_type);
            let Some((kind, port)) = tunnel else {
                continue;
            };
            // Tunnels leave only from an address that the kernel has, and a dummy's it has not.
            let options = row.options.iter().filter(|(name, _)| *name != "local_ip");
            let options: Vec<String> = options
                .map(|(name, value)| format!("options:{name}={value}"))
                .collect();
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            self.add_port(BRIDGE, *port, kind.as_str(), &options);
        }
    }

    /// Plugs dummies whose frames are counted and not kept.
    pub fn plug_crowd(&self, ports: impl Iterator<Item = u32>) {
        let add = |port: u32| {
            let words = format!(
                "-- add-port {BRIDGE} p{port} -- set interface p{port} type=dummy ofport_request={port}"
            );
            words.split(' ').map(str::to_owned).collect::<Vec<_>>()
        };
        let ports: Vec<u32> = ports.collect();
        for some in ports.chunks(AT_ONCE) {
            let words: Vec<String> = some.iter().copied().flat_map(add).collect();
            self.vsctl(&words.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    /// How many frames left by each port of a bridge.
    pub async fn counted(&self, bridge: &str) -> BTreeMap<u32, u64> {
        let connection = self.connect_to(bridge).await;
        let request = MultipartRequest::PortStats(openflow::number::ports::ANY);
        let reply = connection.multipart(request).await.unwrap();
        let MultipartReplyBody::PortStats(counts) = reply else {
            panic!("{reply:?}");
        };
        let counts = counts.iter();
        counts
            .map(|stats| (stats.number, stats.tx_packets))
            .collect()
    }

    /// Gives it an address in an underlay of this prefix length, and the way to others there. What leaves
    /// by the underlay leaves by [`UNDERLAY`].
    pub fn join_underlay(
        &mut self,
        own: Ipv4Addr,
        prefix: u8,
        others: impl Iterator<Item = Ipv4Addr>,
    ) {
        let mac = format!("other-config:hwaddr={}", underlay_mac(own));
        let bridge = [
            "add-br",
            UNDERLAY_BRIDGE,
            "--",
            "set",
            "bridge",
            UNDERLAY_BRIDGE,
            "datapath_type=dummy",
        ];
        self.vsctl(&[&bridge[..], &[&*mac]].concat());
        self.add_dummy(UNDERLAY_BRIDGE, UNDERLAY);
        let own = format!("{own}/{prefix}");
        self.control(&["netdev-dummy/ip4addr", UNDERLAY_BRIDGE, &own]);
        self.control(&["ovs/route/add", &own, UNDERLAY_BRIDGE]);
        let neighbour = |other: Ipv4Addr| {
            let bridge = UNDERLAY_BRIDGE.to_owned();
            vec![bridge, other.to_string(), underlay_mac(other)]
        };
        self.control_each("tnl/arp/set", others.map(neighbour));
    }

    fn add_dummy(&mut self, bridge: &str, port: u32) {
        let capture = self.folder.path().join(format!("{port}.pcap"));
        let record = format!("options:tx_pcap={}", capture.display());
        self.add_port(bridge, port, "dummy", &[&record]);
        self.captures.insert(port, capture);
    }

    fn add_port(&self, bridge: &str, port: u32, kind: &str, options: &[&str]) {
        let (name, kind) = (format!("p{port}"), format!("type={kind}"));
        let number = format!("ofport_request={port}");
        let interface = [
            "add-port",
            bridge,
            &name,
            "--",
            "set",
            "interface",
            &name,
            &kind,
            &number,
        ];
        self.vsctl(&[&interface[..], options].concat());
    }

    /// A session with the bridge.
    pub async fn connect(&self) -> Connection {
        self.connect_to(BRIDGE).await
    }

    async fn connect_to(&self, bridge: &str) -> Connection {
        let socket = self.path(&format!("{bridge}.mgmt"));
        let stream = UnixStream::connect(socket).await.unwrap();
        let (connection, mut events) = Connection::open(stream, Config::default()).await.unwrap();
        tokio::spawn(async move { while events.next().await.is_ok() {} });
        connection
    }
}

/// The MAC address of who has an address in the underlay.
fn underlay_mac(address: Ipv4Addr) -> String {
    let [_, b, c, d] = address.octets();
    format!("aa:bb:cc:{b:02x}:{c:02x}:{d:02x}")
}

/// Brings a switch forward, as a node's worker does.
pub async fn carry_out(connection: &Connection, delta: Delta) {
    let steps = order(delta);
    for meter in steps.meters {
        let message = openflow::Message::MeterMod(meter);
        connection.request(message).await.unwrap();
    }
    connection.bundle(steps.bundle).await.unwrap();
    for meter in steps.unused_meters {
        let message = openflow::Message::MeterMod(meter);
        connection.request(message).await.unwrap();
    }
}

/// What a switch shows of what is ours.
pub async fn shown(connection: &Connection) -> Output {
    let ours = FlowQuery::all().with_cookie(OWNER_BITS, OWNER_MASK);
    let flows = connection.flows(ours).await.unwrap().into_iter();
    let groups = connection.groups().await.unwrap().into_iter();
    let meters = connection.meters().await.unwrap().into_iter();
    let mut out = Output::default();
    out.flows.extend(flows.map(|flow| (flow.key, flow.entry)));
    out.groups.extend(groups.map(|group| (group.id, group)));
    out.meters.extend(meters.map(|meter| (meter.id, meter)));
    out
}

impl Bridge for Ovs {
    fn send(&mut self, port: u32, frame: &[u8]) -> Vec<(u32, Vec<u8>)> {
        self.receive(port, frame);
        // A dummy's frames are worked off between commands, those that a tunnel sends on in further
        // rounds.
        for _ in 0..ROUNDS {
            self.control(&["version"]);
            std::thread::sleep(ROUND);
        }
        let mut left = Vec::new();
        for (port, capture) in &self.captures {
            let frames = frames(&std::fs::read(capture).unwrap_or_default());
            let read = self.read.entry(*port).or_default();
            left.extend(
                frames
                    .iter()
                    .skip(*read)
                    .map(|frame| (*port, frame.clone())),
            );
            *read = frames.len();
        }
        left
    }
}

/// The frames of a capture file.
fn frames(mut capture: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    capture = capture.get(24..).unwrap_or_default();
    while let Some((head, rest)) = capture.split_at_checked(16) {
        let length = u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize;
        let Some((frame, rest)) = rest.split_at_checked(length) else {
            break;
        };
        frames.push(frame.to_vec());
        capture = rest;
    }
    frames
}
