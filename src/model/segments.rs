//! Segments by id and by number: which network has which.

use std::ops::RangeInclusive;
use std::sync::Arc;

use api::{Network, NetworkType, Wire};
use uuid::Uuid;

use super::runs::Runs;
use super::tree::Tree;

/// Numbers in one pool must differ: VLANs of one physical network, VNIs of one
/// encapsulation.
type Pool = (NetworkType, Option<Arc<str>>);

/// A flat network takes its physical network whole; it is noted under this number.
const WHOLE: u32 = 0;

/// Which network has which segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Segments {
    owners: Tree<(Pool, u32, Uuid), ()>,
    used: Runs<Pool>,
    ids: Tree<Uuid, Uuid>,
}

impl Segments {
    pub(super) fn change(&mut self, before: Option<&Network>, after: Option<&Network>) {
        let wires = |n: &Network| n.wires().map(|(id, wire)| (id, number(wire))).collect();
        let old: Vec<Numbered> = before.map(wires).unwrap_or_default();
        let new: Vec<Numbered> = after.map(wires).unwrap_or_default();
        if old == new {
            return;
        }
        if let Some(network) = before {
            self.forget(network.id, old);
        }
        if let Some(network) = after {
            for (id, numbered) in new {
                self.ids.insert(id, network.id);
                if let Some((pool, number)) = numbered {
                    self.used.insert(&pool, number.into());
                    self.owners.insert((pool, number, network.id), ());
                }
            }
        }
    }

    fn forget(&mut self, network: Uuid, segments: Vec<Numbered>) {
        for (id, numbered) in segments {
            self.ids.remove(&id);
            let Some((pool, number)) = numbered else {
                continue;
            };
            self.owners.remove(&(pool.clone(), number, network));
            if self.owner(&pool, number).is_none() {
                self.used.remove(&pool, number.into());
            }
        }
    }

    /// How many segments there are.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// The network that has the segment of this id.
    pub(super) fn network_of(&self, segment: Uuid) -> Option<Uuid> {
        self.ids.get(&segment).copied()
    }

    /// The numbers in use within `range`, each with the network that has it, ascending.
    pub(super) fn in_use(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        range: RangeInclusive<u32>,
    ) -> impl Iterator<Item = (u32, Uuid)> + use<'_> {
        let pool = (network_type, physical_network.map(Arc::from));
        let (low, high) = range.into_inner();
        self.owners
            .from(&(pool.clone(), low, Uuid::nil()))
            .take_while(move |((found, number, _), ())| *found == pool && *number <= high)
            .map(|((_, number, network), ())| (*number, *network))
    }

    /// The network that has this segment; `None` as the number asks for the flat network.
    pub(super) fn network(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        number: Option<u32>,
    ) -> Option<Uuid> {
        let pool = (network_type, physical_network.map(Arc::from));
        self.owner(&pool, number.unwrap_or(WHOLE))
    }

    pub(super) fn lowest_free(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let pool = (network_type, physical_network.map(Arc::from));
        let (low, high) = range.into_inner();
        let free = self.used.lowest_free(&pool, low.into(), high.into())?;
        u32::try_from(free).ok()
    }

    fn owner(&self, pool: &Pool, number: u32) -> Option<Uuid> {
        let start = (pool.clone(), number, Uuid::nil());
        let ((found, at, id), ()) = self.owners.from(&start).next()?;
        (found == pool && *at == number).then_some(*id)
    }
}

/// A segment's id, and its number where it has one.
type Numbered = (Uuid, Option<(Pool, u32)>);

fn number(wire: Wire<'_>) -> Option<(Pool, u32)> {
    let number = match wire.network_type {
        NetworkType::Local => return None,
        NetworkType::Flat => WHOLE,
        _ => wire.segmentation_id?,
    };
    let physical_network = wire.physical_network.map(Arc::from);
    Some(((wire.network_type, physical_network), number))
}
