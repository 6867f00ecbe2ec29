//! Requests and replies, echo, time and bounds.

use std::time::Duration;

use bytes::BytesMut;
use openflow::description::Description;
use openflow::message::Message;
use openflow::multipart::{MultipartReply, MultipartReplyBody, MultipartRequest};
use openflow::peer_error::{BadRequest, PeerError};
use openflow::session::{CloseReason, Config, Event, Notice, Reply, RequestError};
use proptest::prelude::*;

use crate::bench::{Bench, FULL, table_part};
use crate::support::{bytes_of, packet_in, packet_out, port_status};

#[test]
fn replies_find_their_requests_in_any_order() {
    let mut bench = Bench::ready(Config::default());
    let first = bench.request(&Message::AsyncRequest);
    let second = bench.request(&Message::EchoRequest(vec![1]));
    let sent = bench.sent();
    bench.switch(sent[1].0, &Message::EchoReply(vec![1]));
    let error = PeerError::BadRequest(BadRequest::BadType);
    bench.switch(sent[0].0, &Message::error(error, vec![]));
    let echo = Reply::Message(Box::new(Message::EchoReply(vec![1])));
    let refused = RequestError::Refused {
        message: "OFPT_GET_ASYNC_REQUEST",
        error,
    };
    assert_eq!(
        bench.events(),
        [
            Event::Reply {
                ticket: second,
                result: Ok(echo)
            },
            Event::Reply {
                ticket: first,
                result: Err(refused)
            },
        ]
    );
}

#[test]
fn one_barrier_ends_all_requests_without_a_reply() {
    let mut bench = Bench::ready(Config::default());
    let good = bench.request(&packet_out(1));
    let bad = bench.request(&packet_out(2));
    let sent = bench.sent();
    let [_, (refused, _), (barrier, Message::BarrierRequest)] = sent[..] else {
        panic!()
    };
    bench.switch(refused, &Message::error(FULL, vec![]));
    assert!(
        bench.events().is_empty(),
        "the outcome is known only at the barrier"
    );
    bench.switch(barrier, &Message::BarrierReply);
    let error = RequestError::Refused {
        message: "OFPT_PACKET_OUT",
        error: FULL,
    };
    assert_eq!(
        bench.events(),
        [
            Event::Reply {
                ticket: good,
                result: Ok(Reply::Done)
            },
            Event::Reply {
                ticket: bad,
                result: Err(error)
            },
        ]
    );
    bench.request(&packet_out(3));
    assert!(matches!(
        bench.sent()[..],
        [_, (_, Message::BarrierRequest)]
    ));
}

#[test]
fn a_message_nobody_waits_for_tells_of_its_error() {
    let mut bench = Bench::ready(Config::default());
    bench.session.send(&packet_out(1)).unwrap();
    let [(xid, _)] = bench.sent()[..] else {
        panic!("a barrier was not asked for")
    };
    bench.switch(xid, &Message::error(FULL, vec![4, 13]));
    let notice = Notice::Error {
        xid,
        error: FULL,
        data: vec![4, 13],
    };
    assert_eq!(bench.events(), [Event::Notice(notice)]);
    let refused = bench.session.send(&Message::AsyncRequest);
    assert!(matches!(refused, Err(RequestError::NotARequest { .. })));
    let refused = bench.session.request(&Message::BarrierReply, bench.now);
    assert!(matches!(refused, Err(RequestError::NotARequest { .. })));
}

