//! Any text as a value: read or refused; what is read is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ovsdb::{Datum, Operation};

fuzz_target!(|text: &str| {
    if let Ok(datum) = serde_json::from_str::<Datum>(text) {
        let json = serde_json::to_string(&datum).expect("a value is always written");
        assert_eq!(
            serde_json::from_str::<Datum>(&json).expect("our own"),
            datum
        );
    }
    if let Ok(operation) = serde_json::from_str::<Operation>(text) {
        let json = serde_json::to_string(&operation).expect("an operation is always written");
        assert_eq!(
            serde_json::from_str::<Operation>(&json).expect("our own"),
            operation
        );
    }
});
