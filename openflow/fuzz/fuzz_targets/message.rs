//! A message, from bytes: whatever is read is written as bytes that read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::Message;

fuzz_target!(|bytes: &[u8]| {
    let Ok((xid, read)) = Message::decode(bytes) else {
        return;
    };
    let mut written = Vec::new();
    if read.encode(xid, &mut written).is_ok() {
        assert_eq!(Message::decode(&written), Ok((xid, read)));
    }
});
