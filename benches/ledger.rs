//! Durable writes a second, and how long one takes: ports created on a database
//! on disk, by 1, 16 and 64 writers at a time; then how long a cold start takes, and
//! the memory a port costs then. `cargo bench --bench ledger`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api::Subnet;
use hdrhistogram::Histogram;
use weft::ledger::{Author, Database, Ledger, Settings};
use weft::model::{Draft, sample};

const WRITES: u64 = 20_000;
/// Names the database to the process that opens it cold.
const REOPEN: &str = "WEFT_BENCH_REOPEN";

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(path) = std::env::var_os(REOPEN) {
        runtime.block_on(reopen(path.into()));
        return;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(place).unwrap();
    let mysql = std::env::var("WEFT_TEST_MYSQL").ok();
    println!("writers  writes/s   p50 µs   p99 µs  p99.9 µs");
    for writers in [1, 16, 64] {
        let database = match &mysql {
            Some(url) => url.parse().unwrap(),
            None => Database::Sqlite(folder.path().join(format!("{writers}.db"))),
        };
        runtime.block_on(measure(database, writers));
    }
    for ports in [25_000, 100_000] {
        let path = folder.path().join(format!("{ports}.db"));
        runtime.block_on(cold_start(&path, ports));
    }
}

async fn measure(database: Database, writers: u64) {
    let ledger = Ledger::open(Settings::new(database)).await.unwrap();
    let subnet = Arc::new(prepare(&ledger).await);
    let writes = if writers == 1 { WRITES / 10 } else { WRITES };
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks = (0..writers).map(|_| {
        let (ledger, subnet, next) = (ledger.clone(), Arc::clone(&subnet), Arc::clone(&next));
        tokio::spawn(async move {
            let mut times = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < writes {
                let asked = Instant::now();
                let subnet = Arc::clone(&subnet);
                let create = move |draft: &mut Draft| {
                    let port = sample::port(draft, &subnet, "node-1");
                    draft.put(port);
                    Ok::<_, ()>(())
                };
                ledger.write(Author::default(), create).await.unwrap();
                times.push(asked.elapsed());
            }
            times
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    for task in tasks {
        for time in task.await.unwrap() {
            histogram.record(micros(time)).unwrap();
        }
    }
    let rate = writes as f64 / started.elapsed().as_secs_f64();
    println!(
        "{writers:>7} {rate:>9.0} {:>8} {:>8} {:>9}",
        histogram.value_at_quantile(0.5),
        histogram.value_at_quantile(0.99),
        histogram.value_at_quantile(0.999),
    );
    ledger.close().await;
}

/// A network with a subnet that no run fills.
async fn prepare(ledger: &Ledger) -> Subnet {
    let create = |draft: &mut Draft| {
        let network = sample::network(draft, "bench");
        let subnet = sample::subnet(&network, "10.0.0.0/8".parse().unwrap());
        draft.put(network);
        draft.put(subnet.clone());
        Ok::<_, ()>(subnet)
    };
    ledger.write(Author::default(), create).await.unwrap().1
}

/// Fills a database with ports, and opens it in a process that did nothing else.
async fn cold_start(path: &Path, ports: usize) {
    let database = Database::Sqlite(path.to_owned());
    let ledger = Ledger::open(Settings::new(database)).await.unwrap();
    let subnet = prepare(&ledger).await;
    for _ in 0..ports / 500 {
        let subnet = subnet.clone();
        let create = move |draft: &mut Draft| {
            for n in 0..500 {
                let port = sample::port(draft, &subnet, &format!("node-{n}"));
                draft.put(port);
            }
            Ok::<_, ()>(())
        };
        ledger.write(Author::default(), create).await.unwrap();
    }
    ledger.close().await;
    let own = std::env::current_exe().unwrap();
    Command::new(own).env(REOPEN, path).status().unwrap();
}

async fn reopen(path: PathBuf) {
    let before = resident_bytes();
    let started = Instant::now();
    let ledger = Ledger::open(Settings::new(Database::Sqlite(path)))
        .await
        .unwrap();
    let (took, ports) = (started.elapsed(), ledger.model().count(api::Kind::Port));
    let grown = resident_bytes().saturating_sub(before);
    println!(
        "{ports} ports loaded in {} ms; {} bytes/port, {} MiB in all",
        took.as_millis(),
        grown / ports.max(1),
        resident_bytes() >> 20,
    );
    ledger.close().await;
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

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
