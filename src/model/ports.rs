//! Ports and every way to find one.

use std::net::IpAddr;
use std::sync::Arc;

use api::{Mac, Port};
use uuid::Uuid;

use super::addresses::Addresses;
use super::keys::Keys;
use super::places::Places;
use super::text::ByText;
use super::tree::Tree;

/// The ports with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ports {
    pub(super) records: Tree<Uuid, Arc<Port>>,
    pub(super) names: ByText,
    pub(super) projects: ByText,
    pub(super) devices: ByText,
    pub(super) device_owners: ByText,
    pub(super) macs: Macs,
    pub(super) places: Places,
    pub(super) addresses: Addresses,
    pub(super) pairs: Pairs,
    pub(super) keys: Keys,
}

impl Ports {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(&mut self, id: Uuid, after: Option<Arc<Port>>) -> Option<Arc<Port>> {
        let before = match &after {
            Some(port) => self.records.insert(id, Arc::clone(port)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        let text = |read: fn(&Port) -> &str| (old.map(read), new.map(read));
        for (index, (old, new)) in [
            (&mut self.names, text(|port| &port.name)),
            (&mut self.projects, text(|port| &port.project_id)),
            (&mut self.devices, text(|port| &port.device_id)),
            (&mut self.device_owners, text(|port| &port.device_owner)),
        ] {
            index.change(id, old, new);
        }
        self.macs.change(old, new);
        self.places.change(old, new);
        self.addresses.change(old, new);
        self.pairs.change(old, new);
        let key = |port: &Port| port.key;
        self.keys.change(id, old.map(key), new.map(key));
        before
    }

    pub(super) fn get(&self, id: Uuid) -> Option<&Arc<Port>> {
        self.records.get(&id)
    }
}

/// Which ports have a MAC address, in which network.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Macs(Tree<(Mac, Uuid, Uuid), ()>);

impl Macs {
    fn change(&mut self, before: Option<&Port>, after: Option<&Port>) {
        let key = |port: &Port| (port.mac_address, port.network_id, port.id);
        let (old, new) = (before.map(key), after.map(key));
        if old == new {
            return;
        }
        if let Some(key) = old {
            self.0.remove(&key);
        }
        if let Some(key) = new {
            self.0.insert(key, ());
        }
    }

    pub(super) fn owner(&self, network: Uuid, mac: Mac) -> Option<Uuid> {
        let ((found, at, port), ()) = self.0.from(&(mac, network, Uuid::nil())).next()?;
        (*found == mac && *at == network).then_some(*port)
    }

    pub(super) fn owners(&self, mac: Mac) -> impl Iterator<Item = Uuid> + use<'_> {
        self.0
            .from(&(mac, Uuid::nil(), Uuid::nil()))
            .take_while(move |((found, _, _), ())| *found == mac)
            .map(|((_, _, port), ())| *port)
    }
}

/// Which ports have a single address among their allowed address pairs, in which network. Pairs of
/// whole blocks are not here: their port stands for others, it does not share an address with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pairs(Tree<(Uuid, IpAddr, Uuid), ()>);

impl Pairs {
    fn change(&mut self, before: Option<&Port>, after: Option<&Port>) {
        let same = before.zip(after).is_some_and(|(before, after)| {
            before.network_id == after.network_id
                && before.allowed_address_pairs == after.allowed_address_pairs
        });
        if same {
            return;
        }
        before.into_iter().flat_map(keys).for_each(|key| {
            self.0.remove(&key);
        });
        after.into_iter().flat_map(keys).for_each(|key| {
            self.0.insert(key, ());
        });
    }

    pub(super) fn holders(
        &self,
        network: Uuid,
        address: IpAddr,
    ) -> impl Iterator<Item = Uuid> + use<'_> {
        self.0
            .from(&(network, address, Uuid::nil()))
            .take_while(move |((at, found, _), ())| *at == network && *found == address)
            .map(|((_, _, port), ())| *port)
    }
}

fn keys(port: &Port) -> impl Iterator<Item = (Uuid, IpAddr, Uuid)> {
    port.allowed_address_pairs
        .iter()
        .map(|pair| pair.ip_address)
        .filter(|block| block.prefix_len() == block.max_prefix_len())
        .map(|block| (port.network_id, block.addr(), port.id))
}
