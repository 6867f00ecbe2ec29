//! What is there while it is measured: a network to create ports on, and others that are listed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use serde_json::Value as Json;

use crate::client::Client;
use crate::load::{Measured, measure};
use crate::server::Server;

/// Ports that one request of a filling makes.
const FILLED_AT_ONCE: usize = 500;
/// Ports of a device.
const DEVICE_PORTS: usize = 10;

/// A network whose ports are listed.
struct Listed {
    network: String,
    ports: Vec<String>,
}

pub struct Cloud {
    pub server: Server,
    network: String,
    listed: Vec<Listed>,
    /// What the writes made and the later ones take.
    networks: Mutex<Vec<String>>,
    ports: Mutex<Vec<String>>,
    turns: AtomicUsize,
}

/// What can be measured.
#[derive(Clone, Copy)]
pub enum Operation {
    CreateNetwork,
    CreateSubnet,
    CreatePort,
    CreatePorts100,
    ShowPort,
    DeletePort,
    List(usize, Listing),
}

#[derive(Clone, Copy)]
pub enum Listing {
    Full,
    Ids,
    Device,
    Page100,
}

impl Cloud {
    /// With one network of so many ports for each of `lists`.
    pub fn build(server: Server, lists: &[usize]) -> Self {
        let mut client = Client::connect(server.address);
        let network = routed(&mut client, "10.0.0.0/10");
        let listed = lists.iter().enumerate().map(|(at, ports)| {
            let network = routed(&mut client, &format!("10.{}.0.0/16", 64 + at));
            let ports = fill(&mut client, &network, *ports);
            Listed { network, ports }
        });
        let listed = listed.collect();
        Self {
            server,
            network,
            listed,
            networks: Mutex::default(),
            ports: Mutex::default(),
            turns: AtomicUsize::new(0),
        }
    }

    /// Adds ports that nobody lists.
    pub fn crowd(&self, ports: usize) {
        let mut client = Client::connect(self.server.address);
        let network = routed(&mut client, "10.128.0.0/9");
        fill(&mut client, &network, ports);
    }

    /// Has the stream of changes read by so many more, as long as the server runs.
    pub fn follow(&self, readers: usize) {
        let begun = Arc::new(Barrier::new(readers + 1));
        for _ in 0..readers {
            let (client, begun) = (Client::connect(self.server.address), Arc::clone(&begun));
            std::thread::spawn(move || client.follow(&begun));
        }
        begun.wait();
    }

    pub fn measure(&self, operation: Operation, clients: usize) -> Measured {
        measure(&self.server, clients, |client, _| {
            self.once(operation, client)
        })
    }

    fn once(&self, operation: Operation, client: &mut Client) -> Option<()> {
        match operation {
            Operation::CreateNetwork => {
                let made = client.create("network", "\"name\":\"bench\"");
                self.networks.lock().unwrap().push(made);
            }
            Operation::CreateSubnet => {
                let network = self.networks.lock().unwrap().pop()?;
                let attributes = subnet(&network, "192.0.2.0/24");
                client.create("subnet", &attributes);
            }
            Operation::CreatePort => {
                let attributes = format!("\"network_id\":\"{}\"", self.network);
                let made = client.create("port", &attributes);
                self.ports.lock().unwrap().push(made);
            }
            Operation::CreatePorts100 => {
                let made = ports(client, &self.network, 100, 0);
                self.ports.lock().unwrap().extend(made);
            }
            Operation::ShowPort => {
                let ports = &self.listed.last()?.ports;
                let turn = self.turns.fetch_add(7919, Ordering::Relaxed);
                let path = format!("/v2.0/ports/{}", ports[turn % ports.len()]);
                client.ask("GET", &path, "", "200");
            }
            Operation::DeletePort => {
                let port = self.ports.lock().unwrap().pop()?;
                client.ask("DELETE", &format!("/v2.0/ports/{port}"), "", "204");
            }
            Operation::List(ports, listing) => {
                let listed = self.listed.iter().find(|l| l.ports.len() == ports)?;
                let turn = self.turns.fetch_add(1, Ordering::Relaxed);
                let device = turn % (ports / DEVICE_PORTS);
                let path = match listing {
                    Listing::Full => format!("/v2.0/ports?network_id={}", listed.network),
                    Listing::Ids => {
                        format!("/v2.0/ports?network_id={}&fields=id", listed.network)
                    }
                    Listing::Device => {
                        format!("/v2.0/ports?device_id={}-{device}", listed.network)
                    }
                    Listing::Page100 => format!(
                        "/v2.0/ports?network_id={}&sort_key=id&sort_dir=asc&limit=100",
                        listed.network
                    ),
                };
                client.ask("GET", &path, "", "200");
            }
        }
        Some(())
    }
}

fn subnet(network: &str, cidr: &str) -> String {
    format!("\"network_id\":\"{network}\",\"ip_version\":4,\"cidr\":\"{cidr}\"")
}

/// A network with this subnet.
fn routed(client: &mut Client, cidr: &str) -> String {
    let network = client.create("network", "\"name\":\"bench\"");
    client.create("subnet", &subnet(&network, cidr));
    network
}

/// Makes so many ports in one request, the first for the device `first`; their ids.
fn ports(client: &mut Client, network: &str, count: usize, first: usize) -> Vec<String> {
    let ports: Vec<String> = (0..count)
        .map(|at| {
            let device = (first + at) / DEVICE_PORTS;
            format!(
                "{{\"network_id\":\"{network}\",\"device_id\":\"{network}-{device}\",\"device_owner\":\"compute:nova\"}}"
            )
        })
        .collect();
    let body = format!("{{\"ports\":[{}]}}", ports.join(","));
    let answer = client.ask("POST", "/v2.0/ports", &body, "201");
    let answer: Json = serde_json::from_slice(&answer).unwrap();
    let ports = answer["ports"].as_array().unwrap();
    let ids = ports.iter().map(|port| port["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

fn fill(client: &mut Client, network: &str, count: usize) -> Vec<String> {
    let firsts = (0..count).step_by(FILLED_AT_ONCE);
    firsts
        .flat_map(|first| ports(client, network, FILLED_AT_ONCE.min(count - first), first))
        .collect()
}
