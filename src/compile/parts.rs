//! Long lists cut into parts by what the keys in them are, so that one key more or less changes one part.
//!
//! The parts are the leaves of a binary tree over the bits of the keys, mixed so that neighbouring keys
//! spread: a part that has more than [`RECEIVERS_MAX`] of them is cut in two. What the parts are follows
//! from the keys alone, not from the order in which they came; where one key more makes a part too long,
//! that one part is replaced by two.

/// Receivers of one part, and of a list that is not cut. A packet may have to pass two lists that are not
/// cut, so that each receiver may take 256 bytes of the switch's actions and 16 table look-ups before the
/// limits are met (64 KiB, 4,096); a copy through a tunnel takes some 100 bytes and four. And a part that
/// changes is written anew, in a message of 7 KiB at most.
pub(super) const RECEIVERS_MAX: usize = 128;

/// How often a list is cut in two at most: 128 parts, numbered in one byte. Their receivers then grow
/// beyond [`RECEIVERS_MAX`]; a message has room for eight times as many.
const CUTS_MAX: u32 = 7;

/// A part of a list, by its place in the tree: 2 and 3 are the halves of the whole, 2n and 2n + 1 those
/// of n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(u8);

impl Part {
    /// 2 to 255.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The part of this number.
    pub const fn from_number(number: u8) -> Option<Part> {
        match number {
            0 | 1 => None,
            _ => Some(Part(number)),
        }
    }
}

/// The parts of a list that is too long to be one, each with its keys in the order in which they were
/// given. None is empty.
pub(super) fn cut(keys: Vec<u32>) -> Vec<(Part, Vec<u32>)> {
    let mut parts = Vec::new();
    let mut waiting = halves(1, 0, keys).to_vec();
    while let Some((number, cuts, keys)) = waiting.pop() {
        if keys.len() > RECEIVERS_MAX && cuts < CUTS_MAX {
            waiting.extend(halves(number, cuts, keys));
        } else if !keys.is_empty() {
            parts.push((Part(number), keys));
        }
    }
    parts.sort_unstable_by_key(|(part, _)| *part);
    parts
}

/// A part, how many cuts led to it, and its keys.
type Half = (u8, u32, Vec<u32>);

fn halves(number: u8, cuts: u32, keys: Vec<u32>) -> [Half; 2] {
    let (odd, even) = keys
        .into_iter()
        .partition(|key| mixed(*key) >> cuts & 1 == 1);
    [
        (2 * number, cuts + 1, even),
        (2 * number + 1, cuts + 1, odd),
    ]
}

/// All bits of a key in each of its bits (the finisher of MurmurHash3).
const fn mixed(key: u32) -> u32 {
    let key = (key ^ key >> 16).wrapping_mul(0x85eb_ca6b);
    let key = (key ^ key >> 13).wrapping_mul(0xc2b2_ae35);
    key ^ key >> 16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn parts(keys: impl IntoIterator<Item = u32>) -> BTreeMap<Part, BTreeSet<u32>> {
        let parts = cut(keys.into_iter().collect()).into_iter();
        parts
            .map(|(part, keys)| (part, keys.into_iter().collect()))
            .collect()
    }

    proptest! {
        /// Whatever the keys: all are there once, in few parts, and one more key changes at most the
        /// part it falls in, or that part and those that it is cut into.
        #[test]
        fn one_key_changes_one_part(
            first in 1..1_000_000_u32,
            step in prop_oneof![Just(1_u32), Just(2), Just(64), Just(1 << 12), 1..5_000_u32],
            count in 129..4_000_u32,
            more in 0..0x100_0000_u32,
        ) {
            let keys: BTreeSet<u32> = (0..count).map(|n| first.wrapping_add(n * step)).collect();
            let before = parts(keys.iter().copied());
            let all: Vec<u32> = before.values().flatten().copied().collect();
            prop_assert_eq!(all.len(), keys.len());
            prop_assert_eq!(&all.into_iter().collect::<BTreeSet<u32>>(), &keys);
            prop_assert!(before.len() <= 8 + 4 * keys.len() / RECEIVERS_MAX, "{} parts", before.len());
            let after = parts(keys.iter().copied().chain([more]).collect::<BTreeSet<u32>>());
            let differ = |part: &Part| before.get(part) != after.get(part);
            let parts: BTreeSet<Part> = before.keys().chain(after.keys()).copied().collect();
            let different = parts.into_iter().filter(differ).count();
            prop_assert!(different <= 3, "{different} parts");
        }
    }

    #[test]
    fn ten_thousand_fit_their_parts_and_a_hundred_thousand_their_messages() {
        let longest = |count: u32| {
            cut((1..=count).collect())
                .iter()
                .map(|(_, keys)| keys.len())
                .max()
        };
        assert!(longest(10_000).unwrap() <= RECEIVERS_MAX);
        assert!(longest(100_000).unwrap() <= 1_000);
    }
}
