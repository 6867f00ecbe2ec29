//! The parts of a port: fixed IPs, allowed address pairs, extra DHCP options, DNS assignments.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::address::{member, only};
use super::{Fault, Mac, Test, Value, shown};
use crate::Check;

/// An address a port has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FixedIp {
    /// Of which subnet.
    pub subnet_id: Uuid,
    /// Which address.
    pub ip_address: IpAddr,
}

/// An address a port asks for: any of a subnet, one wherever it fits, or exactly one. At least one
/// of the two is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FixedIpRequest {
    /// Of this subnet.
    pub subnet_id: Option<Uuid>,
    /// This address.
    pub ip_address: Option<IpAddr>,
}

/// A pair a port may send from besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressPair {
    /// The Ethernet address; the port's own where the request named none.
    pub mac_address: Mac,
    /// The address or block; a single address prints without a prefix length.
    #[serde(serialize_with = "write_block", deserialize_with = "read_block")]
    pub ip_address: IpNet,
}

/// A pair as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPairRequest {
    /// `None`: the port's own.
    pub mac_address: Option<Mac>,
    /// The address or block.
    pub ip_address: IpNet,
}

/// DHCP options that may be given without a value, which takes the subnet's away.
pub const MAY_BE_BLANK: [&str; 2] = ["router", "classless-static-route"];

/// A DHCP option a port's instance is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExtraDhcpOpt {
    /// dnsmasq's name of the option, or its number.
    pub opt_name: String,
    /// Its value as text.
    pub opt_value: String,
    /// 4 or 6.
    pub ip_version: u8,
}

/// A change of one DHCP option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DhcpOptRequest {
    /// Which.
    pub opt_name: String,
    /// `None` removes it.
    pub opt_value: Option<String>,
    /// 4 or 6; 4 where the request says nothing.
    pub ip_version: u8,
}

/// The name an address of a port has in DNS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DnsAssignment {
    /// The address.
    pub ip_address: IpAddr,
    /// First label.
    pub hostname: String,
    /// Whole name, ending in a dot.
    pub fqdn: String,
}

fn write_block<S: Serializer>(block: &IpNet, serializer: S) -> Result<S::Ok, S::Error> {
    if block.prefix_len() == block.max_prefix_len() {
        serializer.collect_str(&block.addr())
    } else {
        serializer.collect_str(block)
    }
}

fn read_block<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpNet, D::Error> {
    let text = String::deserialize(deserializer)?;
    block(&text).ok_or_else(|| de::Error::custom(format!("'{text}' is not an address or CIDR")))
}

/// An address, which is a block of one, or a CIDR.
fn block(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Value for FixedIp {
    type Input = FixedIpRequest;

    fn parse(json: &Json, _: &Check) -> Result<FixedIpRequest, Fault> {
        const FORM: &str = "{\"subnet_id\": UUID} or {\"ip_address\": ADDRESS} or both";
        only(json, &["subnet_id", "ip_address"], FORM)?;
        let request = FixedIpRequest {
            subnet_id: json
                .get("subnet_id")
                .map(|id| Uuid::parse(id, &Check::None))
                .transpose()?,
            ip_address: json
                .get("ip_address")
                .map(|ip| IpAddr::parse(ip, &Check::None))
                .transpose()?,
        };
        if request == FixedIpRequest::default() {
            return Err(Fault::Invalid(format!(
                "{} asks for nothing; write {FORM}",
                shown(json)
            )));
        }
        Ok(request)
    }

    fn settle(input: FixedIpRequest) -> Option<Self> {
        Some(Self {
            subnet_id: input.subnet_id?,
            ip_address: input.ip_address?,
        })
    }

    const NULL_IS_EMPTY: bool = false;

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        let test = Self::test_list(texts)?;
        Ok(Box::new(move |fixed| test(&vec![*fixed])))
    }

    /// `ip_address=…`, `ip_address_substr=…`, `subnet_id=…`: for each key that is given, one of the
    /// addresses must have one of its values.
    fn test_list(texts: &[String]) -> Result<Test<Vec<Self>>, Fault> {
        let (mut ips, mut parts, mut subnets) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            let (key, value) = text
                .split_once('=')
                .ok_or_else(|| Fault::Convert(format!("'{text}' is not of the form key=value")))?;
            match key.trim() {
                "ip_address" => ips.push(value.trim().parse::<IpAddr>().ok()),
                "ip_address_substr" => parts.push(value.trim().to_ascii_lowercase()),
                "subnet_id" => subnets.push(value.trim().parse::<Uuid>().ok()),
                other => {
                    return Err(Fault::Invalid(format!(
                        "'{other}' is not a key of fixed_ips; filter by ip_address, \
                         ip_address_substr or subnet_id"
                    )));
                }
            }
        }
        Ok(Box::new(move |all| {
            let any = |test: &dyn Fn(&FixedIp) -> bool| all.iter().any(test);
            (ips.is_empty() || any(&|fixed| ips.contains(&Some(fixed.ip_address))))
                && (subnets.is_empty() || any(&|fixed| subnets.contains(&Some(fixed.subnet_id))))
                && (parts.is_empty()
                    || any(&|fixed| {
                        let text = fixed.ip_address.to_string();
                        parts.iter().any(|part| text.contains(part))
                    }))
        }))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {
                "subnet_id": {"type": "string", "format": "uuid"},
                "ip_address": {"type": "string"},
            },
        })
    }
}

