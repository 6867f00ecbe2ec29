//! Subnet pools: what was taken from each, what is free, and in which address scope it is.
//!
//! What is free is kept as the fewest blocks that hold it, so a block of any size is found by two
//! look-ups, however many were taken. Taking one splits a free block, giving one back joins it with its
//! free neighbours. All of it follows from the records alone, in whatever order they come.

use std::sync::Arc;

use api::{Record, Resource, Subnet, SubnetPool};
use ipnet::IpNet;
use uuid::Uuid;

use super::blocks::{Block, Blocks, Cover};
use super::tree::Tree;
use super::{Model, prefixes};

/// Everything that follows from subnet pools and the subnets taken from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pools {
    /// The prefixes of each pool.
    prefixes: Blocks,
    /// The subnets of each pool; the owner is the subnet.
    taken: Blocks,
    /// How many addresses each project has of each pool.
    taken_by: Tree<(Uuid, Arc<str>), u128>,
    /// The prefixes of each pool less what is taken, by place. Nobody owns them.
    free: Blocks,
    /// As `free`, by size: (pool, length, first address).
    free_by_size: Tree<(Uuid, u8, u128), ()>,
    /// The prefixes of the pools of each address scope; the owner is the pool.
    scoped: Blocks,
    /// The pools of each address scope.
    by_scope: Tree<(Uuid, Uuid), ()>,
    /// The default pools of each IP version.
    defaults: Tree<(u8, Uuid), ()>,
}

impl Pools {
    /// Takes note that a record was `before` and now is `after`.
    pub(super) fn change(&mut self, before: Option<&Record>, after: Option<&Record>) {
        match (before, after) {
            (Some(Record::SubnetPool(_)), _) | (_, Some(Record::SubnetPool(_))) => {
                self.change_pool(before.and_then(as_pool), after.and_then(as_pool));
            }
            (Some(Record::Subnet(_)), _) | (_, Some(Record::Subnet(_))) => {
                self.change_subnet(before.and_then(as_subnet), after.and_then(as_subnet));
            }
            _ => {}
        }
    }

    fn change_pool(&mut self, before: Option<&SubnetPool>, after: Option<&SubnetPool>) {
        if let Some(pool) = before {
            self.strike(pool);
        }
        if let Some(pool) = after {
            self.enter(pool);
        }
        let Some(id) = before.or(after).map(|pool| pool.id) else {
            return;
        };
        let of = |pool: Option<&SubnetPool>| pool.map_or(&[][..], |p| &p.prefixes).to_vec();
        let (old, new) = (of(before), of(after));
        if old == new {
            return;
        }
        for prefix in &old {
            self.prefixes.remove(id, Block::of(prefix), Uuid::nil());
        }
        for prefix in &new {
            self.prefixes.insert(id, Block::of(prefix), Uuid::nil());
        }
        let gone = prefixes::without(&old, &new);
        for region in gone.iter().chain(&prefixes::without(&new, &old)) {
            self.settle(id, Block::of(region));
        }
    }

    /// Makes a pool found by its scope, and as the default.
    fn enter(&mut self, pool: &SubnetPool) {
        if pool.is_default {
            self.defaults.insert((pool.ip_version, pool.id), ());
        }
        if let Some(scope) = pool.address_scope_id {
            self.by_scope.insert((scope, pool.id), ());
            for prefix in &pool.prefixes {
                self.scoped.insert(scope, Block::of(prefix), pool.id);
            }
        }
    }

    fn strike(&mut self, pool: &SubnetPool) {
        self.defaults.remove(&(pool.ip_version, pool.id));
        if let Some(scope) = pool.address_scope_id {
            self.by_scope.remove(&(scope, pool.id));
            for prefix in &pool.prefixes {
                self.scoped.remove(scope, Block::of(prefix), pool.id);
            }
        }
    }

