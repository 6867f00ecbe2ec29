//! The beginning of a session: hello and version, features, then what [`Config`] asks for, ended by a
//! barrier.

use std::time::{Duration, Instant};

use super::error::CloseReason;
use super::{Config, Event, Peer, Session};
use crate::config::{FragmentHandling, SwitchConfig};
use crate::features::Features;
use crate::hello::{Hello, Versions};
use crate::message::Message;
use crate::packet_io::PacketInFormat;
use crate::peer_error::{HelloFailed, PeerError};
use crate::role::RoleReply;

/// How far the handshake is.
#[derive(Debug)]
pub(super) struct Handshake {
    step: Step,
    begun: Instant,
    timeout: Duration,
}

#[derive(Debug)]
enum Step {
    Hello,
    Features { xid: u32 },
    Setup(Box<Setup>),
    Done,
}

/// What was asked for after the features, by transaction id.
#[derive(Debug)]
struct Setup {
    features: Features,
    packet_in_format: PacketInFormat,
    format_xid: Option<u32>,
    controller_id_xid: Option<u32>,
    config_xid: Option<u32>,
    role_xid: Option<u32>,
    role: Option<RoleReply>,
    barrier_xid: u32,
}

impl Handshake {
    pub(super) fn new(now: Instant, timeout: Duration) -> Self {
        Handshake {
            step: Step::Hello,
            begun: now,
            timeout,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.step, Step::Done)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.is_done()).then(|| self.begun + self.timeout)
    }

    pub(super) fn expired(&self, now: Instant) -> Option<CloseReason> {
        let waiting_for = self.waiting_for();
        let over = self.deadline().is_some_and(|deadline| deadline <= now);
        over.then_some(CloseReason::HandshakeTimeout {
            after: self.timeout,
            waiting_for,
        })
    }

    fn waiting_for(&self) -> &'static str {
        match self.step {
            Step::Hello => "OFPT_HELLO",
            Step::Features { .. } => "OFPT_FEATURES_REPLY",
            Step::Setup(_) => "OFPT_BARRIER_REPLY",
            Step::Done => "nothing",
        }
    }
}

impl Session {
    pub(super) fn begin_handshake(&mut self) {
        let xid = self.fresh_xid(1);
        self.put(&Message::Hello(Hello::ours()), xid);
    }

    pub(super) fn awaits_hello(&self) -> bool {
        matches!(self.handshake.step, Step::Hello)
    }

    /// The hello of the peer settles the version (OpenFlow 1.3.5 §6.3.1).
    pub(super) fn take_hello(&mut self, hello: &Hello) {
        if !self.awaits_hello() {
            return;
        }
        let (peer, ours) = (hello.versions(), Versions::OURS);
        if !peer.agree_on_13() {
            let xid = self.fresh_xid(1);
            let text = format!("this end speaks {ours}, the peer {peer}");
            let error = PeerError::HelloFailed(HelloFailed::Incompatible);
            self.put(&Message::error(error, text.into_bytes()), xid);
            return self.end(CloseReason::Version { peer, ours });
        }
        let xid = self.fresh_xid(1);
        self.put(&Message::FeaturesRequest, xid);
        self.handshake.step = Step::Features { xid };
    }

    /// A message during the handshake. Gives it back if it is none of the handshake's.
    pub(super) fn take_handshake(&mut self, xid: u32, message: Message) -> Option<Message> {
        match (&mut self.handshake.step, message) {
            (Step::Features { xid: asked }, Message::FeaturesReply(features)) if *asked == xid => {
                self.set_up(features);
            }
            (Step::Features { xid: asked }, Message::Error(error)) if *asked == xid => {
                let step = "features request";
                self.end(CloseReason::Refused {
                    step,
                    error: error.error,
                });
            }
            (Step::Setup(setup), Message::RoleReply(role)) if setup.role_xid == Some(xid) => {
                setup.role = Some(role);
            }
            (Step::Setup(setup), Message::BarrierReply) if setup.barrier_xid == xid => {
                let peer = Peer {
                    features: setup.features.clone(),
                    packet_in_format: setup.packet_in_format,
                    role: setup.role,
                };
                self.handshake.step = Step::Done;
                self.events.push_back(Event::Ready(Box::new(peer)));
            }
            (Step::Setup(setup), Message::Error(error)) if setup.owns(xid) => {
                if setup.format_xid == Some(xid) {
                    setup.packet_in_format = PacketInFormat::Standard;
                } else {
                    let step = setup.step_of(xid);
                    self.end(CloseReason::Refused {
                        step,
                        error: error.error,
                    });
                }
            }
            (_, message) => return Some(message),
        }
        None
    }

    fn set_up(&mut self, features: Features) {
        let Config {
            packet_in_format,
            controller_id,
            miss_send_len,
            ..
        } = self.config;
        let role = self.config.role;
        let format_xid = (packet_in_format != PacketInFormat::Standard)
            .then(|| self.ask(&Message::SetPacketInFormat(packet_in_format)));
        let controller_id_xid = controller_id.map(|id| self.ask(&Message::SetControllerId(id)));
        let config_xid = miss_send_len.map(|miss_send_len| {
            let fragments = FragmentHandling::Normal;
            self.ask(&Message::SetConfig(SwitchConfig {
                fragments,
                miss_send_len,
            }))
        });
        let role_xid = role.map(|role| self.ask(&Message::RoleRequest(role)));
        let barrier_xid = self.ask(&Message::BarrierRequest);
        self.handshake.step = Step::Setup(Box::new(Setup {
            features,
            packet_in_format,
            format_xid,
            controller_id_xid,
            config_xid,
            role_xid,
            role: None,
            barrier_xid,
        }));
    }

    fn ask(&mut self, message: &Message) -> u32 {
        let xid = self.fresh_xid(1);
        self.put(message, xid);
        xid
    }
}

impl Setup {
    fn owns(&self, xid: u32) -> bool {
        let asked = [
            self.format_xid,
            self.controller_id_xid,
            self.config_xid,
            self.role_xid,
        ];
        asked.contains(&Some(xid)) || self.barrier_xid == xid
    }

    fn step_of(&self, xid: u32) -> &'static str {
        match Some(xid) {
            xid if xid == self.controller_id_xid => "set controller id",
            xid if xid == self.config_xid => "set config",
            xid if xid == self.role_xid => "role request",
            _ => "barrier",
        }
    }
}
