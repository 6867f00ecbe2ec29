//! The text form of `ovs-ofctl`, printed and parsed.

mod print;

pub use print::{NoNames, Resolver};
