//! Golden text both ways: what a real server sent, and what we send.

use ovsdb::testing::vswitch_schema;
use ovsdb::vswitch::{Bridge, Edit, Interface, Values};
use ovsdb::{Columns, Datum, Layout, Replica, Selection, Update};

#[test]
fn a_recorded_monitor_is_replayed() {
    let selection = Selection::new()
        .with(
            "Bridge",
            ["name", "ports", "fail_mode", "external_ids", "flood_vlans"],
        )
        .with("Port", ["name", "tag"]);
    let mut replica = Replica::new(Layout::new(&vswitch_schema(), &selection).unwrap());
    for line in include_str!("../golden/updates.txt").lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        match kind {
            "#" => {}
            "reply" => drop(
                replica
                    .apply(Update::from_since_reply(rest).unwrap())
                    .unwrap(),
            ),
            "update3" => {
                let (monitor, update) = Update::from_update3(rest).unwrap();
                assert_eq!(monitor, 7);
                replica.apply(update).unwrap();
            }
            "row" => {
                let (table, expected) = rest.split_once(' ').unwrap();
                let row = replica.rows(table).next().unwrap();
                let columns = row.iter().map(|(name, datum)| format!("{name}={datum}"));
                let columns: Vec<String> = columns.collect();
                assert_eq!(format!("{{{}}}", columns.join(", ")), expected);
            }
            "none" => assert_eq!(replica.count(rest), 0),
            other => panic!("{other}"),
        }
    }
}

/// The transaction that `ovsdb-server` 3.1.0 took from us in the edit tests, letter by letter.
#[test]
fn an_edit_is_spelled_as_recorded() {
    let schema = vswitch_schema();
    let selection = ovsdb::vswitch::check(&schema).unwrap();
    let mut replica = Replica::new(Layout::new(&schema, &selection).unwrap());
    let root = "11111111-1111-4111-8111-111111111111";
    let reply = format!("{{\"Open_vSwitch\":{{\"{root}\":{{\"initial\":{{}}}}}}}}");
    replica.apply(Update::from_reply(&reply).unwrap()).unwrap();
    let mut edit = Edit::new(&replica).unwrap();
    let secure = Values::new().set(Bridge::FAIL_MODE, "secure".to_owned());
    let bridge = edit.bridge("br-int", &secure).unwrap();
    let vxlan = Values::new()
        .set(Interface::KIND, "vxlan")
        .key(Interface::OPTIONS, "key", "flow");
    edit.port(&bridge, "vx", &Values::new(), &vxlan).unwrap();
    let (transaction, place) = edit.finish().unwrap();
    assert_eq!(place, transaction.operations().len() - 1);
    let spelled = transaction
        .operations()
        .iter()
        .map(|o| serde_json::to_string(o).unwrap());
    let golden = include_str!("../golden/edit.txt");
    assert_eq!(
        spelled.collect::<Vec<_>>(),
        golden.lines().collect::<Vec<_>>()
    );
    for line in golden.lines() {
        let operation: ovsdb::Operation = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&operation).unwrap(), line);
    }
}

#[test]
fn a_value_prints_as_it_is_read_by_people() {
    let row: Columns =
        serde_json::from_str(r#"{"a":["set",[1.5,2]],"b":["named-uuid","x"],"c":true,"d":"q\"q"}"#)
            .unwrap();
    let text: Vec<String> = row.values().map(Datum::to_string).collect();
    assert_eq!(text, ["[2, 1.5]", "@x", "true", r#""q\"q""#]);
}
