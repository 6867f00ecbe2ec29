//! Values that only mean something to a network service: ranges, listeners, bases.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use api::Mac;

use super::value::{Unaccepted, Value, items, unaccepted};

/// Who may use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthStrategy {
    /// Whoever has a token of Keystone's.
    Keystone,
    /// Everybody, as administrator.
    NoAuth,
}

impl Value for AuthStrategy {
    fn accepts() -> String {
        "keystone, noauth".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text {
            "keystone" => Ok(AuthStrategy::Keystone),
            "noauth" => Ok(AuthStrategy::NoAuth),
            _ => Err(unaccepted(text)),
        }
    }
}

/// How long a DHCP lease lasts, in seconds; `None` for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseSeconds(pub Option<u32>);

impl Value for LeaseSeconds {
    fn accepts() -> String {
        "a number of seconds, or -1 for leases that never end".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text == "-1" {
            return Ok(LeaseSeconds(None));
        }
        u32::read(text).map(|seconds| LeaseSeconds(Some(seconds)))
    }
}

/// The most of something; `None` without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u32>);

impl Value for Limit {
    fn accepts() -> String {
        "a whole number above 0, or -1 (or `infinite`) for no limit".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text {
            "-1" | "infinite" => Ok(Limit(None)),
            "0" => Err(unaccepted(text)),
            _ => u32::read(text).map(|most| Limit(Some(most))),
        }
    }
}

/// How much of something a project may have; below 0 without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLimit(pub i32);

impl Value for QuotaLimit {
    fn accepts() -> String {
        "a whole number; below 0 for no limit".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse().map(QuotaLimit).map_err(|_| unaccepted(text))
    }
}

/// What made-up MAC addresses begin with: three bytes, or four if the fourth is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseMac(Vec<u8>);

impl BaseMac {
    /// The first three or four bytes.
    pub fn prefix(&self) -> &[u8] {
        &self.0
    }
}

impl Value for BaseMac {
    fn accepts() -> String {
        "a unicast MAC address, such as fa:16:3e:00:00:00, of which the first three bytes are kept, and the fourth if it is not 00".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let mac: Mac = text.parse().map_err(|_| unaccepted(text))?;
        if !mac.is_unicast() {
            return Err(unaccepted(text));
        }
        let [a, b, c, d, ..] = mac.0;
        let fourth = (d != 0).then_some(d);
        Ok(BaseMac([a, b, c].into_iter().chain(fourth).collect()))
    }
}

/// Segmentation ids that networks may be given without asking for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdRanges(pub Vec<RangeInclusive<u32>>);

impl Value for IdRanges {
    fn accepts() -> String {
        "a list, separated by commas, of first:last".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let range = |item| range(item).ok_or_else(|| unaccepted(item));
        items(text)
            .map(range)
            .collect::<Result<_, _>>()
            .map(IdRanges)
    }

    fn numbers(&self) -> Vec<u64> {
        let bounds = |range: &RangeInclusive<u32>| [*range.start(), *range.end()];
        self.0.iter().flat_map(bounds).map(u64::from).collect()
    }
}

/// `first:last`, the first not above the last.
fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = text.split_once(':')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(first..=last)
}

/// The physical networks that carry VLANs, with the VLAN ids that networks may
/// be given without asking for one; administrators may ask for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VlanRanges(pub BTreeMap<String, Vec<RangeInclusive<u32>>>);

/// VLAN ids that IEEE 802.1Q leaves to use.
const VLAN_IDS: RangeInclusive<u32> = 1..=4094;

impl Value for VlanRanges {
    fn accepts() -> String {
        "a list, separated by commas, of physical_network or physical_network:first:last, VLAN ids being 1 to 4094".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let mut ranges: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for item in items(text) {
            let (name, rest) = match item.split_once(':') {
                Some((name, rest)) => (name.trim(), Some(rest)),
                None => (item, None),
            };
            let usable = |vlans: &RangeInclusive<u32>| {
                VLAN_IDS.contains(vlans.start()) && VLAN_IDS.contains(vlans.end())
            };
            let vlans = rest.map(|rest| range(rest).filter(usable).ok_or(()));
            match (name.is_empty(), vlans.transpose()) {
                (false, Ok(vlans)) => ranges.entry(name.to_owned()).or_default().extend(vlans),
                _ => return Err(unaccepted(item)),
            }
        }
        Ok(VlanRanges(ranges))
    }
}

