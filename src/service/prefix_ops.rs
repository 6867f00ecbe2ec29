//! Operations on what a subnet pool consists of: prefixes that come and go, and subnets brought in.

use std::sync::Arc;

use api::{ApiError, Kind, PrefixEdit, Record, Subnet, SubnetPool};
use ipnet::IpNet;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::revise::{check_revision, store, touch_network};
use super::subnet_pool::{check, find, settled};
use super::{Moment, network, pool_error as error};
use crate::model::{Draft, prefixes};

/// Adds blocks to a pool, or takes them out; what it then consists of.
///
/// # Errors
/// 404 `SubnetPoolNotFound`; 412; 400 `PrefixVersionMismatch`, `IllegalSubnetPoolPrefixUpdate` for blocks
/// to take out of which a subnet has some; those of [`check`].
pub fn edit(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    edit: PrefixEdit,
    if_match: Option<u64>,
) -> Result<Json, ApiError> {
    let before = find(draft, moment, id)?;
    check_revision(&*before, if_match)?;
    let mut after = SubnetPool::clone(&before);
    match edit {
        PrefixEdit::Add(blocks) => {
            let all: Vec<IpNet> = before.prefixes.iter().chain(&blocks).copied().collect();
            after.prefixes = settled(&all, before.ip_version)?;
            check(draft, moment, Some(&before), &after)?;
        }
        PrefixEdit::Remove(blocks) => {
            let blocks = prefixes::merged(&blocks);
            after.prefixes = prefixes::without(&before.prefixes, &blocks);
            let taken = |block: &IpNet| Some((*block, draft.taken_from_pool(id, block)?));
            if after.prefixes != before.prefixes
                && let Some((block, subnet)) = blocks.iter().find_map(taken)
            {
                return Err(error::prefix_in_use(&block, subnet.id, &subnet.cidr));
            }
        }
    }
    let document = json!({"prefixes": after.prefixes});
    store(draft, &*before, after, moment.now);
    Ok(document)
}

/// Makes the subnets of a network that are of the pool's IP version the pool's, and their blocks with
/// them; which ones these are.
///
/// # Errors
/// 404 `SubnetPoolNotFound`, `NetworkNotFound`; 412; 403 `NotAuthorized` where the network is another
/// project's; 400 `IllegalSubnetPoolUpdate` where a block was given out already; those of [`check`].
pub fn onboard(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    network: Uuid,
    if_match: Option<u64>,
) -> Result<Json, ApiError> {
    let before = find(draft, moment, id)?;
    check_revision(&*before, if_match)?;
    let network = network::find(draft, network)?;
    if !moment.may_use(draft, &Record::Network(Arc::clone(&network))) {
        return Err(Kind::Network.not_found(network.id));
    }
    if !moment.caller.is_admin && network.project_id != moment.caller.project_id {
        return Err(ApiError::new(
            403,
            "NotAuthorized",
            format!("network {} is another project's", network.id),
        ));
    }
    let subnets = draft.subnets_of(network.id);
    let subnets: Vec<_> = subnets
        .filter(|s| s.ip_version == before.ip_version)
        .cloned()
        .collect();
    for subnet in &subnets {
        if draft.taken_from_pool(id, &subnet.cidr).is_some() {
            return Err(error::onboard_conflict(subnet.id, &subnet.cidr, id));
        }
    }
    let blocks = subnets.iter().map(|s| s.cidr);
    let all: Vec<IpNet> = before.prefixes.iter().copied().chain(blocks).collect();
    let mut after = SubnetPool::clone(&before);
    after.prefixes = settled(&all, before.ip_version)?;
    check(draft, moment, Some(&before), &after)?;
    store(draft, &*before, after, moment.now);
    let mut onboarded = Vec::with_capacity(subnets.len());
    for subnet in subnets {
        onboarded.push(json!({"id": subnet.id, "cidr": subnet.cidr}));
        let mut with = Subnet::clone(&subnet);
        with.subnetpool_id = Some(id);
        store(draft, &*subnet, with, moment.now);
    }
    if !onboarded.is_empty() {
        touch_network(draft, network.id, moment.now);
    }
    Ok(Json::from(onboarded))
}
