//! Segmentation ids in use, per network type and physical network.

use std::ops::RangeInclusive;
use std::sync::Arc;

use api::{Network, NetworkType};
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
}

impl Segments {
    pub(super) fn change(&mut self, before: Option<&Network>, after: Option<&Network>) {
        let (old, new) = (before.and_then(segment), after.and_then(segment));
        if old == new {
            return;
        }
        if let (Some(network), Some((pool, number))) = (before, old) {
            self.owners.remove(&(pool.clone(), number, network.id));
            if self.owner(&pool, number).is_none() {
                self.used.remove(&pool, number.into());
            }
        }
        if let (Some(network), Some((pool, number))) = (after, new) {
            self.used.insert(&pool, number.into());
            self.owners.insert((pool, number, network.id), ());
        }
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

fn segment(network: &Network) -> Option<(Pool, u32)> {
    let number = match network.network_type {
        NetworkType::Local => return None,
        NetworkType::Flat => WHOLE,
        _ => network.segmentation_id?,
    };
    let physical_network = network.physical_network.as_deref().map(Arc::from);
    Some(((network.network_type, physical_network), number))
}
