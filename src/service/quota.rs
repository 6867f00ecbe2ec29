//! The rules of quotas: how much of each resource a project may have.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{ApiError, Context, Create, Kind, QUOTAS, Quota, QuotaEdit};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{Moment, Settings};
use crate::model::{Draft, Model};

/// Refuses what would bring a project above its limits.
///
/// # Errors
/// 409 `OverQuota`.
pub fn check(model: &Model, settings: &Settings, items: &[(Uuid, Create)]) -> Result<(), ApiError> {
    let mut asked: BTreeMap<(Kind, &str), u32> = BTreeMap::new();
    for (_, item) in items {
        if let Some(project) = item.project() {
            *asked.entry((item.kind(), project)).or_default() += 1;
        }
    }
    for ((kind, project), more) in asked {
        let name = kind.name();
        let limit = limit(model, settings, project, name);
        let used = model.owned(kind, project);
        if limit >= 0 && i64::from(used) + i64::from(more) > limit {
            return Err(ApiError::conflict(
                "OverQuota",
                format!(
                    "quota exceeded for resources: ['{name}']: project {project} has {used} of {limit} and {more} more are asked for"
                ),
            ));
        }
    }
    Ok(())
}

/// Sets limits of a project.
///
/// # Errors
/// 400 where the project has more already, unless forced.
pub fn set(
    draft: &mut Draft,
    moment: &Moment<'_>,
    project: &str,
    edit: &QuotaEdit,
) -> Result<Json, ApiError> {
    for (name, limit) in edit.limits.iter().filter(|_| !edit.force) {
        let used = used(draft, project, name);
        if *limit >= 0 && used > *limit {
            return Err(ApiError::bad_request(format!(
                "{name}: the limit {limit} is below the {used} that project {project} has; delete some first, or say \"force\": true"
            )));
        }
    }
    if !edit.limits.is_empty() {
        let mut quota = match draft.quota(project) {
            Some(before) => Quota::clone(before),
            None => Quota::of_project(project),
        };
        quota.limits.extend(edit.limits.clone());
        draft.put(quota);
    }
    Ok(shown(draft, moment.settings, project))
}

/// Takes a project's limits away.
///
/// # Errors
/// 404 `TenantQuotaNotFound` where it has none of its own.
pub fn reset(draft: &mut Draft, project: &str) -> Result<(), ApiError> {
    let quota = draft.quota(project).map(|quota| quota.id);
    let id = quota.ok_or_else(|| {
        ApiError::not_found(
            "TenantQuotaNotFound",
            format!("project '{project}' has no limits of its own"),
        )
    })?;
    draft.remove(Kind::Quota, id);
    Ok(())
}

/// The limits of every project that has limits of its own.
pub fn all(model: &Model, settings: &Settings) -> Json {
    let one = |quota: &Arc<Quota>| {
        let project = &quota.project_id;
        let mut limits = limits(model, settings, project);
        limits.insert("project_id".into(), project.as_str().into());
        limits.insert("tenant_id".into(), project.as_str().into());
        Json::from(limits)
    };
    json!({"quotas": model.quotas().map(one).collect::<Vec<_>>()})
}

/// The limits of a project.
pub fn shown(model: &Model, settings: &Settings, project: &str) -> Json {
    json!({"quota": limits(model, settings, project)})
}

/// The limits of a project that has none of its own.
pub fn defaults(settings: &Settings) -> Json {
    let each = |name: &&str| ((*name).to_owned(), cloud_limit(settings, name).into());
    json!({"quota": QUOTAS.iter().map(each).collect::<Map<_, _>>()})
}

/// The limits of a project, and what it has. Nothing is ever reserved: a write has what it asks for, or
/// it is refused.
pub fn usage(model: &Model, settings: &Settings, project: &str) -> Json {
    let each = |name: &&str| {
        let limit = limit(model, settings, project, name);
        let used = used(model, project, name);
        let usage = json!({"limit": limit, "used": used, "reserved": 0});
        ((*name).to_owned(), usage)
    };
    json!({"quota": QUOTAS.iter().map(each).collect::<Map<_, _>>()})
}

/// The project that asks, by a word for projects.
///
/// # Errors
/// 400 `QuotaMissingTenant` where the caller is of no project.
pub fn asker(context: &Context, word: &str) -> Result<Json, ApiError> {
    if context.project_id.is_empty() {
        return Err(ApiError::new(
            400,
            "QuotaMissingTenant",
            "the request is for no project; use a token that is, or name one in X-Project-Id",
        ));
    }
    let id = format!("{word}_id");
    Ok(json!({word: {id: context.project_id}}))
}

fn limits(model: &Model, settings: &Settings, project: &str) -> Map<String, Json> {
    let each = |name: &&str| {
        let limit = limit(model, settings, project, name);
        ((*name).to_owned(), limit.into())
    };
    QUOTAS.iter().map(each).collect()
}

/// A project's limit of what has this name; below zero for none.
fn limit(model: &Model, settings: &Settings, project: &str, name: &str) -> i64 {
    let own = model
        .quota(project)
        .and_then(|quota| quota.limits.get(name));
    own.copied().unwrap_or_else(|| cloud_limit(settings, name))
}

/// The cloud's own limit of what has this name; below zero for none.
fn cloud_limit(settings: &Settings, name: &str) -> i64 {
    settings.quotas.get(name).copied().unwrap_or(-1)
}

fn used(model: &Model, project: &str, name: &str) -> i64 {
    let kind = Kind::ALL.iter().find(|kind| kind.name() == name);
    kind.map_or(0, |kind| i64::from(model.owned(*kind, project)))
}
