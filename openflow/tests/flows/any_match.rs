//! Any match that a switch takes.

use openflow::{Field, Match};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a packet is: fields that others need.
fn scenario() -> impl Strategy<Value = Match> {
    let of_type = |ethertype| Match::new().with(Field::EthType, ethertype);
    let protocol = move |ethertype, number| of_type(ethertype).with(Field::IpProto, number);
    let connection = |matching: Match| matching.with_masked(Field::CtState, 0x22, 0x3a);
    select(vec![
        Match::new(),
        of_type(0x88cc),
        of_type(0x0806),
        of_type(0x8035),
        of_type(0x8847),
        of_type(0x8848),
        of_type(0x0800),
        of_type(0x86dd),
        protocol(0x0800, 1),
        protocol(0x0800, 6),
        protocol(0x0800, 17),
        protocol(0x0800, 47),
        protocol(0x0800, 132),
        protocol(0x86dd, 6),
        protocol(0x86dd, 17),
        protocol(0x86dd, 132),
        protocol(0x86dd, 58),
        protocol(0x86dd, 58).with(Field::Icmpv6Type, 135),
        protocol(0x86dd, 58)
            .with(Field::Icmpv6Type, 136)
            .with(Field::Icmpv6Code, 0),
        connection(of_type(0x0800)),
        connection(of_type(0x86dd)),
        connection(protocol(0x0800, 6)),
        Match::new().with(Field::VlanVid, 0x1005),
        of_type(0x0800).with_masked(Field::VlanVid, 0x1000, 0x1000),
    ])
}

/// Fields that `ovs-ofctl` 3.1 and later show, and that mean the same there as here.
pub fn plain_fields() -> Vec<Field> {
    let left_out = [
        // What needs a setting of the switch, or a version of the tunnel, or is never there.
        Field::PacketType,
        Field::RecircId,
        Field::InPhyPort,
        Field::PbbIsid,
        Field::Ipv6Exthdr,
        Field::NshFlags,
        Field::NshTtl,
        Field::NshMdtype,
        Field::NshNp,
        Field::NshSpi,
        Field::NshSi,
        Field::NshC1,
        Field::NshC2,
        Field::NshC3,
        Field::NshC4,
        Field::TunErspanIdx,
        Field::TunErspanVer,
        Field::TunErspanDir,
        Field::TunErspanHwid,
        Field::TunGtpuFlags,
        Field::TunGtpuMsgtype,
        Field::TunGbpFlags,
        // What the scenario says.
        Field::EthType,
        Field::IpProto,
        Field::VlanVid,
        Field::VlanTci,
        // Other views.
        Field::InPort16,
        Field::IpTos,
    ];
    let is_plain = |field: &Field| *field < Field::XReg0 && !left_out.contains(field);
    Field::ALL.iter().copied().filter(is_plain).collect()
}

/// A value that the field can have, and a mask where it takes one.
pub fn value(field: Field, value: u128, mask: u128, exact: bool) -> (u128, u128) {
    let full = field.full_mask();
    let mask = if exact || !field.is_maskable() {
        full
    } else {
        mask & full
    };
    let value = match field {
        Field::InPort | Field::ActsetOutput => value % 0xff00,
        Field::InPort16 => value % 0xff00,
        Field::ArpOp => value & 0xff,
        Field::IpFrag => {
            let (value, mask) = [(0, 3), (1, 1), (1, 3), (3, 3), (0, 2)][(value % 5) as usize];
            return (value, mask);
        }
        _ => value,
    };
    (value & mask, mask)
}

/// A match that [`Match::check`] finds nothing wrong with.
pub fn matching() -> impl Strategy<Value = Match> {
    let fields = vec(
        (
            select(plain_fields()),
            any::<u128>(),
            any::<u128>(),
            any::<bool>(),
        ),
        0..8,
    );
    (scenario(), fields).prop_map(|(scenario, fields)| {
        let mut matching = scenario;
        for (field, number, mask, exact) in fields {
            let (number, mask) = value(field, number, mask, exact);
            if matching.get(field).is_none() && matching.fulfils(field.needs()) && mask != 0 {
                matching.narrow(field, number, mask);
            }
        }
        if matching
            .get(Field::CtNwProto)
            .is_none_or(|(value, _)| value == 0)
        {
            // Ports of a connection are shown behind its protocol only.
            matching = matching.without(Field::CtTpSrc).without(Field::CtTpDst);
        }
        // A fragment that is not the first, or a code, takes away what others needed.
        match matching.check() {
            Ok(()) => matching,
            Err(_) => matching.without(Field::IpFrag).without(Field::Icmpv6Code),
        }
    })
}
