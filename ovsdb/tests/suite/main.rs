//! The tests of `ovsdb`, from notation to switches that dial us. What needs a server runs on the
//! in-memory one and on the real one.
#![allow(clippy::unwrap_used)]

mod crowd;
mod edits;
mod faults;
mod framing;
mod golden;
mod monitors;
mod notation;
mod peers;
mod schema;
mod support;
mod switches;
mod transactions;
