//! Bundles: all or nothing, and which message it was.

use std::time::Duration;

use openflow::bundle::{BundleControlType, BundleFlags};
use openflow::message::Message;
use openflow::peer_error::{BadRequest, OnfError, PeerError};
use openflow::session::{BundleError, Config, Event};

use crate::bench::{Bench, FULL, control};
use crate::support::{bytes_of, packet_out};

#[test]
fn a_bundle_is_opened_filled_checked_and_committed() {
    let mut bench = Bench::ready(Config::default());
    let messages = vec![packet_out(1), packet_out(2), packet_out(3)];
    let ticket = bench.session.bundle(messages.clone(), bench.now).unwrap();
    let sent = bench.sent();
    assert_eq!(sent.len(), 5);
    assert_eq!(sent[0].1, control(BundleControlType::OPEN_REQUEST, 1));
    for (index, message) in messages.iter().enumerate() {
        let Message::BundleAdd(add) = &sent[index + 1].1 else {
            panic!()
        };
        assert_eq!(*add.message, *message);
        assert_eq!(add.flags, BundleFlags::ALL);
    }
    assert_eq!(sent[4].1, Message::BarrierRequest);
    bench.switch(sent[0].0, &control(BundleControlType::OPEN_REPLY, 1));
    bench.switch(sent[4].0, &Message::BarrierReply);
    let commit = bench.sent();
    assert_eq!(commit[0].1, control(BundleControlType::COMMIT_REQUEST, 1));
    assert!(bench.events().is_empty());
    bench.switch(commit[0].0, &control(BundleControlType::COMMIT_REPLY, 1));
    assert_eq!(
        bench.events(),
        [Event::Bundle {
            ticket,
            result: Ok(())
        }]
    );
}

#[test]
fn a_refused_message_is_named_and_the_bundle_discarded() {
    let mut bench = Bench::ready(Config::default());
    let messages = vec![packet_out(1), packet_out(2), packet_out(3)];
    bench.session.bundle(messages, bench.now).unwrap();
    let sent = bench.sent();
    bench.switch(sent[0].0, &control(BundleControlType::OPEN_REPLY, 1));
    bench.switch(sent[2].0, &Message::error(FULL, vec![]));
    bench.switch(sent[3].0, &Message::error(FULL, vec![]));
    bench.switch(sent[4].0, &Message::BarrierReply);
    let discard = bench.sent();
    assert!(
        matches!(&discard[..], [(_, m)] if *m == control(BundleControlType::DISCARD_REQUEST, 1))
    );
    bench.switch(discard[0].0, &control(BundleControlType::DISCARD_REPLY, 1));
    assert_eq!(
        bench.outcome(),
        Err(BundleError::Message {
            index: 1,
            error: FULL
        })
    );
}

#[test]
fn a_message_that_fails_at_the_commit_is_named_too() {
    let mut bench = Bench::ready(Config::default());
    bench
        .session
        .bundle(vec![packet_out(1), packet_out(2)], bench.now)
        .unwrap();
    let sent = bench.sent();
    bench.switch(sent[3].0, &Message::BarrierReply);
    let commit = bench.sent();
    bench.switch(sent[2].0, &Message::error(FULL, vec![]));
    let failed = PeerError::Onf(OnfError::BundleMessageFailed);
    bench.switch(commit[0].0, &Message::error(failed, vec![]));
    assert_eq!(
        bench.outcome(),
        Err(BundleError::Message {
            index: 1,
            error: FULL
        })
    );
    assert!(
        bench.sent().is_empty(),
        "a failed commit has ended the bundle"
    );
}

#[test]
fn a_switch_without_bundles_says_so() {
    let mut bench = Bench::ready(Config::default());
    bench
        .session
        .bundle(vec![packet_out(1)], bench.now)
        .unwrap();
    let sent = bench.sent();
    let error = PeerError::BadRequest(BadRequest::BadExperimenter);
    for (xid, _) in &sent[..2] {
        bench.switch(*xid, &Message::error(error, vec![]));
    }
    let discard = bench.sent();
    bench.switch(discard[0].0, &Message::error(error, vec![]));
    assert_eq!(
        bench.outcome(),
        Err(BundleError::Refused {
            step: "open",
            error
        })
    );
}

