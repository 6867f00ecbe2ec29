//! Sessions against a peer that is written out by hand: probes both ways, limits, and a peer that
//! misbehaves. Time is the test's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use ovsdb::rpc::{Limits, Message, Scanner};
use ovsdb::session::{Event, Expect, Machine};
use ovsdb::vswitch::DATABASE;
use ovsdb::{
    ApplyError, CloseReason, Columns, ErrorKind, FrameError, Options, Peer, RequestError,
    SchemaCache, Selection, Session, TransactError, Transaction,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// The other end of a session, message by message.
struct Hand {
    stream: DuplexStream,
    scanner: Scanner,
    buffer: BytesMut,
}

fn pair(options: Options) -> (Session, Hand) {
    let (ours, stream) = tokio::io::duplex(1 << 20);
    let session = Session::start(
        ours,
        Peer::default(),
        options,
        Arc::new(SchemaCache::default()),
    );
    let hand = Hand {
        stream,
        scanner: Scanner::new(Limits::default()),
        buffer: BytesMut::new(),
    };
    (session, hand)
}

impl Hand {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next message: method (empty for a response), params or result, id.
    async fn next(&mut self) -> Option<(String, String, String)> {
        loop {
            if let Some(frame) = self.scanner.next_frame(&mut self.buffer).unwrap() {
                return Some(match Message::read(&frame).unwrap() {
                    Message::Request { method, params, id } => {
                        (method.into_owned(), params.to_owned(), id.to_owned())
                    }
                    Message::Notification { method, params } => {
                        (method.into_owned(), params.to_owned(), String::new())
                    }
                    Message::Response { id, result } => {
                        let text = result.map_or_else(|error| error.to_string(), str::to_owned);
                        (String::new(), text, id.to_owned())
                    }
                });
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap() == 0 {
                return None;
            }
        }
    }

    async fn answer(&mut self, id: &str, result: &str) {
        self.send(&format!(
            "{{\"id\":{id},\"result\":{result},\"error\":null}}"
        ))
        .await;
    }
}

fn empty() -> Transaction {
    let mut t = Transaction::new(DATABASE);
    t.comment("x");
    t
}

#[test]
fn the_machine_probes_after_silence_and_gives_up_after_more() {
    let begin = Instant::now();
    let second = Duration::from_secs(1);
    let mut machine = Machine::new(Options::default(), begin);
    assert_eq!(machine.deadline(), Some(begin + 5 * second));
    machine.tick(begin + 4 * second).unwrap();
    assert!(machine.buffers().1.is_empty());
    machine.tick(begin + 5 * second).unwrap();
    let probe = machine.buffers().1.split();
    let Message::Request { method, id, .. } = Message::read(&probe).unwrap() else {
        panic!()
    };
    assert_eq!(
        (method.as_ref(), machine.deadline()),
        ("echo", Some(begin + 10 * second))
    );

    // Any byte is a sign of life; the answer itself is nobody's event.
    let answer = format!("{{\"id\":{id},\"result\":[],\"error\":null}}");
    machine.buffers().0.extend_from_slice(answer.as_bytes());
    machine.received(begin + 9 * second);
    assert!(machine.next_event().unwrap().is_none());
    assert_eq!(machine.deadline(), Some(begin + 14 * second));
    machine.tick(begin + 14 * second).unwrap();
    let reason = machine.tick(begin + 19 * second).unwrap_err();
    assert!(
        matches!(reason, CloseReason::Inactive { seconds: 10 }),
        "{reason}"
    );

    let never = Options {
        probe_interval: None,
        ..Options::default()
    };
    assert_eq!(Machine::new(never, begin).deadline(), None);
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut machine = Machine::new(Options::default(), Instant::now());
    let ids: Vec<u64> = (0..3)
        .map(|_| machine.request("echo", "[]", Expect::Json))
        .collect();
    for id in ids.iter().rev() {
        let text = format!("{{\"id\":{id},\"result\":[{id}],\"error\":null}} ");
        machine.buffers().0.extend_from_slice(text.as_bytes());
    }
    for expected in ids.iter().rev() {
        let Some(Event::Answer { id, .. }) = machine.next_event().unwrap() else {
            panic!()
        };
        assert_eq!(id, *expected);
    }
    assert_eq!(machine.in_flight(), 0);
    // A second answer to the same request is one to no request.
    machine
        .buffers()
        .0
        .extend_from_slice(b"{\"id\":1,\"result\":[],\"error\":null}");
    assert!(matches!(machine.next_event(), Err(CloseReason::Decode(_))));
}

#[tokio::test]
async fn probes_are_answered_whatever_else_waits() {
    let (session, mut hand) = pair(Options::default());
    let asking = tokio::spawn({
        let session = session.clone();
        async move { session.transact(empty()).await }
    });
    let (method, _, id) = hand.next().await.unwrap();
    assert_eq!(method, "transact");
    for number in 0..100 {
        hand.send(&format!(
            "{{\"id\":\"echo\",\"method\":\"echo\",\"params\":[{number}]}}"
        ))
        .await;
        let answer = hand.next().await.unwrap();
        assert_eq!(
            answer,
            (String::new(), format!("[{number}]"), "\"echo\"".to_owned())
        );
    }
    hand.send("{\"id\":7,\"method\":\"steal_everything\",\"params\":[]}")
        .await;
    assert_eq!(hand.next().await.unwrap().1, "unknown method");
    hand.send("{\"id\":null,\"method\":\"news\",\"params\":[]}")
        .await;
    assert!(!asking.is_finished());
    hand.answer(&id, "[{}]").await;
    asking.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_and_who_waits_is_told() {
    let (session, hand) = pair(Options::default());
    let error = session.transact(empty()).await.unwrap_err();
    let TransactError::Request(RequestError::Closed { reason, .. }) = error else {
        panic!("{error}")
    };
    assert!(matches!(reason, CloseReason::Inactive { .. }), "{reason}");
    assert!(session.close_reason().is_some());
    let error = session.echo().await.unwrap_err();
    assert!(matches!(error, RequestError::Closed { .. }), "{error}");
    drop(hand);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_probes_lives_for_ever() {
    let (session, mut hand) = pair(Options::default());
    let mut probes = 0;
    let day = tokio::time::sleep(Duration::from_secs(86_400));
    tokio::pin!(day);
    loop {
        tokio::select! {
            () = &mut day => break,
            message = hand.next() => {
                let (method, _, id) = message.unwrap();
                assert_eq!(method, "echo");
                hand.answer(&id, "[]").await;
                probes += 1;
            }
        }
    }
    assert!(session.close_reason().is_none());
    assert!(probes >= 8_000, "{probes}");
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_request_is_canceled_at_the_server() {
    let (session, mut hand) = pair(Options {
        probe_interval: None,
        ..Options::default()
    });
    let wait = tokio::time::timeout(Duration::from_millis(1), session.transact(empty()));
    assert!(wait.await.is_err());
    let (_, _, id) = hand.next().await.unwrap();
    let (method, params, _) = hand.next().await.unwrap();
    assert_eq!((method.as_str(), params), ("cancel", format!("[{id}]")));
    hand.send(&format!("{{\"id\":{id},\"error\":\"canceled\"}}"))
        .await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(session.close_reason().is_none());
}

type IsReason = fn(&CloseReason) -> bool;

#[tokio::test]
async fn nonsense_ends_the_session_with_its_reason() {
    let deep = format!("{{\"a\":{}", "[".repeat(100));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(2000));
    let limits = Limits {
        frame_bytes_max: 1000,
        ..Limits::default()
    };
    let cases: [(&str, IsReason); 10] = [
        ("HTTP/1.1 400", |r| {
            matches!(
                r,
                CloseReason::Frame(FrameError::NotAnObject { byte: b'H' })
            )
        }),
        (&deep, |r| {
            matches!(r, CloseReason::Frame(FrameError::TooDeep { .. }))
        }),
        (&long, |r| {
            matches!(r, CloseReason::Frame(FrameError::TooLong { .. }))
        }),
        ("{]}", |r| {
            matches!(r, CloseReason::Frame(_) | CloseReason::Decode(_))
        }),
        ("{}", |r| matches!(r, CloseReason::Decode(_))),
        ("{\"id\":99,\"result\":[],\"error\":null}", |r| {
            matches!(r, CloseReason::Decode(_))
        }),
        ("{\"id\":\"x\",\"result\":[],\"error\":null}", |r| {
            matches!(r, CloseReason::Decode(_))
        }),
        ("{\"id\":null,\"error\":{\"error\":\"oops\"}}", |r| {
            matches!(r, CloseReason::Decode(_))
        }),
        ("{\"id\":null,\"method\":\"update3\",\"params\":[1]}", |r| {
            matches!(r, CloseReason::Decode(_))
        }),
        (
            "{\"id\":null,\"method\":\"up\\ud800date\",\"params\":[]}",
            |r| matches!(r, CloseReason::Decode(_)),
        ),
    ];
    for (text, expected) in cases {
        let (session, mut hand) = pair(Options {
            limits,
            ..Options::default()
        });
        hand.send(text).await;
        let reason = session.closed().await;
        assert!(expected(&reason), "{text}: {reason:?}");
    }
}

#[tokio::test]
async fn a_peer_that_asks_without_reading_is_cut_off() {
    let options = Options {
        output_bytes_max: 2 << 20,
        ..Options::default()
    };
    let (session, hand) = pair(options);
    let (_unread, mut writer) = tokio::io::split(hand.stream);
    let flood = tokio::spawn(async move {
        let echo = format!(
            "{{\"id\":1,\"method\":\"echo\",\"params\":[\"{}\"]}}",
            "x".repeat(1000)
        );
        while writer.write_all(echo.as_bytes()).await.is_ok() {}
    });
    let reason = session.closed().await;
    assert!(matches!(reason, CloseReason::Overflow { .. }), "{reason}");
    flood.await.unwrap();
}

#[tokio::test]
async fn requests_wait_their_turn_when_too_many_are_out() {
    let (session, mut hand) = pair(Options {
        requests_max: 3,
        ..Options::default()
    });
    let asking: Vec<_> = (0..10)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.echo().await })
        })
        .collect();
    let mut out = std::collections::VecDeque::new();
    for _ in 0..3 {
        out.push_back(hand.next().await.unwrap().2);
    }
    let more = tokio::time::timeout(Duration::from_millis(50), hand.next()).await;
    assert!(more.is_err(), "a fourth before any is answered: {more:?}");
    for round in 0..10 {
        let id = out.pop_front().unwrap();
        hand.answer(&id, "[]").await;
        if round < 7 {
            out.push_back(hand.next().await.unwrap().2);
        }
    }
    for task in asking {
        task.await.unwrap().unwrap();
    }
}

