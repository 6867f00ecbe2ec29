//! MAC addresses the service makes up.

use api::{ApiError, Mac};
use uuid::Uuid;

use super::error;
use crate::model::Model;

/// After so many tries the network is as good as full: with the half of all addresses taken, one in
/// 2^64 requests fails.
const TRIES: usize = 64;

/// A MAC address that no port of `network` has. It follows from the port's id, so that the same
/// write run again finds the same one.
///
/// # Errors
/// 503 `NetworkMacAddressGenerationFailure`.
pub fn generate(model: &Model, network: Uuid, base: [u8; 6], port: Uuid) -> Result<Mac, ApiError> {
    let (high, low) = port.as_u64_pair();
    (0..TRIES as u64)
        .map(|n| candidate(base, mixed(high ^ mixed(low.wrapping_add(n)))))
        .find(|mac| model.port_by_mac(network, *mac).is_none())
        .ok_or_else(|| error::no_mac(network, TRIES))
}

/// The base's first three octets, or four where the fourth is not zero, then random ones.
fn candidate(base: [u8; 6], random: u64) -> Mac {
    let [a, b, c, fourth, ..] = base;
    let [d, e, f, ..] = random.to_be_bytes();
    Mac([a, b, c, if fourth == 0 { d } else { fourth }, e, f])
}

/// Spreads a number over 64 bits (the finaliser of SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
