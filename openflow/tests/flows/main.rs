//! Matches, actions, flows, groups and meters as bytes and as text: against a real `ovs-ofctl`,
//! there and back, and broken.
#![allow(clippy::unwrap_used)]

mod any_action;
mod any_match;
mod broken;
mod golden;
mod judge;
mod matches;
mod round;
