//! Ports: their description, OFPT_PORT_STATUS, OFPT_PORT_MOD and their statistics (OpenFlow 1.3.5
//! §7.2.1, §7.4.3, §7.3.4.3, §7.3.5.6).

use crate::DecodeError;
use crate::codec::{Reader, Writer};
use crate::number::{wire_flags, wire_number};

/// Bytes of a port's name on the wire, with the NUL that ends it.
const NAME_BYTES: usize = 16;

/// A port of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u32,
    /// Its MAC address.
    pub hardware_address: [u8; 6],
    /// Its name, at most 15 bytes: that of the interface.
    pub name: String,
    /// What the administrator set.
    pub config: PortConfig,
    /// How it is.
    pub state: PortState,
    /// Features as they are, as advertised, as supported, and as the peer advertises them.
    pub current: PortFeatures,
    /// See [`Port::current`].
    pub advertised: PortFeatures,
    /// See [`Port::current`].
    pub supported: PortFeatures,
    /// See [`Port::current`].
    pub peer: PortFeatures,
    /// Speed now, in kbit/s.
    pub current_speed: u32,
    /// Highest speed, in kbit/s.
    pub maximum_speed: u32,
}

wire_flags! {
    /// OFPPC_*: what the administrator sets of a port.
    PortConfig: u32 {
        PORT_DOWN = 1 << 0;
        NO_RECEIVE = 1 << 2;
        NO_FORWARD = 1 << 5;
        NO_PACKET_IN = 1 << 6;
    }
}

wire_flags! {
    /// OFPPS_*: how a port is.
    PortState: u32 {
        LINK_DOWN = 1 << 0;
        BLOCKED = 1 << 1;
        LIVE = 1 << 2;
    }
}

wire_flags! {
    /// OFPPF_*: what the link of a port can do.
    PortFeatures: u32 {
        HALF_10_MBIT = 1 << 0;
        FULL_10_MBIT = 1 << 1;
        HALF_100_MBIT = 1 << 2;
        FULL_100_MBIT = 1 << 3;
        HALF_1_GBIT = 1 << 4;
        FULL_1_GBIT = 1 << 5;
        FULL_10_GBIT = 1 << 6;
        FULL_40_GBIT = 1 << 7;
        FULL_100_GBIT = 1 << 8;
        FULL_1_TBIT = 1 << 9;
        OTHER = 1 << 10;
        COPPER = 1 << 11;
        FIBER = 1 << 12;
        AUTO_NEGOTIATION = 1 << 13;
        PAUSE = 1 << 14;
        PAUSE_ASYMMETRIC = 1 << 15;
    }
}

wire_number! {
    /// OFPPR_*: what happened to a port.
    PortReason: u8 {
        /// It came.
        ADD = 0 "ADD";
        /// It went.
        DELETE = 1 "DEL";
        /// Something about it changed.
        MODIFY = 2 "MOD";
    }
}

/// A port came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortStatus {
    /// What happened.
    pub reason: PortReason,
    /// The port as it is now, or was before it went.
    pub port: Port,
}

/// Sets a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMod {
    /// Its number.
    pub number: u32,
    /// Its MAC address, as the switch says it: guards against a port number used anew.
    pub hardware_address: [u8; 6],
    /// The values of the bits in `mask`.
    pub config: PortConfig,
    /// The bits to set.
    pub mask: PortConfig,
    /// What to advertise; empty leaves it.
    pub advertise: PortFeatures,
}

/// Counters of a port. One that the switch does not keep is [`u64::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortStats {
    /// Its number.
    pub number: u32,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets dropped on receiving.
    pub rx_dropped: u64,
    /// Packets dropped on sending.
    pub tx_dropped: u64,
    /// Errors on receiving, of all kinds.
    pub rx_errors: u64,
    /// Errors on sending.
    pub tx_errors: u64,
    /// Frame alignment errors.
    pub rx_frame_errors: u64,
    /// Overruns on receiving.
    pub rx_over_errors: u64,
    /// Checksum errors.
    pub rx_crc_errors: u64,
    /// Collisions.
    pub collisions: u64,
    /// How long the port has been there, in seconds.
    pub duration_seconds: u32,
    /// What comes on top of the seconds, in nanoseconds.
    pub duration_nanoseconds: u32,
}

impl Port {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.u32(self.number);
        w.zeros(4);
        w.bytes(&self.hardware_address);
        w.zeros(2);
        w.text(&self.name, NAME_BYTES);
        w.u32(self.config.0);
        w.u32(self.state.0);
        w.u32(self.current.0);
        w.u32(self.advertised.0);
        w.u32(self.supported.0);
        w.u32(self.peer.0);
        w.u32(self.current_speed);
        w.u32(self.maximum_speed);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = r.u32()?;
        r.skip(4)?;
        let hardware_address = r.array()?;
        r.skip(2)?;
        Ok(Port {
            number,
            hardware_address,
            name: r.text(NAME_BYTES)?,
            config: PortConfig(r.u32()?),
            state: PortState(r.u32()?),
            current: PortFeatures(r.u32()?),
            advertised: PortFeatures(r.u32()?),
            supported: PortFeatures(r.u32()?),
            peer: PortFeatures(r.u32()?),
            current_speed: r.u32()?,
            maximum_speed: r.u32()?,
        })
    }
}

impl PortStatus {
    pub(crate) fn encode(&self, w: &mut Writer<'_>) {
        w.u8(self.reason.0);
        w.zeros(7);
        self.port.encode(w);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reason = PortReason(r.u8()?);
        r.skip(7)?;
        Ok(PortStatus {
            reason,
            port: Port::decode(r)?,
        })
    }
}

impl PortMod {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.number);
        w.zeros(4);
        w.bytes(&self.hardware_address);
        w.zeros(2);
        w.u32(self.config.0);
        w.u32(self.mask.0);
        w.u32(self.advertise.0);
        w.zeros(4);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = r.u32()?;
        r.skip(4)?;
        let hardware_address = r.array()?;
        r.skip(2)?;
        let config = PortConfig(r.u32()?);
        let mask = PortConfig(r.u32()?);
        let advertise = PortFeatures(r.u32()?);
        r.skip(4)?;
        Ok(PortMod {
            number,
            hardware_address,
            config,
            mask,
            advertise,
        })
    }
}

impl PortStats {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u32(self.number);
        w.zeros(4);
        let counters = [
            self.rx_packets,
            self.tx_packets,
            self.rx_bytes,
            self.tx_bytes,
            self.rx_dropped,
            self.tx_dropped,
            self.rx_errors,
            self.tx_errors,
            self.rx_frame_errors,
            self.rx_over_errors,
            self.rx_crc_errors,
            self.collisions,
        ];
        for counter in counters {
            w.u64(counter);
        }
        w.u32(self.duration_seconds);
        w.u32(self.duration_nanoseconds);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = r.u32()?;
        r.skip(4)?;
        Ok(PortStats {
            number,
            rx_packets: r.u64()?,
            tx_packets: r.u64()?,
            rx_bytes: r.u64()?,
            tx_bytes: r.u64()?,
            rx_dropped: r.u64()?,
            tx_dropped: r.u64()?,
            rx_errors: r.u64()?,
            tx_errors: r.u64()?,
            rx_frame_errors: r.u64()?,
            rx_over_errors: r.u64()?,
            rx_crc_errors: r.u64()?,
            collisions: r.u64()?,
            duration_seconds: r.u32()?,
            duration_nanoseconds: r.u32()?,
        })
    }
}