/// Starts a monitor of Bridge.name over the hand, with one bridge in it.
async fn monitored(session: &Session, hand: &mut Hand) -> (ovsdb::Monitor, String) {
    let schema = Arc::new(ovsdb::testing::vswitch_schema());
    let selection = Selection::new().with("Bridge", ["name"]);
    let starting = session.monitor(&schema, &selection, None);
    let serving = async {
        let (method, params, id) = hand.next().await.unwrap();
        assert_eq!(method, "monitor_cond_since");
        let params: serde_json::Value = serde_json::from_str(&params).unwrap();
        let rows = format!(
            "{{\"Bridge\":{{\"{}\":{{\"initial\":{{\"name\":\"br0\"}}}}}}}}",
            uuid(1)
        );
        hand.answer(&id, &format!("[false,\"{}\",{rows}]", uuid(0)))
            .await;
        params[1].to_string()
    };
    let (monitor, name) = tokio::join!(starting, serving);
    (monitor.unwrap(), name)
}

fn uuid(n: u128) -> ovsdb::Uuid {
    ovsdb::Uuid::from_u128(n)
}

#[tokio::test]
async fn an_update_that_does_not_fit_ends_the_session() {
    let row = |n: u128, update: &str| format!("{{\"Bridge\":{{\"{}\":{update}}}}}", uuid(n));
    let cases: BTreeMap<String, fn(&ApplyError) -> bool> = BTreeMap::from([
        (
            row(2, "{\"modify\":{}}"),
            (|e| matches!(e, ApplyError::UnknownRow { .. })) as fn(&ApplyError) -> bool,
        ),
        (row(2, "{\"delete\":null}"), |e| {
            matches!(e, ApplyError::UnknownRow { .. })
        }),
        (row(1, "{\"insert\":{}}"), |e| {
            matches!(e, ApplyError::DuplicateRow { .. })
        }),
        (row(1, "{\"modify\":{\"ports\":[\"set\",[]]}}"), |e| {
            matches!(e, ApplyError::UnknownColumn { .. })
        }),
        (row(1, "{\"modify\":{\"name\":5}}"), |e| {
            matches!(e, ApplyError::Value { .. })
        }),
        (
            row(1, "{\"modify\":{\"name\":[\"named-uuid\",\"x\"]}}"),
            |e| matches!(e, ApplyError::Value { .. }),
        ),
        ("{\"Port\":{}}".to_owned(), |e| {
            matches!(e, ApplyError::UnknownTable { .. })
        }),
    ]);
    for (updates, expected) in cases {
        let (session, mut hand) = pair(Options::default());
        let (mut monitor, id) = monitored(&session, &mut hand).await;
        assert_eq!(monitor.next().await.unwrap().changes.len(), 1);
        let params = format!("[{id},\"{}\",{updates}]", uuid(0));
        hand.send(&format!(
            "{{\"id\":null,\"method\":\"update3\",\"params\":{params}}}"
        ))
        .await;
        let reason = monitor.next().await.unwrap_err();
        let CloseReason::Apply(error) = &reason else {
            panic!("{updates}: {reason}")
        };
        assert!(expected(error), "{updates}: {error}");
        assert_eq!(
            monitor.replica().count("Bridge"),
            1,
            "nothing was half applied"
        );
    }
}