impl Value for AddressPair {
    type Input = AddressPairRequest;

    fn parse(json: &Json, _: &Check) -> Result<AddressPairRequest, Fault> {
        const FORM: &str =
            "{\"ip_address\": ADDRESS or CIDR, \"mac_address\": MAC (the port's own if left out)}";
        only(json, &["ip_address", "mac_address"], FORM)?;
        if json.get("ip_address").is_none() {
            let why = format!("{} lacks 'ip_address'; write {FORM}", shown(json));
            return Err(Fault::Typed("AllowedAddressPairsMissingIP", why));
        }
        let text = member(json, "ip_address", FORM)?;
        let ip_address = block(text).ok_or_else(|| {
            Fault::Invalid(format!("'{text}' is not an address or CIDR; write {FORM}"))
        })?;
        if ip_address != ip_address.trunc() {
            let whole = ip_address.trunc();
            return Err(Fault::Invalid(format!(
                "'{text}' has host bits set; the block is {whole}"
            )));
        }
        let mac_address = match json.get("mac_address") {
            None | Some(Json::Null) => None,
            Some(mac) => Mac::parse(mac, &Check::None)?,
        };
        let group_mac = mac_address.is_some_and(|Mac([first, ..])| first & 1 == 1);
        if ip_address.addr().is_multicast() || group_mac {
            let pair = shown(json);
            return Err(Fault::Invalid(format!(
                "{pair} holds a multicast address; a port may only send from unicast ones"
            )));
        }
        Ok(AddressPairRequest {
            mac_address,
            ip_address,
        })
    }

    fn check_list(pairs: &[AddressPairRequest]) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        let twice = pairs
            .iter()
            .find(|pair| !seen.insert((pair.mac_address, pair.ip_address)));
        match twice {
            Some(pair) => Err(Fault::Typed(
                "DuplicateAddressPairInRequest",
                format!("{} stands there twice with the same MAC", pair.ip_address),
            )),
            None => Ok(()),
        }
    }

    fn settle(input: AddressPairRequest) -> Option<Self> {
        Some(Self {
            mac_address: input.mac_address?,
            ip_address: input.ip_address,
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {"ip_address": {"type": "string"}, "mac_address": {"type": "string"}},
            "required": ["ip_address"],
        })
    }
}

impl Value for ExtraDhcpOpt {
    type Input = DhcpOptRequest;

    fn parse(json: &Json, _: &Check) -> Result<DhcpOptRequest, Fault> {
        const FORM: &str =
            "{\"opt_name\": NAME, \"opt_value\": TEXT or null, \"ip_version\": 4 or 6}";
        only(json, &["opt_name", "opt_value", "ip_version"], FORM)?;
        let name = member(json, "opt_name", FORM)?;
        Check::NonEmpty(64).text(name)?;
        let value_check = if MAY_BE_BLANK.contains(&name) {
            Check::Max(255)
        } else {
            Check::NonEmpty(255)
        };
        Ok(DhcpOptRequest {
            opt_name: name.to_owned(),
            opt_value: match json.get("opt_value") {
                None | Some(Json::Null) => None,
                Some(_) => {
                    let value = member(json, "opt_value", FORM)?;
                    value_check.text(value)?;
                    Some(value.to_owned())
                }
            },
            ip_version: match json.get("ip_version") {
                None | Some(Json::Null) => 4,
                Some(version) => u8::parse(version, &Check::OneOf(&[4, 6]))?,
            },
        })
    }

    fn settle(input: DhcpOptRequest) -> Option<Self> {
        Some(Self {
            opt_name: input.opt_name,
            opt_value: input.opt_value?,
            ip_version: input.ip_version,
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {
                "opt_name": {"type": "string", "maxLength": 64},
                "opt_value": {"type": ["string", "null"], "maxLength": 255},
                "ip_version": {"type": "integer", "enum": [4, 6]},
            },
            "required": ["opt_name"],
        })
    }
}

impl Value for DnsAssignment {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        serde_json::from_value(json.clone())
            .map_err(|_| Fault::Invalid(format!("{} is not a DNS assignment", shown(json))))
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({
            "type": "object",
            "properties": {
                "ip_address": {"type": "string"},
                "hostname": {"type": "string"},
                "fqdn": {"type": "string"},
            },
        })
    }
}
