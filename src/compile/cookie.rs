//! Cookies: which flows are ours, which feature made them, and for which object.
//!
//! ```text
//!  63        48 47      40 39      32 31                             0
//! +------------+----------+----------+--------------------------------+
//! |   owner    | feature  |   kind   |             object             |
//! +------------+----------+----------+--------------------------------+
//! ```
//!
//! `kind` says what `object` is the pipeline key of: 0 nothing, 1 a network, 2 a port, 3 a node. A
//! flow whose owner is another is never touched.

use std::fmt;

use uuid::Uuid;

use crate::model::Model;

/// The owner part of our cookies.
pub const OWNER: u16 = 0x7765;

/// Our owner part where it stands in a cookie, for the filter of a dump.
pub const OWNER_BITS: u64 = (OWNER as u64) << 48;

/// The bits of a cookie that say who owns the flow.
pub const OWNER_MASK: u64 = 0xffff << 48;

macro_rules! features {
    ($( $(#[doc = $doc:literal])+ $Feature:ident = $number:literal $name:literal; )+) => {
        /// What a flow is part of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Feature { $( $(#[doc = $doc])+ $Feature = $number, )+ }

        /// All features: with name and purpose.
        pub const FEATURES: &[(Feature, &str, &str)] =
            &[ $( (Feature::$Feature, $name, concat!($($doc),+)) ),+ ];

        impl Feature {
            /// Its name for people.
            pub const fn name(self) -> &'static str {
                match self { $( Feature::$Feature => $name, )+ }
            }

            /// The feature of this number.
            pub const fn by_number(number: u8) -> Option<Feature> {
                match number { $( $number => Some(Feature::$Feature), )+ _ => None }
            }
        }
    };
}

features! {
    /// Misses and other flows that the pipeline needs whatever is in the cloud.
    Pipeline = 1 "pipeline";
    /// Names packets of instances.
    Classification = 2 "classification";
    /// Keeps instances from sending as somebody else.
    PortSecurity = 3 "port_security";
    /// Answers ARP.
    Arp = 4 "arp";
    /// Answers IPv6 neighbour solicitations.
    NeighbourDiscovery = 5 "neighbour_discovery";
    /// Brings DHCP requests to the controller.
    Dhcp = 6 "dhcp";
    /// Finds the port of a MAC address.
    Switching = 7 "switching";
    /// Takes frames to many.
    Flooding = 8 "flooding";
    /// Hands frames to instances.
    Delivery = 9 "delivery";
    /// Networks on a physical network, in and out.
    Provider = 10 "provider";
    /// Networks in an encapsulation, in and out.
    Tunnel = 11 "tunnel";
}

/// What a flow is for, by its pipeline key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// Nothing in particular: the flow is the same on every node.
    Nothing,
    /// A network.
    Network(u32),
    /// A port.
    Port(u32),
    /// A node.
    Node(u32),
}

/// The cookie of one of our flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cookie {
    /// What made the flow.
    pub feature: Feature,
    /// What it is for.
    pub object: Object,
}

impl Cookie {
    /// The number in the switch.
    pub const fn bits(self) -> u64 {
        let (kind, key) = match self.object {
            Object::Nothing => (0, 0),
            Object::Network(key) => (1, key),
            Object::Port(key) => (2, key),
            Object::Node(key) => (3, key),
        };
        OWNER_BITS | (self.feature as u64) << 40 | kind << 32 | key as u64
    }

    /// Reads a cookie; `None` for those that are not ours or that no version of ours has made.
    pub const fn from_bits(bits: u64) -> Option<Cookie> {
        if bits & OWNER_MASK != OWNER_BITS {
            return None;
        }
        let Some(feature) = Feature::by_number((bits >> 40) as u8) else {
            return None;
        };
        let key = bits as u32;
        let object = match (bits >> 32) as u8 {
            0 => Object::Nothing,
            1 => Object::Network(key),
            2 => Object::Port(key),
            3 => Object::Node(key),
            _ => return None,
        };
        Some(Cookie { feature, object })
    }
}

/// True for cookies of our flows, whatever version of ours made them.
pub const fn is_ours(cookie: u64) -> bool {
    cookie & OWNER_MASK == OWNER_BITS
}

/// A cookie in words. Prints as `port_security port web-1 (5f2c…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What made the flow.
    pub feature: Feature,
    /// What it is for.
    pub object: Object,
    /// The object's id and name, where the model has it.
    pub record: Option<(Uuid, String)>,
}

/// Says what a flow with this cookie is part of; `None` for flows that are not ours.
pub fn describe(cookie: u64, model: &Model) -> Option<Described> {
    let Cookie { feature, object } = Cookie::from_bits(cookie)?;
    let record = match object {
        Object::Nothing => None,
        Object::Network(key) => model.network_by_key(key).map(|n| (n.id, n.name.clone())),
        Object::Port(key) => model.port_by_key(key).map(|p| (p.id, p.name.clone())),
        Object::Node(key) => model.node_by_key(key).map(|n| (n.id, n.hostname.clone())),
    };
    Some(Described {
        feature,
        object,
        record,
    })
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.feature.name())?;
        let (kind, key) = match self.object {
            Object::Nothing => return Ok(()),
            Object::Network(key) => ("network", key),
            Object::Port(key) => ("port", key),
            Object::Node(key) => ("node", key),
        };
        match &self.record {
            Some((id, name)) if name.is_empty() => write!(f, " {kind} {id}"),
            Some((id, name)) => write!(f, " {kind} {name} ({id})"),
            None => write!(f, " {kind} of key {key}, which is gone"),
        }
    }
}
