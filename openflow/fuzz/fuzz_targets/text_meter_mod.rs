//! A meter mod, from text: whatever is read is printed as text that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::MeterMod;

fuzz_target!(|text: &str| {
    let Ok(read) = text.parse::<MeterMod>() else {
        return;
    };
    let printed = read.to_string();
    assert!(printed.parse::<MeterMod>().is_ok(), "{printed}");
});
