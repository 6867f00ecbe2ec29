//! The rules of RBAC policies, and of the attribute `shared`, which is one of them: for every project.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{
    ACCESS_AS_EXTERNAL, ACCESS_AS_SHARED, AddressScope, ApiError, EVERYONE, Kind, Network,
    RbacPolicy, RbacPolicyCreate, RbacPolicyUpdate, Record, SHAREABLE, SubnetPool,
};
use uuid::Uuid;

use super::revise::{check_revision, store, touch_network};
use super::{Moment, owner, reach};
use crate::model::{Draft, Model};

/// Shares something with a project, or with every project. A network that is let be used as external
/// becomes so.
///
/// # Errors
/// 400 `InvalidInput` for what cannot be shared, for a target that is no project, and for what
/// belongs to others; those of [`check_scope`]; 400 `InvalidActionForType`; 404 of the object's type; 409 `DuplicateRbacPolicy`.
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: RbacPolicyCreate,
) -> Result<Record, ApiError> {
    let mut policy = asked.into_record();
    policy.id = id;
    policy.object_type = policy.object_type.trim().to_lowercase();
    let kind = check_action(&policy)?;
    check_target(&policy.target_tenant)?;
    check_owner(draft, moment, kind, policy.object_id)?;
    if let Some(Record::SubnetPool(pool)) = draft.record(kind, policy.object_id) {
        check_scope(draft, &pool, &policy.target_tenant)?;
    }
    if same_grant(draft, kind, &policy).is_some() {
        return Err(ApiError::conflict(
            "DuplicateRbacPolicy",
            format!(
                "there is a policy already by which {} '{}' has {} {}",
                policy.action, policy.target_tenant, policy.object_type, policy.object_id
            ),
        ));
    }
    let record = Record::from(policy.clone());
    draft.put(record.clone());
    if policy.is_external() {
        mark_external(draft, policy.object_id, true);
    }
    touch(draft, moment, kind, policy.object_id);
    Ok(record)
}

/// Changes whom something is shared with.
///
/// # Errors
/// 404 `RbacPolicyNotFound`; 412; 400 `InvalidInput` for a target that is no project, and for what
/// belongs to others; 409 `NeutronDbObjectDuplicateEntry`, and `RbacPolicyInUse` where a project that
/// loses access needs it.
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: RbacPolicyUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = RbacPolicy::clone(&before);
    asked.apply(&mut after);
    let kind = check_action(&after)?;
    check_target(&after.target_tenant)?;
    check_owner(draft, moment, kind, after.object_id)?;
    if after.target_tenant == before.target_tenant {
        return Ok(before.into());
    }
    if same_grant(draft, kind, &after).is_some() {
        return Err(ApiError::conflict(
            "NeutronDbObjectDuplicateEntry",
            format!(
                "'{}' has {} {} by another policy already",
                after.target_tenant, after.object_type, after.object_id
            ),
        ));
    }
    check_not_needed(draft, &before, Some(&after.target_tenant))?;
    let record = store(draft, &*before, after, moment.now);
    touch(draft, moment, kind, before.object_id);
    Ok(record)
}

/// Stops sharing something with a project. A network that nobody is let use as external any more
/// stops being external.
///
/// # Errors
/// 404 `RbacPolicyNotFound`; 412; 409 `RbacPolicyInUse` where a project that loses access needs it.
pub fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    if_match: Option<u64>,
) -> Result<(), ApiError> {
    let policy = find(draft, id)?;
    check_revision(&*policy, if_match)?;
    check_not_needed(draft, &policy, None)?;
    draft.remove(Kind::RbacPolicy, id);
    let object = policy.object_id;
    let others = |draft: &Draft| draft.policies_of_object(object).any(|p| p.is_external());
    if policy.is_external() && !others(draft) {
        mark_external(draft, object, false);
    }
    if let Some(kind) = policy.object_kind() {
        touch(draft, moment, kind, object);
    }
    Ok(())
}

/// Shares an object with every project, or stops doing so; tells whether that is a change. Nobody's
/// need is checked.
pub fn set_shared(draft: &mut Draft, kind: Kind, object: Uuid, owner: &str, shared: bool) -> bool {
    let policy = draft.sharing_policy(kind, object, false, EVERYONE);
    match (policy.map(|policy| policy.id), shared) {
        (None, true) => draft.put(for_everyone(draft, kind, object, owner, ACCESS_AS_SHARED)),
        (Some(id), false) => draft.remove(Kind::RbacPolicy, id),
        _ => return false,
    };
    true
}

