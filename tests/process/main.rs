//! The real binary, as an operator starts, asks, reconfigures and stops it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod activation;
mod certificates;
mod checked;
mod following;
mod metrics;
mod node;
mod options;
mod stopping;
mod weft;

#[path = "../support/pki.rs"]
mod pki;
