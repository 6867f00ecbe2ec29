//! From the cloud's network to what one node's switch must hold, by pure functions.
//!
//! What a node needs is a set of [`Section`]s, each an object of the cloud as that node sees it.
//! [`build`] makes the flows, groups and meters of a section from a snapshot of the model and the
//! node's [`Facts`], and nothing else; a section that a node does not need builds to nothing. No
//! flow, group or meter is made by two sections. So a change is carried out by building the sections
//! it [`touched`] from the snapshot before and the one after, and sending the [`difference`].
//!
//! The pipeline is declared as data ([`pipeline`], [`register`], [`priority`], [`cookie`], [`group`],
//! [`punt`]) and printed into `docs/pipeline.md`; each feature is a file of its own.

pub mod cookie;
pub mod group;
pub mod pipeline;
pub mod priority;
pub mod punt;
pub mod register;
pub mod rows;

mod classify;
mod delivery;
mod difference;
mod document;
mod flood;
mod matching;
mod order;
mod output;
mod parts;
mod port_security;
mod provider;
mod section;
mod services;
mod switching;
mod touched;
mod tunnel;
mod view;

use std::collections::BTreeMap;

use api::NetworkType;
use uuid::Uuid;

pub use difference::{Changes, Delta, difference};
pub use document::document;
pub use order::{Steps, order};
pub use output::Output;
pub use port_security::link_local;
pub use rows::{Rows, rows};
pub use section::{Section, build, build_all, sections};
pub use services::dhcp::{SERVER, SERVER_MAC};
pub use touched::{rows_depend_on, touched, touched_by_facts};

/// The bits of a packet's metadata that hold its network's key.
pub const NETWORK_MASK: u64 = 0xffff_ffff;

/// What a node's switch told about itself. Numbers are OpenFlow port numbers on `br-int`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Of the ports that are plugged, by id.
    pub ofports: BTreeMap<Uuid, u32>,
    /// Of the tunnel ports, by encapsulation.
    pub tunnel_ports: BTreeMap<NetworkType, u32>,
    /// Of the patches to provider bridges, by physical network.
    pub patch_ports: BTreeMap<String, u32>,
}