#[test]
fn bundles_stream_as_the_output_takes_them_and_let_others_pass() {
    let mut bench = Bench::ready(Config {
        queued_bytes_max: 2000,
        ..Config::default()
    });
    let messages: Vec<_> = (0..1000).map(packet_out).collect();
    bench.session.bundle(messages, bench.now).unwrap();
    let first = bench.session.output(bench.now).len();
    assert!((2000..2200).contains(&first), "{first}");
    assert!(!bench.session.has_room());
    bench.switch(5, &Message::EchoRequest(vec![]));
    bench.session.sent(1000);
    let mut sent = Vec::new();
    while !bench.session.output(bench.now).is_empty() {
        let output = bench.session.output(bench.now).to_vec();
        assert!(output.len() < 2200);
        bench.session.sent(output.len());
        sent.extend(output);
    }
    let echo = bytes_of(5, &Message::EchoReply(vec![]));
    let place = sent.windows(8).position(|bytes| bytes == echo).unwrap();
    assert!(
        place < 2200,
        "the echo reply waits for no more than what was queued: {place}"
    );
}

#[test]
fn bundles_have_bounds_and_only_take_what_switches_take() {
    let config = Config {
        bundles_max: 1,
        bundle_messages_max: 2,
        ..Config::default()
    };
    let mut bench = Bench::ready(config);
    let now = bench.now;
    let refused = bench
        .session
        .bundle(vec![packet_out(1), Message::BarrierRequest], now);
    let message = "OFPT_BARRIER_REQUEST";
    assert_eq!(
        refused,
        Err(BundleError::NotBundlable { index: 1, message })
    );
    let refused = bench.session.bundle((0..3).map(packet_out).collect(), now);
    assert_eq!(
        refused,
        Err(BundleError::TooLong {
            messages: 3,
            limit: 2
        })
    );
    bench.session.bundle(vec![], now).unwrap();
    assert_eq!(bench.outcome(), Ok(()));
    assert!(bench.sent().is_empty());
    bench.session.bundle(vec![packet_out(1)], now).unwrap();
    assert!(!bench.session.has_room());
    let refused = bench.session.bundle(vec![packet_out(2)], now);
    assert_eq!(refused, Err(BundleError::Busy { waiting: 1 }));
}

#[test]
fn a_message_too_long_to_send_discards_the_bundle() {
    let mut bench = Bench::ready(Config::default());
    let Message::PacketOut(mut long) = packet_out(2) else {
        panic!()
    };
    long.packet = vec![0; 70_000];
    let messages = vec![packet_out(1), Message::PacketOut(long)];
    bench.session.bundle(messages, bench.now).unwrap();
    let sent = bench.sent();
    assert_eq!(
        sent.last().unwrap().1,
        control(BundleControlType::DISCARD_REQUEST, 1)
    );
    bench.switch(
        sent.last().unwrap().0,
        &control(BundleControlType::DISCARD_REPLY, 1),
    );
    assert!(matches!(
        bench.outcome(),
        Err(BundleError::Encode { index: 1, .. })
    ));
}

#[test]
fn an_unanswered_commit_is_an_unknown_outcome() {
    let mut bench = Bench::ready(Config {
        dead_after: Duration::MAX / 4,
        ..Config::default()
    });
    bench
        .session
        .bundle(vec![packet_out(1)], bench.now)
        .unwrap();
    let sent = bench.sent();
    bench.switch(sent[2].0, &Message::BarrierReply);
    bench.sent();
    bench.wait(Duration::from_secs(60));
    assert!(matches!(
        bench.outcome(),
        Err(BundleError::Timeout { step: "commit", .. })
    ));
}
