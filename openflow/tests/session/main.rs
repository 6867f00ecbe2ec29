//! The session without I/O, its other end played by hand.
#![allow(clippy::unwrap_used)]

mod bench;
mod bundles;
mod handshake;
mod requests;
#[path = "../support/mod.rs"]
mod support;
