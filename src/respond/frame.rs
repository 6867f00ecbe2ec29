//! Ethernet frames around UDP over IPv4, taken apart and put together.

use std::net::Ipv4Addr;

use api::Mac;
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use thiserror::Error;

/// Time to live of the packets that the controller originates (RFC 1700).
const TTL: u8 = 64;

/// Why a frame is not the UDP datagram it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A header is cut short or contradicts itself.
    #[error("malformed frame: {0}")]
    Malformed(String),
    /// Well formed, but not UDP over IPv4.
    #[error("not UDP over IPv4")]
    NotUdp4,
    /// A fragment: nothing that is answered here is ever fragmented.
    #[error("a fragment of an IPv4 packet")]
    Fragment,
}

/// A UDP datagram over IPv4 and the addresses it travels between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UdpDatagram<'a> {
    /// Ethernet source.
    pub source_mac: Mac,
    /// Ethernet destination.
    pub target_mac: Mac,
    /// IPv4 source.
    pub source: Ipv4Addr,
    /// IPv4 destination.
    pub target: Ipv4Addr,
    /// UDP source port.
    pub source_port: u16,
    /// UDP destination port.
    pub target_port: u16,
    /// What the datagram carries.
    pub payload: &'a [u8],
}

impl<'a> UdpDatagram<'a> {
    /// Takes an Ethernet frame apart.
    ///
    /// # Errors
    /// [`FrameError`] when the frame is malformed, a fragment, or anything else than UDP over IPv4.
    pub fn parse(frame: &'a [u8]) -> Result<Self, FrameError> {
        let packet = SlicedPacket::from_ethernet(frame)
            .map_err(|error| FrameError::Malformed(error.to_string()))?;
        let ethernet = packet
            .link
            .as_ref()
            .and_then(|link| link.to_header())
            .and_then(|header| header.ethernet2())
            .ok_or(FrameError::NotUdp4)?;
        let Some(NetSlice::Ipv4(ip)) = &packet.net else {
            return Err(FrameError::NotUdp4);
        };
        if ip.is_payload_fragmented() {
            return Err(FrameError::Fragment);
        }
        let Some(TransportSlice::Udp(udp)) = &packet.transport else {
            return Err(FrameError::NotUdp4);
        };
        Ok(Self {
            source_mac: Mac(ethernet.source),
            target_mac: Mac(ethernet.destination),
            source: ip.header().source_addr(),
            target: ip.header().destination_addr(),
            source_port: udp.source_port(),
            target_port: udp.destination_port(),
            payload: udp.payload(),
        })
    }

    /// The Ethernet frame that carries the datagram, checksums filled in.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when the payload is larger than an IPv4 packet can carry.
    pub fn to_frame(&self) -> Result<Vec<u8>, FrameError> {
        let builder = PacketBuilder::ethernet2(self.source_mac.0, self.target_mac.0)
            .ipv4(self.source.octets(), self.target.octets(), TTL)
            .udp(self.source_port, self.target_port);
        let mut frame = Vec::with_capacity(builder.size(self.payload.len()));
        builder
            .write(&mut frame, self.payload)
            .map_err(|error| FrameError::Malformed(error.to_string()))?;
        Ok(frame)
    }
}
