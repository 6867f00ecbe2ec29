//! Blocks of addresses in order, so that what lies around one is a few look-ups away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use uuid::Uuid;

use super::tree::Tree;

/// Where IPv4 addresses lie among those of IPv6 (RFC 4291 §2.5.5.2): one order serves both.
const MAPPED: u128 = 0xffff_0000_0000;
const MAPPED_BITS: u8 = 96;

/// The addresses that agree in their first `length` bits with `first`. A block sorts before all that
/// lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    first: u128,
    length: u8,
}

impl Block {
    /// The block of these addresses.
    pub(super) fn of(net: &IpNet) -> Self {
        match net {
            IpNet::V4(v4) => Block {
                first: MAPPED | u128::from(v4.network().to_bits()),
                length: MAPPED_BITS + v4.prefix_len(),
            },
            IpNet::V6(v6) => Block {
                first: v6.network().to_bits(),
                length: v6.prefix_len(),
            },
        }
    }

    /// How many bits of a block are given by a prefix of this length.
    pub(super) fn length_of(version: u8, prefix: u8) -> u8 {
        match version {
            4 => prefix.saturating_add(MAPPED_BITS),
            _ => prefix,
        }
    }

    /// The block as addresses of this IP version.
    pub(super) fn net(self, version: u8) -> Option<IpNet> {
        let (address, length): (IpAddr, u8) = match version {
            4 => {
                let bits = u32::try_from(self.first.checked_sub(MAPPED)?).ok()?;
                let length = self.length.checked_sub(MAPPED_BITS)?;
                (Ipv4Addr::from_bits(bits).into(), length)
            }
            _ => (Ipv6Addr::from_bits(self.first).into(), self.length),
        };
        IpNet::new(address, length).ok()
    }

    /// A block by its place and size.
    pub(super) fn at(first: u128, length: u8) -> Self {
        Block { first, length }
    }

    pub(super) fn first(self) -> u128 {
        self.first
    }

    pub(super) fn length(self) -> u8 {
        self.length
    }

    /// How many addresses it has; 0 stands for all there are.
    pub(super) fn size(self) -> u128 {
        1u128.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }

    pub(super) fn contains(self, other: Block) -> bool {
        self.length <= other.length && other.first & mask(self.length) == self.first
    }

    /// Its two halves; a single address has none.
    pub(super) fn halves(self) -> Option<[Block; 2]> {
        let below = 127u32.checked_sub(self.length.into())?;
        let length = self.length + 1;
        let upper = self.first | 1u128.checked_shl(below)?;
        Some([Block { length, ..self }, Block::at(upper, length)])
    }

    /// What it is a half of, and the other half.
    pub(super) fn parent(self) -> Option<(Block, Block)> {
        let length = self.length.checked_sub(1)?;
        let first = self.first & mask(length);
        let sibling = self.first ^ 1u128.checked_shl(128 - u32::from(self.length))?;
        let parent = Block { first, length };
        Some((parent, Block::at(sibling, self.length)))
    }

    /// The smallest block that holds both.
    fn around(self, other: Block) -> Block {
        let alike = (self.first ^ other.first).leading_zeros();
        let length = u8::try_from(alike).unwrap_or(128);
        let length = length.min(self.length).min(other.length);
        let first = self.first & mask(length);
        Block { first, length }
    }
}

fn mask(length: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(length))
        .unwrap_or_default()
}

/// How much of a block is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    Nothing,
    Part,
    Whole,
}

/// Blocks with their owners, in spaces that know nothing of each other. Any blocks: they may lie in
/// one another, and one may have several owners.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Blocks(Tree<(Uuid, Block, Uuid), ()>);

impl Blocks {
    pub(super) fn insert(&mut self, space: Uuid, block: Block, owner: Uuid) {
        self.0.insert((space, block, owner), ());
    }

    pub(super) fn remove(&mut self, space: Uuid, block: Block, owner: Uuid) {
        self.0.remove(&(space, block, owner));
    }

    /// All blocks of a space, ascending, with their owners.
    pub(super) fn of(&self, space: Uuid) -> impl Iterator<Item = (Block, Uuid)> + use<'_> {
        self.from(space, Block::at(0, 0))
    }

    /// A block that holds all of `block`, with its owner. What stands right before `block` either
    /// does, or whatever does holds both; so each look-up rules out all smaller blocks around.
    pub(super) fn holding(&self, space: Uuid, block: Block) -> Option<(Block, Uuid)> {
        let mut within = block;
        loop {
            let ((at, found, owner), ()) = self.0.floor(&(space, within, Uuid::max()))?;
            if *at != space {
                return None;
            }
            if found.contains(block) {
                return Some((*found, *owner));
            }
            within = found.around(block);
        }
    }

    /// The blocks that lie in `block`, with their owners.
    pub(super) fn inside(
        &self,
        space: Uuid,
        block: Block,
    ) -> impl Iterator<Item = (Block, Uuid)> + use<'_> {
        self.from(space, block)
            .take_while(move |(found, _)| block.contains(*found))
    }

    /// Whether `block` lies in one of the space's, or some of them lie in it.
    pub(super) fn cover(&self, space: Uuid, block: Block) -> Cover {
        if self.holding(space, block).is_some() {
            Cover::Whole
        } else if self.inside(space, block).next().is_some() {
            Cover::Part
        } else {
            Cover::Nothing
        }
    }

    fn from(&self, space: Uuid, start: Block) -> impl Iterator<Item = (Block, Uuid)> + use<'_> {
        self.0
            .from(&(space, start, Uuid::nil()))
            .take_while(move |((found, _, _), ())| *found == space)
            .map(|((_, block, owner), ())| (*block, *owner))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn block() -> impl Strategy<Value = Block> {
        (0u8..16, 28u8..=32).prop_map(|(host, length)| {
            Block::of(&IpNet::new([10, 0, 0, host].into(), length).unwrap())
        })
    }

    proptest! {
        #[test]
        fn what_lies_around_a_block_is_what_a_scan_finds(
            held in prop::collection::vec(block(), 0..12),
            asked in block(),
        ) {
            let (space, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
            let mut blocks = Blocks::default();
            for (at, block) in held.iter().enumerate() {
                blocks.insert(space, *block, Uuid::from_u128(u128::try_from(at).unwrap()));
            }
            let around = held.iter().any(|b| b.contains(asked));
            prop_assert_eq!(blocks.holding(space, asked).is_some(), around);
            let mut inside: Vec<_> = held.iter().copied().filter(|b| asked.contains(*b)).collect();
            inside.sort();
            let found: Vec<_> = blocks.inside(space, asked).map(|(block, _)| block).collect();
            prop_assert_eq!(found, inside);
            prop_assert_eq!(blocks.cover(other, asked), Cover::Nothing);
        }
    }

    #[test]
    fn blocks_of_every_size_have_halves_and_parents() {
        for text in [
            "::/0",
            "8000::/1",
            "10.0.0.0/8",
            "10.0.0.7/32",
            "fd00::1/128",
        ] {
            let net: IpNet = text.parse().unwrap();
            let block = Block::of(&net);
            let version = if net.addr().is_ipv4() { 4 } else { 6 };
            assert_eq!(block.net(version), Some(net));
            for half in block.halves().into_iter().flatten() {
                assert_eq!(half.parent().unwrap().0, block);
                assert!(block.contains(half) && !half.contains(block));
                assert_eq!(half.size().wrapping_mul(2), block.size());
            }
            assert_eq!(block.halves().is_none(), block.size() == 1);
        }
    }
}
