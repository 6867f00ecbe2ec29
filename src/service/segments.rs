//! The rules of segments as a resource: pieces added to a network, described, and taken away.
//!
//! A network keeps its segments in its own record. Its first is the one its provider attributes
//! describe, and a network always has one.

use api::{
    ApiError, Kind, Network, NetworkCreate, ProviderSegment, Record, Segment, SegmentCreate,
    SegmentUpdate,
};
use uuid::Uuid;

use super::revise::store;
use super::segment::{self, Wish};
use super::{Moment, error, network};
use crate::model::{Draft, Model};

/// The segments of a new network: the first, and the others.
///
/// # Errors
/// Those of [`segment::choose`]; 400 `SegmentsSetInConjunctionWithProviders`.
pub fn of_new(
    model: &Model,
    moment: &Moment<'_>,
    network: Uuid,
    asked: &NetworkCreate,
) -> Result<(Segment, Vec<Segment>), ApiError> {
    let several = asked.segments.as_deref().unwrap_or_default();
    let providers = asked.network_type.is_some()
        || asked.physical_network.is_some()
        || asked.segmentation_id.is_some();
    if several.is_empty() {
        let chosen = segment::choose(model, moment.settings, asked)?;
        return Ok((made(moment, network, 0, chosen), Vec::new()));
    }
    if providers {
        return Err(ApiError::new(
            400,
            "SegmentsSetInConjunctionWithProviders",
            "name either segments or provider attributes, not both",
        ));
    }
    // Each must see the numbers of those before it, so they are noted on a draft that is thrown away.
    let mut draft = Draft::new(model);
    let mut noted = Network {
        id: network,
        ..Network::default()
    };
    let mut segments: Vec<Segment> = Vec::with_capacity(several.len());
    for (index, wish) in several.iter().enumerate() {
        let chosen = named(&draft, moment, &asked.project_id, wish)?;
        segments.push(made(moment, network, index, chosen));
        noted.more_segments.clone_from(&segments);
        draft.put(noted.clone());
    }
    let first = segments.remove(0);
    Ok((first, segments))
}

fn named(
    model: &Model,
    moment: &Moment<'_>,
    project: &str,
    wish: &ProviderSegment,
) -> Result<segment::Segment, ApiError> {
    let physical_network = wish.physical_network.as_deref();
    let wanted = Wish {
        project,
        physical_network: physical_network.filter(|name| !name.is_empty()),
        id: wish.segmentation_id,
    };
    segment::named(model, moment.settings, wanted, wish.network_type)
}

/// A new segment. Its id follows from its network's and its place, so that a write run again makes the
/// same.
fn made(moment: &Moment<'_>, network: Uuid, index: usize, chosen: segment::Segment) -> Segment {
    Segment {
        id: Uuid::new_v5(&network, format!("segment {index}").as_bytes()),
        network_id: network,
        network_type: chosen.network_type,
        physical_network: chosen.physical_network,
        segmentation_id: chosen.segmentation_id,
        created_at: moment.now,
        updated_at: moment.now,
        ..Segment::default()
    }
}

/// Adds a segment to a network.
///
/// # Errors
/// 404 `NetworkNotFound`; those of [`segment::named`].
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SegmentCreate,
) -> Result<Record, ApiError> {
    let before = network::find(draft, asked.network_id)?;
    let wish = ProviderSegment {
        network_type: asked.network_type,
        physical_network: asked.physical_network.clone(),
        segmentation_id: asked.segmentation_id,
    };
    let chosen = named(draft, moment, &before.project_id, &wish)?;
    let segment = Segment {
        id,
        name: asked.name,
        description: asked.description,
        ..made(moment, before.id, 0, chosen)
    };
    let mut after = Network::clone(&before);
    after.more_segments.push(segment.clone());
    store(draft, &*before, after, moment.now);
    Ok(Record::from(segment))
}

/// Describes a segment anew.
///
/// # Errors
/// 404 `SegmentNotFound`; 412.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SegmentUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let (before, mut segment) = find(draft, id)?;
    check_revision(&segment, if_match)?;
    let old = segment.clone();
    asked.apply(&mut segment);
    if segment != old {
        segment.revision_number += 1;
        segment.updated_at = moment.now;
        let mut after = Network::clone(&before);
        match after.more_segments.iter_mut().find(|s| s.id == id) {
            Some(slot) => *slot = segment.clone(),
            None => after.set_first_segment(segment.clone()),
        }
        store(draft, &*before, after, moment.now);
    }
    Ok(Record::from(segment))
}

/// Takes a segment from its network.
///
/// # Errors
/// 404 `SegmentNotFound`; 412; 409 `SegmentInUse` while subnets lie on it or ports are on it, and where
/// the network has no other.
pub fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    if_match: Option<u64>,
) -> Result<(), ApiError> {
    let (before, segment) = find(draft, id)?;
    check_revision(&segment, if_match)?;
    check_unused(draft, &before, id)?;
    let mut after = Network::clone(&before);
    after.more_segments.retain(|other| other.id != id);
    if after.more_segments.len() == before.more_segments.len() {
        if after.more_segments.is_empty() {
            return Err(error::segment_in_use(
                id,
                "it is the only one of its network; delete the network, or add another segment first",
            ));
        }
        let first = after.more_segments.remove(0);
        after.set_first_segment(first);
    }
    store(draft, &*before, after, moment.now);
    Ok(())
}

fn check_unused(model: &Model, network: &Network, id: Uuid) -> Result<(), ApiError> {
    let mut subnets = model.subnets_of(network.id);
    if let Some(subnet) = subnets.find(|s| s.segment_id == Some(id)) {
        let why = format!("subnet {} lies on it", subnet.id);
        return Err(error::segment_in_use(id, &why));
    }
    let mut hosts = model
        .hosts_of_network(network.id)
        .filter_map(|host| model.node_by_hostname(host));
    let on = |node: &api::Node| network.wire_at(node).is_some_and(|(found, _)| found == id);
    if let Some(node) = hosts.find(|node| on(node)) {
        let why = format!("ports on host '{}' are on it", node.hostname);
        return Err(error::segment_in_use(id, &why));
    }
    Ok(())
}

fn check_revision(segment: &Segment, if_match: Option<u64>) -> Result<(), ApiError> {
    match if_match {
        Some(wanted) if wanted != segment.revision_number => {
            Err(ApiError::revision_mismatch(wanted, segment.revision_number))
        }
        _ => Ok(()),
    }
}

/// The segment and its network, or 404 `SegmentNotFound`.
fn find(model: &Model, id: Uuid) -> Result<(std::sync::Arc<Network>, Segment), ApiError> {
    let missing = || Kind::Segment.not_found(id);
    let network = model.network_of_segment(id).cloned().ok_or_else(missing)?;
    let segment = model.segment(id).ok_or_else(missing)?;
    Ok((network, segment))
}
