//! Values out of a fixed list of words.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

use super::{Fault, Test, Value, shown, test_any};
use crate::Check;

/// Declares an enum of words with its API spelling, and how a wrong word is answered.
macro_rules! choice {
    (
        $(#[$about:meta])* $Name:ident else $Fault:ident {
            $( $(#[$doc:meta])* $Word:ident = $text:literal, )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Name { $( $(#[$doc])* $Word, )* }

        impl $Name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$( Self::$Word ),*];

            /// As the API spells it.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$Word => $text, )* }
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $Name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $( $text => Ok(Self::$Word), )*
                    other => Err(format!(
                        "'{}' is not one of {}",
                        other.chars().take(64).collect::<String>(),
                        [$( $text ),*].join(", "),
                    )),
                }
            }
        }

        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $Name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl Value for $Name {
            type Input = Self;

            fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
                let Some(text) = json.as_str() else {
                    return Err(Fault::Invalid(format!(
                        "{} is not one of the words {}", shown(json), [$( $text ),*].join(", "),
                    )));
                };
                text.parse().map_err(Fault::$Fault)
            }

            fn settle(input: Self) -> Option<Self> {
                Some(input)
            }

            fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
                Ok(test_any(texts, |t| t.parse().ok()))
            }

            fn order(&self, other: &Self) -> Ordering {
                self.as_str().cmp(other.as_str())
            }

            fn schema(_: &Check) -> Json {
                json!({"type": "string", "enum": [$( $text ),*]})
            }
        }
    };
}

choice! {
    /// How a network's frames travel between nodes (`provider:network_type`).
    #[derive(Default)]
    NetworkType else Convert {
        /// Within one node only.
        #[default]
        Local = "local",
        /// Untagged on a physical network.
        Flat = "flat",
        /// With an 802.1Q tag on a physical network.
        Vlan = "vlan",
        /// In VXLAN (RFC 7348).
        Vxlan = "vxlan",
        /// In GRE with a key (RFC 2890).
        Gre = "gre",
        /// In Geneve (RFC 8926).
        Geneve = "geneve",
    }
}

impl NetworkType {
    /// Carried between nodes in an encapsulation, not on a physical network.
    pub fn is_tunnel(self) -> bool {
        matches!(self, Self::Vxlan | Self::Gre | Self::Geneve)
    }
}

choice! {
    /// Operational state of a resource.
    #[derive(Default)]
    Status else Invalid {
        /// Works.
        Active = "ACTIVE",
        /// Does not carry traffic.
        #[default]
        Down = "DOWN",
        /// Being made.
        Build = "BUILD",
        /// Cannot be made to work.
        Error = "ERROR",
    }
}

choice! {
    /// How an instance is attached (`binding:vif_type`).
    #[derive(Default)]
    VifType else Invalid {
        /// No host was asked for.
        #[default]
        Unbound = "unbound",
        /// The host asked for cannot take the port.
        BindingFailed = "binding_failed",
        /// Open vSwitch, kernel or tap.
        Ovs = "ovs",
        /// Open vSwitch, vhost-user.
        VhostUser = "vhostuser",
        /// On every node at once.
        Distributed = "distributed",
    }
}

choice! {
    /// When a port gets its addresses (`ip_allocation`).
    #[derive(Default)]
    IpAllocation else Invalid {
        /// When it is made.
        #[default]
        Immediate = "immediate",
        /// When it is bound to a host, because they depend on the segment the host reaches.
        Deferred = "deferred",
        /// Never: it was made to have none.
        None = "none",
    }
}

choice! {
    /// What is known of the wires below a port (`data_plane_status`).
    DataPlaneStatus else Invalid {
        /// They work.
        Active = "ACTIVE",
        /// They do not.
        Down = "DOWN",
    }
}

choice! {
    /// How near to its device an instance must be placed (`numa_affinity_policy`).
    NumaPolicy else Invalid {
        /// On the same NUMA node.
        Required = "required",
        /// There where possible.
        Preferred = "preferred",
        /// There where the device says on which one it is.
        Legacy = "legacy",
        /// On the same socket.
        Socket = "socket",
    }
}

choice! {
    /// Which hardware a port asks to be offloaded to (`hardware_offload_type`).
    OffloadType else Invalid {
        /// A network card in switchdev mode.
        Switchdev = "switchdev",
    }
}

choice! {
    /// How packets are spread over an interface's transmit queues (`other_config:tx-steering`).
    TxSteering else Invalid {
        /// Each thread has a queue.
        Thread = "thread",
        /// By the packets' hash.
        Hash = "hash",
    }
}

choice! {
    /// How IPv6 hosts learn their address or the router's flags (RFC 4861, RFC 8415).
    Ipv6Mode else Invalid {
        /// Addresses and options by DHCPv6.
        Dhcpv6Stateful = "dhcpv6-stateful",
        /// Addresses by SLAAC, options by DHCPv6.
        Dhcpv6Stateless = "dhcpv6-stateless",
        /// Addresses by router advertisement alone.
        Slaac = "slaac",
    }
}
