//! The rules of network segment ranges: where the numbers of segments come from, and for whom.
//!
//! What the configuration says is shown as default ranges, which are nobody's to change. A project with
//! ranges of its own is given numbers of those first; then come the shared ones, without what other
//! projects have for themselves.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use api::{
    ApiError, Kind, NetworkSegmentRange, NetworkSegmentRangeCreate, NetworkSegmentRangeDerived,
    NetworkSegmentRangeUpdate, NetworkType, Record,
};
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::segment;
use super::{Moment, Settings};
use crate::model::{Draft, Model};

/// So many free numbers of a range are shown.
const SHOWN_MAX: usize = 4096;

/// Numbers of a physical network, whose name is empty for tunnels.
type Numbers = (String, RangeInclusive<u32>);

/// The ranges of the configuration.
pub fn defaults(settings: &Settings) -> impl Iterator<Item = NetworkSegmentRange> + use<'_> {
    let vlans = settings.vlan_ranges.iter().flat_map(|(name, ranges)| {
        let of = move |range| (NetworkType::Vlan, name.as_str(), range);
        ranges.iter().map(of)
    });
    let tunnels = settings.tunnel_ranges.iter();
    let tunnels = tunnels.flat_map(|(kind, ranges)| ranges.iter().map(|range| (*kind, "", range)));
    let enabled = |kind: NetworkType| settings.types.contains(&kind);
    vlans
        .chain(tunnels)
        .filter(move |(kind, _, _)| enabled(*kind))
        .map(
            |(network_type, physical_network, range)| NetworkSegmentRange {
                id: Uuid::new_v5(
                    &Uuid::NAMESPACE_OID,
                    format!("default segment range {network_type} {physical_network} {range:?}")
                        .as_bytes(),
                ),
                is_default: true,
                shared: true,
                network_type,
                physical_network: physical_network.to_owned(),
                minimum: *range.start(),
                maximum: *range.end(),
                ..NetworkSegmentRange::default()
            },
        )
}

/// The numbers that segments of a project are given, in the order they are tried.
pub fn given_out(
    model: &Model,
    settings: &Settings,
    network_type: NetworkType,
    project: &str,
) -> Vec<Numbers> {
    let made = model.shelf::<NetworkSegmentRange>();
    let stored = || made.iter().filter(|r| r.network_type == network_type);
    let numbers = |r: &NetworkSegmentRange| (r.physical_network.clone(), r.minimum..=r.maximum);
    let is_own = |r: &&Arc<NetworkSegmentRange>| r.owner.as_deref() == Some(project);
    let mut own: Vec<Numbers> = stored().filter(is_own).map(|r| numbers(r)).collect();
    own.sort_by(|a, b| (&a.0, a.1.start()).cmp(&(&b.0, b.1.start())));

    let others = stored().filter(|r| r.owner.is_some() && !is_own(r));
    let others: Vec<Numbers> = others.map(|r| numbers(r)).collect();
    let configured = defaults(settings).filter(|r| r.network_type == network_type);
    let mut shared: Vec<Numbers> = configured.map(|r| numbers(&r)).collect();
    let mut added: Vec<Numbers> = stored().filter(|r| r.shared).map(|r| numbers(r)).collect();
    added.sort_by(|a, b| (&a.0, a.1.start()).cmp(&(&b.0, b.1.start())));
    shared.extend(added);
    let left = shared.into_iter().flat_map(|one| without(one, &others));
    own.into_iter().chain(left).collect()
}

/// What is left of some numbers when others are taken out.
fn without((name, range): Numbers, others: &[Numbers]) -> Vec<Numbers> {
    let mut taken: Vec<&RangeInclusive<u32>> = others
        .iter()
        .filter(|(other, _)| *other == name)
        .map(|(_, range)| range)
        .collect();
    taken.sort_by_key(|range| *range.start());
    let mut left = Vec::new();
    let (mut from, last) = range.into_inner();
    for hole in taken {
        if from > last || *hole.start() > last {
            break;
        }
        if *hole.start() > from {
            left.push((name.clone(), from..=hole.start() - 1));
        }
        from = from.max(hole.end().saturating_add(1));
    }
    if from <= last {
        left.push((name, from..=last));
    }
    left
}

/// Whether some range gives out VLANs of a physical network.
pub fn has_vlans(model: &Model, physical_network: &str) -> bool {
    let mut made = model.shelf::<NetworkSegmentRange>().iter();
    made.any(|r| r.network_type == NetworkType::Vlan && r.physical_network == physical_network)
}

/// Which numbers of a range are free, and whose networks have the others.
pub fn derived(model: &Model, range: &NetworkSegmentRange) -> NetworkSegmentRangeDerived {
    let used = in_use(model, range);
    let mut available = Vec::new();
    let mut next = Some(range.minimum);
    while let Some(from) = next
        && from <= range.maximum
        && available.len() < SHOWN_MAX
    {
        if !used.contains_key(&from) {
            available.push(from);
        }
        next = from.checked_add(1);
    }
    NetworkSegmentRangeDerived {
        available,
        used: used.into_iter().map(|(n, p)| (n.to_string(), p)).collect(),
    }
}

