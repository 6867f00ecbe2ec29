//! The rules of flavors.

use std::sync::Arc;

use api::{ApiError, Flavor, FlavorCreate, FlavorUpdate, Kind, Record, ServiceProfile};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Moment;
use super::provider::Provider;
use super::revise::{check_revision, store};
use super::service_profile;
use crate::model::{Draft, Model};

/// What a flavor may be for: services whose instances can be of one, and the service of flavors itself, which
/// Neutron counts among them.
const SERVICE_TYPES: &[&str] = &["FLAVORS", "L3_ROUTER_NAT", "VPN"];

/// Creates a flavor.
///
/// # Errors
/// 400 `InvalidServiceType`; 404 `ServiceProfileNotFound`.
pub fn create(draft: &mut Draft, id: Uuid, asked: FlavorCreate) -> Result<Record, ApiError> {
    let mut flavor = asked.into_record();
    flavor.id = id;
    if !SERVICE_TYPES.contains(&flavor.service_type.as_str()) {
        return Err(ApiError::new(
            400,
            "InvalidServiceType",
            format!(
                "service_type '{}' is none of those that have flavors: {}",
                flavor.service_type,
                SERVICE_TYPES.join(", ")
            ),
        ));
    }
    check_profiles(draft, &flavor)?;
    let record = Record::from(flavor);
    draft.put(record.clone());
    Ok(record)
}

/// Changes a flavor.
///
/// # Errors
/// 404 `FlavorNotFound`, `ServiceProfileNotFound`; 412.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: FlavorUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = Flavor::clone(&before);
    asked.apply(&mut after);
    check_profiles(draft, &after)?;
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes a flavor.
///
/// # Errors
/// 404 `FlavorNotFound`; 412.
pub fn delete(draft: &mut Draft, id: Uuid, if_match: Option<u64>) -> Result<(), ApiError> {
    let flavor = find(draft, id)?;
    check_revision(&*flavor, if_match)?;
    draft.remove(Kind::Flavor, id);
    Ok(())
}

/// Lets a flavor stand for a profile too.
///
/// # Errors
/// 404 `FlavorNotFound`, `ServiceProfileNotFound`; 409 `FlavorServiceProfileBindingExists`.
pub fn add_profile(draft: &mut Draft, id: Uuid, profile: Uuid) -> Result<Json, ApiError> {
    let flavor = find(draft, id)?;
    service_profile::find(draft, profile)?;
    if flavor.service_profiles.contains(&profile) {
        return Err(ApiError::conflict(
            "FlavorServiceProfileBindingExists",
            format!("flavor {id} stands for service profile {profile} already"),
        ));
    }
    let mut after = Flavor::clone(&flavor);
    after.service_profiles.push(profile);
    draft.put(after);
    Ok(json!({"service_profile": {"id": profile}}))
}

/// Lets a flavor stand for a profile no more.
///
/// # Errors
/// 404 `FlavorNotFound`, `FlavorServiceProfileBindingNotFound`.
pub fn remove_profile(draft: &mut Draft, id: Uuid, profile: Uuid) -> Result<(), ApiError> {
    let flavor = find(draft, id)?;
    if !flavor.service_profiles.contains(&profile) {
        return Err(no_profile(id, &format!("service profile {profile}")));
    }
    let mut after = Flavor::clone(&flavor);
    after.service_profiles.retain(|held| *held != profile);
    draft.put(after);
    Ok(())
}

/// What of `providers` would provide the service to who chose the flavor now: that of its first profile.
///
/// # Errors
/// 404 `FlavorNotFound`, `FlavorServiceProfileBindingNotFound`, `ServiceProfileDriverNotFound`; 503
/// `ServiceProfileDisabled`.
pub fn next_providers(model: &Model, providers: &[Provider], id: Uuid) -> Result<Json, ApiError> {
    let flavor = find(model, id)?;
    let first = flavor.service_profiles.first();
    let first = first.ok_or_else(|| no_profile(id, "any service profile"))?;
    let profile = service_profile::find(model, *first)?;
    if !profile.enabled {
        return Err(ApiError::new(
            503,
            "ServiceProfileDisabled",
            format!(
                "service profile {} of flavor {id} is not enabled",
                profile.id
            ),
        ));
    }
    let provider = service_profile::provider_of(providers, &profile.driver)?;
    Ok(json!({"next_providers": [{"driver": profile.driver, "provider": provider.name}]}))
}

/// Whether some flavor stands for the profile.
pub fn stands_for(model: &Model, profile: Uuid) -> Option<&Arc<Flavor>> {
    let mut flavors = model.shelf::<Flavor>().iter();
    flavors.find(|flavor| flavor.service_profiles.contains(&profile))
}

/// The flavor, or 404 `FlavorNotFound`.
fn find(model: &Model, id: Uuid) -> Result<Arc<Flavor>, ApiError> {
    let flavor = model.shelf::<Flavor>().get(id).cloned();
    flavor.ok_or_else(|| Kind::Flavor.not_found(id))
}

fn check_profiles(model: &Model, flavor: &Flavor) -> Result<(), ApiError> {
    let shelf = model.shelf::<ServiceProfile>();
    let mut profiles = flavor.service_profiles.iter();
    match profiles.find(|id| shelf.get(**id).is_none()) {
        Some(absent) => Err(Kind::ServiceProfile.not_found(absent)),
        None => Ok(()),
    }
}

fn no_profile(flavor: Uuid, what: &str) -> ApiError {
    ApiError::not_found(
        "FlavorServiceProfileBindingNotFound",
        format!("flavor {flavor} does not stand for {what}"),
    )
}
