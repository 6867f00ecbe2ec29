//! A flow mod, from text: whatever is read is printed as text that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::FlowMod;

fuzz_target!(|text: &str| {
    let Ok(read) = text.parse::<FlowMod>() else {
        return;
    };
    let printed = read.to_string();
    assert!(printed.parse::<FlowMod>().is_ok(), "{printed}");
});
