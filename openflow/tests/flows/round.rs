//! There and back: what is written is what is read, as bytes and as text.

use openflow::codec::{Reader, Writer};
use openflow::text::{FlowLine, Text, parse_actions, parse_flow, parse_instructions};
use openflow::{
    Action, Band, Bucket, FlowEntry, FlowFlags, FlowKey, FlowMod, FlowModCommand, Group, GroupMod,
    GroupModCommand, GroupType, Instruction, Match, Meter, MeterFlags, MeterMod, MeterModCommand,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::any_action::{any_action, instructions};
use crate::any_match::matching;

pub fn flow() -> impl Strategy<Value = (FlowKey, FlowEntry)> {
    let key = (0..255u8, any::<u16>(), matching());
    let entry = (
        any::<u64>(),
        instructions(any_action().boxed()),
        any::<[u16; 2]>(),
        0..32u16,
    );
    (key, entry).prop_map(
        |((table, priority, matching), (cookie, instructions, times, flags))| {
            let key = FlowKey {
                table,
                priority,
                matching,
            };
            let entry = FlowEntry {
                cookie,
                instructions,
                idle_timeout: times[0],
                hard_timeout: times[1],
                flags: FlowFlags(flags),
            };
            (key, entry)
        },
    )
}

pub fn flow_mod() -> impl Strategy<Value = FlowMod> {
    let ports = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u64>());
    (flow(), 0..5u8, ports).prop_map(|((key, entry), command, ports)| FlowMod {
        command: FlowModCommand(command),
        buffer_id: ports.0,
        out_port: ports.1,
        out_group: ports.2,
        cookie_mask: ports.3,
        ..FlowMod::add(key, entry)
    })
}

pub fn group() -> impl Strategy<Value = Group> {
    let watch = (option::of(1..0xff00u32), option::of(0..0xffff_ff00u32));
    let bucket =
        (any::<u16>(), watch, vec(any_action(), 0..4)).prop_map(|(weight, watch, actions)| {
            let mut bucket = Bucket::of(actions).with_weight(weight);
            bucket.watch_port = watch.0.unwrap_or(bucket.watch_port);
            bucket.watch_group = watch.1.unwrap_or(bucket.watch_group);
            bucket
        });
    (
        0..0xffff_ff00u32,
        select(GroupType::ALL.to_vec()),
        vec(bucket, 0..5),
    )
        .prop_map(|(id, kind, buckets)| Group { id, kind, buckets })
}

pub fn meter() -> impl Strategy<Value = Meter> {
    let band = (any::<[u32; 2]>(), any::<u8>(), any::<u32>(), 0..3u8).prop_map(
        |([rate, burst_size], precedence, experimenter, kind)| match kind {
            0 => Band::Drop { rate, burst_size },
            1 => Band::DscpRemark {
                rate,
                burst_size,
                precedence,
            },
            _ => Band::Experimenter {
                rate,
                burst_size,
                experimenter,
            },
        },
    );
    // Without the flag the text has no burst.
    (1..0xffff_0000u32, 0..16u16, vec(band, 0..4)).prop_map(|(id, flags, bands)| Meter {
        id,
        flags: MeterFlags(flags) | MeterFlags::BURST,
        bands,
    })
}

fn bytes<E: std::fmt::Debug>(encode: impl FnOnce(&mut Writer<'_>) -> Result<(), E>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut Writer::new(&mut bytes)).unwrap();
    bytes
}

proptest! {
    #[test]
    fn match_as_bytes(matching in matching()) {
        let bytes = bytes(|w| matching.encode(w));
        prop_assert_eq!(bytes.len() % 8, 0);
        let mut reader = Reader::new("match", &bytes);
        prop_assert_eq!(Match::decode(&mut reader).unwrap(), matching);
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn match_as_text(matching in matching()) {
        prop_assert_eq!(matching.check(), Ok(()));
        let text = matching.to_string();
        prop_assert_eq!(text.parse(), Ok(matching), "{}", text);
    }

    #[test]
    fn actions_as_bytes(actions in vec(any_action(), 0..6)) {
        let bytes = bytes(|w| Action::encode_list(&actions, w));
        prop_assert_eq!(bytes.len() % 8, 0);
        let mut reader = Reader::new("actions", &bytes);
        prop_assert_eq!(Action::decode_list(&mut reader).unwrap(), actions);
    }

    #[test]
    fn actions_as_text(actions in vec(any_action(), 0..6)) {
        let text = actions.as_slice().named(&openflow::text::NoNames).to_string();
        prop_assert_eq!(parse_actions(&text), Ok(actions), "{}", text);
    }

    #[test]
    fn instructions_both_ways(list in instructions(any_action().boxed())) {
        let bytes = bytes(|w| Instruction::encode_list(&list, w));
        let mut reader = Reader::new("instructions", &bytes);
        prop_assert_eq!(&Instruction::decode_list(&mut reader).unwrap(), &list);
        let text = list.as_slice().named(&openflow::text::NoNames).to_string();
        prop_assert_eq!(parse_instructions(&text), Ok(list), "{}", text);
    }

    #[test]
    fn flow_mods_as_bytes(flow in flow_mod()) {
        let bytes = bytes(|w| flow.encode(w));
        prop_assert_eq!(FlowMod::decode(&mut Reader::new("flow mod", &bytes)).unwrap(), flow);
    }

    #[test]
    fn flows_as_text((key, entry) in flow()) {
        let text = FlowLine { key: &key, entry: &entry }.to_string();
        prop_assert_eq!(parse_flow(&text), Ok((key, entry)), "{}", text);
    }

    #[test]
    fn flow_mods_as_text(mut flow in flow_mod()) {
        // What the text leaves out.
        let plain = FlowMod::add(flow.key.clone(), flow.entry.clone());
        flow.buffer_id = plain.buffer_id;
        match flow.command {
            FlowModCommand::DELETE | FlowModCommand::DELETE_STRICT => {
                let cookie = flow.entry.cookie & flow.cookie_mask;
                flow.out_port = flow.out_port.min(0xfeff);
                flow.entry = FlowEntry { cookie, ..FlowEntry::default() };
                flow.key.priority *= u16::from(flow.command == FlowModCommand::DELETE_STRICT);
            }
            _ => (flow.out_port, flow.out_group) = (plain.out_port, plain.out_group),
        }
        let text = flow.to_string();
        prop_assert_eq!(text.parse(), Ok(flow), "{}", text);
    }

    #[test]
    fn groups_both_ways(group in group(), command in 0..3u16) {
        let command = GroupModCommand(command);
        let change = GroupMod { command, group };
        let bytes = bytes(|w| change.encode(w));
        prop_assert_eq!(&GroupMod::decode(&mut Reader::new("group mod", &bytes)).unwrap(), &change);
        let text = change.group.to_string();
        prop_assert_eq!(text.parse(), Ok(change.group), "{}", text);
    }

    #[test]
    fn meters_both_ways(meter in meter(), command in 0..3u16) {
        let command = MeterModCommand(command);
        let change = MeterMod { command, meter };
        let bytes = bytes(|w| change.encode(w));
        prop_assert_eq!(&MeterMod::decode(&mut Reader::new("meter mod", &bytes)).unwrap(), &change);
        let text = change.meter.to_string();
        prop_assert_eq!(text.parse(), Ok(change.meter), "{}", text);
    }
}
