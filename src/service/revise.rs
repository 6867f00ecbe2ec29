//! What every record goes through when it changes: its revision, its time, and `If-Match`.

use std::sync::Arc;

use api::{
    AddressGroup, AddressScope, ApiError, Flavor, Network, NetworkSegmentRange, Node, Port,
    RbacPolicy, Record, Resource, ServiceProfile, Subnet, SubnetPool, Timestamp,
};
use uuid::Uuid;

use crate::model::Draft;

/// A record that counts its changes.
pub trait Revised: Resource + Clone + PartialEq + Into<Record> {
    /// How often it was changed.
    fn revision(&self) -> u64;
    /// Counts a change made at `now`.
    fn revise(&mut self, now: Timestamp);
}

macro_rules! revised {
    ($($Record:ident)*) => { $(
        impl Revised for $Record {
            fn revision(&self) -> u64 {
                self.revision_number
            }

            fn revise(&mut self, now: Timestamp) {
                self.revision_number += 1;
                self.updated_at = now;
            }
        }
    )* };
}

revised! { AddressGroup Network Port Subnet NetworkSegmentRange SubnetPool }

/// Records that have no revision in the API.
macro_rules! unrevised {
    ($($Record:ident)*) => { $(
        impl Revised for $Record {
            fn revision(&self) -> u64 {
                0
            }

            fn revise(&mut self, _: Timestamp) {}
        }
    )* };
}

unrevised! { AddressScope Flavor Node RbacPolicy ServiceProfile }

/// `If-Match` must name the record's revision.
///
/// # Errors
/// 412 `RevisionNumberConstraintFailed`.
pub fn check_revision(record: &impl Revised, if_match: Option<u64>) -> Result<(), ApiError> {
    match if_match {
        Some(wanted) if wanted != record.revision() => {
            Err(ApiError::revision_mismatch(wanted, record.revision()))
        }
        _ => Ok(()),
    }
}

/// Stores `after` under the next revision; what did not change is not written and keeps its own.
pub fn store<R: Revised>(draft: &mut Draft, before: &R, after: R, now: Timestamp) -> Record {
    let changed = *before != after;
    store_if(draft, changed, after, now)
}

/// Stores `after` under the next revision if it `changed`, itself or in what is kept beside it.
pub fn store_if<R: Revised>(
    draft: &mut Draft,
    changed: bool,
    mut after: R,
    now: Timestamp,
) -> Record {
    if changed {
        after.revise(now);
    }
    let record: Record = after.into();
    if changed {
        draft.put(record.clone());
    }
    record
}

/// Counts a change of the network that happened to one of its subnets.
pub fn touch_network(draft: &mut Draft, id: Uuid, now: Timestamp) {
    if let Some(mut network) = draft.network(id).map(|n| Network::clone(n)) {
        network.revise(now);
        draft.put(Record::Network(Arc::new(network)));
    }
}
