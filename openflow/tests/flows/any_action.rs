//! Any action, as far as its values have one form on the wire and in the text.

use std::net::{Ipv4Addr, Ipv6Addr};

use openflow::action::{
    Bundle, BundleAlgorithm, Controller, HashFields, LearnSource, LearnSpec, LearnTarget,
    Multipath, MultipathAlgorithm, NatAddresses, NatDirection, NatRange, Sample, SampleDirection,
    SampleValue,
};
use openflow::number::ports;
use openflow::{Action, Ct, Field, FlowFlags, Instruction, Learn, Nat, Subfield, Zone};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::any_match;

fn port() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..0xff00u32, 1 => select(vec![ports::LOCAL, ports::IN_PORT, ports::ALL])]
}

/// A field that actions may write, in a form that Open vSwitch takes.
fn written_field() -> impl Strategy<Value = Field> {
    let mut fields = any_match::plain_fields();
    fields.extend([Field::XReg1, Field::XReg7, Field::XxReg0, Field::XxReg3]);
    // The port has a form of its own; connections are written in `ct` only.
    fields.retain(|field| {
        let left_out = [Field::InPort, Field::CtMark, Field::CtLabel];
        field.is_writable() && !left_out.contains(field)
    });
    select(fields)
}

/// Bits of a register, of addresses, or of another field with a header of four bytes.
fn part() -> impl Strategy<Value = Subfield> {
    let fields = vec![
        Field::Reg0,
        Field::Reg9,
        Field::XxReg1,
        Field::EthSrc,
        Field::Ipv4Dst,
        Field::Ipv6Src,
        Field::TunnelId,
        Field::Metadata,
        Field::InPort16,
        Field::VlanTci,
    ];
    (select(fields), any::<u16>(), any::<u16>()).prop_map(|(field, offset, bits)| {
        let bits = 1 + bits % field.bits().min(64);
        let offset = offset % (field.bits() - bits + 1);
        Subfield::new(field, offset, bits).unwrap()
    })
}

/// Two parts of the same width.
fn pair() -> impl Strategy<Value = (Subfield, Subfield)> {
    (part(), part()).prop_map(|(one, other)| {
        let bits = one.bits().min(other.bits());
        let cut = |part: Subfield| Subfield::new(part.field(), part.offset(), bits).unwrap();
        (cut(one), cut(other))
    })
}

fn set_field() -> impl Strategy<Value = Action> {
    let numbers = (any::<u128>(), any::<u128>(), any::<bool>());
    (written_field(), numbers).prop_map(|(field, (number, mask, exact))| {
        let (value, mask) = any_match::value(field, number, mask, exact);
        let mask = if mask == 0 { field.full_mask() } else { mask };
        Action::SetField { field, value, mask }
    })
}

fn simple() -> impl Strategy<Value = Action> {
    prop_oneof![
        port().prop_map(Action::output),
        any::<u16>().prop_map(Action::controller),
        (port(), 14u32..).prop_map(|(port, max_len)| Action::OutputTrunc { port, max_len }),
        part().prop_map(|source| Action::OutputReg {
            source,
            max_len: u16::MAX
        }),
        (0..0xffff_ff00u32).prop_map(Action::Group),
        any::<u32>().prop_map(Action::SetQueue),
        Just(Action::PopQueue),
        (part(), any::<u64>()).prop_map(|(target, value)| Action::load(target, value)),
        pair().prop_map(|(source, target)| Action::Move { source, target }),
        part().prop_map(Action::StackPush),
        part().prop_map(Action::StackPop),
        select(vec![0x8100u16, 0x88a8]).prop_map(Action::PushVlan),
        Just(Action::PopVlan),
        select(vec![0x8847u16, 0x8848]).prop_map(Action::PushMpls),
        any::<u16>().prop_map(Action::PopMpls),
        any::<u8>().prop_map(Action::SetMplsTtl),
        Just(Action::DecMplsTtl),
        any::<u8>().prop_map(Action::SetNwTtl),
        Just(Action::DecTtl),
        vec(any::<u16>(), 1..5).prop_map(Action::DecTtlIds),
        resubmit(),
        Just(Action::CtClear),
        (part(), any::<u16>()).prop_map(|(part, length)| {
            let target = Subfield::new(part.field(), part.offset(), 1).unwrap();
            Action::CheckPktLarger { target, length }
        }),
        (any::<u16>(), any::<u16>()).prop_map(|(idle, hard)| Action::FinTimeout { idle, hard }),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Action::note(&bytes)),
        Just(Action::Exit),
    ]
}

/// In Open vSwitch it stands with its like only.
pub fn conjunction() -> impl Strategy<Value = Action> {
    let numbers = (any::<u32>(), 2..=64u8, any::<u8>());
    numbers.prop_map(|(id, clauses, clause)| Action::Conjunction {
        id,
        clause: clause % clauses,
        clauses,
    })
}

