//! Packets for the tests.

/// The MAC address ending in this number.
pub fn mac(last: u8) -> [u8; 6] {
    [0xfa, 0x16, 0x3e, 0, 0, last]
}

fn ethernet(destination: [u8; 6], source: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = [destination, source].concat();
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame.resize(frame.len().max(60), 0);
    frame
}

/// An ARP request of 10.0.0.1 for 10.0.0.2.
pub fn arp_request() -> Vec<u8> {
    let mut arp = vec![0, 1, 8, 0, 6, 4, 0, 1];
    arp.extend(mac(1));
    arp.extend([10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    ethernet([0xff; 6], mac(1), 0x0806, &arp)
}

/// An IPv4 packet without checksums.
pub fn ipv4(protocol: u8, source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = 20 + payload.len() as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
    packet.extend(source);
    packet.extend(destination);
    packet.extend(payload);
    ethernet(mac(2), mac(1), 0x0800, &packet)
}

/// A TCP segment with these flags between these ports of 10.0.0.N.
pub fn tcp(source: (u8, u16), destination: (u8, u16), flags: u8) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(source.1.to_be_bytes());
    segment.extend(destination.1.to_be_bytes());
    segment.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0]);
    ipv4(6, [10, 0, 0, source.0], [10, 0, 0, destination.0], &segment)
}

/// A UDP datagram from a port of 10.0.0.1 to 10.0.0.2.
pub fn udp(source: u16, destination: u16) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(source.to_be_bytes());
    datagram.extend(destination.to_be_bytes());
    datagram.extend([0, 12, 0, 1, 1, 2, 3, 4]);
    ipv4(17, [10, 0, 0, 1], [10, 0, 0, 2], &datagram)
}

/// Whether the IPv4 header's checksum is right.
pub fn checksum_is_right(frame: &[u8]) -> bool {
    let words = frame[14..34]
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    (sum & 0xffff) + (sum >> 16) == 0xffff
}