    fn change_subnet(&mut self, before: Option<&Subnet>, after: Option<&Subnet>) {
        let place = |subnet: &Subnet| {
            let pool = subnet.subnetpool_id?;
            Some((pool, Block::of(&subnet.cidr), subnet.project_id.clone()))
        };
        let (old, new) = (before.and_then(place), after.and_then(place));
        let Some(id) = before.or(after).map(|subnet| subnet.id) else {
            return;
        };
        if old == new {
            return;
        }
        if let Some((pool, block, project)) = old {
            self.taken.remove(pool, block, id);
            let share = (pool, Arc::from(project));
            let held = self.taken_by.get(&share).copied().unwrap_or_default();
            match held.wrapping_sub(block.size()) {
                0 => self.taken_by.remove(&share),
                left => self.taken_by.insert(share, left),
            };
            self.settle(pool, block);
        }
        if let Some((pool, block, project)) = new {
            self.taken.insert(pool, block, id);
            let share = (pool, Arc::from(project));
            let held = self.taken_by.get(&share).copied().unwrap_or_default();
            match held.wrapping_add(block.size()) {
                0 => self.taken_by.remove(&share),
                more => self.taken_by.insert(share, more),
            };
            self.settle(pool, block);
        }
    }

    /// Makes what is free within `region` follow from prefixes and subnets again.
    fn settle(&mut self, pool: Uuid, region: Block) {
        if let Some((around, _)) = self.free.holding(pool, region) {
            self.forget_free(pool, around);
            let mut open = around;
            while open != region {
                let halves = open.halves().into_iter().flatten();
                let (with, apart): (Vec<_>, Vec<_>) = halves.partition(|h| h.contains(region));
                for half in apart {
                    self.note_free(pool, half);
                }
                match with.first() {
                    Some(half) => open = *half,
                    None => break,
                }
            }
        }
        let inside: Vec<Block> = self.free.inside(pool, region).map(|(b, _)| b).collect();
        for block in inside {
            self.forget_free(pool, block);
        }
        let mut open = vec![region];
        while let Some(block) = open.pop() {
            match (
                self.prefixes.cover(pool, block),
                self.taken.cover(pool, block),
            ) {
                (Cover::Nothing, _) | (_, Cover::Whole) => {}
                (Cover::Whole, Cover::Nothing) => self.join_free(pool, block),
                _ => open.extend(block.halves().into_iter().flatten()),
            }
        }
    }

    /// Adds a free block, joined with what is free beside it.
    fn join_free(&mut self, pool: Uuid, mut block: Block) {
        while let Some((parent, sibling)) = block.parent() {
            let key = (pool, sibling.length(), sibling.first());
            if !self.free_by_size.contains(&key) {
                break;
            }
            self.forget_free(pool, sibling);
            block = parent;
        }
        self.note_free(pool, block);
    }

    fn note_free(&mut self, pool: Uuid, block: Block) {
        self.free.insert(pool, block, Uuid::nil());
        self.free_by_size
            .insert((pool, block.length(), block.first()), ());
    }

    fn forget_free(&mut self, pool: Uuid, block: Block) {
        self.free.remove(pool, block, Uuid::nil());
        self.free_by_size
            .remove(&(pool, block.length(), block.first()));
    }

    /// The first block of this length out of the smallest free one that has room for it.
    fn smallest_free(&self, pool: Uuid, length: u8) -> Option<Block> {
        let ((found, size, _), ()) = self.free_by_size.floor(&(pool, length, u128::MAX))?;
        if *found != pool {
            return None;
        }
        let ((_, _, first), ()) = self.free_by_size.from(&(pool, *size, 0)).next()?;
        Some(Block::at(*first, length))
    }
}

fn as_pool(record: &Record) -> Option<&SubnetPool> {
    SubnetPool::of(record).map(Arc::as_ref)
}

fn as_subnet(record: &Record) -> Option<&Subnet> {
    Subnet::of(record).map(Arc::as_ref)
}

