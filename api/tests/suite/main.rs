//! The API over real sockets, in front of a backend in memory.
#![allow(clippy::unwrap_used)]

mod client;
mod contract;
mod door;
mod limits;
mod lists;
mod memory;
mod middleware;
mod random;
mod server;
mod transport;
