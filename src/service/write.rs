//! The writes of the API as functions over a draft.

use api::{ApiError, Create, Kind, Network, Port, Record, Subnet, TagEdit, Timestamp, Update};
use uuid::Uuid;

use super::revise::{Revised, check_revision, store};
use super::{Moment, network, node, port, subnet};
use crate::model::Draft;

/// Creates all of `items`, each under its id, in order. After an error the draft is of no use.
///
/// # Errors
/// The first rule that refuses.
pub(super) fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    items: &[(Uuid, Create)],
) -> Result<Vec<Record>, ApiError> {
    let one = |(id, item): &(Uuid, Create)| match item.clone() {
        Create::Network(asked) => network::create(draft, moment, *id, asked),
        Create::Subnet(asked) => subnet::create(draft, moment, *id, asked),
        Create::Port(asked) => port::create(draft, moment, *id, asked),
    };
    items.iter().map(one).collect()
}

/// Changes one record.
///
/// # Errors
/// The rule that refuses.
pub(super) fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    change: Update,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    match change {
        Update::Network(asked) => network::update(draft, moment, id, asked, if_match),
        Update::Subnet(asked) => subnet::update(draft, moment, id, asked, if_match),
        Update::Port(asked) => port::update(draft, moment, id, asked, if_match),
        Update::Node(asked) => node::update(draft, moment, id, asked, if_match),
        Update::Tags(kind, edit) => retag(draft, moment.now, kind, id, &edit, if_match),
    }
}

/// Removes one record; `alive` says whether a node of this id is.
///
/// # Errors
/// The rule that refuses.
pub(super) fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    kind: Kind,
    id: Uuid,
    if_match: Option<u64>,
    alive: bool,
) -> Result<(), ApiError> {
    match kind {
        Kind::Network => network::delete(draft, id, if_match),
        Kind::Subnet => subnet::delete(draft, moment, id, if_match),
        Kind::Port => port::delete(draft, id, if_match),
        Kind::Node => node::delete(draft, id, alive),
    }
}

fn retag(
    draft: &mut Draft,
    now: Timestamp,
    kind: Kind,
    id: Uuid,
    edit: &TagEdit,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    match kind {
        Kind::Network => {
            let before = network::find(draft, id)?;
            tagged(draft, now, &*before, if_match, |n: &mut Network| {
                edit.apply(&mut n.tags)
            })
        }
        Kind::Subnet => {
            let before = subnet::find(draft, id)?;
            tagged(draft, now, &*before, if_match, |s: &mut Subnet| {
                edit.apply(&mut s.tags)
            })
        }
        Kind::Port => {
            let before = port::find(draft, id)?;
            tagged(draft, now, &*before, if_match, |p: &mut Port| {
                edit.apply(&mut p.tags)
            })
        }
        Kind::Node => Err(ApiError::bad_request("agents have no tags")),
    }
}

fn tagged<R: Revised>(
    draft: &mut Draft,
    now: Timestamp,
    before: &R,
    if_match: Option<u64>,
    edit: impl FnOnce(&mut R) -> Result<(), ApiError>,
) -> Result<Record, ApiError> {
    check_revision(before, if_match)?;
    let mut after = before.clone();
    edit(&mut after)?;
    Ok(store(draft, before, after, now))
}
