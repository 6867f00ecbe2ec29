//! Where ports are: by host, by network, and by both.

use std::sync::Arc;

use api::Port;
use uuid::Uuid;

use super::tree::Tree;

/// The places of all ports. A port that is bound nowhere is on the host "".
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Places {
    /// Every host that has a port, and how many; its name is held here once.
    hosts: Tree<Arc<str>, u32>,
    by_host: Tree<(Arc<str>, Uuid), ()>,
    by_network: Tree<(Uuid, Arc<str>, Uuid), ()>,
}

impl Places {
    pub(super) fn change(&mut self, before: Option<&Port>, after: Option<&Port>) {
        let place = |port: &Port| (port.network_id, port.host_id.clone(), port.id);
        if before.map(place) == after.map(place) {
            return;
        }
        if let Some(port) = before {
            let host = self.host(&port.host_id);
            self.by_host.remove(&(Arc::clone(&host), port.id));
            self.by_network
                .remove(&(port.network_id, Arc::clone(&host), port.id));
            match self.hosts.get(&*host).copied().unwrap_or(0) {
                0 | 1 => self.hosts.remove(&*host),
                count => self.hosts.insert(host, count - 1),
            };
        }
        if let Some(port) = after {
            let host = self.host(&port.host_id);
            let count = self.hosts.get(&*host).copied().unwrap_or(0);
            self.hosts.insert(Arc::clone(&host), count + 1);
            self.by_host.insert((Arc::clone(&host), port.id), ());
            self.by_network.insert((port.network_id, host, port.id), ());
        }
    }

    pub(super) fn on_host(&self, host: &str) -> impl Iterator<Item = Uuid> + use<'_> {
        let host = self.host(host);
        self.by_host
            .from(&(Arc::clone(&host), Uuid::nil()))
            .take_while(move |((found, _), ())| *found == host)
            .map(|((_, port), ())| *port)
    }

    /// By host, then by id.
    pub(super) fn in_network(&self, network: Uuid) -> impl Iterator<Item = Uuid> + use<'_> {
        self.by_network
            .from(&(network, self.host(""), Uuid::nil()))
            .take_while(move |((found, _, _), ())| *found == network)
            .map(|((_, _, port), ())| *port)
    }

    pub(super) fn at(&self, network: Uuid, host: &str) -> impl Iterator<Item = Uuid> + use<'_> {
        let host = self.host(host);
        self.by_network
            .from(&(network, Arc::clone(&host), Uuid::nil()))
            .take_while(move |((found, at, _), ())| *found == network && *at == host)
            .map(|((_, _, port), ())| *port)
    }

    /// The hosts that have a port of `network`, each once, whatever number of ports it has.
    pub(super) fn hosts_of(&self, network: Uuid) -> impl Iterator<Item = &str> + use<'_> {
        let mut last = self.host("");
        std::iter::from_fn(move || {
            let after = (network, Arc::clone(&last), Uuid::max());
            let ((found, host, _), ()) = self.by_network.from(&after).next()?;
            if *found != network {
                return None;
            }
            last = Arc::clone(host);
            Some(&**host)
        })
    }

    /// All hosts that have a port.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&str, u32)> + use<'_> {
        self.hosts
            .iter()
            .map(|(host, count)| (&**host, *count))
            .filter(|(host, _)| !host.is_empty())
    }

    /// The one copy of a host's name.
    fn host(&self, name: &str) -> Arc<str> {
        match self.hosts.floor(name) {
            Some((host, _)) if **host == *name => Arc::clone(host),
            _ => Arc::from(name),
        }
    }
}
