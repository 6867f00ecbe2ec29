//! A live `ovs-ofctl` shows what we encode, and must show it as we do.
//!
//! `WEFT_OVS_OFCTL` names the program; without it, it is looked for in the path. Where there is none,
//! that is told, and it is a failure if `CI` or `WEFT_REQUIRE_OVS` is set.

use std::process::Command;

use openflow::codec::Writer;
use openflow::{Action, Bucket, EncodeError, FlowStats, Group, GroupType, Instruction};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::any_action::{conjunction, instructions, shown};
use crate::any_match::matching;
use crate::golden::hex_of;
use crate::round::flow;

const MULTIPART_REPLY: u8 = 19;
const FLOW: u16 = 1;
const GROUP_DESC: u16 = 7;
/// What fits one argument of a command.
const BYTES_MAX: usize = 48_000;

fn judge() -> Option<String> {
    let program = std::env::var("WEFT_OVS_OFCTL").unwrap_or_else(|_| "ovs-ofctl".to_owned());
    match Command::new(&program).arg("--version").output() {
        Ok(_) => Some(program),
        Err(error) => {
            let required = ["CI", "WEFT_REQUIRE_OVS"];
            let required = required.iter().any(|name| std::env::var_os(name).is_some());
            assert!(!required, "{program} is required here: {error}");
            eprintln!("NOT JUDGED: {program} is not installed ({error})");
            None
        }
    }
}

/// What the judge shows for items of a multipart reply, a line each, against what we show.
fn compare<T: std::fmt::Display>(
    program: &str,
    kind: u16,
    items: &[T],
    encode: impl Fn(&T, &mut Writer<'_>) -> Result<(), EncodeError>,
) {
    let mut rest = items;
    while !rest.is_empty() {
        let mut body = Vec::new();
        let mut count = 0;
        while count < rest.len() && body.len() < BYTES_MAX {
            encode(&rest[count], &mut Writer::new(&mut body)).unwrap();
            count += 1;
        }
        let mut message = Vec::new();
        let mut w = Writer::new(&mut message);
        w.bytes(&[4, MULTIPART_REPLY]);
        w.u16(u16::try_from(16 + body.len()).unwrap());
        w.u32(1);
        w.u16(kind);
        w.zeros(6);
        w.bytes(&body);
        let output = Command::new(program)
            .args(["ofp-print", &hex_of(&message)])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
        for (index, ours) in rest[..count].iter().enumerate() {
            let theirs = lines.get(index).copied().unwrap_or("nothing");
            assert_eq!(
                ours.to_string(),
                theirs,
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        rest = &rest[count..];
    }
}

fn some<S: Strategy>(strategy: S, count: u32) -> Vec<S::Value> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

#[test]
fn flows_are_shown_as_ovs_ofctl_shows_them() {
    let Some(program) = judge() else { return };
    let flows = (
        flow(),
        matching(),
        prop_oneof![
            9 => instructions(shown().boxed()),
            1 => vec(conjunction(), 1..4).prop_map(|list| vec![Instruction::ApplyActions(list)]),
        ],
        any::<[u32; 4]>(),
    );
    let flows = flows.prop_map(|((mut key, mut entry), matching, instructions, numbers)| {
        key.matching = matching;
        entry.instructions = instructions;
        FlowStats {
            key,
            entry,
            duration_seconds: numbers[0],
            duration_nanoseconds: numbers[1] % 1_000_000_000,
            packets: numbers[2].into(),
            bytes: numbers[3].into(),
        }
    });
    compare(&program, FLOW, &some(flows, 1000), FlowStats::encode);
}

#[test]
fn groups_are_shown_as_ovs_ofctl_shows_them() {
    let Some(program) = judge() else { return };
    let bucket = vec(shown(), 0..4).prop_map(Bucket::of);
    let groups = (
        0..0xffff_ff00u32,
        0..2usize,
        vec(bucket, 0..4),
        any::<u16>(),
    );
    let groups = groups.prop_map(|(id, kind, mut buckets, weight)| {
        let kind = [GroupType::All, GroupType::Select][kind];
        if kind == GroupType::Select {
            buckets.iter_mut().for_each(|bucket| bucket.weight = weight);
        }
        Group { id, kind, buckets }
    });
    compare(&program, GROUP_DESC, &some(groups, 200), Group::encode);
}

#[test]
fn the_judge_itself_is_heard() {
    let Some(program) = judge() else { return };
    let group = Group {
        id: 7,
        kind: GroupType::All,
        buckets: vec![Bucket::of(vec![Action::output(1)])],
    };
    let wrong = std::panic::catch_unwind(|| {
        compare(&program, GROUP_DESC, &[1], |_, w| group.encode(w));
    });
    assert!(wrong.is_err());
}
