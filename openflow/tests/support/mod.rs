//! What the tests of sessions and connections share: the other end, played by hand.
#![allow(clippy::unwrap_used)]

use openflow::features::{Capabilities, Features};
use openflow::hello::Hello;
use openflow::message::Message;
use openflow::packet_io::{PacketIn, PacketInReason, PacketOut};
use openflow::port::{Port, PortConfig, PortFeatures, PortReason, PortState, PortStatus};

/// The features of the switch that the tests play.
pub fn features() -> Features {
    Features {
        datapath_id: 0xaa,
        buffers: 0,
        tables: 254,
        auxiliary_id: 0,
        capabilities: Capabilities(0x4f),
    }
}

/// The hello of a switch that speaks the versions of these bits.
pub fn hello(version: u8, bitmap: Option<u32>) -> Message {
    Message::Hello(Hello {
        version,
        bitmap: bitmap.map(|bits| vec![bits]),
    })
}

/// A message of a bundle, told from others by its port.
pub fn packet_out(in_port: u32) -> Message {
    Message::PacketOut(PacketOut {
        buffer_id: None,
        in_port,
        actions: vec![],
        packet: vec![1; 14],
    })
}

/// A port came.
pub fn port_status(number: u32) -> Message {
    let port = Port {
        number,
        hardware_address: [2, 0, 0, 0, 0, 1],
        name: format!("p{number}"),
        config: PortConfig(0),
        state: PortState::LIVE,
        current: PortFeatures(0),
        advertised: PortFeatures(0),
        supported: PortFeatures(0),
        peer: PortFeatures(0),
        current_speed: 0,
        maximum_speed: 0,
    };
    Message::PortStatus(PortStatus {
        reason: PortReason::ADD,
        port,
    })
}

/// A packet for the controller.
pub fn packet_in(cookie: u64) -> Message {
    Message::PacketIn2(Box::new(PacketIn {
        packet: vec![0; 60],
        full_length: 60,
        buffer_id: None,
        table: 1,
        cookie: Some(cookie),
        reason: PacketInReason::ACTION,
        metadata: openflow::oxm::Match::new(),
        userdata: vec![7],
        continuation: None,
    }))
}

/// A message as bytes.
pub fn bytes_of(xid: u32, message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(xid, &mut bytes).unwrap();
    bytes
}
