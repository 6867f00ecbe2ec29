//! Tests on the lab of `compose.yaml`: a real controller, three real Open vSwitch nodes, real packets.
//! `make test` brings the lab up and runs them; elsewhere `make lab-up` and `WEFT_LAB=1` do.
#![allow(clippy::unwrap_used)]

mod common;
mod dhcp;
mod foreign;
mod hostile;
mod ipv6;
mod prove;
mod restart;