/// Lets every project use a network as external, or none any more; tells whether that is a change.
pub fn set_external(draft: &mut Draft, network: Uuid, owner: &str, external: bool) -> bool {
    let policies = draft.policies_of_object(network);
    let policies = policies.filter(|policy| policy.is_external());
    let ids: Vec<Uuid> = policies.map(|policy| policy.id).collect();
    if external != ids.is_empty() {
        return false;
    }
    if external {
        let kind = Kind::Network;
        draft.put(for_everyone(
            draft,
            kind,
            network,
            owner,
            ACCESS_AS_EXTERNAL,
        ));
    }
    for id in ids {
        draft.remove(Kind::RbacPolicy, id);
    }
    true
}

/// Removes the policies on an object that goes.
pub fn forget(draft: &mut Draft, object: Uuid) {
    let ids: Vec<Uuid> = draft.policies_of_object(object).map(|p| p.id).collect();
    for id in ids {
        draft.remove(Kind::RbacPolicy, id);
    }
}

/// The projects that an object is shared with one by one.
pub fn shared_one_by_one(model: &Model, object: Uuid) -> BTreeSet<&str> {
    let policies = model
        .policies_of_object(object)
        .filter(|p| !p.is_external());
    let targets = policies.map(|policy| policy.target_tenant.as_str());
    targets.filter(|target| *target != EVERYONE).collect()
}

/// The policy, or 404 `RbacPolicyNotFound`.
pub fn find(model: &Model, id: Uuid) -> Result<Arc<RbacPolicy>, ApiError> {
    let policy = model.rbac_policy(id).cloned();
    policy.ok_or_else(|| Kind::RbacPolicy.not_found(id))
}

/// The kind of the policy's object, whose actions its own must be one of.
fn check_action(policy: &RbacPolicy) -> Result<Kind, ApiError> {
    let mut rows = SHAREABLE.iter();
    let row = rows.find(|(kind, _)| kind.name() == policy.object_type);
    let (kind, actions) = row.ok_or_else(|| {
        let names: Vec<&str> = SHAREABLE.iter().map(|(kind, _)| kind.name()).collect();
        ApiError::invalid_input(format!(
            "object_type '{}' is none of what can be shared: {}",
            policy.object_type,
            names.join(", ")
        ))
    })?;
    if !actions.contains(&policy.action.as_str()) {
        return Err(ApiError::new(
            400,
            "InvalidActionForType",
            format!(
                "action '{}' is none of those for a {}: {}",
                policy.action,
                policy.object_type,
                actions.join(", ")
            ),
        ));
    }
    Ok(*kind)
}

fn check_target(target: &str) -> Result<(), ApiError> {
    if target == EVERYONE || Uuid::parse_str(target).is_ok() {
        return Ok(());
    }
    Err(ApiError::invalid_input(format!(
        "target_tenant '{target}' is neither the id of a project, which is a UUID, nor '*' for all"
    )))
}

/// Only who owns something shares it; to whom it is out of reach it is not there.
fn check_owner(
    model: &Model,
    moment: &Moment<'_>,
    kind: Kind,
    object: Uuid,
) -> Result<(), ApiError> {
    let record = model.record(kind, object);
    let record = record.ok_or_else(|| kind.not_found(object))?;
    let project = moment.caller.project_id.as_str();
    if moment.caller.is_admin || record.project() == Some(project) {
        return Ok(());
    }
    if !reach::reaches(model, &record, project) {
        return Err(kind.not_found(object));
    }
    Err(ApiError::invalid_input(format!(
        "{} {object} belongs to another project; its owner or an administrator can share it",
        kind.name()
    )))
}

/// Who is to have a subnet pool must have its address scope.
///
/// # Errors
/// 400 `InvalidInput`.
pub fn check_scope(model: &Model, pool: &SubnetPool, target: &str) -> Result<(), ApiError> {
    let Some(scope) = pool.address_scope_id else {
        return Ok(());
    };
    let scopes = model.shelf::<AddressScope>();
    let owns = scopes.get(scope).is_some_and(|s| s.project_id == target);
    if owns || model.shared_with(Kind::AddressScope, scope, target) {
        return Ok(());
    }
    Err(ApiError::invalid_input(format!(
        "subnet pool {} is in address scope {scope}, which is not shared with '{target}'; share the scope first",
        pool.id
    )))
}

