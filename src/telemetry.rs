//! The log: lines or JSON documents on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Chooses what is logged, in place of the configuration: `RUST_LOG`'s syntax,
/// e.g. `weft=debug,openflow=trace`.
pub const FILTER_VARIABLE: &str = "WEFT_LOG";

/// Starts the log of this process. A second call changes nothing.
pub fn start(debug: bool, json: bool) {
    let level = if debug {
        "info,weft=debug,api=debug,openflow=debug,ovsdb=debug"
    } else {
        "info"
    };
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
    if started.is_err() {
        tracing::debug!("the log had been started before");
    }
}
