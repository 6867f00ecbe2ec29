//! Nodes over in-memory switches and OVSDB servers on real sockets, and a real one: whatever fails, the switch ends up
//! holding what it should, and nothing of others is touched.
#![allow(clippy::unwrap_used)]

mod controller;
mod database;
mod kept;
mod machine;
#[path = "../support/mariadb.rs"]
mod mariadb;
mod names;
mod outage;
mod real;
mod switch;

use std::time::{Duration, Instant};

/// How long anything may take to come about.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until something holds; what to say where it does not is asked at the end.
async fn eventually(mut holds: impl AsyncFnMut() -> Result<(), String>) {
    let since = Instant::now();
    loop {
        match holds().await {
            Ok(()) => return,
            Err(what) => assert!(since.elapsed() < LIMIT, "not after {LIMIT:?}: {what}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
