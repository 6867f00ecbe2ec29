//! What a port costs in the model: memory, a change, a question. `cargo bench --bench model`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use api::{Kind, Port, Subnet, SubnetPool};
use uuid::Uuid;
use weft::model::{Draft, Model, sample};

const NODES: u32 = 1_000;
const NETWORKS: u32 = 2_000;

fn main() {
    println!("  ports  build µs/port  create µs  update µs  delete µs  bytes/port");
    for ports in [1_000, 10_000, 100_000] {
        let before = resident_bytes();
        let started = Instant::now();
        let model = sample::cloud(NODES, NETWORKS, ports);
        let build = started.elapsed().as_secs_f64() * 1e6 / f64::from(ports);
        let grown = resident_bytes().saturating_sub(before);
        println!(
            "{ports:>7} {build:>14.1} {:>10.1} {:>10.1} {:>10.1} {:>11}",
            create(&model),
            update(&model),
            delete(&model),
            grown / usize::try_from(ports).unwrap(),
        );
    }
    for subnets in [100, 10_000, 60_000] {
        let took = from_pool(subnets);
        println!("a /24 out of a pool with {subnets} subnets: {took:.1} µs");
    }
    let model = sample::cloud(NODES, NETWORKS, 100_000);
    questions(&model);
    leave_out_records(&model);
}

/// Each change on a draft of its own, as the ledger does it: the model before stays whole.
fn create(model: &Model) -> f64 {
    let subnet = model.subnets().next().unwrap().clone();
    each(model, |draft, _| {
        let port = sample::port(draft, &subnet, "node-1");
        draft.put(port);
    })
}

fn update(model: &Model) -> f64 {
    let ports: Vec<_> = model.ports().step_by(7).cloned().collect();
    each(model, |draft, at| {
        let mut port = Port::clone(&ports[at % ports.len()]);
        port.revision_number += 1;
        draft.put(port);
    })
}

fn delete(model: &Model) -> f64 {
    let ids: Vec<_> = model.ports().map(|port| port.id).collect();
    each(model, |draft, at| {
        draft.remove(Kind::Port, ids[at * 7919 % ids.len()]);
    })
}

/// Microseconds for one of 1,000 changes, each of a snapshot that someone holds.
fn each(model: &Model, mut change: impl FnMut(&mut Draft, usize)) -> f64 {
    const TIMES: u32 = 1_000;
    let mut held = model.clone();
    let started = Instant::now();
    for at in 0..TIMES {
        let mut draft = Draft::new(&held);
        change(&mut draft, usize::try_from(at).unwrap());
        let (after, _) = draft.finish();
        held = black_box(after);
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}

/// Microseconds for choosing a block and storing a subnet that has it, in a pool of 10.0.0.0/8.
fn from_pool(subnets: u32) -> f64 {
    let mut draft = Draft::new(&Model::default());
    let pool = SubnetPool {
        id: Uuid::from_u128(1),
        ip_version: 4,
        prefixes: vec!["10.0.0.0/8".parse().unwrap()],
        ..SubnetPool::default()
    };
    draft.put(pool.clone());
    let take = |draft: &mut Draft, number: u32| {
        let cidr = draft.free_block(&pool, 24).unwrap();
        draft.put(Subnet {
            id: Uuid::from_u128(u128::from(number) << 64),
            ip_version: 4,
            cidr,
            subnetpool_id: Some(pool.id),
            ..Subnet::default()
        });
    };
    for number in 0..subnets {
        take(&mut draft, number);
    }
    each(&draft.finish().0, |draft, at| {
        take(draft, subnets + u32::try_from(at).unwrap());
    })
}

fn questions(model: &Model) {
    let network = model.networks().next().unwrap().id;
    let port = model.ports().nth(5_000).unwrap().clone();
    let ask = |what: &str, question: &dyn Fn() -> usize| {
        let started = Instant::now();
        let found = question();
        let took = started.elapsed().as_secs_f64() * 1e6;
        println!("{what}: {found} found in {took:.1} µs");
    };
    ask("all ports", &|| {
        model.ports().filter(|p| p.admin_state_up).count()
    });
    ask("ports of a network", &|| {
        model.ports_of_network(network).count()
    });
    ask("hosts of a network", &|| {
        model.hosts_of_network(network).count()
    });
    ask("ports of a host", &|| {
        model.ports_of_host(&port.host_id).count()
    });
    ask("ports of a project", &|| {
        model.ports_of_project(&port.project_id).count()
    });
    ask("port by MAC", &|| {
        model
            .port_by_mac(port.network_id, port.mac_address)
            .into_iter()
            .count()
    });
    ask("lowest free key", &|| {
        model.lowest_free_key(Kind::Port).into_iter().count()
    });
}

/// What the indexes alone weigh: the records are shared with the first model.
fn leave_out_records(model: &Model) {
    let records: Vec<_> = Kind::ALL
        .iter()
        .flat_map(|kind| model.records(*kind))
        .collect();
    let before = resident_bytes();
    let again = Model::from_records(model.revision(), records);
    let grown = resident_bytes().saturating_sub(before);
    println!(
        "indexes alone: {} bytes/port",
        grown / again.count(Kind::Port)
    );
}

/// The memory of this process that is in use.
fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
