//! The text form.
#![allow(clippy::unwrap_used)]