/// Subnet pools and address scopes.
impl Model {
    /// The subnets taken from a pool, by place.
    pub fn subnets_of_pool(
        &self,
        pool: Uuid,
    ) -> impl Iterator<Item = &Arc<Subnet>> + Send + use<'_> {
        let taken = self.pools.taken.of(pool);
        taken.filter_map(|(_, subnet)| self.subnet(subnet))
    }

    /// A subnet of the pool that shares an address with `block`.
    pub fn taken_from_pool(&self, pool: Uuid, block: &IpNet) -> Option<&Arc<Subnet>> {
        let (taken, block) = (&self.pools.taken, Block::of(block));
        let holding = taken.holding(pool, block);
        let (_, subnet) = holding.or_else(|| taken.inside(pool, block).next())?;
        self.subnet(subnet)
    }

    /// The first block of this prefix length out of the smallest free block of the pool that has room
    /// for it; of several such, the first.
    pub fn free_block(&self, pool: &SubnetPool, prefix: u8) -> Option<IpNet> {
        let length = Block::length_of(pool.ip_version, prefix);
        let block = self.pools.smallest_free(pool.id, length)?;
        block.net(pool.ip_version)
    }

    /// True when all of `block` is the pool's and no subnet has any of it.
    pub fn is_free_in_pool(&self, pool: Uuid, block: &IpNet) -> bool {
        self.pools.free.holding(pool, Block::of(block)).is_some()
    }

    /// How many addresses the subnets of a project have of a pool.
    pub fn taken_by_project(&self, pool: Uuid, project: &str) -> u128 {
        let share = (pool, Arc::from(project));
        self.pools.taken_by.get(&share).copied().unwrap_or_default()
    }

    /// The pools of an address scope, ascending by id.
    pub fn pools_of_scope(
        &self,
        scope: Uuid,
    ) -> impl Iterator<Item = &Arc<SubnetPool>> + Send + use<'_> {
        self.pools
            .by_scope
            .from(&(scope, Uuid::nil()))
            .take_while(move |((found, _), ())| *found == scope)
            .filter_map(|((_, pool), ())| self.shelf().get(*pool))
    }

    /// A prefix of another pool of the address scope that shares an address with `block`.
    pub fn overlap_in_scope(&self, scope: Uuid, pool: Uuid, block: &IpNet) -> Option<Uuid> {
        let (scoped, block) = (&self.pools.scoped, Block::of(block));
        let around = scoped.holding(scope, block);
        let mut near = around.into_iter().chain(scoped.inside(scope, block));
        near.find_map(|(_, owner)| (owner != pool).then_some(owner))
    }

    /// The default pools of an IP version; there should be one at most.
    pub fn default_pools(
        &self,
        version: u8,
    ) -> impl Iterator<Item = &Arc<SubnetPool>> + Send + use<'_> {
        self.pools
            .defaults
            .from(&(version, Uuid::nil()))
            .take_while(move |((found, _), ())| *found == version)
            .filter_map(|((_, pool), ())| self.shelf().get(*pool))
    }

    /// The address scope of a network's subnets of an IP version: that of their pool.
    pub fn scope_of_network(&self, network: Uuid, version: u8) -> Option<Uuid> {
        self.subnets_of(network)
            .filter(|subnet| subnet.ip_version == version)
            .filter_map(|subnet| self.shelf::<SubnetPool>().get(subnet.subnetpool_id?))
            .find_map(|pool| pool.address_scope_id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn pool_id(n: u8) -> Uuid {
        Uuid::from_u128(0x100 + u128::from(n))
    }

    /// A pool with any prefixes of 10.0.0.0/25, as the service keeps them, or none at all.
    fn pool() -> impl Strategy<Value = Record> {
        let prefix = (0u8..128, 25u8..=32)
            .prop_map(|(host, length)| IpNet::new([10, 0, 0, host].into(), length).unwrap());
        (0u8..2, prop::collection::vec(prefix, 0..5), 0u8..3).prop_map(|(n, blocks, scope)| {
            Record::from(SubnetPool {
                id: pool_id(n),
                ip_version: 4,
                prefixes: prefixes::merged(&blocks),
                address_scope_id: (scope > 0).then(|| Uuid::from_u128(scope.into())),
                is_default: scope == 2,
                ..SubnetPool::default()
            })
        })
    }

    /// A subnet anywhere, of a pool or of none: overlaps included, which no rule lets through.
    fn subnet() -> impl Strategy<Value = Record> {
        (0u8..12, 0u8..128, 26u8..=32, 0u8..3, 0u8..2).prop_map(
            |(n, host, length, pool, project)| {
                Record::from(Subnet {
                    id: Uuid::from_u128(0x200 + u128::from(n)),
                    ip_version: 4,
                    cidr: IpNet::new([10, 0, 0, host].into(), length).unwrap().trunc(),
                    subnetpool_id: (pool < 2).then(|| pool_id(pool)),
                    project_id: project.to_string(),
                    ..Subnet::default()
                })
            },
        )
    }

    fn edit() -> impl Strategy<Value = (Record, bool)> {
        let record = prop_oneof![1 => pool(), 3 => subnet()];
        (record, prop::bool::weighted(0.7))
    }

    /// What is free of a pool, from the records alone.
    fn free_by_scan(model: &Model, pool: &SubnetPool) -> Vec<IpNet> {
        let subnets = model.subnets().filter(|s| s.subnetpool_id == Some(pool.id));
        let taken: Vec<IpNet> = subnets.map(|s| s.cidr).collect();
        prefixes::without(&pool.prefixes, &prefixes::merged(&taken))
    }

    fn check(model: &Model, pool: &SubnetPool) -> Result<(), TestCaseError> {
        let free = free_by_scan(model, pool);
        let kept: Vec<IpNet> = model
            .pools
            .free
            .of(pool.id)
            .filter_map(|(b, _)| b.net(4))
            .collect();
        prop_assert_eq!(&kept, &free);
        for length in 25..=32 {
            let fitting = free.iter().filter(|block| block.prefix_len() <= length);
            let best = fitting.min_by_key(|block| (32 - block.prefix_len(), block.network()));
            let first = best.map(|block| IpNet::new(block.network(), length).unwrap());
            prop_assert_eq!(model.free_block(pool, length), first);
        }
        for project in ["0", "1"] {
            let subnets = model
                .subnets_of_pool(pool.id)
                .filter(|s| s.project_id == project);
            let held: u128 = subnets.map(|s| 1u128 << (32 - s.cidr.prefix_len())).sum();
            prop_assert_eq!(model.taken_by_project(pool.id, project), held);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_is_free_is_what_prefixes_have_and_subnets_do_not(
            edits in prop::collection::vec(edit(), 1..40),
        ) {
            let mut model = Model::default();
            for (record, there) in edits {
                match there {
                    true => model.put(record),
                    false => model.remove(record.kind(), record.id()),
                };
            }
            for pool in model.shelf::<SubnetPool>().iter() {
                check(&model, pool)?;
            }
            let records: Vec<Record> = [api::Kind::Subnet, api::Kind::SubnetPool]
                .iter()
                .flat_map(|kind| model.records(*kind))
                .collect();
            prop_assert_eq!(&Model::from_records(0, records.clone()), &model);
            let turned = records.into_iter().rev();
            prop_assert_eq!(&Model::from_records(0, turned), &model);
        }
    }

    /// Which /24s of 10.0.0.0/8 are taken, by their second and third octet.
    type Shape = fn(u8, u8) -> bool;

    fn with_subnets(count: u8, of: Shape) -> (Model, Arc<SubnetPool>) {
        let mut model = Model::default();
        let pool = Arc::new(SubnetPool {
            id: pool_id(0),
            ip_version: 4,
            prefixes: vec!["10.0.0.0/8".parse().unwrap()],
            ..SubnetPool::default()
        });
        model.put(Record::SubnetPool(Arc::clone(&pool)));
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            if of(a, b) {
                model.put(subnet_at(IpNet::new([10, a, b, 0].into(), 24).unwrap()));
            }
        }
        (model, pool)
    }

    fn subnet_at(cidr: IpNet) -> Record {
        Record::from(Subnet {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, cidr.to_string().as_bytes()),
            ip_version: 4,
            cidr,
            subnetpool_id: Some(pool_id(0)),
            ..Subnet::default()
        })
    }

    #[test]
    fn one_more_subnet_touches_no_more_among_ten_thousand() {
        let all: Shape = |_, _| true;
        let scattered: Shape = |a, b| (a ^ b) & 1 == 0;
        let shapes = [(3, all), (100, all), (142, scattered)];
        for (count, shape) in shapes {
            let (mut model, pool) = with_subnets(count, shape);
            let free = |model: &Model| -> std::collections::BTreeSet<Block> {
                model
                    .pools
                    .free
                    .of(pool.id)
                    .map(|(block, _)| block)
                    .collect()
            };
            for prefix in [24, 26, 20] {
                let before = free(&model);
                let block = model.free_block(&pool, prefix).unwrap();
                model.put(subnet_at(block));
                let taken = free(&model);
                // At most one block goes, and one comes for each bit between its size and the subnet's.
                let changed = before.symmetric_difference(&taken).count();
                assert!(changed <= 25, "{changed} for a /{prefix} among {count}²");
                model.remove(api::Kind::Subnet, subnet_at(block).id());
                assert_eq!(free(&model), before);
            }
        }
    }
}
