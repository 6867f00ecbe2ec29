//! Multipart messages: the header is made sound, so that every byte goes to their decoders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::Message;

fuzz_target!(|data: (bool, &[u8])| {
    let (reply, body) = data;
    let Ok(length) = u16::try_from(body.len() + 8) else {
        return;
    };
    let mut bytes = vec![4, if reply { 19 } else { 18 }];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(body);
    let Ok((xid, message)) = Message::decode(&bytes) else {
        return;
    };
    let mut again = Vec::new();
    // Text that is not UTF-8 grows when it is read, and may then be too long to write.
    if message.encode(xid, &mut again).is_ok() {
        Message::decode(&again).expect("what was written can be read");
    }
});
