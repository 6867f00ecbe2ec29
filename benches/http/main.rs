//! The API over HTTP, durable: each operation with so many clients, with noauth and with Keystone's
//! tokens, and what the server needs for it. Prints the tables of `docs/performance.md`.
//!
//! `cargo bench --bench http [-- FOLDER]`; the ledgers are kept in FOLDER (`target` by default),
//! because durability costs what its disk costs.
#![allow(clippy::unwrap_used)]

mod client;
mod cloud;
#[path = "../support/keystone.rs"]
mod keystone;
mod load;
mod server;

use cloud::{Cloud, Listing, Operation};
use server::Server;

/// Ports of the networks that are listed.
const LISTS: [usize; 2] = [1_000, 10_000];
/// Ports that are added for the second half.
const CROWD: usize = 100_000;
/// How many clients ask at once.
const CLIENTS: [usize; 4] = [1, 8, 16, 32];

const OPERATIONS: [(&str, Operation); 14] = [
    ("create network", Operation::CreateNetwork),
    ("create subnet", Operation::CreateSubnet),
    ("create port", Operation::CreatePort),
    ("create 100 ports in one request", Operation::CreatePorts100),
    ("delete port", Operation::DeletePort),
    ("show port", Operation::ShowPort),
    ("list 1,000 ports", Operation::List(1_000, Listing::Full)),
    (
        "list 1,000, `fields=id`",
        Operation::List(1_000, Listing::Ids),
    ),
    (
        "list by device, 10 of 1,000",
        Operation::List(1_000, Listing::Device),
    ),
    (
        "list 1,000, one page of 100",
        Operation::List(1_000, Listing::Page100),
    ),
    ("list 10,000 ports", Operation::List(10_000, Listing::Full)),
    (
        "list 10,000, `fields=id`",
        Operation::List(10_000, Listing::Ids),
    ),
    (
        "list by device, 10 of 10,000",
        Operation::List(10_000, Listing::Device),
    ),
    (
        "list 10,000, one page of 100",
        Operation::List(10_000, Listing::Page100),
    ),
];
/// Readers of the stream of changes, at last.
const READERS: usize = 100;
/// What is measured once more in the crowd.
const CROWDED: [usize; 6] = [2, 4, 5, 10, 12, 13];

/// One line for each operation: turn by turn, because such machines differ from minute to minute.
fn table(clouds: &[Cloud; 2], operations: &[(&str, Operation)]) {
    println!(
        "| operation | clients | noauth: a second | p50 | p99 | CPU-ms | tokens: a second | p50 | p99 | CPU-ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (name, operation) in operations {
        for clients in CLIENTS {
            let [noauth, tokens] = clouds
                .each_ref()
                .map(|cloud| cloud.measure(*operation, clients));
            println!("| {name} | {clients} | {noauth} | {tokens} |");
        }
    }
}

fn memory(clouds: &[Cloud; 2], when: &str) {
    let [noauth, tokens] = clouds.each_ref().map(|cloud| cloud.server.resident());
    println!("Memory {when}: {noauth:.1} MiB (noauth), {tokens:.1} MiB (tokens).\n");
}

fn main() {
    let place = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    let place = place.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/target").to_owned());
    std::fs::create_dir_all(&place).unwrap();
    let folder = tempfile::tempdir_in(&place).unwrap();
    let keystone = keystone::start();
    let servers = [("noauth", None), ("tokens", Some(keystone.as_str()))]
        .map(|(name, auth_url)| Server::start(&folder.path().join(name), auth_url));
    for server in &servers {
        println!("Memory at the start: {:.1} MiB.", server.resident());
    }
    let clouds = servers.map(|server| Cloud::build(server, &LISTS));
    memory(&clouds, "with 11,000 ports");
    table(&clouds, &OPERATIONS);
    memory(&clouds, "after all this");
    for cloud in &clouds {
        cloud.crowd(CROWD);
    }
    memory(&clouds, "with 100,000 ports more");
    table(&clouds, &CROWDED.map(|at| OPERATIONS[at]));
    for cloud in &clouds {
        cloud.follow(READERS);
    }
    println!("\nWith {READERS} readers of the stream of changes, administrators and members:\n");
    table(&clouds, &OPERATIONS[2..3]);
}
