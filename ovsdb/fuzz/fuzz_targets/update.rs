//! Any update on a replica with a row: applied or refused, and refused means unchanged.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use ovsdb::testing::vswitch_schema;
use ovsdb::{Layout, Replica, Update, vswitch};

const START: &str = r#"[false,"00000000-0000-0000-0000-000000000000",{"Bridge":{"00000000-0000-0000-0000-000000000001":{"initial":{"name":"br0","external_ids":["map",[["a","1"]]],"flood_vlans":["set",[1,2]],"ports":["uuid","00000000-0000-0000-0000-000000000002"]}}}}]"#;

fn layout() -> Arc<Layout> {
    static LAYOUT: OnceLock<Arc<Layout>> = OnceLock::new();
    let make = || {
        let schema = vswitch_schema();
        let selection = vswitch::check(&schema).expect("built-in schema");
        Layout::new(&schema, &selection).expect("built-in schema")
    };
    LAYOUT.get_or_init(make).clone()
}

fuzz_target!(|text: &str| {
    let mut replica = Replica::new(layout());
    let start = Update::from_since_reply(START).expect("start");
    replica.apply(start).expect("start");
    let updates = [
        Update::from_update3(text).map(|(_, update)| update),
        Update::from_update(text).map(|(_, update)| update),
        Update::from_since_reply(text),
        Update::from_reply(text),
    ];
    for update in updates.into_iter().flatten() {
        let before = replica.clone();
        let rows = |replica: &Replica| replica.rows("Bridge").cloned().collect::<Vec<_>>();
        match replica.apply(update) {
            Ok(changes) => assert!(changes.iter().all(|change| change.before != change.after)),
            Err(_) => assert_eq!(rows(&before), rows(&replica)),
        }
    }
});
