//! What a node's OVSDB says of its switch, as far as flows depend on it.

use std::str::FromStr;

use ovsdb::Replica;
use ovsdb::vswitch::{Bridge, Interface, Manager, OpenVSwitch, Port, RowError};
use uuid::Uuid;

use crate::compile::Facts;
use crate::compile::rows::{BRIDGE, MARK_KEY, Mark};

/// The key in `external_ids` of an interface that names the port it is plugged for, as Nova writes it.
const IFACE_ID: &str = "iface-id";

/// One look at a replica.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Datapath id of the integration bridge, once `ovs-vswitchd` has made it.
    pub(super) datapath_id: Option<u64>,
    /// OpenFlow port numbers on it.
    pub(super) facts: Facts,
    /// Version of Open vSwitch.
    pub(super) version: Option<String>,
    /// Interfaces of ours and of instances that the switch could not open, and why.
    pub(super) faults: Vec<String>,
}

impl Look {
    /// Reads what is there now.
    ///
    /// # Errors
    /// A row that is not as the schema says.
    pub(super) fn at(replica: &Replica) -> Result<Self, RowError> {
        let mut look = Self::default();
        if let Some(root) = replica.all::<OpenVSwitch>().next() {
            look.version = root?.ovs_version;
        }
        let Some(bridge) = replica.named::<Bridge>(BRIDGE)? else {
            return Ok(look);
        };
        look.datapath_id = bridge
            .datapath_id
            .and_then(|id| u64::from_str_radix(&id, 16).ok());
        for port in bridge.ports {
            let Some(port) = replica.typed::<Port>(port)? else {
                continue;
            };
            for interface in port.interfaces {
                if let Some(interface) = replica.typed::<Interface>(interface)? {
                    look.interface(&interface);
                }
            }
        }
        Ok(look)
    }

    fn interface(&mut self, interface: &Interface) {
        let instance = plugged_for(interface);
        let mark = interface
            .external_ids
            .get(MARK_KEY)
            .and_then(|mark| Mark::from_str(mark).ok());
        if instance.is_none() && mark.is_none() {
            return;
        }
        if let Some(error) = interface.error.as_ref().filter(|error| !error.is_empty()) {
            self.faults
                .push(format!("interface {}: {error}", interface.name));
        }
        let Some(ofport) = ofport(interface) else {
            return;
        };
        if let Some(port) = instance {
            // Of two interfaces for one port the one that was plugged last is the instance's.
            self.facts.ofports.insert(port, ofport);
        }
        match mark {
            Some(Mark::Tunnel(encapsulation)) => {
                self.facts.tunnel_ports.insert(encapsulation, ofport);
            }
            Some(Mark::Patch(physical_network)) => {
                self.facts.patch_ports.insert(physical_network, ofport);
            }
            _ => {}
        }
    }
}

/// The port that an interface is plugged for.
pub(super) fn plugged_for(interface: &Interface) -> Option<Uuid> {
    let id = interface.external_ids.get(IFACE_ID)?;
    Uuid::parse_str(id).ok()
}

fn ofport(interface: &Interface) -> Option<u32> {
    let number = u32::try_from(interface.ofport?).ok()?;
    (number > 0 && interface.error.as_ref().is_none_or(String::is_empty)).then_some(number)
}

/// Where the switch finds its OpenFlow controller: on the hosts its OVSDB is connected to, by the
/// same transport, at `openflow_port`.
///
/// # Errors
/// A row that is not as the schema says.
pub(super) fn controllers(replica: &Replica, openflow_port: u16) -> Result<Vec<String>, RowError> {
    let mut targets = Vec::new();
    for manager in replica.all::<Manager>() {
        let manager = manager?;
        if !manager.is_connected {
            continue;
        }
        if let Some((transport, host)) = active_target(&manager.target) {
            targets.push(format!("{transport}:{host}:{openflow_port}"));
        }
    }
    targets.sort();
    targets.dedup();
    Ok(targets)
}

/// Transport and host of a target that the switch dials; those it listens on are not controllers.
fn active_target(target: &str) -> Option<(&str, &str)> {
    let (transport, rest) = target.split_once(':')?;
    if !matches!(transport, "tcp" | "ssl") {
        return None;
    }
    let host = match rest.rsplit_once(':') {
        // A bare IPv6 address without port stands in brackets.
        Some((host, port)) if port.parse::<u16>().is_ok() && !host.is_empty() => host,
        _ => rest,
    };
    Some((transport, host))
}

#[cfg(test)]
mod tests {
    use super::active_target;

    #[test]
    fn only_what_a_switch_dials_is_a_controller() {
        assert_eq!(
            active_target("tcp:192.0.2.1:6640"),
            Some(("tcp", "192.0.2.1"))
        );
        assert_eq!(
            active_target("ssl:[2001:db8::1]:6640"),
            Some(("ssl", "[2001:db8::1]"))
        );
        assert_eq!(active_target("tcp:192.0.2.1"), Some(("tcp", "192.0.2.1")));
        assert_eq!(active_target("ptcp:6640:127.0.0.1"), None);
        assert_eq!(active_target("unix:/run/db.sock"), None);
    }
}
