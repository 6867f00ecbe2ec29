//! Packets for the controller: how a flow says which responder they are for, and how many a port
//! may send.
//!
//! A punt carries [`Punt::userdata`] and all registers, so the controller knows the responder and,
//! from [`SOURCE_PORT`](super::register::SOURCE_PORT) and the metadata, who sent the packet and in
//! which network: nothing the packet says is needed for that. Every punt passes the meter of the
//! port it came from, in the switch, so that no instance can drown the controller. A meter's number
//! is the port's number in the switch (its ofport): unique on the node, small enough for every
//! datapath (ports end at 65,279, meters at 262,144 and more), free of allocation, and known
//! wherever the port is. Meters from 65,536 up are free for other uses.

use openflow::{Band, Meter, MeterFlags};

/// The version of the userdata below.
pub const VERSION: u8 = 1;

/// Packets a second that one port may send to the controller.
pub const RATE_PACKETS_PER_SECOND: u32 = 50;

/// Packets it may send at once, after a pause.
pub const BURST_PACKETS: u32 = 100;

macro_rules! punts {
    ($( $(#[doc = $doc:literal])+ $Punt:ident = $number:literal $name:literal; )+) => {
        /// A responder in the controller.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Punt { $( $(#[doc = $doc])+ $Punt = $number, )+ }

        /// All responders: with name and purpose.
        pub const PUNTS: &[(Punt, &str, &str)] =
            &[ $( (Punt::$Punt, $name, concat!($($doc),+)) ),+ ];
    };
}

punts! {
    /// Answers DHCPv4 requests.
    Dhcp4 = 1 "dhcp4";
}

impl Punt {
    /// What a flow tells the controller: version and responder.
    pub const fn userdata(self) -> [u8; 2] {
        [VERSION, self as u8]
    }

    /// Reads what a flow told; `None` for what no flow of this version says.
    pub fn from_userdata(userdata: &[u8]) -> Option<Punt> {
        let &[VERSION, number] = userdata else {
            return None;
        };
        PUNTS
            .iter()
            .map(|(punt, ..)| *punt)
            .find(|punt| *punt as u8 == number)
    }
}

/// The meter of a port.
pub(super) fn meter(ofport: u32) -> Meter {
    Meter {
        id: ofport,
        flags: MeterFlags::PKTPS | MeterFlags::BURST,
        bands: vec![Band::Drop {
            rate: RATE_PACKETS_PER_SECOND,
            burst_size: BURST_PACKETS,
        }],
    }
}
