//! Matches: their one form, what they need, and what covers what.

use openflow::oxm::{MatchError, Needs};
use openflow::{Action, Field, Match};

#[test]
fn equal_meanings_are_equal_values() {
    let one = Match::new()
        .with_masked(Field::Reg0, 0xff, 0x0f)
        .with(Field::InPort, 5)
        .with_masked(Field::Metadata, 0x12, u64::MAX.into())
        .with_masked(Field::Reg3, 7, 0);
    let other = Match::new()
        .with(Field::Metadata, 0x12)
        .with(Field::InPort16, 5)
        .with_masked(Field::Reg0, 0x0f, 0x0f);
    assert_eq!(one, other);
    assert_eq!(one.to_string(), "reg0=0xf/0xf,metadata=0x12,in_port=5");
}

#[test]
fn parts_of_a_field_add_up() {
    let both = Match::new()
        .with_masked(Field::Reg0, 0x3, 0x3)
        .with_masked(Field::Reg0, 0x50, 0xf0);
    assert_eq!(both.get(Field::Reg0), Some((0x53, 0xf3)));
}

#[test]
fn other_views_become_the_fields_themselves() {
    let wide = Match::new().with(Field::XxReg1, 0x1111_1111_2222_2222_3333_3333_4444_4444);
    let narrow = Match::new()
        .with(Field::Reg4, 0x1111_1111)
        .with(Field::Reg5, 0x2222_2222)
        .with(Field::Reg6, 0x3333_3333)
        .with(Field::Reg7, 0x4444_4444);
    assert_eq!(wide, narrow);
    let half = Match::new().with_masked(Field::XReg3, 0xff << 32, 0xff << 32);
    assert_eq!(half, Match::new().with_masked(Field::Reg6, 0xff, 0xff));
    let tag = Match::new().with(Field::VlanTci, 0x7064);
    assert_eq!(
        tag,
        Match::new()
            .with(Field::VlanVid, 0x1064)
            .with(Field::VlanPcp, 3)
    );
    let service = Match::new()
        .with(Field::EthType, 0x800)
        .with(Field::IpTos, 0x20);
    assert_eq!(service.get(Field::IpDscp), Some((8, 0x3f)));
    let reserved = Match::new().with(Field::InPort16, 0xfffe);
    assert_eq!(reserved.get(Field::InPort).unwrap().0, 0xffff_fffe);
}

#[test]
fn fields_need_what_they_stand_on() {
    let needs = |field, needs| Err(MatchError::Needs { field, needs });
    let tcp = Match::new().with(Field::TcpDst, 80);
    assert_eq!(tcp.check(), needs(Field::TcpDst, Needs::Tcp));
    let tcp = tcp.with(Field::IpProto, 6);
    assert_eq!(tcp.check(), needs(Field::IpProto, Needs::Ip));
    let tcp = tcp.with(Field::EthType, 0x86dd);
    assert_eq!(tcp.check(), Ok(()));
    let later = tcp.with_masked(Field::IpFrag, 2, 2);
    assert_eq!(later.check(), needs(Field::TcpDst, Needs::Tcp));
    let pcp = Match::new().with(Field::VlanPcp, 3);
    assert_eq!(pcp.check(), needs(Field::VlanPcp, Needs::Vlan));
    assert_eq!(
        pcp.with_masked(Field::VlanVid, 0x1000, 0x1000).check(),
        Ok(())
    );
    let part = Match::new().with_masked(Field::EthType, 0x800, 0xff00);
    let masked = MatchError::NotMaskable {
        field: Field::EthType,
        mask: 0xff00,
    };
    assert_eq!(part.check(), Err(masked));
    let connection = Match::new()
        .with(Field::EthType, 0x800)
        .with(Field::CtNwProto, 6);
    assert_eq!(connection.check(), needs(Field::CtNwProto, Needs::Ct));
    assert_eq!(
        connection.with_masked(Field::CtState, 0x22, 0x22).check(),
        Ok(())
    );
}

#[test]
fn covering_and_overlapping() {
    let all = Match::new();
    let net = Match::new().with_masked(Field::Reg0, 0x10, 0xf0);
    let one = Match::new().with(Field::Reg0, 0x15).with(Field::InPort, 3);
    assert!(all.covers(&net) && all.covers(&one) && net.covers(&one) && one.covers(&one));
    assert!(!net.covers(&all) && !one.covers(&net));
    assert!(net.overlaps(&one) && one.overlaps(&net));
    let other = Match::new().with(Field::Reg0, 0x25);
    assert!(!net.overlaps(&other) && !net.covers(&other));
    assert!(Match::new().with(Field::InPort, 4).overlaps(&other));
}

#[test]
fn the_port_is_written_in_the_form_that_is_taken() {
    assert_eq!(
        Action::set(Field::InPort, 0).to_string(),
        "set_field:0->in_port"
    );
}

#[test]
fn every_field_is_found_by_its_names() {
    for field in Field::ALL {
        assert_eq!(Field::from_name(field.name()), Some(*field));
    }
    assert_eq!(Field::from_name("dl_src"), Some(Field::EthSrc));
    assert_eq!(Field::from_name("NXM_NX_REG7"), Some(Field::Reg7));
    assert_eq!(Field::from_name("OXM_OF_METADATA"), Some(Field::Metadata));
    assert_eq!(Field::from_name("reg16"), None);
}
