//! A match, from text: whatever is read is printed as text that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::Match;

fuzz_target!(|text: &str| {
    let Ok(read) = text.parse::<Match>() else {
        return;
    };
    let printed = read.to_string();
    assert!(printed.parse::<Match>().is_ok(), "{printed}");
});
