//! A session and the time it lives in, with the switch's end played by hand.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use openflow::bundle::{BundleControl, BundleControlType, BundleFlags};
use openflow::message::Message;
use openflow::multipart::{MultipartReply, MultipartReplyBody};
use openflow::peer_error::{FlowModFailed, PeerError};
use openflow::session::{BundleError, Config, Event, Reply, RequestError, Session, Ticket};
use openflow::table::TableStats;

use crate::support::{bytes_of, features, hello};

pub const FULL: PeerError = PeerError::FlowModFailed(FlowModFailed::TableFull);

/// A session and the time it lives in.
pub struct Bench {
    pub session: Session,
    pub now: Instant,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        let now = Instant::now();
        Bench {
            session: Session::new(config, now),
            now,
        }
    }

    /// A session that is past its handshake.
    pub fn ready(config: Config) -> Self {
        let mut bench = Bench::new(config);
        bench.shake_hands();
        assert!(matches!(bench.events()[..], [Event::Ready(_)]));
        bench
    }

    pub fn shake_hands(&mut self) {
        self.switch(1, &hello(4, Some(1 << 4)));
        let [_, (xid, Message::FeaturesRequest)] = self.sent()[..] else {
            panic!()
        };
        self.switch(xid, &Message::FeaturesReply(features()));
        let barrier = self.sent().pop().unwrap();
        assert_eq!(barrier.1, Message::BarrierRequest);
        self.switch(barrier.0, &Message::BarrierReply);
    }

    /// The switch says something.
    pub fn switch(&mut self, xid: u32, message: &Message) {
        let mut bytes = BytesMut::from(&bytes_of(xid, message)[..]);
        self.session.receive(&mut bytes, self.now);
        assert!(bytes.is_empty());
    }

    /// What the session wrote since the last time.
    pub fn sent(&mut self) -> Vec<(u32, Message)> {
        let mut bytes = Vec::new();
        loop {
            let output = self.session.output(self.now).to_vec();
            if output.is_empty() {
                return messages_in(&bytes);
            }
            self.session.sent(output.len());
            bytes.extend(output);
        }
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    pub fn wait(&mut self, time: Duration) {
        self.now += time;
        self.session.tick(self.now);
    }

    pub fn request(&mut self, message: &Message) -> Ticket {
        self.session.request(message, self.now).unwrap()
    }

    pub fn reply(&mut self) -> Result<Reply, RequestError> {
        match self.events().pop() {
            Some(Event::Reply { result, .. }) => result,
            other => panic!("{other:?}"),
        }
    }

    pub fn outcome(&mut self) -> Result<(), BundleError> {
        match self.events().pop() {
            Some(Event::Bundle { result, .. }) => result,
            other => panic!("{other:?}"),
        }
    }
}

/// All messages in bytes that hold nothing else.
fn messages_in(mut bytes: &[u8]) -> Vec<(u32, Message)> {
    let mut messages = Vec::new();
    while let Some(header) = openflow::header::next(bytes).unwrap() {
        let (message, rest) = bytes.split_at(usize::from(header.length));
        messages.push(Message::decode(message).unwrap());
        bytes = rest;
    }
    assert!(bytes.is_empty(), "{} bytes are no message", bytes.len());
    messages
}

pub fn control(kind: BundleControlType, bundle_id: u32) -> Message {
    Message::BundleControl(BundleControl {
        bundle_id,
        kind,
        flags: BundleFlags::ALL,
    })
}

pub fn table_part(table: u8, more: bool) -> Message {
    let stats = TableStats {
        table,
        active: 1,
        lookups: 2,
        matches: 3,
    };
    Message::MultipartReply(MultipartReply {
        more,
        body: MultipartReplyBody::Table(vec![stats]),
    })
}