/// The numbers of a range that networks have, with their projects.
fn in_use(model: &Model, range: &NetworkSegmentRange) -> BTreeMap<u32, String> {
    let name = Some(range.physical_network.as_str()).filter(|name| !name.is_empty());
    let numbers = range.minimum..=range.maximum;
    model
        .segments_in(range.network_type, name, numbers)
        .map(|(number, network)| (number, network.project_id.clone()))
        .collect()
}

/// Creates a range.
///
/// # Errors
/// 400 `NetworkSegmentRangeNetTypeNotSupported`, `BadRequest` for VLANs of no physical network,
/// `InvalidInput` for numbers that such segments do not have; 409 `NetworkSegmentRangeOverlaps`.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: NetworkSegmentRangeCreate,
) -> Result<Record, ApiError> {
    let network_type = asked.network_type;
    let numbered = network_type == NetworkType::Vlan || network_type.is_tunnel();
    if !numbered || !moment.settings.types.contains(&network_type) {
        return Err(ApiError::new(
            400,
            "NetworkSegmentRangeNetTypeNotSupported",
            format!("segments of type {network_type} are not given out by number here"),
        ));
    }
    if asked.is_default {
        return Err(super::error::bad_resource(
            "default ranges are the configuration's (network_vlan_ranges, vni_ranges, …); create one without default",
        ));
    }
    let mut range = asked.into_record();
    range.id = id;
    if range.network_type != NetworkType::Vlan {
        range.physical_network.clear();
    } else if range.physical_network.is_empty() {
        return Err(super::error::bad_resource(
            "a range of VLANs needs physical_network to say of which network",
        ));
    }
    if range.shared {
        range.owner = None;
    }
    check(draft, &range)?;
    range.created_at = moment.now;
    range.updated_at = moment.now;
    draft.put(range.clone());
    Ok(Record::from(range))
}

/// Changes a range.
///
/// # Errors
/// 404 `NetworkSegmentRangeNotFound`; 412; 400 `NetworkSegmentRangeDefaultReadOnly`; 409
/// `NetworkSegmentRangeReferencedByProject` where a network's number would be left out; those of
/// [`create`].
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: NetworkSegmentRangeUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, moment.settings, id)?;
    check_revision(&*before, if_match)?;
    let mut after = NetworkSegmentRange::clone(&before);
    asked.apply(&mut after);
    check(draft, &after)?;
    let kept = after.minimum..=after.maximum;
    let lost = in_use(draft, &before)
        .into_keys()
        .find(|n| !kept.contains(n));
    if let Some(number) = lost {
        return Err(referenced(id, number));
    }
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes a range.
///
/// # Errors
/// 404 `NetworkSegmentRangeNotFound`; 412; 400 `NetworkSegmentRangeDefaultReadOnly`; 409
/// `NetworkSegmentRangeReferencedByProject` while networks have numbers of it.
pub fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    if_match: Option<u64>,
) -> Result<(), ApiError> {
    let range = find(draft, moment.settings, id)?;
    check_revision(&*range, if_match)?;
    if let Some(number) = in_use(draft, &range).into_keys().next() {
        return Err(referenced(id, number));
    }
    draft.remove(Kind::NetworkSegmentRange, id);
    Ok(())
}

/// A range that is not the configuration's.
fn find(
    model: &Model,
    settings: &Settings,
    id: Uuid,
) -> Result<Arc<NetworkSegmentRange>, ApiError> {
    if defaults(settings).any(|range| range.id == id) {
        return Err(ApiError::new(
            400,
            "NetworkSegmentRangeDefaultReadOnly",
            format!("range {id} is the configuration's; change it there"),
        ));
    }
    let range = model.shelf::<NetworkSegmentRange>().get(id).cloned();
    range.ok_or_else(|| Kind::NetworkSegmentRange.not_found(id))
}

/// The numbers must be ones that such segments have, and no other range's of the kind.
fn check(model: &Model, range: &NetworkSegmentRange) -> Result<(), ApiError> {
    let all = segment::numbers(range.network_type);
    let (low, high) = (range.minimum, range.maximum);
    if low > high || !all.contains(&low) || !all.contains(&high) {
        return Err(ApiError::invalid_input(format!(
            "{low} to {high} is no range of {} numbers; they are {} to {}",
            range.network_type,
            all.start(),
            all.end()
        )));
    }
    let mut made = model.shelf::<NetworkSegmentRange>().iter();
    let overlaps = |other: &&Arc<NetworkSegmentRange>| {
        other.id != range.id
            && other.network_type == range.network_type
            && other.physical_network == range.physical_network
            && low <= other.maximum
            && other.minimum <= high
    };
    match made.find(overlaps) {
        Some(other) => Err(ApiError::conflict(
            "NetworkSegmentRangeOverlaps",
            format!(
                "{low} to {high} overlaps range {}, {} to {}",
                other.id, other.minimum, other.maximum
            ),
        )),
        None => Ok(()),
    }
}

fn referenced(id: Uuid, number: u32) -> ApiError {
    ApiError::conflict(
        "NetworkSegmentRangeReferencedByProject",
        format!("range {id} holds {number}, which is a network's; delete the network first"),
    )
}
