//! Groups: which are refused, and which bucket a packet takes.

use super::change::Pipeline;
use super::check::{self, Known};
use super::flow_table::flatten;
use super::packet::State;
use crate::action::Action;
use crate::group::{Bucket, Group, GroupType};
use crate::number::{groups, ports};
use crate::peer_error::{GroupModFailed, PeerError};

/// A group that the switch takes.
pub(super) fn check(group: &Group, pipeline: &Pipeline) -> Result<(), PeerError> {
    let fail = |code| Err(PeerError::GroupModFailed(code));
    if group.id > groups::MAX {
        return fail(GroupModFailed::Invalid);
    }
    if group.kind == GroupType::Indirect && group.buckets.len() != 1 {
        return fail(GroupModFailed::Invalid);
    }
    for bucket in &group.buckets {
        if group.kind != GroupType::Select && bucket.weight != 0 {
            return fail(GroupModFailed::Invalid);
        }
        let watches = bucket.watch_port != ports::ANY || bucket.watch_group != groups::ANY;
        if group.kind == GroupType::FastFailover && !watches {
            return fail(GroupModFailed::Invalid);
        }
        let known = Known {
            is_group: &|id| id == group.id || pipeline.groups.contains_key(&id),
            is_meter: &|id| pipeline.meters.contains_key(&id),
        };
        check::actions(&bucket.actions, &known)?;
    }
    let mut seen = Vec::new();
    if reaches(group, group.id, pipeline, &mut seen) {
        return fail(GroupModFailed::Loop);
    }
    Ok(())
}

/// The groups that a group sends to.
fn called(group: &Group) -> Vec<u32> {
    let mut actions = Vec::new();
    for bucket in &group.buckets {
        flatten(&bucket.actions, &mut actions);
    }
    let id = |action: &Action| match action {
        Action::Group(id) => Some(*id),
        _ => None,
    };
    actions.into_iter().filter_map(id).collect()
}

fn reaches(group: &Group, target: u32, pipeline: &Pipeline, seen: &mut Vec<u32>) -> bool {
    called(group).into_iter().any(|id| {
        if id == target {
            return true;
        }
        if seen.contains(&id) {
            return false;
        }
        seen.push(id);
        let next = pipeline.groups.get(&id);
        next.is_some_and(|next| reaches(&next.group, target, pipeline, seen))
    })
}

/// Whether another group sends to this one.
pub(super) fn is_called(id: u32, pipeline: &Pipeline) -> bool {
    let others = pipeline
        .groups
        .values()
        .filter(|other| other.group.id != id);
    others
        .into_iter()
        .any(|other| called(&other.group).contains(&id))
}

/// The buckets that a packet takes, by their places.
pub(super) fn chosen(
    group: &Group,
    packet: &State,
    pipeline: &Pipeline,
    is_up: &dyn Fn(u32) -> bool,
) -> Vec<usize> {
    let lives = |bucket: &Bucket| is_alive(bucket, pipeline, is_up, 0);
    let buckets = group.buckets.iter().enumerate();
    match group.kind {
        GroupType::All | GroupType::Indirect => buckets.map(|(place, _)| place).collect(),
        GroupType::FastFailover => {
            let first = buckets.clone().find(|(_, bucket)| lives(bucket));
            first.map(|(place, _)| place).into_iter().collect()
        }
        GroupType::Select => {
            let alive: Vec<(usize, u64)> = buckets
                .filter(|(_, bucket)| lives(bucket))
                .map(|(place, bucket)| (place, bucket.weight.into()))
                .collect();
            let total: u64 = alive.iter().map(|(_, weight)| weight).sum();
            let mut left = hash(packet, 0) % total.max(1);
            let taken = alive
                .iter()
                .find(|(_, weight)| match left.checked_sub(*weight) {
                    Some(rest) => {
                        left = rest;
                        false
                    }
                    None => true,
                });
            taken.map(|(place, _)| *place).into_iter().collect()
        }
    }
}

fn is_alive(bucket: &Bucket, pipeline: &Pipeline, is_up: &dyn Fn(u32) -> bool, depth: u32) -> bool {
    let port = bucket.watch_port == ports::ANY || is_up(bucket.watch_port);
    let group = bucket.watch_group == groups::ANY
        || depth < 8
            && pipeline
                .groups
                .get(&bucket.watch_group)
                .is_some_and(|watched| {
                    let mut buckets = watched.group.buckets.iter();
                    buckets.any(|bucket| is_alive(bucket, pipeline, is_up, depth + 1))
                });
    port && group
}

/// A number that is the same for all packets of a connection and direction (FNV-1a).
pub(super) fn hash(packet: &State, basis: u64) -> u64 {
    let mut number = 0xcbf2_9ce4_8422_2325 ^ basis;
    let mut mix = |byte: u8| number = (number ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    match packet.tuple() {
        Some(tuple) => {
            let text = format!("{tuple:?}");
            text.bytes().for_each(&mut mix);
        }
        None => packet.bytes.iter().take(14).copied().for_each(&mut mix),
    }
    number ^ number >> 32
}
