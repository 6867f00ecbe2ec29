//! OpenFlow 1.3 with the extensions of Open vSwitch.
//!
//! Layers, each knowing only those above it in this list: [`codec`] reads and writes bytes; [`oxm`]
//! holds the field table and [`Match`]; [`action`], [`instruction`], [`flow`], [`group`] and
//! [`meter`] are what a switch is told; [`register`] names bits; [`text`] is the form that
//! `ovs-ofctl` prints and reads; [`message`] is every message; [`session`] holds the conversation
//! with a switch, without I/O; [`connection`] holds it over a socket. With the feature `testing`,
//! `testing` is a switch in memory.

pub mod action;
pub mod async_config;
pub mod bundle;
pub mod codec;
pub mod config;
pub mod connection;
pub mod conntrack;
pub mod counters;
pub mod description;
pub mod error;
pub mod features;
pub mod flow;
pub mod flow_removed;
pub mod group;
pub mod header;
pub mod hello;
pub mod instruction;
pub mod message;
pub mod meter;
pub mod multipart;
pub mod number;
pub mod oxm;
pub mod packet_io;
pub mod peer_error;
pub mod port;
mod property;
pub mod queue;
pub mod register;
pub mod role;
pub mod session;
pub mod table;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod tls;
pub mod watch;

pub use action::{Action, Controller, Ct, Learn, Nat, Zone};
pub use connection::Connection;
pub use error::{DecodeError, EncodeError};
pub use flow::{FlowEntry, FlowFlags, FlowKey, FlowMod, FlowModCommand, FlowStats};
pub use group::{Bucket, Group, GroupMod, GroupModCommand, GroupType};
pub use instruction::Instruction;
pub use message::Message;
pub use meter::{Band, Meter, MeterFlags, MeterMod, MeterModCommand};
pub use oxm::{Field, Match, Subfield};
pub use peer_error::PeerError;
pub use register::{RegField, RegMark};