fn resubmit() -> impl Strategy<Value = Action> {
    (port(), option::of(0..255u8), any::<bool>()).prop_map(|(port, table, ct)| {
        let table = table.or((port == ports::IN_PORT || ct).then_some(0));
        Action::Resubmit { port, table, ct }
    })
}

fn controller() -> impl Strategy<Value = Action> {
    let userdata = vec(any::<u8>(), 0..20);
    (
        any::<u16>(),
        any::<u16>(),
        0..6u8,
        userdata,
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(
            |(max_len, controller_id, reason, userdata, pause, meter_id)| {
                Action::Controller(Box::new(Controller {
                    max_len,
                    controller_id: controller_id.max(1),
                    reason,
                    userdata,
                    pause,
                    meter_id,
                }))
            },
        )
}

fn nat() -> impl Strategy<Value = Nat> {
    let ports = option::of((1..1000u16, option::of(1000..u16::MAX)));
    let v4 = (1..u32::MAX / 2, option::of(u32::MAX / 2..))
        .prop_map(|(a, b)| NatAddresses::V4(Ipv4Addr::from(a), b.map(Ipv4Addr::from)));
    let v6 = (1..u128::MAX / 2, option::of(u128::MAX / 2..))
        .prop_map(|(a, b)| NatAddresses::V6(Ipv6Addr::from(a), b.map(Ipv6Addr::from)));
    let range =
        (prop_oneof![v4, v6], ports).prop_map(|(addresses, ports)| NatRange { addresses, ports });
    let directions = vec![NatDirection::Source, NatDirection::Destination];
    let directed = (select(directions), option::of(range), any::<bool>(), 0..3u8);
    prop_oneof![
        1 => Just(Nat::default()),
        4 => directed.prop_map(|(direction, range, persistent, how)| Nat {
            direction: Some(direction),
            range,
            // Without a range they mean nothing, and Open vSwitch does not show them.
            persistent: persistent && range.is_some(),
            hash: how == 1 && range.is_some(),
            random: how == 2 && range.is_some(),
        }),
    ]
}

fn ct() -> impl Strategy<Value = Action> {
    let zone = prop_oneof![
        any::<u16>().prop_map(Zone::Fixed),
        (0..8u16).prop_map(|n| Zone::From(Field::Reg3.slice(n..=n + 15))),
    ];
    let exec = prop_oneof![
        any::<u32>().prop_map(|value| Action::set(Field::CtMark, value.into())),
        any::<u128>().prop_map(|value| Action::set(Field::CtLabel, value)),
        (1..u32::MAX).prop_map(|mask| Action::set_masked(Field::CtMark, u128::MAX, mask.into())),
    ];
    let flags = (any::<bool>(), any::<bool>());
    let alg = select(vec![0u16, 21, 69]);
    let table = option::of(0..255u8);
    (flags, zone, table, alg, option::of(nat()), vec(exec, 0..3)).prop_map(
        |((commit, force), zone, table, alg, nat, exec)| {
            let mut ct = Ct {
                commit,
                force: commit && force,
                zone,
                table,
                alg,
                actions: vec![],
            };
            if commit {
                ct = nat.into_iter().fold(ct, Ct::nat);
                ct = exec.into_iter().fold(ct, Ct::exec);
            } else if nat.is_some() {
                ct = ct.nat(Nat::default());
            }
            ct.into()
        },
    )
}

fn learn_spec() -> impl Strategy<Value = LearnSpec> {
    prop_oneof![
        pair().prop_map(|(from, to)| (LearnSource::Field(from), LearnTarget::Match(to))),
        pair().prop_map(|(from, to)| (LearnSource::Field(from), LearnTarget::Load(to))),
        part().prop_map(|part| (LearnSource::Field(part), LearnTarget::Output)),
        part().prop_map(|part| (LearnSource::Field(part), LearnTarget::Match(part))),
        (part(), any::<u128>()).prop_map(|(to, value)| {
            // The 16-bit port has a form of its own where it is whole.
            let value = to.cut(value) % if to.is_whole() { 0xff00 } else { u128::MAX };
            (LearnSource::Value(value, to.bits()), LearnTarget::Match(to))
        }),
        (part(), any::<u128>()).prop_map(|(to, value)| {
            (
                LearnSource::Value(to.cut(value), to.bits()),
                LearnTarget::Load(to),
            )
        }),
    ]
    .prop_map(|(source, target)| LearnSpec { source, target })
}

fn learn() -> impl Strategy<Value = Action> {
    let numbers = (any::<[u16; 5]>(), any::<u64>(), any::<u32>());
    let flags = (any::<bool>(), any::<bool>(), option::of(0..32u16));
    (numbers, flags, 0..255u8, vec(learn_spec(), 0..5)).prop_map(
        |((times, cookie, limit), (tells, delete_learned, result), table, specs)| {
            Action::Learn(Box::new(Learn {
                idle_timeout: times[0],
                hard_timeout: times[1],
                priority: times[2],
                cookie,
                flags: if tells {
                    FlowFlags::SEND_FLOW_REMOVED
                } else {
                    FlowFlags::empty()
                },
                delete_learned,
                table,
                fin_idle_timeout: times[3],
                fin_hard_timeout: times[4],
                limit,
                result: result.map(|bit| Field::Reg5.slice(bit..=bit)),
                specs,
            }))
        },
    )
}

fn choices() -> impl Strategy<Value = Action> {
    let wide = || {
        part().prop_map(|part| match part.bits() {
            16.. => part,
            _ => Field::Reg2.into(),
        })
    };
    let members = vec(1..0xff00u32, 1..5);
    let hash = (0..7u16).prop_map(HashFields);
    let bundle = (
        hash.clone(),
        any::<u16>(),
        0..2u16,
        members,
        option::of(wide()),
    );
    let multipath = (
        hash,
        any::<u16>(),
        0..4u16,
        any::<u16>(),
        any::<u32>(),
        wide(),
    );
    let sample = (
        1u16..,
        any::<u32>(),
        any::<[u32; 2]>(),
        option::of(port()),
        0..3u8,
    );
    prop_oneof![
        bundle.prop_map(|(fields, basis, algorithm, members, target)| {
            let algorithm = BundleAlgorithm(algorithm);
            Action::Bundle(Box::new(Bundle {
                fields,
                basis,
                algorithm,
                members,
                target,
            }))
        }),
        multipath.prop_map(|(fields, basis, algorithm, max_link, argument, target)| {
            let algorithm = MultipathAlgorithm(algorithm);
            Action::Multipath(Box::new(Multipath {
                fields,
                basis,
                algorithm,
                max_link,
                argument,
                target,
            }))
        }),
        sample.prop_map(
            |(probability, collector_set, [domain, point], port, direction)| {
                Action::Sample(Box::new(Sample {
                    probability,
                    collector_set,
                    domain: SampleValue::Fixed(domain),
                    point: SampleValue::Fixed(point),
                    port: port.unwrap_or(ports::ANY),
                    direction: SampleDirection(direction),
                }))
            }
        ),
    ]
}

/// What `ovs-ofctl` shows as this crate does.
pub fn shown() -> impl Strategy<Value = Action> {
    let one = prop_oneof![
        6 => simple(),
        4 => set_field(),
        2 => ct(),
        1 => controller(),
        1 => learn(),
        1 => choices(),
    ];
    one.prop_recursive(3, 12, 4, |inner| vec(inner, 0..4).prop_map(Action::Clone))
}

/// And what it does not know, or shows another way.
pub fn any_action() -> impl Strategy<Value = Action> {
    let body = vec(any::<u32>(), 0..4).prop_map(|words| {
        let words = words.iter().flat_map(|word| word.to_be_bytes().repeat(2));
        [1, 2, 3, 4].into_iter().chain(words).collect()
    });
    prop_oneof![
        8 => shown(),
        1 => conjunction(),
        2 => select(vec![
            Action::CopyTtlIn,
            Action::CopyTtlOut,
            Action::PopPbb,
            Action::PushPbb(0x88e7),
            Action::DeleteField(Field::TunGbpId),
            Action::SetTunnel(5),
            Action::SetTunnel64(0x1_0000_0005),
            // Open vSwitch leaves the `ct` out of this one.
            Action::Resubmit { port: 5, table: None, ct: true },
            // Since 3.4.
            Action::Sample(Box::new(Sample {
                domain: SampleValue::From(Field::Reg4.slice(3..=20)),
                ..Sample::default()
            })),
        ]),
        1 => pair().prop_map(|(source, target)| Action::CopyField { source, target }),
        1 => (0x100..0xffffu16, body).prop_map(|(kind, body)| Action::Unknown { kind, body }),
    ]
}

/// Instructions in the order in which a switch does them, each at most once.
pub fn instructions(action: BoxedStrategy<Action>) -> impl Strategy<Value = Vec<Instruction>> {
    let metadata = (any::<u64>(), 1u64..).prop_map(|(value, mask)| Instruction::WriteMetadata {
        value: value & mask,
        mask,
    });
    let apply = vec(action, 1..6).prop_map(Instruction::ApplyActions);
    // An action set holds one action of each kind.
    let write = select(vec![
        vec![],
        vec![Action::Group(4)],
        vec![
            Action::PopVlan,
            Action::set(Field::Reg0, 5),
            Action::output(3),
        ],
    ]);
    (
        option::of((1..0xffff_0000u32).prop_map(Instruction::Meter)),
        option::of(apply),
        option::of(Just(Instruction::ClearActions)),
        option::of(write.prop_map(Instruction::WriteActions)),
        option::of(metadata),
        option::of((0..255u8).prop_map(Instruction::GotoTable)),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect())
}
