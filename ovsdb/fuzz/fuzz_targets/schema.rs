//! Any text as a schema: read or refused; what is read gives every column a value it accepts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ovsdb::{Schema, vswitch};

fuzz_target!(|text: &str| {
    let Ok(schema) = Schema::parse(text) else {
        return;
    };
    let _ = vswitch::check(&schema);
    for column in schema
        .tables
        .values()
        .flat_map(|table| table.columns.values())
    {
        let datum = column.kind.default_datum();
        assert_eq!(column.kind.normalise(datum.clone()), Ok(datum));
    }
});
