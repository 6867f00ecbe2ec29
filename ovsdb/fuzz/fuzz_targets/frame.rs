//! Any bytes, cut anywhere: messages or an error, the same ones however they are cut.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ovsdb::FrameError;
use ovsdb::rpc::{Limits, Message, Scanner};

fn scan(bytes: &[u8], step: usize) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let limits = Limits {
        frame_bytes_max: 512,
        depth_max: 16,
    };
    let mut scanner = Scanner::new(limits);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in bytes.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            match scanner.next_frame(&mut buffer) {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&step, bytes)) = bytes.split_first() else {
        return;
    };
    let whole = scan(bytes, bytes.len().max(1));
    let pieces = scan(bytes, usize::from(step) + 1);
    assert_eq!(whole, pieces);
    for frame in &whole.0 {
        assert!(frame.len() <= 512);
        let _ = Message::read(frame);
    }
});
