//! Arithmetic of sets of addresses that are written as lists of blocks.

use ipnet::IpNet;

/// The fewest blocks that hold the same addresses, ascending.
pub fn merged(blocks: &[IpNet]) -> Vec<IpNet> {
    let mut blocks = IpNet::aggregate(&blocks.iter().map(IpNet::trunc).collect());
    blocks.sort();
    blocks
}

/// True when all of `block` lies in `set`, which is [`merged`].
pub fn holds(set: &[IpNet], block: &IpNet) -> bool {
    set.iter().any(|whole| whole.contains(block))
}

/// The addresses of `set` that are not in `less`.
pub fn without(set: &[IpNet], less: &[IpNet]) -> Vec<IpNet> {
    let mut left = Vec::new();
    let mut open = set.to_vec();
    while let Some(block) = open.pop() {
        if less.iter().any(|other| other.contains(&block)) {
            continue;
        }
        if less.iter().any(|other| block.contains(other)) {
            // A single address is either in `other` or apart from it, so this one can be halved.
            open.extend(block.subnets(block.prefix_len() + 1).into_iter().flatten());
        } else {
            left.push(block);
        }
    }
    merged(&left)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Blocks of 192.0.2.0/26, few enough to count their addresses one by one.
    fn blocks() -> impl Strategy<Value = Vec<IpNet>> {
        let block = (0u8..64, 26u8..=32)
            .prop_map(|(host, length)| IpNet::new([192, 0, 2, host].into(), length).unwrap());
        prop::collection::vec(block, 0..8)
    }

    fn addresses(blocks: &[IpNet]) -> BTreeSet<std::net::IpAddr> {
        let numbers = (0..=255).map(|host| std::net::IpAddr::from([192, 0, 2, host]));
        numbers
            .filter(|ip| blocks.iter().any(|b| b.contains(ip)))
            .collect()
    }

    proptest! {
        #[test]
        fn blocks_are_sets_of_addresses(a in blocks(), b in blocks()) {
            let (a_set, b_set) = (addresses(&a), addresses(&b));
            let merged_a = merged(&a);
            prop_assert_eq!(addresses(&merged_a), a_set.clone());
            prop_assert!(merged_a.is_sorted());
            prop_assert_eq!(&merged(&merged_a), &merged_a);
            let left = without(&a, &b);
            prop_assert_eq!(addresses(&left), a_set.difference(&b_set).copied().collect());
            prop_assert_eq!(&merged(&left), &left);
            for block in &b {
                let all = addresses(&[*block]).is_subset(&a_set);
                prop_assert_eq!(holds(&merged_a, block), all);
            }
        }
    }

    #[test]
    fn the_largest_blocks_are_halved_too() {
        let all: IpNet = "::/0".parse().unwrap();
        let left = without(&[all], &["8000::/1".parse().unwrap()]);
        assert_eq!(left, ["::/1".parse::<IpNet>().unwrap()]);
        assert_eq!(without(&[all], &[all]), []);
        let one: IpNet = "fd00::1/128".parse().unwrap();
        assert_eq!(without(&[one], &["fd00::2/128".parse().unwrap()]), [one]);
    }
}
