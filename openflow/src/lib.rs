//! OpenFlow 1.3 with the extensions of Open vSwitch.
//!
//! Layers, each knowing only those above it in this list: [`codec`] reads and writes bytes; [`oxm`]
//! holds the field table and [`Match`]; [`action`], [`instruction`], [`flow`], [`group`] and
//! [`meter`] are what a switch is told; [`register`] names bits; [`text`] is the form that
//! `ovs-ofctl` prints and reads.

pub mod action;
pub mod codec;
pub mod error;
pub mod flow;
pub mod group;
pub mod instruction;
pub mod meter;
pub mod number;
pub mod oxm;
pub mod register;
pub mod text;

pub use action::{Action, Controller, Ct, Learn, Nat, Zone};
pub use error::{DecodeError, EncodeError};
pub use flow::{FlowEntry, FlowFlags, FlowKey, FlowMod, FlowModCommand, FlowStats};
pub use group::{Bucket, Group, GroupMod, GroupModCommand, GroupType};
pub use instruction::Instruction;
pub use meter::{Band, Meter, MeterFlags, MeterMod, MeterModCommand};
pub use oxm::{Field, Match, Subfield};
pub use register::{RegField, RegMark};
