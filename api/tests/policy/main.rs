//! The language of policies, the defaults and the files, each against a judge of its own.
#![allow(clippy::unwrap_used, missing_docs)]

mod files;
mod golden;
mod laws;
mod target;
