//! Who a node says it is: the `external_ids` of its `Open_vSwitch` row, as those who deploy OVN nodes write them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use api::NetworkType;
use thiserror::Error;

use crate::service::Registration;

/// Prefixes of keys that mean the same; the first one present wins.
const PREFIXES: [&str; 2] = ["weft-", "ovn-"];

/// What is missing or wrong in a node's `external_ids`, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// No `system-id`.
    #[error(
        "the switch has no system-id; run on it: ovs-vsctl set Open_vSwitch . external_ids:system-id=$(uuidgen)"
    )]
    NoSystemId,
    /// An encapsulation address that is no IP address.
    #[error("external_ids:{key} has {value:?}, which is not an IP address")]
    BadAddress {
        /// Key that holds it.
        key: String,
        /// The offending part.
        value: String,
    },
    /// A bridge mapping that is not `physnet:bridge`.
    #[error("external_ids:{key} has {value:?}; a list of PHYSICAL_NETWORK:BRIDGE is needed")]
    BadMapping {
        /// Key that holds it.
        key: String,
        /// The offending part.
        value: String,
    },
    /// An encapsulation that does not exist.
    #[error("external_ids:{key} has {value:?}; vxlan, gre and geneve are known")]
    BadEncapsulation {
        /// Key that holds it.
        key: String,
        /// The offending part.
        value: String,
    },
    /// A datapath type that Open vSwitch does not have.
    #[error("external_ids:{key} is {value:?}; system or netdev is needed")]
    BadDatapath {
        /// Key that holds it.
        key: String,
        /// The offending value.
        value: String,
    },
}

/// Reads a node's `external_ids`:
///
/// * `system-id`: stable name of the switch;
/// * `hostname`: what `binding:host_id` of a port names; the system id, where there is none;
/// * `ovn-encap-ip`: addresses at which the node takes tunnels; none, no tunnels;
/// * `weft-encap-types`: encapsulations it takes, all where it is not given. `ovn-encap-type` is how
///   OVN's own tunnels are wrapped, not what the switch can do, and does not narrow this;
/// * `ovn-bridge-mappings`: physical network to provider bridge;
/// * `ovn-bridge-datapath-type`: `system` (kernel) or `netdev` (userspace); the switch's default
///   where it is not given;
/// * `ovn-cms-options`: `enable-chassis-as-gw`, `availability-zones=A:B`.
///
/// A `weft-` key wins over the `ovn-` key of the same meaning.
///
/// # Errors
/// [`IdentityError`] names the key, the value and what is needed.
pub fn parse(external_ids: &BTreeMap<String, String>) -> Result<Registration, IdentityError> {
    let ids = Ids(external_ids);
    let system_id = ids.plain("system-id").ok_or(IdentityError::NoSystemId)?;
    let options = ids
        .prefixed("cms-options")
        .map(|(_, value)| value)
        .unwrap_or_default();
    let availability_zones = items(options, ',')
        .find_map(|option| option.strip_prefix("availability-zones="))
        .map(|zones| items(zones, ':').map(str::to_owned).collect())
        .unwrap_or_default();
    Ok(Registration {
        system_id: system_id.to_owned(),
        hostname: ids.plain("hostname").unwrap_or(system_id).to_owned(),
        encap_ips: ids.encap_ips()?,
        encap_types: ids.encap_types()?,
        bridge_mappings: ids.bridge_mappings()?,
        datapath_type: ids.datapath_type()?,
        gateway: items(options, ',').any(|option| option == "enable-chassis-as-gw"),
        availability_zones,
    })
}

/// The map, with the spellings of a key folded together.
struct Ids<'a>(&'a BTreeMap<String, String>);

