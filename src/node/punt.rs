//! Packets that a switch hands to the controller: who sent them, which responder answers, and a bound
//! on what one port may ask.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api::Port;
use metrics::counter;
use openflow::number::ports;
use openflow::packet_io::{PacketIn, PacketOut};
use openflow::{Action, Field};
use uuid::Uuid;

use crate::compile::punt::{BURST_PACKETS, Punt, RATE_PACKETS_PER_SECOND};
use crate::compile::register::SOURCE_PORT;
use crate::metric;
use crate::model::Model;
use crate::respond::dhcp4;

/// What became of the packets, for operators.
#[derive(Debug, Default)]
pub struct PuntCounters {
    /// Answered.
    pub answered: AtomicU64,
    /// Understood, and not to be answered.
    pub unanswered: AtomicU64,
    /// From no port that is bound here, or for no responder.
    pub unknown: AtomicU64,
    /// Beyond what a port may ask.
    pub limited: AtomicU64,
    /// A responder failed on them.
    pub failed: AtomicU64,
}

/// The packets of one switch.
#[derive(Debug)]
pub(super) struct Punts {
    node: Uuid,
    settings: dhcp4::Settings,
    counters: Arc<PuntCounters>,
    allowances: HashMap<u32, Allowance>,
}

/// A field of the packet's metadata. Registers that are zero are not told.
fn value_of(packet: &PacketIn, field: Field) -> Option<u32> {
    let (value, _) = packet.metadata.get(field)?;
    u32::try_from(value).ok()
}

/// Tokens of one port; the meter in the switch should make them superfluous.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    tokens: u32,
    filled: Instant,
}

/// Ports whose allowance is remembered; beyond it full ones are forgotten.
const PORTS_MAX: usize = 8_192;

impl Punts {
    pub(super) fn new(node: Uuid, settings: dhcp4::Settings, counters: Arc<PuntCounters>) -> Self {
        Self {
            node,
            settings,
            counters,
            allowances: HashMap::new(),
        }
    }

    /// The answer to a packet, if there is one.
    pub(super) fn answer(
        &mut self,
        packet: &PacketIn,
        model: &Model,
        now: Instant,
    ) -> Option<PacketOut> {
        let sender = value_of(packet, SOURCE_PORT.field());
        let port = sender.and_then(|key| model.port_by_key(key));
        let punt = Punt::from_userdata(&packet.userdata);
        let (Some(punt), Some(port)) = (punt, port) else {
            self.count("unknown", |counters| &counters.unknown);
            return None;
        };
        // A node answers for its own ports only, whatever its switch says.
        if model
            .node(self.node)
            .is_none_or(|node| node.hostname != port.host_id)
        {
            self.count("unknown", |counters| &counters.unknown);
            return None;
        }
        if !self.allow(port.key, now) {
            self.count("limited", |counters| &counters.limited);
            return None;
        }
        let in_port = value_of(packet, Field::InPort)?;
        let frame = self.respond(punt, packet, port, model)?;
        Some(PacketOut {
            buffer_id: None,
            in_port: ports::CONTROLLER,
            actions: vec![Action::output(in_port)],
            packet: frame,
        })
    }

    /// Runs the responder; whatever it does, the session goes on.
    fn respond(
        &self,
        punt: Punt,
        packet: &PacketIn,
        port: &Port,
        model: &Model,
    ) -> Option<Vec<u8>> {
        let answer = catch_unwind(AssertUnwindSafe(|| match punt {
            Punt::Dhcp4 => dhcp4::answer(&packet.packet, port, model, &self.settings),
        }));
        match answer {
            Ok(Ok(frame)) => {
                self.count("answered", |counters| &counters.answered);
                Some(frame)
            }
            Ok(Err(silence)) => {
                tracing::debug!(port = %port.id, %silence, "packet not answered");
                self.count("unanswered", |counters| &counters.unanswered);
                None
            }
            Err(_) => {
                tracing::error!(port = %port.id, packet = ?packet.packet, "a responder failed; please report this packet");
                self.count("failed", |counters| &counters.failed);
                None
            }
        }
    }

    fn allow(&mut self, port: u32, now: Instant) -> bool {
        if self.allowances.len() >= PORTS_MAX && !self.allowances.contains_key(&port) {
            self.allowances
                .retain(|_, allowance| !allowance.is_full(now));
            if self.allowances.len() >= PORTS_MAX {
                return false;
            }
        }
        let allowance = self.allowances.entry(port).or_insert(Allowance {
            tokens: BURST_PACKETS,
            filled: now,
        });
        allowance.take(now)
    }

    fn count(&self, outcome: &'static str, counter: impl Fn(&PuntCounters) -> &AtomicU64) {
        counter!(metric::PUNTS.name, "outcome" => outcome).increment(1);
        counter(&self.counters).fetch_add(1, Ordering::Relaxed);
    }
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let earned = self.earned(now);
        if earned > 0 {
            self.tokens = self.tokens.saturating_add(earned).min(BURST_PACKETS);
            self.filled = now;
        }
        let some_left = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        some_left
    }

    fn earned(&self, now: Instant) -> u32 {
        let elapsed = now.saturating_duration_since(self.filled);
        let per_token = Duration::from_secs(1) / RATE_PACKETS_PER_SECOND;
        u32::try_from(elapsed.as_nanos() / per_token.as_nanos()).unwrap_or(u32::MAX)
    }

    fn is_full(&self, now: Instant) -> bool {
        self.tokens.saturating_add(self.earned(now)) >= BURST_PACKETS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_gets_a_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut punts = Punts::new(
            Uuid::nil(),
            dhcp4::Settings {
                lease_seconds: 60,
                domain: String::new(),
            },
            Arc::default(),
        );
        let burst = (0..1_000).filter(|_| punts.allow(1, start)).count();
        assert_eq!(burst, BURST_PACKETS as usize);
        assert!(punts.allow(2, start), "another port is not concerned");
        let later = start + Duration::from_secs(1);
        let second = (0..1_000).filter(|_| punts.allow(1, later)).count();
        assert_eq!(second, RATE_PACKETS_PER_SECOND as usize);
    }

    #[test]
    fn the_table_of_allowances_is_bounded() {
        let start = Instant::now();
        let mut punts = Punts::new(
            Uuid::nil(),
            dhcp4::Settings {
                lease_seconds: 60,
                domain: String::new(),
            },
            Arc::default(),
        );
        for port in 0..PORTS_MAX as u32 + 10 {
            punts.allow(port, start);
        }
        assert!(punts.allowances.len() <= PORTS_MAX);
        assert!(punts.allow(u32::MAX, start + Duration::from_secs(10)));
    }
}
