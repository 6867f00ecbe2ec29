//! The beginning: version, features, what the configuration asks for.

use std::time::Duration;

use openflow::message::Message;
use openflow::packet_io::PacketInFormat;
use openflow::peer_error::{BadRequest, PeerError, RoleRequestFailed};
use openflow::role::{Role, RoleReply, RoleRequest};
use openflow::session::{CloseReason, Config, Event, Peer};

use crate::bench::Bench;
use crate::support::{features, hello, port_status};

#[test]
fn handshake_asks_for_what_the_config_says() {
    let role = RoleRequest {
        role: Role::PRIMARY,
        generation_id: 7,
    };
    let config = Config {
        role: Some(role),
        controller_id: Some(3),
        miss_send_len: Some(0xffff),
        ..Config::default()
    };
    let mut bench = Bench::new(config);
    let hello_sent = bench.sent();
    assert!(matches!(&hello_sent[..], [(_, Message::Hello(h))] if h.bitmap == Some(vec![1 << 4])));
    assert!(!bench.session.is_ready());
    bench.switch(9, &hello(6, Some(0x7e)));
    let asked = bench.sent();
    assert!(matches!(asked[..], [(_, Message::FeaturesRequest)]));
    bench.switch(asked[0].0, &Message::FeaturesReply(features()));
    let asked = bench.sent();
    let [format, id, config, role_asked, barrier] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(
        format.1,
        Message::SetPacketInFormat(PacketInFormat::Nicira2)
    );
    assert_eq!(id.1, Message::SetControllerId(3));
    assert!(matches!(config.1, Message::SetConfig(c) if c.miss_send_len == 0xffff));
    assert_eq!(role_asked.1, Message::RoleRequest(role));
    let granted = RoleReply {
        role: Role::PRIMARY,
        generation_id: Some(7),
    };
    bench.switch(role_asked.0, &Message::RoleReply(granted));
    bench.switch(barrier.0, &Message::BarrierReply);
    let events = bench.events();
    let [Event::Ready(peer)] = &events[..] else {
        panic!("{events:?}")
    };
    let packet_in_format = PacketInFormat::Nicira2;
    let expected = Peer {
        features: features(),
        packet_in_format,
        role: Some(granted),
    };
    assert_eq!(**peer, expected);
    assert!(bench.session.is_ready());
}

#[test]
fn a_switch_without_13_is_told_and_named() {
    // A bitmap decides, whatever the header says; without one the header does.
    for (peer, spoken) in [
        (hello(6, Some(1 << 1 | 1 << 6)), "OpenFlow 1.0, 1.5"),
        (hello(1, None), "OpenFlow up to 1.0"),
        (hello(0x99, Some(0)), "no OpenFlow version"),
    ] {
        let mut bench = Bench::new(Config::default());
        bench.switch(1, &peer);
        let events = bench.events();
        let [Event::Closed(reason @ CloseReason::Version { .. })] = &events[..] else {
            panic!("{events:?}")
        };
        let text = reason.to_string();
        assert!(
            text.contains(spoken) && text.contains("protocols=OpenFlow13"),
            "{text}"
        );
        let last = bench.sent().pop().unwrap().1;
        assert!(matches!(last, Message::Error(e) if e.error.name() == Some("OFPHFC_INCOMPATIBLE")));
    }
    let mut bench = Bench::new(Config::default());
    bench.switch(1, &hello(4, None));
    assert!(bench.events().is_empty());
}

#[test]
fn a_switch_that_refuses_the_packet_in_format_is_taken_with_its_own() {
    let mut bench = Bench::new(Config::default());
    bench.switch(1, &hello(4, None));
    let [_, (xid, _)] = bench.sent()[..] else {
        panic!()
    };
    bench.switch(xid, &Message::FeaturesReply(features()));
    let [(format, _), (barrier, _)] = bench.sent()[..] else {
        panic!()
    };
    let error = PeerError::BadRequest(BadRequest::BadExperimenterType);
    bench.switch(format, &Message::error(error, vec![]));
    bench.switch(barrier, &Message::BarrierReply);
    let events = bench.events();
    assert!(
        matches!(&events[..], [Event::Ready(p)] if p.packet_in_format == PacketInFormat::Standard)
    );
}

#[test]
fn a_stale_role_ends_the_handshake_with_its_reason() {
    let role = Some(RoleRequest {
        role: Role::PRIMARY,
        generation_id: 1,
    });
    let mut bench = Bench::new(Config {
        role,
        ..Config::default()
    });
    bench.switch(1, &hello(4, None));
    let [_, (xid, _)] = bench.sent()[..] else {
        panic!()
    };
    bench.switch(xid, &Message::FeaturesReply(features()));
    let [_, (role, _), _] = bench.sent()[..] else {
        panic!()
    };
    let error = PeerError::RoleRequestFailed(RoleRequestFailed::Stale);
    bench.switch(role, &Message::error(error, vec![]));
    let refused = CloseReason::Refused {
        step: "role request",
        error,
    };
    assert_eq!(bench.events(), [Event::Closed(refused)]);
}

#[test]
fn a_handshake_has_its_time() {
    let mut bench = Bench::new(Config::default());
    bench.switch(1, &hello(4, None));
    bench.wait(Duration::from_secs(9));
    assert!(bench.events().is_empty());
    bench.wait(Duration::from_secs(1));
    let events = bench.events();
    let [Event::Closed(CloseReason::HandshakeTimeout { waiting_for, .. })] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(waiting_for, "OFPT_FEATURES_REPLY");
}

#[test]
fn what_comes_before_hello_ends_the_session() {
    let mut bench = Bench::new(Config::default());
    bench.switch(1, &port_status(1));
    let closed = CloseReason::Unexpected {
        got: "OFPT_PORT_STATUS",
        waiting_for: "OFPT_HELLO",
    };
    assert_eq!(bench.events(), [Event::Closed(closed)]);
    let mut bench = Bench::new(Config::default());
    let error = PeerError::BadRequest(BadRequest::BadVersion);
    bench.switch(1, &Message::error(error, vec![]));
    assert_eq!(
        bench.events(),
        [Event::Closed(CloseReason::Refused {
            step: "hello",
            error
        })]
    );
}
