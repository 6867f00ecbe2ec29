//! Networks and subnets, and every way to find one.

use std::sync::Arc;

use api::{Network, Subnet};
use uuid::Uuid;

use super::keys::Keys;
use super::segments::Segments;
use super::text::ByText;
use super::tree::Tree;

/// The networks with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Networks {
    pub(super) records: Tree<Uuid, Arc<Network>>,
    pub(super) names: ByText,
    pub(super) projects: ByText,
    pub(super) external: Tree<Uuid, ()>,
    pub(super) segments: Segments,
    pub(super) keys: Keys,
}

impl Networks {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(&mut self, id: Uuid, after: Option<Arc<Network>>) -> Option<Arc<Network>> {
        let before = match &after {
            Some(network) => self.records.insert(id, Arc::clone(network)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        let text = |read: fn(&Network) -> &str| (old.map(read), new.map(read));
        for (index, (old, new)) in [
            (&mut self.names, text(|network| &network.name)),
            (&mut self.projects, text(|network| &network.project_id)),
        ] {
            index.change(id, old, new);
        }
        flag(&mut self.external, id, new.is_some_and(|n| n.external));
        self.segments.change(old, new);
        let key = |network: &Network| network.key;
        self.keys.change(id, old.map(key), new.map(key));
        before
    }
}

fn flag(set: &mut Tree<Uuid, ()>, id: Uuid, raised: bool) {
    if !raised {
        set.remove(&id);
    } else if !set.contains(&id) {
        set.insert(id, ());
    }
}

/// The subnets with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Subnets {
    pub(super) records: Tree<Uuid, Arc<Subnet>>,
    pub(super) names: ByText,
    pub(super) projects: ByText,
    by_network: Tree<(Uuid, Uuid), ()>,
}

impl Subnets {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(&mut self, id: Uuid, after: Option<Arc<Subnet>>) -> Option<Arc<Subnet>> {
        let before = match &after {
            Some(subnet) => self.records.insert(id, Arc::clone(subnet)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        let text = |read: fn(&Subnet) -> &str| (old.map(read), new.map(read));
        for (index, (old, new)) in [
            (&mut self.names, text(|subnet| &subnet.name)),
            (&mut self.projects, text(|subnet| &subnet.project_id)),
        ] {
            index.change(id, old, new);
        }
        let network = |subnet: &Subnet| subnet.network_id;
        if old.map(network) != new.map(network) {
            if let Some(subnet) = old {
                self.by_network.remove(&(subnet.network_id, id));
            }
            if let Some(subnet) = new {
                self.by_network.insert((subnet.network_id, id), ());
            }
        }
        before
    }

    pub(super) fn of_network(&self, network: Uuid) -> impl Iterator<Item = Uuid> + use<'_> {
        self.by_network
            .from(&(network, Uuid::nil()))
            .take_while(move |((found, _), ())| *found == network)
            .map(|((_, subnet), ())| *subnet)
    }
}
