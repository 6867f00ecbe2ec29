//! The part of `ovs-vswitchd` that shows in the database: it numbers interfaces, gives bridges a
//! datapath id, and says which configuration it has carried out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::notation::{Atom, Datum, Uuid};
use crate::operation::Columns;
use crate::testing::database::Database;

/// The OpenFlow port number of a bridge's own interface.
const LOCAL: i64 = 65534;

/// What it would write, seeing the database as it is; nothing where all is done.
pub(super) fn react(database: &Database) -> Vec<Value> {
    let mut operations = Vec::new();
    for (uuid, bridge) in database.rows("Bridge") {
        if is_empty(bridge, "datapath_id") {
            let id = bridge_id(bridge, *uuid);
            operations.push(update("Bridge", *uuid, json!({ "datapath_id": id })));
        }
        operations.extend(number_interfaces(database, bridge));
    }
    for (uuid, root) in database.rows("Open_vSwitch") {
        if root.get("next_cfg") != root.get("cur_cfg") {
            let cfg = root.get("next_cfg");
            operations.push(update("Open_vSwitch", *uuid, json!({ "cur_cfg": cfg })));
        }
    }
    operations
}

fn update(table: &str, uuid: Uuid, row: Value) -> Value {
    json!({"op": "update", "table": table, "where": [["_uuid", "==", ["uuid", uuid]]], "row": row})
}

fn is_empty(row: &Columns, column: &str) -> bool {
    row.get(column).is_none_or(|datum| datum.atoms().is_empty())
}

fn integer(row: &Columns, column: &str) -> Option<i64> {
    row.get(column)?.as_atom()?.as_integer()
}

fn uuids<'a>(row: &'a Columns, column: &str) -> impl Iterator<Item = Uuid> + 'a {
    let atoms = row.get(column).map_or(&[][..], Datum::atoms);
    atoms.iter().filter_map(Atom::as_uuid)
}

/// `other_config:datapath-id`, or one made from the row's UUID, which no two bridges share.
fn bridge_id(bridge: &Columns, uuid: Uuid) -> String {
    let config = bridge.get("other_config").and_then(Datum::as_map);
    let wanted = config.and_then(|config| config.text("datapath-id"));
    wanted.map_or_else(
        || format!("{:016x}", uuid.as_u64_pair().0 & 0xffff_ffff_ffff),
        str::to_owned,
    )
}

fn number_interfaces(database: &Database, bridge: &Columns) -> Vec<Value> {
    let ports = uuids(bridge, "ports").filter_map(|port| database.row("Port", port));
    let interfaces: Vec<_> = ports
        .flat_map(|port| uuids(port, "interfaces"))
        .filter_map(|uuid| Some((uuid, database.row("Interface", uuid)?)))
        .collect();
    let mut taken: BTreeSet<i64> = interfaces
        .iter()
        .filter_map(|(_, row)| integer(row, "ofport"))
        .collect();
    let mut operations = Vec::new();
    let mut next = 1;
    for (uuid, row) in interfaces {
        if !is_empty(row, "ofport") {
            continue;
        }
        let wanted = integer(row, "ofport_request").filter(|wanted| !taken.contains(wanted));
        let number = match wanted {
            _ if row.get("name") == bridge.get("name") => LOCAL,
            Some(wanted) => wanted,
            None => {
                while taken.contains(&next) {
                    next += 1;
                }
                next
            }
        };
        taken.insert(number);
        let row = json!({"ofport": number, "link_state": "up", "admin_state": "up"});
        operations.push(update("Interface", uuid, row));
    }
    operations
}
