//! The rules of subnet pools.

use std::sync::Arc;

use api::{
    ApiError, EVERYONE, Kind, PrefixLength, Record, SubnetPool, SubnetPoolCreate, SubnetPoolUpdate,
};
use ipnet::IpNet;
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::{Moment, address, address_scope, pool_error as error, sharing};
use crate::model::{Draft, Model, prefixes};

/// Creates a subnet pool.
///
/// # Errors
/// 400 `EmptySubnetPoolPrefixList`, `PrefixVersionMismatch`; those of [`check`] and of
/// [`sharing::check_scope`].
pub fn create(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SubnetPoolCreate,
) -> Result<Record, ApiError> {
    let (least, usual, most) = (
        asked.min_prefixlen,
        asked.default_prefixlen,
        asked.max_prefixlen,
    );
    let shared = asked.shared;
    let mut pool = asked.into_record();
    let first = pool.prefixes.first().ok_or_else(error::no_prefixes)?;
    pool.ip_version = address::net_version(first);
    pool.prefixes = settled(&pool.prefixes, pool.ip_version)?;
    let (shortest, longest) = if pool.ip_version == 4 {
        (8, 32)
    } else {
        (64, 128)
    };
    pool.min_prefixlen = least.unwrap_or(PrefixLength(shortest));
    pool.max_prefixlen = most.unwrap_or(PrefixLength(longest));
    pool.default_prefixlen = usual.unwrap_or(pool.min_prefixlen);
    pool.id = id;
    pool.created_at = moment.now;
    pool.updated_at = moment.now;
    check(draft, moment, None, &pool)?;
    if shared {
        sharing::check_scope(draft, &pool, EVERYONE)?;
        sharing::set_shared(draft, Kind::SubnetPool, id, &pool.project_id, true);
    }
    let record = Record::from(pool);
    draft.put(record.clone());
    Ok(record)
}

/// Changes a subnet pool. Its prefixes only grow.
///
/// # Errors
/// 404 `SubnetPoolNotFound`; 412; 400 `IllegalSubnetPoolPrefixUpdate`, `PrefixVersionMismatch`; those
/// of [`check`].
pub fn update(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    asked: SubnetPoolUpdate,
    if_match: Option<u64>,
) -> Result<Record, ApiError> {
    let before = find(draft, moment, id)?;
    check_revision(&*before, if_match)?;
    let asked_prefixes = asked.prefixes.is_some();
    let mut after = SubnetPool::clone(&before);
    asked.apply(&mut after);
    if asked_prefixes {
        let whole = prefixes::merged(&after.prefixes);
        let left_out = before.prefixes.iter().find(|p| !prefixes::holds(&whole, p));
        if let Some(left_out) = left_out {
            return Err(error::shrunk(left_out));
        }
        after.prefixes = settled(&whole, before.ip_version)?;
    }
    check(draft, moment, Some(&before), &after)?;
    Ok(store(draft, &*before, after, moment.now))
}

/// Removes a subnet pool.
///
/// # Errors
/// 404 `SubnetPoolNotFound`; 412; 400 `SubnetPoolDeleteError` while a subnet is of it.
pub fn delete(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    if_match: Option<u64>,
) -> Result<(), ApiError> {
    let pool = find(draft, moment, id)?;
    check_revision(&*pool, if_match)?;
    if let Some(subnet) = draft.subnets_of_pool(id).next() {
        return Err(error::pool_in_use(id, subnet.id));
    }
    sharing::forget(draft, id);
    draft.remove(Kind::SubnetPool, id);
    Ok(())
}

/// The subnet pool, where the caller may know of it, or 404 `SubnetPoolNotFound`.
pub fn find(model: &Model, moment: &Moment<'_>, id: Uuid) -> Result<Arc<SubnetPool>, ApiError> {
    let pool = model.shelf::<SubnetPool>().get(id);
    let seen = pool.filter(|pool| may_use(model, moment, pool));
    seen.cloned().ok_or_else(|| Kind::SubnetPool.not_found(id))
}

/// Whether the caller may take subnets from the pool.
pub fn may_use(model: &Model, moment: &Moment<'_>, pool: &Arc<SubnetPool>) -> bool {
    moment.may_use(model, &Record::SubnetPool(Arc::clone(pool)))
}

