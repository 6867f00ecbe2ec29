//! Connections over tokio: in-memory streams and loopback sockets, the other end played by hand.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use openflow::bundle::{BundleControl, BundleControlType, BundleFlags};
use openflow::connection::{Config, Connection, DialError, Events, Listener, Target, dial};
use openflow::message::Message;
use openflow::session::{self, BundleError, CloseReason, Notice, Reply, RequestError};
use openflow::tls::{self, Identity};
use support::{bytes_of, features, hello, packet_in, packet_out, port_status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

/// The switch's end of a stream.
struct Switch<S> {
    stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Switch<S> {
    async fn say(&mut self, xid: u32, message: &Message) {
        self.stream
            .write_all(&bytes_of(xid, message))
            .await
            .unwrap();
    }

    async fn hear(&mut self) -> (u32, Message) {
        let mut message = vec![0; 8];
        self.stream.read_exact(&mut message).await.unwrap();
        let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
        message.resize(length, 0);
        self.stream.read_exact(&mut message[8..]).await.unwrap();
        Message::decode(&message).unwrap()
    }

    async fn shake_hands(&mut self) {
        self.say(1, &hello(4, Some(1 << 4))).await;
        loop {
            match self.hear().await {
                (xid, Message::FeaturesRequest) => {
                    self.say(xid, &Message::FeaturesReply(features())).await;
                }
                (xid, Message::BarrierRequest) => {
                    return self.say(xid, &Message::BarrierReply).await;
                }
                _ => {}
            }
        }
    }
}

async fn pair(config: Config, buffer: usize) -> (Connection, Events, Switch<DuplexStream>) {
    let (ours, theirs) = tokio::io::duplex(buffer);
    let mut switch = Switch { stream: theirs };
    let (opened, ()) = tokio::join!(Connection::open(ours, config), switch.shake_hands());
    let (connection, events) = opened.unwrap();
    (connection, events, switch)
}

fn with_events(events_max: usize) -> Config {
    Config {
        events_max,
        ..Config::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered() {
    let (connection, _events, mut switch) = pair(Config::default(), 4096).await;
    assert_eq!(connection.datapath_id(), 0xaa);
    let answer = async {
        let (xid, message) = switch.hear().await;
        assert_eq!(message, Message::AsyncRequest);
        switch.say(xid, &Message::GetConfigRequest).await;
        switch.say(xid, &Message::EchoRequest(vec![])).await;
        let (xid, _) = switch.hear().await;
        switch.say(xid, &Message::BarrierReply).await;
    };
    let asks = async {
        let answer = connection.request(Message::AsyncRequest).await;
        assert!(
            matches!(answer, Err(RequestError::Mismatch { .. })),
            "{answer:?}"
        );
    };
    tokio::join!(answer, asks);
}

#[tokio::test(start_paused = true)]
async fn commands_of_one_moment_share_a_barrier() {
    let (connection, _events, mut switch) = pair(Config::default(), 4096).await;
    let (first, second) = (connection.clone(), connection.clone());
    let asks = tokio::spawn(async move {
        tokio::join!(first.request(packet_out(1)), second.request(packet_out(2)))
    });
    assert_eq!(switch.hear().await.1, packet_out(1));
    assert_eq!(switch.hear().await.1, packet_out(2));
    let (xid, barrier) = switch.hear().await;
    assert_eq!(barrier, Message::BarrierRequest);
    switch.say(xid, &Message::BarrierReply).await;
    assert_eq!(asks.await.unwrap(), (Ok(Reply::Done), Ok(Reply::Done)));
}

#[tokio::test(start_paused = true)]
async fn echo_is_answered_while_a_bundle_waits_for_the_switch() {
    let (connection, _events, mut switch) = pair(Config::default(), 64 << 10).await;
    let bundle = tokio::spawn({
        let connection = connection.clone();
        async move {
            connection
                .bundle((0..20_000).map(packet_out).collect())
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    switch.say(42, &Message::EchoRequest(vec![9])).await;
    let mut heard = 0;
    let (open, barrier) = loop {
        heard += 1;
        match switch.hear().await {
            (42, Message::EchoReply(data)) => {
                assert_eq!(data, [9]);
                assert!(heard < 10_000, "the echo reply came after {heard} messages");
            }
            (xid, Message::BarrierRequest) => break (1, xid),
            _ => {}
        }
    };
    assert_eq!((open, heard), (1, 20_003));
    switch.say(barrier, &Message::BarrierReply).await;
    let (xid, Message::BundleControl(commit)) = switch.hear().await else {
        panic!()
    };
    assert_eq!(commit.kind, BundleControlType::COMMIT_REQUEST);
    let kind = BundleControlType::COMMIT_REPLY;
    let reply = BundleControl {
        kind,
        flags: BundleFlags(0),
        ..commit
    };
    switch.say(xid, &Message::BundleControl(reply)).await;
    assert_eq!(bundle.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn packets_are_dropped_and_counted_when_nobody_takes_them() {
    let (connection, mut events, mut switch) = pair(with_events(8), 4096).await;
    for cookie in 0..20 {
        switch.say(0, &packet_in(cookie)).await;
    }
    for number in 0..3 {
        switch.say(0, &port_status(number)).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(connection.packet_ins_dropped(), 16);
    let mut ports = 0;
    for _ in 0..7 {
        ports += usize::from(matches!(
            events.next().await.unwrap(),
            Notice::PortStatus(_)
        ));
    }
    assert_eq!(ports, 3, "what must not be lost has room of its own");
    assert_eq!(connection.closed(), None);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_must_not_be_lost_and_finds_no_room_closes_the_connection() {
    let (connection, mut events, mut switch) = pair(with_events(4), 4096).await;
    for number in 0..5 {
        switch.say(0, &port_status(number)).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let reason = CloseReason::Overrun {
        event: "OFPT_PORT_STATUS",
        capacity: 4,
    };
    assert_eq!(connection.closed(), Some(reason.clone()));
    for _ in 0..4 {
        assert!(events.next().await.is_ok());
    }
    assert_eq!(events.next().await, Err(reason.clone()));
    assert_eq!(events.next().await, Err(reason.clone()));
    let answer = connection.request(Message::AsyncRequest).await;
    assert_eq!(answer, Err(RequestError::Closed(reason)));
}

#[tokio::test(start_paused = true)]
async fn open_requests_end_when_the_switch_goes() {
    let (connection, mut events, switch) = pair(Config::default(), 4096).await;
    let ask = tokio::spawn({
        let connection = connection.clone();
        async move { tokio::join!(connection.barrier(), connection.bundle(vec![packet_out(1)])) }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(switch);
    let (barrier, bundle) = ask.await.unwrap();
    assert!(matches!(barrier, Err(RequestError::Closed(_))));
    assert!(matches!(bundle, Err(BundleError::Closed(_))));
    assert!(events.next().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_by_the_clock() {
    let (_connection, mut events, mut switch) = pair(Config::default(), 4096).await;
    let begun = Instant::now();
    let (xid, Message::EchoRequest(_)) = switch.hear().await else {
        panic!()
    };
    switch.say(xid, &Message::EchoReply(vec![])).await;
    let reason = events.next().await.unwrap_err();
    assert!(matches!(reason, CloseReason::Silent(_)), "{reason}");
    assert_eq!(begun.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_closes_and_so_does_close() {
    let (connection, mut events, mut switch) = pair(Config::default(), 4096).await;
    let other = connection.clone();
    drop(connection);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(other.closed(), None);
    drop(other);
    assert_eq!(events.next().await, Err(CloseReason::Local));
    assert_eq!(switch.stream.read(&mut [0]).await.unwrap(), 0);
    let (connection, mut events, _switch) = pair(Config::default(), 4096).await;
    connection.close();
    assert_eq!(events.next().await, Err(CloseReason::Local));
}

#[tokio::test(start_paused = true)]
async fn a_switch_of_another_version_hears_why() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let mut switch = Switch { stream: theirs };
    switch.say(1, &hello(1, None)).await;
    let reason = Connection::open(ours, Config::default()).await.unwrap_err();
    assert!(matches!(reason, CloseReason::Version { .. }));
    assert!(matches!(switch.hear().await.1, Message::Hello(_)));
    let (_, Message::Error(error)) = switch.hear().await else {
        panic!()
    };
    assert!(
        String::from_utf8(error.data)
            .unwrap()
            .contains("OpenFlow 1.3")
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_of_bytes_holds_commands_back() {
    let config = Config {
        commands_max: 4,
        session: session::Config {
            queued_bytes_max: 1000,
            ..session::Config::default()
        },
        ..Config::default()
    };
    let (connection, _events, mut switch) = pair(config, 64).await;
    let mut taken = 0;
    let refused = loop {
        match connection.try_send(packet_out(taken)) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert!(matches!(refused, RequestError::Busy { .. }), "{refused}");
    assert!(
        (10..60).contains(&taken),
        "{taken} messages of 38 bytes were taken"
    );
    for number in 0..taken {
        assert_eq!(switch.hear().await.1, packet_out(number));
    }
}

#[tokio::test]
async fn dialling_tells_what_is_wrong() {
    let nobody: Target = "tcp:127.0.0.1:1".parse().unwrap();
    let error = dial(&nobody, None, Config::default()).await.unwrap_err();
    assert!(matches!(error, DialError::Connect { .. }), "{error}");
    let no_tls: Target = "ssl:[::1]:6640".parse().unwrap();
    let error = dial(&no_tls, None, Config::default()).await.unwrap_err();
    assert!(matches!(error, DialError::NoTls { .. }), "{error}");
    for text in [
        "tcp:127.0.0.1:6653",
        "ssl:[fe80::1]:7",
        "unix:/tmp/br0.mgmt",
    ] {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
    }
    assert_eq!(
        "tcp:switch".parse::<Target>().unwrap().to_string(),
        "tcp:switch:6653"
    );
    for text in [
        "",
        "tcp",
        "tcp:",
        "tcp:a:0",
        "tcp:a:x",
        "tcp:[::1]x",
        "udp:a:1",
        "unix:",
    ] {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
}

/// PEM of a CA, and of a key and certificate that it signed.
fn certificates(name: &str) -> (String, String, String) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = params.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(params, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (ca.pem(), key.serialize_pem(), certificate.pem())
}

fn identity<'a>((ca, key, certificate): &'a (String, String, String)) -> Identity<'a> {
    Identity {
        key: key.as_bytes(),
        certificates: certificate.as_bytes(),
        ca: ca.as_bytes(),
    }
}

#[tokio::test]
async fn tls_asks_both_ends_for_a_certificate_of_the_ca() {
    let ours = certificates("controller");
    let server = tls::server_config(identity(&ours)).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Some(server))
        .await
        .unwrap();
    let address = listener.local_address().unwrap();
    // A switch of the same CA, whose certificate names neither end's address.
    let accepts = async {
        let incoming = listener.accept().await.unwrap();
        assert!(incoming.address().ip().is_loopback());
        incoming.open(Config::default()).await.unwrap()
    };
    let switch = async {
        let client = tls::client_config(identity(&ours)).unwrap();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = "anybody".try_into().unwrap();
        let stream = tokio_rustls::TlsConnector::from(client)
            .connect(name, stream)
            .await
            .unwrap();
        let mut switch = Switch { stream };
        switch.shake_hands().await;
        switch
    };
    let ((connection, _events), mut switch) = tokio::join!(accepts, switch);
    let (answer, ()) = tokio::join!(connection.barrier(), async {
        let (xid, _) = switch.hear().await;
        switch.say(xid, &Message::BarrierReply).await;
    });
    answer.unwrap();
    // One of another CA is turned away, and so is one without TLS.
    let target: Target = format!("ssl:{address}").parse().unwrap();
    let stranger = tls::client_config(identity(&certificates("switch"))).unwrap();
    let refused = async {
        listener
            .accept()
            .await
            .unwrap()
            .open(Config::default())
            .await
    };
    let (refused, dialled) =
        tokio::join!(refused, dial(&target, Some(stranger), Config::default()));
    assert!(matches!(refused, Err(CloseReason::Io(_))), "{refused:?}");
    assert!(
        matches!(dialled, Err(DialError::Session { .. })),
        "{dialled:?}"
    );
    let plain: Target = format!("tcp:{address}").parse().unwrap();
    let refused = async {
        listener
            .accept()
            .await
            .unwrap()
            .open(Config::default())
            .await
    };
    let (refused, dialled) = tokio::join!(refused, dial(&plain, None, Config::default()));
    assert!(refused.is_err() && dialled.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_costs_the_handshake_time_and_no_more() {
    let (ours, _theirs) = tokio::io::duplex(64);
    let begun = Instant::now();
    let reason = Connection::open(ours, Config::default()).await.unwrap_err();
    assert!(matches!(
        reason,
        CloseReason::HandshakeTimeout {
            waiting_for: "OFPT_HELLO",
            ..
        }
    ));
    assert_eq!(begun.elapsed().as_secs(), 10);
}