#[tokio::test]
async fn a_reader_that_sleeps_finds_one_change_a_row() {
    let (session, mut hand) = pair(Options::default());
    let (mut monitor, id) = monitored(&session, &mut hand).await;
    monitor.next().await.unwrap();
    let update = |updates: String| {
        let params = format!("[{id},\"{}\",{{\"Bridge\":{{{updates}}}}}]", uuid(0));
        format!("{{\"id\":null,\"method\":\"update3\",\"params\":{params}}}")
    };
    for number in 0..1000 {
        let (known, new) = (uuid(1), uuid(100 + number));
        hand.send(&update(format!(
            "\"{known}\":{{\"modify\":{{\"name\":\"n{number}\"}}}},\"{new}\":{{\"insert\":{{}}}}"
        )))
        .await;
        hand.send(&update(format!("\"{new}\":{{\"delete\":null}}")))
            .await;
    }
    hand.send("{\"id\":5,\"method\":\"echo\",\"params\":[]}")
        .await;
    hand.next().await.unwrap();
    let step = monitor.next().await.unwrap();
    let [change] = step.changes.as_slice() else {
        panic!("{:?}", step.changes)
    };
    let name =
        |row: &Option<Arc<ovsdb::Row>>| row.as_ref().unwrap().get("name").unwrap().to_string();
    assert_eq!(
        (name(&change.before), name(&change.after)),
        ("\"br0\"".into(), "\"n999\"".into())
    );

    hand.send(&format!(
        "{{\"id\":null,\"method\":\"monitor_canceled\",\"params\":[{id}]}}"
    ))
    .await;
    assert!(matches!(
        monitor.next().await,
        Err(CloseReason::MonitorCanceled)
    ));
    assert!(session.close_reason().is_none());
}

