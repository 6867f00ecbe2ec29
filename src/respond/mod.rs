//! Answers to packets that a switch hands to the controller: pure functions from a frame and a snapshot to a frame.
//!
//! A switch says which responder a packet is for in the `userdata` of the punt
//! ([`crate::compile::punt`]) and which port it came in by in a register; nothing the packet itself
//! says is trusted to identify its sender.

pub mod dhcp4;
mod frame;

pub use frame::{FrameError, UdpDatagram};
