//! Which block a new subnet gets: one that it names, or one taken from a subnet pool.

use std::net::IpAddr;
use std::sync::Arc;

use api::{ApiError, SubnetCreate, SubnetPool};
use ipnet::IpNet;
use uuid::Uuid;

use super::{Moment, address, error, pool_error, subnet_check, subnet_pool};
use crate::model::Model;

/// The block of a new subnet, and the pool it is of.
///
/// # Errors
/// 400 `BadRequest` where the request's parts do not go together, or there is no default pool; 404
/// `SubnetPoolNotFound`; those of [`take`].
pub fn choose(
    model: &Model,
    moment: &Moment<'_>,
    asked: &SubnetCreate,
) -> Result<(IpNet, Option<Arc<SubnetPool>>), ApiError> {
    match (pool(model, moment, asked)?, asked.cidr) {
        (Some(pool), _) => Ok((take(model, &pool, asked)?, Some(pool))),
        (None, Some(cidr)) => Ok((cidr.trunc(), None)),
        (None, None) => Err(error::bad_resource(
            "a subnet needs a cidr, or a subnetpool_id to take one from",
        )),
    }
}

/// The pool that a new subnet asks for.
fn pool(
    model: &Model,
    moment: &Moment<'_>,
    asked: &SubnetCreate,
) -> Result<Option<Arc<SubnetPool>>, ApiError> {
    if asked.cidr.is_some() && asked.prefixlen.is_some() {
        return Err(error::bad_resource(
            "name either cidr or prefixlen, not both",
        ));
    }
    let pool = match (asked.subnetpool_id, asked.use_default_subnetpool) {
        (Some(_), true) => {
            return Err(error::bad_resource(
                "name either subnetpool_id or use_default_subnetpool, not both",
            ));
        }
        (Some(id), false) => subnet_pool::find(model, moment, id)?,
        (None, true) => default(model, moment, asked)?,
        (None, false) => return Ok(None),
    };
    if asked.cidr.is_none() && asked.allocation_pools.is_some() {
        return Err(error::bad_resource(
            "allocation_pools need a cidr; a subnet pool chooses another block each time",
        ));
    }
    if pool.ip_version != asked.ip_version {
        return Err(error::bad_resource(format!(
            "subnet pool {} is IPv{}, not IPv{} as ip_version says",
            pool.id, pool.ip_version, asked.ip_version
        )));
    }
    Ok(Some(pool))
}

fn default(
    model: &Model,
    moment: &Moment<'_>,
    asked: &SubnetCreate,
) -> Result<Arc<SubnetPool>, ApiError> {
    let version = asked.cidr.as_ref().map(address::net_version);
    let version = version.unwrap_or(asked.ip_version);
    let mut pools = model.default_pools(version);
    let seen = pools.find(|pool| subnet_pool::may_use(model, moment, pool));
    seen.cloned().ok_or_else(|| {
        error::bad_resource(format!("there is no default subnet pool for IPv{version}"))
    })
}

/// A block of the pool for a new subnet: the one it names or that holds the gateway it names, else the
/// first out of the smallest free block that has room.
///
/// # Errors
/// 400 `MinPrefixSubnetAllocationError`, `MaxPrefixSubnetAllocationError`, `InvalidInput` for a gateway
/// of the other IP version; 409 `SubnetPoolQuotaExceeded`, `SubnetAllocationError`.
fn take(model: &Model, pool: &SubnetPool, asked: &SubnetCreate) -> Result<IpNet, ApiError> {
    let usual = asked.prefixlen.unwrap_or(pool.default_prefixlen.0);
    let length = asked.cidr.map_or(usual, |cidr| cidr.prefix_len().into());
    if length > pool.max_prefixlen.0 {
        return Err(pool_error::too_long(length, pool.max_prefixlen));
    }
    if length < pool.min_prefixlen.0 {
        return Err(pool_error::too_short(length, pool.min_prefixlen));
    }
    let prefix = u8::try_from(length).unwrap_or(u8::MAX);
    check_quota(model, pool, &asked.project_id, length)?;
    let named = match (asked.cidr, asked.gateway_ip.flatten()) {
        (Some(cidr), _) => Some(cidr.trunc()),
        (None, Some(gateway)) => Some(around(gateway, prefix, pool.ip_version)?),
        (None, None) => None,
    };
    match named {
        Some(block) if model.is_free_in_pool(pool.id, &block) => Ok(block),
        Some(block) => Err(pool_error::nothing_free(pool.id, block)),
        None => model
            .free_block(pool, prefix)
            .ok_or_else(|| pool_error::nothing_free(pool.id, format!("a /{length}"))),
    }
}

/// The block of this size that the gateway is in.
fn around(gateway: IpAddr, prefix: u8, version: u8) -> Result<IpNet, ApiError> {
    subnet_check::same_version(version, address::version(gateway), "gateway_ip", gateway)?;
    let block = IpNet::new(gateway, prefix);
    block
        .map(|block| block.trunc())
        .map_err(|_| ApiError::invalid_input(format!("IPv{version} has no prefixes of /{prefix}")))
}

/// What one project has of a pool is bounded by the pool's `default_quota`.
fn check_quota(
    model: &Model,
    pool: &SubnetPool,
    project: &str,
    length: u32,
) -> Result<(), ApiError> {
    let Some(quota) = pool.default_quota.filter(|quota| *quota > 0) else {
        return Ok(());
    };
    let (bits, unit) = if pool.ip_version == 4 {
        (32, 0)
    } else {
        (128, 64)
    };
    let wanted = 1u128
        .checked_shl(bits - length.min(bits))
        .unwrap_or(u128::MAX);
    let used = model.taken_by_project(pool.id, project);
    if used.saturating_add(wanted) > u128::from(quota) << unit {
        return Err(pool_error::quota(pool, project));
    }
    Ok(())
}

/// All subnets of a network of one IP version are of one address scope, or of one subnet pool, or of
/// none; `pool` is that of the one that comes.
///
/// # Errors
/// 400 `NetworkAddressScopeAffinityError`, `NetworkSubnetPoolAffinityError`.
pub fn check_affinity(
    model: &Model,
    network: Uuid,
    version: u8,
    pool: Option<&SubnetPool>,
) -> Result<(), ApiError> {
    let scope = model.scope_of_network(network, version);
    if let (Some(scope), Some(pool)) = (scope, pool) {
        if pool.address_scope_id == Some(scope) {
            return Ok(());
        }
        return Err(pool_error::network_of_two_scopes(network, version));
    }
    let pool = pool.map(|pool| pool.id);
    let others = model
        .subnets_of(network)
        .any(|s| s.ip_version == version && s.subnetpool_id != pool);
    if others {
        return Err(pool_error::network_of_two_pools(network, version));
    }
    Ok(())
}
