//! As `samples`: tables, and what groups, meters and tables can do and have counted.

use openflow::counters::{Counter, GroupCapabilities, GroupFeatures, MeterFeatures, MeterStats};
use openflow::message::Message;
use openflow::multipart::{MultipartReply, MultipartReplyBody, MultipartRequest};
use openflow::table::{
    FeatureId, FieldId, Manner, TableFeatures, TableMod, TableProperty, TableStats,
};

use crate::golden::{beginning, find};
use crate::samples::{is, reply, these_are};

#[test]
fn abilities_and_counters() {
    let features = GroupFeatures {
        types: 0xf,
        capabilities: GroupCapabilities::SELECT_WEIGHT
            | GroupCapabilities::SELECT_LIVENESS
            | GroupCapabilities::CHAINING,
        groups_max: [0xffff_ff00; 4],
        actions: [0x03ff_8001; 4],
    };
    is(
        "OFPST_GROUP_FEATURES reply",
        2,
        reply(MultipartReplyBody::GroupFeatures(features)),
    );
    let features = MeterFeatures {
        meters_max: 262_144,
        band_types: 2,
        capabilities: 15,
        bands_max: 8,
        color_max: 0,
    };
    is(
        "OFPST_METER_FEATURES reply",
        2,
        reply(MultipartReplyBody::MeterFeatures(features)),
    );
    let stats = MeterStats {
        meter: 1,
        flows: 1,
        packets: 0,
        bytes: 0,
        duration_seconds: 1,
        duration_nanoseconds: 608_000_000,
        bands: vec![Counter::default()],
    };
    let (xid, decoded) = Message::decode(&find("OFPST_METER reply")).unwrap();
    let Message::MultipartReply(MultipartReply {
        body: MultipartReplyBody::Meter(meters),
        ..
    }) = decoded
    else {
        panic!()
    };
    let [found] = &meters[..] else { panic!() };
    let duration_nanoseconds = found.duration_nanoseconds;
    assert_eq!(
        (xid, found),
        (
            2,
            &MeterStats {
                duration_nanoseconds,
                ..stats
            }
        )
    );
    let tables = (0..2).map(|table| TableStats {
        table,
        active: 1,
        lookups: 0,
        matches: 0,
    });
    let body = MultipartReplyBody::Table(tables.collect());
    let Message::MultipartReply(MultipartReply { body: found, .. }) =
        Message::decode(&find("OFPST_TABLE reply")).unwrap().1
    else {
        panic!()
    };
    assert_eq!(found, body);
}

#[test]
fn tables() {
    is(
        "OFPT_TABLE_MOD",
        0x11,
        Message::TableMod(TableMod {
            table: 7,
            config: 3,
        }),
    );
    let id = |kind| FeatureId {
        kind,
        experimenter: None,
    };
    let field = |header| FieldId {
        header,
        experimenter: None,
    };
    let features = TableFeatures {
        table: 5,
        name: "five".to_owned(),
        metadata_match: 0xff,
        metadata_write: 0xf0,
        config: 0,
        entries_max: 10,
        properties: vec![
            TableProperty::Instructions {
                miss: false,
                kinds: vec![id(1), id(4)],
            },
            TableProperty::NextTables {
                miss: false,
                tables: vec![6, 7, 8],
            },
            TableProperty::Actions {
                by: Manner::Apply,
                miss: false,
                kinds: vec![id(0), id(25)],
            },
            TableProperty::Match(vec![field(0x8000_0000), field(0x8000_0700)]),
        ],
    };
    let request = MultipartRequest::TableFeatures {
        features: vec![features],
        more: false,
    };
    these_are(
        &beginning("04120088"),
        0x11,
        Message::MultipartRequest(request),
    );
}
