//! Messages as bytes: against other programs' bytes, there and back, and broken.
#![allow(clippy::unwrap_used)]

mod arbitrary;
mod broken;
mod golden;
mod judge;
mod multiparts;
mod sample_tables;
mod samples;
