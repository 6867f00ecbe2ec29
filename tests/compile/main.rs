//! What is compiled for a node: its laws, what it looks like, and what it does to packets.
#![allow(clippy::unwrap_used)]

mod across;
mod cloud;
mod crowd;
mod document;
mod frames;
mod golden;
mod laws;
mod memory;
mod ovs;
mod past;
mod pipeline;
mod real;
mod scenario;
mod story;
