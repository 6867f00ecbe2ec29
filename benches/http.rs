//! The API over HTTP, durable: creating ports with one client and with sixteen, with noauth and with
//! Keystone's tokens, and listing 10,000.
//!
//! `cargo bench --bench http [-- FOLDER]`; the ledger is kept in FOLDER (the working folder's
//! `target` by default), because durability costs what its disk costs.
#![allow(clippy::unwrap_used)]

#[path = "support/keystone.rs"]
mod keystone;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use weft::ledger::{self, Database, Ledger};
use weft::service::{Service, Settings};

/// How long each rate is measured.
const SPAN: Duration = Duration::from_secs(5);
/// How many ports the lists have.
const LISTED: usize = 10_000;

/// A connection that stays open.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::with_capacity(1 << 20, stream))
    }

    /// Asks one thing; the body of the answer, which must be of `status`.
    fn ask(&mut self, method: &str, path: &str, body: &str, status: &str) -> Vec<u8> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: weft\r\nX-Auth-Token: {}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
            keystone::TOKEN
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut length) = (String::new(), None);
        self.0.read_line(&mut line).unwrap();
        assert!(line.contains(status), "{line}");
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        match length {
            Some(length) => self.take(length),
            None => self.chunks(),
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// A body of unknown length (RFC 9112 §7.1).
    fn chunks(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            all.extend(self.take(length));
            self.take(2);
            if length == 0 {
                return all;
            }
        }
    }

    fn create(&mut self, kind: &str, body: &str) -> String {
        let answer = self.ask("POST", &format!("/v2.0/{kind}s"), body, "201");
        let document: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        document[kind]["id"].as_str().unwrap().to_owned()
    }
}

/// Serves the API from a ledger in `folder`, to whoever has a token or to everybody.
fn serve(runtime: &Runtime, folder: &std::path::Path, tokens: bool) -> SocketAddr {
    runtime.block_on(async {
        let name = if tokens { "tokens.db" } else { "noauth.db" };
        let database = Database::Sqlite(folder.join(name));
        let ledger = Ledger::open(ledger::Settings::new(database)).await.unwrap();
        let settings = Settings {
            quotas: [].into(),
            ..Settings::default()
        };
        let service = Arc::new(Service::new(ledger, settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut options = api::Options::noauth("bench");
        if tokens {
            options.identify = Arc::new(keystone::door());
        }
        tokio::spawn(api::serve(
            listener,
            service,
            options,
            std::future::pending(),
        ));
        address
    })
}

/// Creates ports on `network` with so many clients for [`SPAN`].
fn create_ports(address: SocketAddr, network: &str, clients: usize, who: &str) {
    let body = format!("{{\"port\":{{\"network_id\":\"{network}\"}}}}");
    let began = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let body = body.clone();
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut times = Histogram::<u64>::new(3).unwrap();
                while began.elapsed() < SPAN {
                    let asked = Instant::now();
                    client.ask("POST", "/v2.0/ports", &body, "201");
                    times.record(asked.elapsed().as_micros() as u64).unwrap();
                }
                times
            })
        })
        .collect();
    let mut times = Histogram::<u64>::new(3).unwrap();
    for thread in threads {
        times.add(thread.join().unwrap()).unwrap();
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    let ms = |quantile| times.value_at_quantile(quantile) as f64 / 1000.0;
    println!(
        "create port, {who}, {clients:2} clients: {rate:7.0}/s, p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        ms(0.5),
        ms(0.99),
        times.max() as f64 / 1000.0
    );
}

/// Lists the ports of a network that has [`LISTED`].
fn list_ports(address: SocketAddr, who: &str) {
    let mut client = Client::connect(address);
    let network = client.create("network", "{\"network\":{\"name\":\"list\"}}");
    let subnet = format!(
        "{{\"subnet\":{{\"network_id\":\"{network}\",\"ip_version\":4,\"cidr\":\"10.64.0.0/16\"}}}}"
    );
    client.create("subnet", &subnet);
    let one = format!("{{\"network_id\":\"{network}\",\"device_owner\":\"compute:nova\"}}");
    let many = format!("{{\"ports\":[{}]}}", vec![one; 500].join(","));
    for _ in 0..LISTED / 500 {
        client.ask("POST", "/v2.0/ports", &many, "201");
    }
    let network = format!("/v2.0/ports?network_id={network}");
    for (what, path) in [
        ("all attributes", network.clone()),
        (
            "id and fixed_ips",
            format!("{network}&fields=id&fields=fixed_ips"),
        ),
        (
            "sorted by name, page of 100",
            format!("{network}&sort_key=name&sort_dir=asc&limit=100"),
        ),
        (
            "one, by address",
            format!("{network}&fixed_ips=ip_address%3D10.64.9.9"),
        ),
        ("with all others there are", "/v2.0/ports".to_owned()),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        let mut bytes = 0;
        for _ in 0..21 {
            let asked = Instant::now();
            bytes = client.ask("GET", &path, "", "200").len();
            times.push(asked.elapsed());
        }
        times.sort();
        println!(
            "list {LISTED} ports, {who}, {what}: median {:.2} ms, max {:.2} ms, {bytes} bytes",
            times[times.len() / 2].as_secs_f64() * 1000.0,
            times[times.len() - 1].as_secs_f64() * 1000.0,
        );
    }
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let place = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    let place = place.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/target").to_owned());
    std::fs::create_dir_all(&place).unwrap();
    let folder = tempfile::tempdir_in(&place).unwrap();
    let noauth = serve(&runtime, folder.path(), false);
    let tokens = serve(&runtime, folder.path(), true);
    let houses = [("noauth", noauth), ("tokens", tokens)].map(|(who, address)| {
        let mut client = Client::connect(address);
        let network = client.create("network", "{\"network\":{\"name\":\"bench\"}}");
        let subnet = format!(
            "{{\"subnet\":{{\"network_id\":\"{network}\",\"ip_version\":4,\"cidr\":\"10.0.0.0/10\"}}}}"
        );
        client.create("subnet", &subnet);
        (who, address, network)
    });
    for clients in [1, 16] {
        // Turn by turn: such machines differ from minute to minute.
        for (who, address, network) in houses.iter().chain(&houses) {
            create_ports(*address, network, clients, who);
        }
    }
    // An administrator's, and a member's, whom the lists show what is within reach.
    list_ports(noauth, "noauth");
    list_ports(tokens, "tokens");
}
