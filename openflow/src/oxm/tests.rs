//! Matches: their one form, what they need, and their bytes.
#![allow(clippy::unwrap_used)]