#[test]
fn parts_of_a_reply_come_together() {
    let mut bench = Bench::ready(Config::default());
    bench.request(&Message::MultipartRequest(MultipartRequest::Table));
    let xid = bench.sent()[0].0;
    bench.switch(xid, &table_part(0, true));
    bench.switch(xid, &table_part(1, true));
    assert!(bench.events().is_empty());
    bench.switch(xid, &table_part(2, false));
    let Ok(Reply::Multipart(reply)) = bench.reply() else {
        panic!()
    };
    let MultipartReplyBody::Table(tables) = reply.body else {
        panic!()
    };
    assert_eq!(
        tables.iter().map(|table| table.table).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert!(!reply.more);
}

#[test]
fn an_answer_of_another_kind_fails_the_request_alone() {
    let mut bench = Bench::ready(Config::default());
    bench.request(&Message::MultipartRequest(MultipartRequest::Table));
    let xid = bench.sent()[0].0;
    let body = MultipartReplyBody::Desc(Description::default());
    bench.switch(
        xid,
        &Message::MultipartReply(MultipartReply { more: false, body }),
    );
    assert!(matches!(bench.reply(), Err(RequestError::Mismatch { .. })));
    bench.request(&Message::AsyncRequest);
    let xid = bench.sent()[0].0;
    let mut bytes = bytes_of(xid, &Message::GetConfigRequest);
    bytes[1] = 27;
    bench
        .session
        .receive(&mut BytesMut::from(&bytes[..]), bench.now);
    let Err(RequestError::BadReply { error, .. }) = bench.reply() else {
        panic!()
    };
    assert_eq!(error.what, "OFPT_GET_ASYNC_REPLY");
    assert!(bench.session.is_ready());
}

#[test]
fn a_reply_may_not_grow_without_bound() {
    let mut bench = Bench::ready(Config {
        reply_bytes_max: 100,
        ..Config::default()
    });
    bench.request(&Message::MultipartRequest(MultipartRequest::Table));
    let xid = bench.sent()[0].0;
    bench.switch(xid, &table_part(0, true));
    bench.switch(xid, &table_part(1, true));
    bench.switch(xid, &table_part(2, true));
    assert!(matches!(
        bench.reply(),
        Err(RequestError::ReplyTooLong { limit: 100, .. })
    ));
    bench.switch(xid, &table_part(3, false));
    assert!(bench.events().is_empty());
}

#[test]
fn a_request_fails_in_time_and_parts_prolong_it() {
    let mut bench = Bench::ready(Config {
        dead_after: Duration::MAX / 4,
        ..Config::default()
    });
    bench.request(&Message::MultipartRequest(MultipartRequest::Table));
    let xid = bench.sent()[0].0;
    bench.wait(Duration::from_secs(29));
    bench.switch(xid, &table_part(0, true));
    bench.wait(Duration::from_secs(29));
    assert!(bench.events().is_empty());
    assert!(bench.session.deadline().unwrap() <= bench.now + Duration::from_secs(1));
    bench.wait(Duration::from_secs(1));
    assert!(matches!(bench.reply(), Err(RequestError::Timeout { .. })));
    bench.request(&packet_out(1));
    let [.., (barrier, _)] = bench.sent()[..] else {
        panic!()
    };
    bench.wait(Duration::from_secs(30));
    assert!(matches!(bench.reply(), Err(RequestError::Timeout { .. })));
    bench.switch(barrier, &Message::BarrierReply);
    assert!(bench.events().is_empty(), "too late is never");
}

#[test]
fn echo_is_answered_and_silence_noticed() {
    let mut bench = Bench::ready(Config::default());
    bench.switch(77, &Message::EchoRequest(vec![1, 2, 3]));
    assert_eq!(bench.sent(), [(77, Message::EchoReply(vec![1, 2, 3]))]);
    assert_eq!(
        bench.session.deadline(),
        Some(bench.now + Duration::from_secs(5))
    );
    bench.wait(Duration::from_secs(5));
    let [(xid, Message::EchoRequest(_))] = bench.sent()[..] else {
        panic!()
    };
    bench.wait(Duration::from_secs(1));
    assert!(bench.sent().is_empty(), "one probe is enough");
    bench.switch(xid, &Message::EchoReply(vec![]));
    assert!(bench.events().is_empty());
    bench.wait(Duration::from_secs(5));
    assert_eq!(bench.sent().len(), 1);
    let open = bench.request(&Message::AsyncRequest);
    bench.wait(Duration::from_secs(15));
    let reason = CloseReason::Silent(Duration::from_secs(20));
    let result = Err(RequestError::Closed(reason.clone()));
    assert_eq!(
        bench.events(),
        [
            Event::Reply {
                ticket: open,
                result
            },
            Event::Closed(reason)
        ]
    );
    assert_eq!(bench.session.deadline(), None);
    assert!(
        bench
            .session
            .request(&Message::AsyncRequest, bench.now)
            .is_err()
    );
}

#[test]
fn requests_have_a_bound() {
    let mut bench = Bench::ready(Config {
        requests_max: 2,
        ..Config::default()
    });
    bench.request(&Message::AsyncRequest);
    assert!(bench.session.has_room());
    bench.request(&Message::AsyncRequest);
    assert!(!bench.session.has_room());
    let refused = bench.session.request(&Message::AsyncRequest, bench.now);
    assert!(matches!(refused, Err(RequestError::Busy { open: 2, .. })));
}

#[test]
fn nonsense_ends_the_session_with_its_place() {
    let mut bench = Bench::ready(Config::default());
    bench.session.receive(
        &mut BytesMut::from(&[4, 0, 0, 7, 0, 0, 0, 0][..]),
        bench.now,
    );
    let events = bench.events();
    let [Event::Closed(CloseReason::Protocol(error))] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((error.what, error.offset), ("message header", 2));
    // An event that cannot be read and must not be lost ends it, a packet-in is only told of.
    let mut bench = Bench::ready(Config::default());
    let mut bytes = bytes_of(0, &packet_in(1));
    bytes[19] = 0xff;
    bench
        .session
        .receive(&mut BytesMut::from(&bytes[..]), bench.now);
    assert!(matches!(
        bench.events()[..],
        [Event::Notice(Notice::Unreadable(_))]
    ));
    let mut bytes = bytes_of(0, &port_status(1));
    bytes.truncate(40);
    bytes[3] = 40;
    bench
        .session
        .receive(&mut BytesMut::from(&bytes[..]), bench.now);
    assert!(matches!(
        bench.events()[..],
        [Event::Closed(CloseReason::Protocol(_))]
    ));
}

#[test]
fn a_request_of_the_switch_is_refused_politely() {
    let mut bench = Bench::ready(Config::default());
    bench.switch(5, &Message::FeaturesRequest);
    let sent = bench.sent();
    let [(5, Message::Error(error))] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(error.error, PeerError::BadRequest(BadRequest::BadType));
    assert!(matches!(
        bench.events()[..],
        [Event::Notice(Notice::Other(_))]
    ));
}

#[test]
fn a_switch_that_asks_and_does_not_read_is_left() {
    let mut bench = Bench::ready(Config::default());
    let question = Message::EchoRequest(vec![0; 60_000]);
    let mut asked = 0;
    let reason = loop {
        bench.switch(1, &question);
        asked += 1;
        match bench.events().pop() {
            Some(Event::Closed(reason)) => break reason,
            other => assert!(other.is_none() && asked < 100, "{other:?}"),
        }
    };
    assert!(matches!(reason, CloseReason::NotReading { .. }), "{reason}");
    let refused = bench.session.request(&Message::AsyncRequest, bench.now);
    assert_eq!(refused, Err(RequestError::Closed(reason)));
}

proptest! {
    /// However the bytes of the switch are cut, the same comes out.
    #[test]
    fn cuts_do_not_matter(cuts in proptest::collection::vec(1usize..40, 1..60)) {
        let mut bytes = Vec::new();
        for number in 0..4 {
            bytes.extend(bytes_of(0, &port_status(number)));
            bytes.extend(bytes_of(0, &packet_in(u64::from(number))));
            bytes.extend(bytes_of(number, &Message::EchoRequest(vec![1; number as usize])));
        }
        let mut whole = Bench::ready(Config::default());
        whole.session.receive(&mut BytesMut::from(&bytes[..]), whole.now);
        let mut cut = Bench::ready(Config::default());
        let mut input = BytesMut::new();
        let mut rest = &bytes[..];
        for length in cuts.into_iter().cycle() {
            let (piece, later) = rest.split_at(length.min(rest.len()));
            input.extend_from_slice(piece);
            cut.session.receive(&mut input, cut.now);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(whole.events(), cut.events());
        prop_assert_eq!(whole.sent(), cut.sent());
    }

    /// Whatever comes, nothing panics, and the input that stays behind is less than a message.
    #[test]
    fn nothing_that_comes_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bench = Bench::ready(Config::default());
        let mut input = BytesMut::from(&bytes[..]);
        bench.session.receive(&mut input, bench.now);
        prop_assert!(input.len() < 65_536);
        bench.sent();
    }
}
