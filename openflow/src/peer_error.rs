//! What a switch says when it refuses something: every type and code of OFPT_ERROR on OpenFlow 1.3.

mod codes;

pub use codes::{
    BadAction, BadInstruction, BadMatch, BadRequest, FlowModFailed, GroupModFailed, HelloFailed,
    MeterModFailed, NiciraError, OnfError, PortModFailed, QueueOpFailed, RoleRequestFailed,
    SwitchConfigFailed, TableFeaturesFailed, TableModFailed,
};

use std::fmt;

use crate::number::experimenters::{NICIRA, ONF};

/// Error type of an experimenter's error: the code is the experimenter's own.
const EXPERIMENTER: u16 = 0xffff;

/// Makes [`PeerError`] and its two-way mapping from the list of error types.
macro_rules! error_types {
    ($( $name:ident = $number:literal $wire:literal; )+) => {
        /// The type and code of an OFPT_ERROR (OpenFlow 1.3.5 §7.4.4), with the ONF and Nicira
        /// experimenter errors that Open vSwitch sends. What no table knows is kept as numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PeerError {
            $(
                #[doc = concat!("`", $wire, "`, type ", stringify!($number), ".")]
                $name($name),
            )+
            /// An error of the ONF extensions, bundles among them.
            Onf(OnfError),
            /// An error of the Nicira extensions.
            Nicira(NiciraError),
            /// An error of another experimenter.
            Experimenter {
                /// Who made the error.
                experimenter: u32,
                /// Its number, the experimenter's own.
                exp_type: u16,
            },
            /// An error type this crate does not know.
            Unknown {
                /// Error type.
                error_type: u16,
                /// Error code within the type.
                code: u16,
            },
        }

        impl PeerError {
            /// The error of a standard type; what has no name becomes [`PeerError::Unknown`].
            pub const fn from_type(error_type: u16, code: u16) -> Self {
                match error_type {
                    $( $number => PeerError::$name($name::from_code(code)), )+
                    error_type => PeerError::Unknown { error_type, code },
                }
            }

            /// Type and code on the wire, and the experimenter where the type is 0xffff.
            pub const fn numbers(self) -> (u16, u16, Option<u32>) {
                match self {
                    $( PeerError::$name(code) => ($number, code.code(), None), )+
                    PeerError::Onf(code) => (EXPERIMENTER, code.code(), Some(ONF)),
                    PeerError::Nicira(code) => (EXPERIMENTER, code.code(), Some(NICIRA)),
                    PeerError::Experimenter { experimenter, exp_type } => {
                        (EXPERIMENTER, exp_type, Some(experimenter))
                    }
                    PeerError::Unknown { error_type, code } => (error_type, code, None),
                }
            }

            /// The field's name for the error, such as `OFPFMFC_TABLE_FULL`, where it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( PeerError::$name(code) => code.name(), )+
                    PeerError::Onf(code) => code.name(),
                    PeerError::Nicira(code) => code.name(),
                    PeerError::Experimenter { .. } | PeerError::Unknown { .. } => None,
                }
            }

            /// What the error means, in a few words, where it has a name.
            pub const fn meaning(self) -> Option<&'static str> {
                match self {
                    $( PeerError::$name(code) => code.meaning(), )+
                    PeerError::Onf(code) => code.meaning(),
                    PeerError::Nicira(code) => code.meaning(),
                    PeerError::Experimenter { .. } | PeerError::Unknown { .. } => None,
                }
            }

            /// Every error that has a name.
            pub fn all() -> impl Iterator<Item = PeerError> {
                let standard = [$( $name::ALL.iter().map(|code| PeerError::$name(*code)).collect::<Vec<_>>() ),+];
                let extensions = OnfError::ALL
                    .iter()
                    .map(|code| PeerError::Onf(*code))
                    .chain(NiciraError::ALL.iter().map(|code| PeerError::Nicira(*code)));
                standard.into_iter().flatten().chain(extensions)
            }
        }
    };
}

error_types! {
    HelloFailed = 0 "OFPET_HELLO_FAILED";
    BadRequest = 1 "OFPET_BAD_REQUEST";
    BadAction = 2 "OFPET_BAD_ACTION";
    BadInstruction = 3 "OFPET_BAD_INSTRUCTION";
    BadMatch = 4 "OFPET_BAD_MATCH";
    FlowModFailed = 5 "OFPET_FLOW_MOD_FAILED";
    GroupModFailed = 6 "OFPET_GROUP_MOD_FAILED";
    PortModFailed = 7 "OFPET_PORT_MOD_FAILED";
    TableModFailed = 8 "OFPET_TABLE_MOD_FAILED";
    QueueOpFailed = 9 "OFPET_QUEUE_OP_FAILED";
    SwitchConfigFailed = 10 "OFPET_SWITCH_CONFIG_FAILED";
    RoleRequestFailed = 11 "OFPET_ROLE_REQUEST_FAILED";
    MeterModFailed = 12 "OFPET_METER_MOD_FAILED";
    TableFeaturesFailed = 13 "OFPET_TABLE_FEATURES_FAILED";
}

impl PeerError {
    /// The error of an experimenter (error type 0xffff).
    pub const fn from_experimenter(experimenter: u32, exp_type: u16) -> Self {
        match experimenter {
            ONF => PeerError::Onf(OnfError::from_code(exp_type)),
            NICIRA => PeerError::Nicira(NiciraError::from_code(exp_type)),
            experimenter => PeerError::Experimenter {
                experimenter,
                exp_type,
            },
        }
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.meaning(), self.numbers()) {
            (Some(name), Some(meaning), _) => write!(f, "{name}: {meaning}"),
            (_, _, (_, exp_type, Some(experimenter))) => {
                write!(f, "error {exp_type} of experimenter {experimenter:#010x}")
            }
            (_, _, (error_type, code, None)) => write!(f, "error type {error_type} code {code}"),
        }
    }
}

impl std::error::Error for PeerError {}
