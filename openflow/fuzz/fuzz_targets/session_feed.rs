//! A session that is fed whatever comes, in pieces, with requests and bundles open: no panic, and no
//! more kept than the bounds allow.
#![no_main]

use std::time::{Duration, Instant};

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use openflow::Message;
use openflow::multipart::MultipartRequest;
use openflow::packet_io::PacketOut;
use openflow::session::{Config, Session};

fuzz_target!(|pieces: Vec<&[u8]>| {
    let mut now = Instant::now();
    let mut session = Session::new(Config::default(), now);
    let mut input = BytesMut::new();
    for piece in pieces {
        now += Duration::from_millis(100);
        input.extend_from_slice(piece);
        session.receive(&mut input, now);
        assert!(input.len() < 65_536, "more than a message is kept");
        session.tick(now);
        // Once the handshake is over, everything that can be open is.
        let _ = session.request(&Message::MultipartRequest(MultipartRequest::Table), now);
        let packet = PacketOut {
            buffer_id: None,
            in_port: 1,
            actions: vec![],
            packet: vec![0; 14],
        };
        let _ = session.bundle(vec![Message::PacketOut(packet)], now);
        let count = session.output(now).len() / 2;
        session.sent(count);
        while session.poll_event().is_some() {}
    }
});
