//! The writes of the API as functions over a draft.

use api::{ApiError, Create, Kind, Record, TagEdit, Timestamp, Update};
use uuid::Uuid;

use super::revise::{Revised, check_revision, store};
use super::{
    Moment, address_group, address_scope, flavor, network, node, port, quota, segment_range,
    segments, service_profile, sharing, subnet, subnet_pool,
};
use crate::model::Draft;

/// Creates all of `items`, each under its id, in order. After an error the draft is of no use.
///
/// # Errors
/// The first rule that refuses; quotas go first.
pub(super) fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    items: &[(Uuid, Create)],
) -> Result<Vec<Record>, ApiError> {
    quota::check(draft, moment.settings, items)?;
    let one = |(id, item): &(Uuid, Create)| match item.clone() {
        Create::Network(asked) => network::create(draft, moment, *id, asked),
        Create::Subnet(asked) => subnet::create(draft, moment, *id, asked),
        Create::Port(asked) => port::create(draft, moment, *id, asked),
        Create::SubnetPool(asked) => subnet_pool::create(draft, moment, *id, asked),
        Create::AddressScope(asked) => Ok(address_scope::create(draft, *id, asked)),
        Create::Flavor(asked) => flavor::create(draft, *id, asked),
        Create::ServiceProfile(asked) => service_profile::create(draft, *id, asked),
        Create::RbacPolicy(asked) => sharing::create(draft, moment, *id, asked),
        Create::Segment(asked) => segments::create(draft, moment, *id, asked),
        Create::NetworkSegmentRange(asked) => segment_range::create(draft, moment, *id, asked),
        Create::AddressGroup(asked) => Ok(address_group::create(draft, moment, *id, asked)),
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
        Update::SubnetPool(asked) => subnet_pool::update(draft, moment, id, asked, if_match),
        Update::AddressScope(asked) => address_scope::update(draft, moment, id, asked, if_match),
        Update::AddressGroup(asked) => address_group::update(draft, moment, id, asked, if_match),
        Update::Flavor(asked) => flavor::update(draft, moment, id, asked, if_match),
        Update::ServiceProfile(asked) => {
            service_profile::update(draft, moment, id, asked, if_match)
        }
        Update::RbacPolicy(asked) => sharing::update(draft, moment, id, asked, if_match),
        Update::Segment(asked) => segments::update(draft, moment, id, asked, if_match),
        Update::NetworkSegmentRange(asked) => {
            segment_range::update(draft, moment, id, asked, if_match)
        }
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
        Kind::SubnetPool => subnet_pool::delete(draft, moment, id, if_match),
        Kind::AddressScope => address_scope::delete(draft, id, if_match),
        Kind::AddressGroup => address_group::delete(draft, id, if_match),
        Kind::Flavor => flavor::delete(draft, id, if_match),
        Kind::ServiceProfile => service_profile::delete(draft, id, if_match),
        Kind::RbacPolicy => sharing::delete(draft, moment, id, if_match),
        Kind::Segment => segments::delete(draft, moment, id, if_match),
        Kind::NetworkSegmentRange => segment_range::delete(draft, moment, id, if_match),
        Kind::Node => node::delete(draft, id, alive),
        Kind::Quota
        | Kind::AvailabilityZone
        | Kind::NetworkIpAvailability
        | Kind::ServiceProvider => Err(ApiError::method_not_allowed("DELETE", "GET")),
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
    let record = draft.record(kind, id).ok_or_else(|| kind.not_found(id))?;
    match record {
        Record::Network(network) => tagged(draft, now, &*network, edit, if_match),
        Record::Port(port) => tagged(draft, now, &*port, edit, if_match),
        Record::NetworkSegmentRange(range) => tagged(draft, now, &*range, edit, if_match),
        Record::SubnetPool(pool) => tagged(draft, now, &*pool, edit, if_match),
        Record::Subnet(subnet) => tagged(draft, now, &*subnet, edit, if_match),
        _ => Err(ApiError::bad_request(format!(
            "{} have no tags",
            kind.plural()
        ))),
    }
}

fn tagged<R: Revised>(
    draft: &mut Draft,
    now: Timestamp,
    before: &R,
    edit: &TagEdit,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    check_revision(before, if_match)?;
    let mut after = before.clone();
    if let Some(tags) = after.tags_mut() {
        edit.apply(tags)?;
    }
    Ok(store(draft, before, after, now))
}