#[tokio::test]
async fn results_are_matched_to_operations() {
    for (result, expected) in [
        (
            "[{},{\"error\":\"constraint violation\"}]",
            "commit: constraint violation",
        ),
        (
            "[{\"error\":\"timed out\",\"details\":\"d\"},null]",
            "operation 0 (comment): timed out: d",
        ),
        (
            "[{},{},{}]",
            "result of operation 1: 3 elements for 1 operations",
        ),
        ("[]", "result of operation 0: 0 elements for 1 operations"),
        (
            "{}",
            "result of operation 0: invalid type: map, expected a sequence at line 1 column 0",
        ),
    ] {
        let (session, mut hand) = pair(Options::default());
        let asking = tokio::spawn(async move { session.transact(empty()).await });
        let (_, _, id) = hand.next().await.unwrap();
        hand.answer(&id, result).await;
        assert_eq!(asking.await.unwrap().unwrap_err().to_string(), expected);
    }
    let mut t = Transaction::new(DATABASE);
    t.insert("Queue", Columns::new());
    let (session, mut hand) = pair(Options::default());
    let asking = tokio::spawn(async move { session.transact(t).await });
    let (_, _, id) = hand.next().await.unwrap();
    hand.send(&format!(
        "{{\"id\":{id},\"result\":null,\"error\":\"it hurts\"}}"
    ))
    .await;
    let error = asking.await.unwrap().unwrap_err();
    assert_eq!(
        error.peer().unwrap().kind,
        ErrorKind::Other("it hurts".to_owned())
    );
}
