//! The rules of service profiles.

use std::sync::Arc;

use api::{ApiError, Kind, Record, ServiceProfile, ServiceProfileCreate, ServiceProfileUpdate};
use uuid::Uuid;

use super::provider::{PROVIDERS, Provider};
use super::revise::{check_revision, store};
use super::{Moment, flavor};
use crate::model::{Draft, Model};

/// Creates a service profile.
///
/// # Errors
/// 400 `ServiceProfileEmpty`; 404 `ServiceProfileDriverNotFound`.
pub fn create(
    draft: &mut Draft,
    id: Uuid,
    asked: ServiceProfileCreate,
) -> Result<Record, ApiError> {
    let mut profile = asked.into_record();
    profile.id = id;
    if !profile.driver.is_empty() {
        provider_of(PROVIDERS, &profile.driver)?;
    } else if profile.metainfo.is_empty() {
        return Err(ApiError::new(
            400,
            "ServiceProfileEmpty",
            "a service profile needs a driver or metainfo",
        ));
    }
    let record = Record::from(profile);
    draft.put(record.clone());
    Ok(record)
}

/// Changes a service profile.
///
/// # Errors
/// 404 `ServiceProfileNotFound`, `ServiceProfileDriverNotFound`; 409 `ServiceProfileInUse`; 412.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: ServiceProfileUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    if let Some(driver) = asked.driver.as_ref().filter(|driver| !driver.is_empty()) {
        provider_of(PROVIDERS, driver)?;
    }
    check_unused(draft, id)?;
    let mut after = ServiceProfile::clone(&before);
    asked.apply(&mut after);
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes a service profile.
///
/// # Errors
/// 404 `ServiceProfileNotFound`; 409 `ServiceProfileInUse`; 412.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let profile = find(draft, id)?;
    check_revision(&*profile, if_match)?;
    check_unused(draft, id)?;
    draft.remove(Kind::ServiceProfile, id);
    Ok(())
}

/// The service profile, or 404 `ServiceProfileNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<ServiceProfile>, ApiError> {
    let profile = model.shelf::<ServiceProfile>().get(id).cloned();
    profile.ok_or_else(|| Kind::ServiceProfile.not_found(id))
}

/// The provider with this driver, or 404 `ServiceProfileDriverNotFound`.
pub fn provider_of<'a>(providers: &'a [Provider], driver: &str) -> Result<&'a Provider, ApiError> {
    let mut with = providers
        .iter()
        .filter(|provider| provider.driver == driver);
    with.next().ok_or_else(|| {
        ApiError::not_found(
            "ServiceProfileDriverNotFound",
            format!("no service provider has the driver '{driver}'; see /v2.0/service-providers"),
        )
    })
}

fn check_unused(model: &Model, id: Uuid) -> Result<(), ApiError> {
    match flavor::stands_for(model, id) {
        Some(flavor) => Err(ApiError::conflict(
            "ServiceProfileInUse",
            format!("flavor {} stands for service profile {id}", flavor.id),
        )),
        None => Ok(()),
    }
}