impl<'a> Ids<'a> {
    fn plain(&self, key: &str) -> Option<&'a str> {
        let value = self.0.get(key)?.trim();
        (!value.is_empty()).then_some(value)
    }

    fn prefixed(&self, key: &str) -> Option<(String, &'a str)> {
        PREFIXES.iter().find_map(|prefix| {
            let key = format!("{prefix}{key}");
            self.plain(&key).map(|value| (key, value))
        })
    }

    fn encap_ips(&self) -> Result<Vec<IpAddr>, IdentityError> {
        let Some((key, value)) = self.prefixed("encap-ip") else {
            return Ok(Vec::new());
        };
        items(value, ',')
            .map(|item| {
                item.parse().map_err(|_| IdentityError::BadAddress {
                    key: key.clone(),
                    value: item.to_owned(),
                })
            })
            .collect()
    }

    fn encap_types(&self) -> Result<Vec<NetworkType>, IdentityError> {
        let key = "weft-encap-types";
        let Some(value) = self.plain(key) else {
            return Ok(vec![
                NetworkType::Vxlan,
                NetworkType::Gre,
                NetworkType::Geneve,
            ]);
        };
        let mut types = BTreeSet::new();
        for item in items(value, ',') {
            types.insert(match item {
                "vxlan" => NetworkType::Vxlan,
                "gre" => NetworkType::Gre,
                "geneve" => NetworkType::Geneve,
                other => {
                    return Err(IdentityError::BadEncapsulation {
                        key: key.to_owned(),
                        value: other.to_owned(),
                    });
                }
            });
        }
        Ok(types.into_iter().collect())
    }

    fn bridge_mappings(&self) -> Result<BTreeMap<String, String>, IdentityError> {
        let Some((key, value)) = self.prefixed("bridge-mappings") else {
            return Ok(BTreeMap::new());
        };
        items(value, ',')
            .map(|item| match item.split_once(':') {
                Some((physnet, bridge)) if !physnet.is_empty() && !bridge.is_empty() => {
                    Ok((physnet.trim().to_owned(), bridge.trim().to_owned()))
                }
                _ => Err(IdentityError::BadMapping {
                    key: key.clone(),
                    value: item.to_owned(),
                }),
            })
            .collect()
    }

    fn datapath_type(&self) -> Result<String, IdentityError> {
        match self.prefixed("bridge-datapath-type") {
            None => Ok(String::new()),
            Some((_, value @ ("system" | "netdev"))) => Ok(value.to_owned()),
            Some((key, value)) => Err(IdentityError::BadDatapath {
                key,
                value: value.to_owned(),
            }),
        }
    }
}

fn items(list: &str, separator: char) -> impl Iterator<Item = &str> {
    list.split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ids(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn an_ovn_node_is_understood_as_it_stands() {
        let identity = parse(&ids(&[
            ("system-id", "s1"),
            ("hostname", "compute1.example.org"),
            ("ovn-encap-type", "geneve"),
            ("ovn-encap-ip", "192.0.2.1"),
            ("ovn-bridge-mappings", "physnet1:br-ex, physnet2:br-data"),
            (
                "ovn-cms-options",
                "enable-chassis-as-gw,availability-zones=az1:az2",
            ),
            ("ovn-bridge-datapath-type", "netdev"),
        ]))
        .unwrap();
        assert_eq!(identity.hostname, "compute1.example.org");
        assert_eq!(identity.encap_ips, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(identity.bridge_mappings["physnet2"], "br-data");
        assert!(identity.gateway);
        assert_eq!(identity.availability_zones, ["az1", "az2"]);
        assert_eq!(identity.encap_types.len(), 3);
    }

    #[test]
    fn our_own_keys_win_over_ovns() {
        let identity = parse(&ids(&[
            ("system-id", "s1"),
            ("ovn-encap-ip", "192.0.2.1"),
            ("weft-encap-ip", "2001:db8::1"),
            ("weft-encap-types", "gre"),
        ]))
        .unwrap();
        assert_eq!(
            identity.encap_ips,
            ["2001:db8::1".parse::<IpAddr>().unwrap()]
        );
        assert_eq!(identity.encap_types, [NetworkType::Gre]);
        assert_eq!(
            identity.hostname, "s1",
            "without a hostname the system-id stands in"
        );
    }

    #[test]
    fn nonsense_is_named() {
        let error = |key: &str, value: &str| {
            parse(&ids(&[("system-id", "s1"), (key, value)]))
                .unwrap_err()
                .to_string()
        };
        assert!(error("ovn-encap-ip", "nowhere").contains("\"nowhere\""));
        assert!(error("ovn-bridge-mappings", "br-ex").contains("PHYSICAL_NETWORK:BRIDGE"));
        assert!(error("ovn-bridge-datapath-type", "dpdk").contains("system or netdev"));
        assert!(error("weft-encap-types", "stt").contains("geneve"));
        assert_eq!(parse(&ids(&[])), Err(IdentityError::NoSystemId));
    }
}
