//! Pipeline keys: the small numbers that stand for a record in registers.

use std::ops::RangeInclusive;

use uuid::Uuid;

use super::runs::Runs;
use super::tree::Tree;

/// The keys that may be given out: 24 bits, so that a key fits beside marks in
/// one register; 0 means "none".
pub const KEYS: RangeInclusive<u32> = 1..=0xff_ffff;

/// Which record has which key, for the records of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keys {
    owners: Tree<(u32, Uuid), ()>,
    used: Runs<()>,
}

impl Keys {
    pub(super) fn change(&mut self, id: Uuid, before: Option<u32>, after: Option<u32>) {
        if before == after {
            return;
        }
        if let Some(key) = before {
            self.owners.remove(&(key, id));
            if self.owner(key).is_none() {
                self.used.remove(&(), key.into());
            }
        }
        if let Some(key) = after {
            self.owners.insert((key, id), ());
            self.used.insert(&(), key.into());
        }
    }

    pub(super) fn owner(&self, key: u32) -> Option<Uuid> {
        let ((found, id), ()) = self.owners.from(&(key, Uuid::nil())).next()?;
        (*found == key).then_some(*id)
    }

    pub(super) fn lowest_free(&self) -> Option<u32> {
        let free = self
            .used
            .lowest_free(&(), (*KEYS.start()).into(), (*KEYS.end()).into())?;
        u32::try_from(free).ok()
    }
}
