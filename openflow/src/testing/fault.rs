//! Faults on demand: what the switch does to a message instead of its duty.

use std::fmt;
use std::time::Duration;

use crate::message::Message;
use crate::peer_error::PeerError;

/// What the switch does to a message instead of its duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Closes the connection; what the message asks for is not done.
    Cut,
    /// Refuses it.
    Refuse(PeerError),
    /// Does what it asks for, and never answers.
    Silence,
    /// Lets it, and all that comes after it, wait for so long.
    Delay(Duration),
}

/// Faults that wait for their message.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

struct Fault {
    hits: Box<dyn Fn(&Message) -> bool + Send + Sync>,
    times: u32,
    effect: Effect,
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} times", self.effect, self.times)
    }
}

impl Faults {
    /// From now on, so many messages that `hits` names meet with `effect`.
    pub fn add(
        &mut self,
        hits: impl Fn(&Message) -> bool + Send + Sync + 'static,
        times: u32,
        effect: Effect,
    ) {
        let hits = Box::new(hits);
        self.0.push(Fault {
            hits,
            times,
            effect,
        });
    }

    /// What becomes of a message; `None`: what should.
    pub fn take(&mut self, message: &Message) -> Option<Effect> {
        let fault = self.0.iter_mut().find(|fault| (fault.hits)(message))?;
        fault.times = fault.times.saturating_sub(1);
        let effect = fault.effect.clone();
        self.0.retain(|fault| fault.times > 0);
        Some(effect)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
