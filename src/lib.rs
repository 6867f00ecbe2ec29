//! weft: the network service of a cloud in one binary.
//!
//! The way through the house (data goes one way round, nothing broadcasts inside):
//!
//! ```text
//! REST ─► api ─► service ─► ledger ─────────────► SQL (log of commits, records)
//!                  ▲           │ new model (immutable snapshot)
//!                  │           ▼
//!                  │        compile(section, node, model, facts) = flows, groups, meters, rows
//!                  │           │ difference of two models (or of model and dump)
//!                  │           ▼
//!                  │        node worker ─► OpenFlow bundle, OVSDB transaction ─► Open vSwitch
//!                  │           ▲                                                     │
//!                  └─ status ──┴─ facts (interfaces, ports, links) ◄── OVSDB, port status
//!                     packet-in ─► respond (DHCP …) ─► packet-out
//! ```

pub mod admin;
pub mod cli;
pub mod compile;
pub mod config;
pub mod identity;
pub mod lab;
pub mod ledger;
pub mod metric;
pub mod model;
pub mod node;
pub mod respond;
pub mod service;
pub mod telemetry;
pub mod watch;
