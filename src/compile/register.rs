//! Registers: what one table tells those after it. Overlapping fields do not compile.

use openflow::registers;
use openflow::{Field, RegMark};

registers! {
    /// Where the packet came into the bridge: 1 from an instance of this node, 2 from a tunnel, 3
    /// from a provider bridge.
    ORIGIN = 0 [0..=1];
    /// The encapsulation its network travels in: 1 VXLAN, 2 GRE, 3 Geneve; 0 none.
    ENCAPSULATION = 0 [2..=3];
    /// 1 when the neighbour table knew the MAC of the next hop.
    NEIGHBOUR_KNOWN = 0 [8..=8];
    /// Key of the port the packet came from; 0 when it came from elsewhere.
    SOURCE_PORT = 1 [0..=31];
    /// Key of the port it is to leave by.
    TARGET_PORT = 2 [0..=31];
    /// Key of the node it is to go to.
    TARGET_NODE = 3 [0..=31];
    /// The IPv4 address whose MAC is wanted.
    NEXT_HOP_V4 = 4 [0..=31];
    /// The IPv6 address whose MAC is wanted, bits 127 to 96. The four are xxreg2.
    NEXT_HOP_V6_A = 8 [0..=31];
    /// Its bits 95 to 64.
    NEXT_HOP_V6_B = 9 [0..=31];
    /// Its bits 63 to 32.
    NEXT_HOP_V6_C = 10 [0..=31];
    /// Its bits 31 to 0.
    NEXT_HOP_V6_D = 11 [0..=31];
}

/// The four in one, to copy an address to.
pub const NEXT_HOP_V6: Field = Field::XxReg2;

const _: () = {
    let words = [NEXT_HOP_V6_A, NEXT_HOP_V6_B, NEXT_HOP_V6_C, NEXT_HOP_V6_D];
    let mut at = 0;
    while at < words.len() {
        assert!(
            words[at].register() as usize == 8 + at,
            "xxreg2 is registers 8 to 11, the first the highest"
        );
        at += 1;
    }
};

/// From an instance of this node.
pub const FROM_LOCAL: RegMark = ORIGIN.mark(1);
/// From a tunnel.
pub const FROM_TUNNEL: RegMark = ORIGIN.mark(2);
/// From a provider bridge.
pub const FROM_PROVIDER: RegMark = ORIGIN.mark(3);
/// The neighbour table knew.
pub const NEIGHBOUR_FOUND: RegMark = NEIGHBOUR_KNOWN.mark(1);