/// Prefixes as they are kept: as few as hold the same addresses, all of one version.
///
/// # Errors
/// 400 `PrefixVersionMismatch`.
pub fn settled(blocks: &[IpNet], version: u8) -> Result<Vec<IpNet>, ApiError> {
    let other = blocks.iter().find(|b| address::net_version(b) != version);
    match other {
        Some(other) => Err(error::mixed_versions(other, version)),
        None => Ok(prefixes::merged(blocks)),
    }
}

/// What a pool must be, alone and among others, where it was `before` or is new.
///
/// # Errors
/// 400 `IllegalSubnetPoolPrefixBounds`, `InvalidInput` for a second default pool,
/// `IllegalSubnetPoolUpdate` where it is in the address scope of another project; those of the address
/// scope: 404 `AddressScopeNotFound`, 400 `IllegalSubnetPoolIpVersionAssociationToAddressScope` and
/// `NetworkAddressScopeAffinityError`, 409 `AddressScopePrefixConflict`.
pub fn check(
    model: &Model,
    moment: &Moment<'_>,
    before: Option<&SubnetPool>,
    after: &SubnetPool,
) -> Result<(), ApiError> {
    check_lengths(after)?;
    if after.is_default && !before.is_some_and(|pool| pool.is_default) {
        let mut others = model.default_pools(after.ip_version);
        if let Some(other) = others.find(|other| other.id != after.id) {
            return Err(error::default_exists(other.id, after.ip_version));
        }
    }
    let scope_before = before.and_then(|pool| pool.address_scope_id);
    if let Some(scope) = scope_before {
        let owner = address_scope::find(model, scope)?.project_id.clone();
        if !moment.caller.is_admin && owner != moment.caller.project_id {
            return Err(error::scope_of_another(after.id, scope));
        }
    }
    check_scope(model, moment, scope_before, after)
}

fn check_lengths(pool: &SubnetPool) -> Result<(), ApiError> {
    let bits = if pool.ip_version == 4 { 32 } else { 128 };
    let (least, usual, most) = (
        pool.min_prefixlen,
        pool.default_prefixlen,
        pool.max_prefixlen,
    );
    if least > most {
        return Err(error::lengths(
            "min_prefixlen",
            least,
            "max_prefixlen",
            most,
        ));
    }
    if most.0 > bits {
        let longest = PrefixLength(bits);
        return Err(error::lengths(
            "max_prefixlen",
            most,
            "the longest there is",
            longest,
        ));
    }
    if usual < least {
        return Err(error::lengths(
            "default_prefixlen",
            usual,
            "min_prefixlen",
            least,
        ));
    }
    if usual > most {
        return Err(error::lengths(
            "default_prefixlen",
            usual,
            "max_prefixlen",
            most,
        ));
    }
    Ok(())
}

/// Pools of a scope do not overlap, and all subnets of a network of one IP version are of one scope.
fn check_scope(
    model: &Model,
    moment: &Moment<'_>,
    before: Option<Uuid>,
    pool: &SubnetPool,
) -> Result<(), ApiError> {
    if before != pool.address_scope_id {
        if let Some(id) = pool.address_scope_id {
            let scope = address_scope::find(model, id)?;
            if !moment.may_use(model, &Record::AddressScope(Arc::clone(&scope))) {
                return Err(Kind::AddressScope.not_found(id));
            }
            if scope.ip_version != pool.ip_version {
                return Err(error::scope_of_other_version(pool, id, scope.ip_version));
            }
        }
        check_networks(model, pool)?;
    }
    let Some(scope) = pool.address_scope_id else {
        return Ok(());
    };
    let overlaps = |prefix: &&IpNet| model.overlap_in_scope(scope, pool.id, prefix).is_some();
    match pool.prefixes.iter().find(overlaps) {
        Some(prefix) => Err(error::overlap_in_scope(prefix, scope)),
        None => Ok(()),
    }
}

/// A pool that changes its scope takes whole networks with it, or stays.
fn check_networks(model: &Model, pool: &SubnetPool) -> Result<(), ApiError> {
    let mut networks: Vec<Uuid> = model
        .subnets_of_pool(pool.id)
        .map(|s| s.network_id)
        .collect();
    networks.sort();
    networks.dedup();
    for network in networks {
        let stays = model
            .subnets_of(network)
            .any(|s| s.ip_version == pool.ip_version && s.subnetpool_id != Some(pool.id));
        if stays {
            return Err(error::network_of_two_scopes(network, pool.ip_version));
        }
    }
    Ok(())
}