/// Another policy that says what this one says.
fn same_grant<'a>(
    model: &'a Model,
    kind: Kind,
    policy: &RbacPolicy,
) -> Option<&'a Arc<RbacPolicy>> {
    let (object, external) = (policy.object_id, policy.is_external());
    let found = model.sharing_policy(kind, object, external, &policy.target_tenant);
    found.filter(|found| found.id != policy.id)
}

/// Refuses to take access from a project that needs it; `next` is whom the policy lets in instead.
fn check_not_needed(
    model: &Model,
    policy: &RbacPolicy,
    next: Option<&str>,
) -> Result<(), ApiError> {
    if next == Some(EVERYONE) {
        return Ok(());
    }
    let reason = if policy.is_external() {
        external_need(model, policy, next)
    } else {
        shared_need(model, policy, next)
    };
    match reason {
        None => Ok(()),
        Some(reason) => Err(ApiError::conflict(
            "RbacPolicyInUse",
            format!(
                "{} {} must stay shared with '{}': {reason}",
                policy.object_type, policy.object_id, policy.target_tenant
            ),
        )),
    }
}

/// Why a project that would lose an object needs it.
fn shared_need(model: &Model, policy: &RbacPolicy, next: Option<&str>) -> Option<String> {
    let kind = policy.object_kind()?;
    let object = model.record(kind, policy.object_id)?;
    let others = model.policies_of_object(policy.object_id);
    let others = others.filter(|other| other.id != policy.id && !other.is_external());
    let mut kept: BTreeSet<&str> = others.map(|o| o.target_tenant.as_str()).collect();
    kept.extend(next);
    // What belongs to nobody was made by weft itself.
    kept.extend(["", object.project().unwrap_or_default()]);
    if kept.contains(EVERYONE) {
        return None;
    }
    let target = policy.target_tenant.as_str();
    let loses =
        |project: &&str| (target == EVERYONE || *project == target) && !kept.contains(project);
    let project = dependents(model, kind, policy.object_id).find(loses)?;
    Some(format!("project {project} has something there"))
}

/// The projects of what was made with the help of an object.
fn dependents(model: &Model, kind: Kind, object: Uuid) -> Box<dyn Iterator<Item = &str> + '_> {
    match kind {
        Kind::Network => {
            let ports = model.ports_of_network(object);
            Box::new(ports.map(|port| port.project_id.as_str()))
        }
        Kind::AddressScope => {
            let pools = model.pools_of_scope(object);
            Box::new(pools.map(|pool| pool.project_id.as_str()))
        }
        Kind::SubnetPool => {
            let subnets = model.subnets_of_pool(object);
            Box::new(subnets.map(|subnet| subnet.project_id.as_str()))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// Why a network must stay external for those who would lose it.
fn external_need(model: &Model, policy: &RbacPolicy, next: Option<&str>) -> Option<String> {
    let network = model.network(policy.object_id)?;
    if policy.target_tenant == EVERYONE && network.is_default {
        return Some("the default external network is everybody's".into());
    }
    let others = model.policies_of_object(policy.object_id);
    let mut others = others.filter(|other| other.id != policy.id && other.is_external());
    if next.is_some() || others.next().is_some() {
        return None;
    }
    let gateway = model
        .ports_of_network(network.id)
        .find(|port| port.device_owner == owner::ROUTER_GATEWAY)?;
    Some(format!("router gateway port {} is on it", gateway.id))
}

fn mark_external(draft: &mut Draft, network: Uuid, external: bool) {
    let Some(before) = draft.network(network).cloned() else {
        return;
    };
    if before.external != external {
        let mut after = Network::clone(&before);
        after.external = external;
        draft.put(after);
    }
}

/// A network counts the changes of its policies.
fn touch(draft: &mut Draft, moment: &Moment<'_>, kind: Kind, object: Uuid) {
    if kind == Kind::Network {
        touch_network(draft, object, moment.now);
    }
}

/// A policy for every project. Its id follows from the object, so that a write that is run again makes
/// the same.
fn for_everyone(model: &Model, kind: Kind, object: Uuid, owner: &str, action: &str) -> RbacPolicy {
    let id = |n: u32| Uuid::new_v5(&object, format!("{action} {n}").as_bytes());
    let free = |id: &Uuid| model.rbac_policy(*id).is_none();
    RbacPolicy {
        id: (0..).map(id).find(free).unwrap_or_default(),
        project_id: owner.to_owned(),
        object_type: kind.name().to_owned(),
        object_id: object,
        action: action.to_owned(),
        target_tenant: EVERYONE.to_owned(),
    }
}
