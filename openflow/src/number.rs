//! Numbers with names: newtypes in which unknown values survive and print as what they are.

/// Declares numbers of the wire: `Name: u8 { CONST = 0 "text"; }`. Every value is kept; those with
/// a name print it, others print in hexadecimal.
macro_rules! wire_number {
    (
        $(#[$meta:meta])*
        $name:ident: $int:ident { $( $(#[$const_meta:meta])* $const:ident = $value:literal $text:literal; )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            $(
                $(#[$const_meta])*
                pub const $const: $name = $name($value);
            )+

            /// The name, where the number has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $value => Some($text), )+
                    _ => None,
                }
            }

            /// The number that has this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $( $text => Some($name($value)), )+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }
    };
}

/// Declares sets of bits of the wire: `Name: u16 { CONST = 1 << 0; }`. Unknown bits survive.
macro_rules! wire_flags {
    (
        $(#[$meta:meta])*
        $name:ident: $int:ident { $( $(#[$const_meta:meta])* $const:ident = 1 << $bit:literal; )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            $(
                #[doc = concat!("Bit ", stringify!($bit), ".")]
                $(#[$const_meta])*
                pub const $const: $name = $name(1 << $bit);
            )+

            /// No bit.
            pub const fn empty() -> Self {
                $name(0)
            }

            /// Whether no bit is set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether all bits of `other` are set.
            pub const fn contains(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }

            /// The bits of both.
            pub const fn union(self, other: $name) -> Self {
                $name(self.0 | other.0)
            }

            /// The bits that `other` does not have.
            pub const fn without(self, other: $name) -> Self {
                $name(self.0 & !other.0)
            }

            /// The bits with their names, lowest first.
            pub const NAMES: &'static [($name, &'static str)] =
                &[ $( ($name(1 << $bit), stringify!($const)) ),+ ];
        }

        impl std::ops::BitOr for $name {
            type Output = $name;
            fn bitor(self, other: $name) -> $name {
                self.union(other)
            }
        }

        impl std::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: $name) {
                *self = self.union(other);
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut left = self.0;
                let mut separator = "";
                for (bit, name) in Self::NAMES.iter().filter(|(bit, _)| self.contains(*bit)) {
                    write!(f, "{separator}{name}")?;
                    left &= !bit.0;
                    separator = "|";
                }
                match (left, separator) {
                    (0, "") => f.write_str("0"),
                    (0, _) => Ok(()),
                    _ => write!(f, "{separator}{left:#x}"),
                }
            }
        }
    };
}

pub(crate) use {wire_flags, wire_number};

/// Port numbers that mean something (OpenFlow 1.3.5 §7.2.1).
pub mod ports {
    /// Highest number of a real port.
    pub const MAX: u32 = 0xffff_ff00;
    /// The port the packet came in by.
    pub const IN_PORT: u32 = 0xffff_fff8;
    /// Through the flow tables, from the first: for packet-outs.
    pub const TABLE: u32 = 0xffff_fff9;
    /// As a switch without OpenFlow would.
    pub const NORMAL: u32 = 0xffff_fffa;
    /// All ports that flood, except the one it came in by.
    pub const FLOOD: u32 = 0xffff_fffb;
    /// All ports except the one it came in by.
    pub const ALL: u32 = 0xffff_fffc;
    /// The controllers.
    pub const CONTROLLER: u32 = 0xffff_fffd;
    /// The switch's own port.
    pub const LOCAL: u32 = 0xffff_fffe;
    /// No port in particular; in filters, any.
    pub const ANY: u32 = 0xffff_ffff;

    /// Names as `ovs-ofctl` writes them.
    pub(crate) const NAMES: [(u32, &str); 8] = [
        (IN_PORT, "IN_PORT"),
        (TABLE, "TABLE"),
        (NORMAL, "NORMAL"),
        (FLOOD, "FLOOD"),
        (ALL, "ALL"),
        (CONTROLLER, "CONTROLLER"),
        (LOCAL, "LOCAL"),
        (ANY, "ANY"),
    ];

    /// The number in the 16 bits that Nicira's actions have for it; `None` for numbers between
    /// 0xff00 and the reserved ones.
    pub(crate) fn to_16(port: u32) -> Option<u16> {
        match port {
            0..0xff00 => u16::try_from(port).ok(),
            0xffff_ff00.. => u16::try_from(port & 0xffff).ok(),
            _ => None,
        }
    }

    /// The number that 16 bits stand for.
    pub(crate) fn from_16(port: u16) -> u32 {
        match port {
            0xff00.. => 0xffff_0000 | u32::from(port),
            _ => u32::from(port),
        }
    }
}

/// Group numbers that mean something (OpenFlow 1.3.5 §7.3.4.2).
pub mod groups {
    /// Highest number of a real group.
    pub const MAX: u32 = 0xffff_ff00;
    /// All groups: for deletions.
    pub const ALL: u32 = 0xffff_fffc;
    /// No group in particular; in filters, any.
    pub const ANY: u32 = 0xffff_ffff;
}

/// Meter numbers that mean something (OpenFlow 1.3.5 §7.3.4.4).
pub mod meters {
    /// Highest number of a real meter.
    pub const MAX: u32 = 0xffff_0000;
    /// The meter of the slow path.
    pub const SLOW_PATH: u32 = 0xffff_fffd;
    /// The meter of packets for the controller.
    pub const CONTROLLER: u32 = 0xffff_fffe;
    /// All meters: for deletions and statistics.
    pub const ALL: u32 = 0xffff_ffff;
}

/// Experimenters of the extensions (the vendors of Nicira's time).
pub mod experimenters {
    /// Nicira, whose extensions Open vSwitch carries on.
    pub const NICIRA: u32 = 0x0000_2320;
    /// The Open Networking Foundation.
    pub const ONF: u32 = 0x4f4e_4600;
    /// The class of the network service header's fields.
    pub const NSH: u32 = 0x005a_d650;
}

/// In a flow mod, a filter or a flow: every table, or no table in particular.
pub const TABLE_ALL: u8 = 0xff;
/// Where no packet is buffered in the switch.
pub const NO_BUFFER: u32 = 0xffff_ffff;