/// Names of physical networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhysicalNetworks {
    /// Whatever name a node has a bridge for.
    Any,
    /// These.
    Only(Vec<String>),
}

impl PhysicalNetworks {
    /// True when the name is one of them.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            PhysicalNetworks::Any => true,
            PhysicalNetworks::Only(names) => names.iter().any(|n| n == name),
        }
    }
}

impl Value for PhysicalNetworks {
    fn accepts() -> String {
        "a list of physical networks, separated by commas, or * for any".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text == "*" {
            return Ok(PhysicalNetworks::Any);
        }
        Ok(PhysicalNetworks::Only(
            items(text).map(str::to_owned).collect(),
        ))
    }
}

/// Folders; the option may be given several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders(pub Vec<PathBuf>);

impl Value for Folders {
    const REPEATED: bool = true;

    fn accepts() -> String {
        "paths, separated by commas or each in a line of its own".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        Vec::read(text).map(Folders)
    }
}

/// Where connections of switches are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// With TLS.
    pub tls: bool,
    /// Address and port.
    pub address: SocketAddr,
}

impl Value for Listen {
    fn accepts() -> String {
        "tcp:ADDRESS:PORT, ssl:ADDRESS:PORT (or as Open vSwitch writes it, ptcp:PORT:ADDRESS, pssl:PORT:ADDRESS)".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let listen = || {
            let (method, place) = text.split_once(':')?;
            let address = match method {
                "tcp" | "ssl" => place.parse().ok()?,
                "ptcp" | "pssl" => {
                    let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
                    let (port, ip) = match place.split_once(':') {
                        Some((port, ip)) => (port, ip.trim_matches(['[', ']']).parse().ok()?),
                        None => (place, any),
                    };
                    SocketAddr::new(ip, port.parse().ok()?)
                }
                _ => return None,
            };
            let tls = method.ends_with("ssl");
            Some(Listen { tls, address })
        };
        listen().ok_or_else(|| unaccepted(text))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.tls { "ssl" } else { "tcp" };
        write!(f, "{method}:{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vlan_ranges_are_kept_by_physical_network() {
        let read = VlanRanges::read("physnet1:100:199, physnet2,physnet1:300:300").unwrap();
        let expected = BTreeMap::from([
            ("physnet1".to_owned(), vec![100..=199, 300..=300]),
            ("physnet2".to_owned(), vec![]),
        ]);
        assert_eq!(read.0, expected);
        for bad in ["p:0:5", "p:5:1", "p:1:4095", "p:1", ":1:2", "p:a:b"] {
            let text = format!("ok, {bad}");
            assert_eq!(VlanRanges::read(&text), Err(unaccepted(bad)));
        }
    }

    #[test]
    fn listeners_are_read_in_both_spellings() {
        let at = |text: &str| Listen::read(text).map(|listen| listen.to_string());
        assert_eq!(at("tcp:127.0.0.1:6640").unwrap(), "tcp:127.0.0.1:6640");
        assert_eq!(at("ssl:[::]:6640").unwrap(), "ssl:[::]:6640");
        assert_eq!(at("ptcp:6640").unwrap(), "tcp:0.0.0.0:6640");
        assert_eq!(at("pssl:6640:[::1]").unwrap(), "ssl:[::1]:6640");
        for bad in [
            "",
            "tcp",
            "tcp:6640",
            "udp:1.2.3.4:5",
            "tcp:1.2.3.4:70000",
            "ptcp:",
        ] {
            assert!(Listen::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_base_mac_keeps_what_neutron_keeps() {
        let prefix = |text| BaseMac::read(text).map(|mac| mac.prefix().to_vec());
        assert_eq!(prefix("fa:16:3e:00:00:00").unwrap(), [0xfa, 0x16, 0x3e]);
        assert_eq!(
            prefix("fa:16:3e:4f:00:00").unwrap(),
            [0xfa, 0x16, 0x3e, 0x4f]
        );
        assert!(prefix("01:00:5e:00:00:00").is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reader(text in "[a-z0-9:,.\\-*\\[\\] ]{0,30}") {
            let _ = IdRanges::read(&text);
            let _ = VlanRanges::read(&text);
            let _ = PhysicalNetworks::read(&text);
            let _ = <Vec<Listen>>::read(&text);
            let _ = BaseMac::read(&text);
            let _ = <BTreeMap<String, u32>>::read(&text);
        }
    }
}
