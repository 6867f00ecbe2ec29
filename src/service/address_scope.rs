//! The rules of address scopes.

use std::sync::Arc;

use api::{AddressScope, AddressScopeCreate, AddressScopeUpdate, ApiError, Kind, Record};
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::{Moment, pool_error, sharing};
use crate::model::{Draft, Model};

/// Creates an address scope.
pub fn create(draft: &mut Draft, id: Uuid, asked: AddressScopeCreate) -> Record {
    let shared = asked.shared;
    let mut scope = asked.into_record();
    scope.id = id;
    sharing::set_shared(draft, Kind::AddressScope, id, &scope.project_id, shared);
    let record = Record::from(scope);
    draft.put(record.clone());
    record
}

/// Changes an address scope.
///
/// # Errors
/// 404 `AddressScopeNotFound`; 412; 400 `AddressScopeUpdateError` when it would stop being shared.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: AddressScopeUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let shared = asked.shared;
    let mut after = AddressScope::clone(&before);
    asked.apply(&mut after);
    let project = &moment.caller.project_id;
    if shared == Some(false) && draft.shared_with(Kind::AddressScope, id, project) {
        return Err(ApiError::new(
            400,
            "AddressScopeUpdateError",
            format!("address scope {id} is shared, and stays so"),
        ));
    }
    if shared == Some(true) {
        sharing::set_shared(draft, Kind::AddressScope, id, &before.project_id, true);
    }
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes an address scope.
///
/// # Errors
/// 404 `AddressScopeNotFound`; 412; 409 `AddressScopeInUse` while a subnet pool is in it.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let scope = find(draft, id)?;
    check_revision(&*scope, if_match)?;
    if let Some(pool) = draft.pools_of_scope(id).next() {
        return Err(pool_error::scope_in_use(id, pool.id));
    }
    sharing::forget(draft, id);
    draft.remove(Kind::AddressScope, id);
    Ok(())
}

/// The address scope, or 404 `AddressScopeNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<AddressScope>, ApiError> {
    let scope = model.shelf::<AddressScope>().get(id).cloned();
    scope.ok_or_else(|| Kind::AddressScope.not_found(id))
}
