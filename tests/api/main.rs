//! The API over a real socket, ledger and rules, a file for each family of resources.
#![allow(clippy::unwrap_used)]

mod address_groups;
mod availability;
mod bindings;
mod core;
mod dhcp_agents;
mod flavors;
mod house;
#[path = "../support/http.rs"]
mod http;
mod lists;
mod owners;
mod persona;
mod policies;
mod ports;
mod quotas;
mod segment_ranges;
mod segments;
mod sharing;
mod subnet_pools;
mod zones;
