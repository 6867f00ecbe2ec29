//! Internet checksums (RFC 1071), kept right after every write to a header.

use super::headers::{Layout, Network};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Puts the checksums of the IP header and of what it carries right.
pub(super) fn repair(bytes: &mut [u8], layout: &Layout) {
    match layout.network {
        Some(Network::V4) => {
            let Some(header) = bytes.get_mut(layout.network_at..layout.transport_at) else {
                return;
            };
            put(header, 10, 0);
            let sum = !fold(sum(header));
            put(header, 10, sum);
        }
        Some(Network::V6) => {}
        _ => return,
    }
    if layout.fragment == 0 {
        repair_transport(bytes, layout);
    }
}

fn repair_transport(bytes: &mut [u8], layout: &Layout) {
    let at = match layout.protocol {
        TCP => 16,
        UDP => 6,
        ICMP | ICMPV6 => 2,
        _ => return,
    };
    let end = layout.end.min(bytes.len());
    let (before, rest) = bytes.split_at_mut(layout.transport_at.min(end));
    let length = end - before.len();
    let Some(segment) = rest
        .get_mut(..length)
        .filter(|segment| segment.len() >= at + 2)
    else {
        return;
    };
    // A UDP datagram over IPv4 may have none.
    let is_v4 = layout.network == Some(Network::V4);
    if layout.protocol == UDP && is_v4 && segment[6..8] == [0, 0] {
        return;
    }
    let addresses = match is_v4 {
        true => before.get(layout.network_at + 12..layout.network_at + 20),
        false => before.get(layout.network_at + 8..layout.network_at + 40),
    };
    let pseudo = match layout.protocol {
        ICMP => 0,
        protocol => sum(addresses.unwrap_or_default()) + u64::from(protocol) + length as u64,
    };
    put(segment, at, 0);
    let folded = !fold(sum(segment) + pseudo);
    let folded = if layout.protocol == UDP && folded == 0 {
        0xffff
    } else {
        folded
    };
    put(segment, at, folded);
}

fn put(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// The 16-bit words of bytes summed up.
fn sum(bytes: &[u8]) -> u64 {
    let word = |pair: &[u8]| match pair {
        [high, low] => u64::from(u16::from_be_bytes([*high, *low])),
        [high] => u64::from(*high) << 8,
        _ => 0,
    };
    bytes.chunks(2).map(word).sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
