//! The rules of address groups.

use std::sync::Arc;

use api::{
    AddressEdit, AddressGroup, AddressGroupCreate, AddressGroupUpdate, ApiError, Kind, Record,
};
use ipnet::IpNet;
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::{Moment, sharing};
use crate::model::{Draft, Model};

/// Creates an address group.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: AddressGroupCreate,
) -> Record {
    let mut group = asked.into_record();
    group.id = id;
    group.addresses = settled(group.addresses);
    group.revision_number = 1;
    group.created_at = moment.now;
    group.updated_at = moment.now;
    let record = Record::from(group);
    draft.put(record.clone());
    record
}

/// Changes an address group.
///
/// # Errors
/// 404 `AddressGroupNotFound`; 412.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: AddressGroupUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = AddressGroup::clone(&before);
    asked.apply(&mut after);
    Ok(store(draft, &*before, after, moment.now))
}

/// Adds blocks to an address group, or takes them out.
///
/// # Errors
/// 404 `AddressGroupNotFound`, `AddressesNotFound` for blocks to take out that are not in it; 412.
pub fn edit(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    edit: AddressEdit,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = AddressGroup::clone(&before);
    match edit {
        AddressEdit::Add(blocks) => {
            after.addresses.extend(blocks);
            after.addresses = settled(after.addresses);
        }
        AddressEdit::Remove(blocks) => {
            let blocks = settled(blocks);
            let absent = blocks.iter().find(|b| !before.addresses.contains(b));
            if let Some(absent) = absent {
                return Err(ApiError::not_found(
                    "AddressesNotFound",
                    format!("address group {id} does not hold {absent}"),
                ));
            }
            after.addresses.retain(|block| !blocks.contains(block));
        }
    }
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes an address group.
///
/// # Errors
/// 404 `AddressGroupNotFound`; 412.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let group = find(draft, id)?;
    check_revision(&*group, if_match)?;
    sharing::forget(draft, id);
    draft.remove(Kind::AddressGroup, id);
    Ok(())
}

/// The address group, or 404 `AddressGroupNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<AddressGroup>, ApiError> {
    let group = model.shelf::<AddressGroup>().get(id).cloned();
    group.ok_or_else(|| Kind::AddressGroup.not_found(id))
}

/// Blocks as they are kept: without host bits, ascending, each once.
fn settled(blocks: Vec<IpNet>) -> Vec<IpNet> {
    let mut blocks: Vec<IpNet> = blocks.iter().map(IpNet::trunc).collect();
    blocks.sort();
    blocks.dedup();
    blocks
}
