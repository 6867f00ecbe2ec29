//! Instructions, from bytes: whatever is read is written as bytes that read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openflow::Instruction;
use openflow::codec::{Reader, Writer};

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = Instruction::decode_list(&mut Reader::new("fuzz", bytes)) else {
        return;
    };
    let mut written = Vec::new();
    if Instruction::encode_list(&read, &mut Writer::new(&mut written)).is_err() {
        return;
    }
    let again = Instruction::decode_list(&mut Reader::new("fuzz", &written));
    assert_eq!(again.as_ref(), Ok(&read));
});
