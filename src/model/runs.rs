//! Numbers in use, per pool, as maximal runs: the lowest free one is one look-up away.
//!
//! Addresses of a subnet, segmentation ids of a physical network and pipeline
//! keys are all "the lowest number nobody has". Holding the used numbers as
//! runs that never touch each other makes the number after a run free by
//! definition, for a full /16 and for an almost empty /64 alike.

use super::tree::Tree;

/// The numbers in use in each pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs<P> {
    /// (pool, first number of the run) → last number of the run.
    runs: Tree<(P, u128), u128>,
}

impl<P> Default for Runs<P> {
    fn default() -> Self {
        Runs {
            runs: Tree::default(),
        }
    }
}

impl<P: Ord + Clone> Runs<P> {
    /// True when `number` is in use.
    #[cfg(test)]
    pub fn contains(&self, pool: &P, number: u128) -> bool {
        self.run_of(pool, number).is_some()
    }

    /// The lowest number of `low..=high` that is not in use.
    pub fn lowest_free(&self, pool: &P, low: u128, high: u128) -> Option<u128> {
        let candidate = match self.run_of(pool, low) {
            Some((_, last)) => last.checked_add(1)?,
            None => low,
        };
        (candidate <= high).then_some(candidate)
    }

    /// How many numbers of `low..=high` are in use.
    pub fn count(&self, pool: &P, low: u128, high: u128) -> u128 {
        let around = self.floor(pool, low).map_or(low, |(first, _)| first);
        let runs = self.runs_from(pool, around);
        let within = runs.take_while(|(first, _)| *first <= high);
        within
            .filter(|(_, last)| *last >= low)
            .map(|(first, last)| last.min(high) - first.max(low) + 1)
            .sum()
    }

    /// The runs in use in `pool`, each as (first, last), ascending.
    pub fn runs<'a>(&'a self, pool: &P) -> impl Iterator<Item = (u128, u128)> + use<'a, P> {
        self.runs_from(pool, 0)
    }

    /// The runs that begin at `start` or later.
    fn runs_from<'a>(
        &'a self,
        pool: &P,
        start: u128,
    ) -> impl Iterator<Item = (u128, u128)> + use<'a, P> {
        let pool = pool.clone();
        self.runs
            .from(&(pool.clone(), start))
            .take_while(move |((p, _), _)| *p == pool)
            .map(|((_, first), last)| (*first, *last))
    }

    /// Marks `number` as used; nothing happens when it is already.
    pub fn insert(&mut self, pool: &P, number: u128) {
        let before = self.floor(pool, number);
        if before.is_some_and(|(_, last)| last >= number) {
            return;
        }
        let joined = before.filter(|(_, last)| last.checked_add(1) == Some(number));
        let first = joined.map_or(number, |(first, _)| first);
        let last = number
            .checked_add(1)
            .and_then(|next| self.runs.remove(&(pool.clone(), next)))
            .unwrap_or(number);
        self.runs.insert((pool.clone(), first), last);
    }

    /// Marks `number` as free; nothing happens when it is already.
    pub fn remove(&mut self, pool: &P, number: u128) {
        let Some((first, last)) = self.run_of(pool, number) else {
            return;
        };
        if first == number {
            self.runs.remove(&(pool.clone(), first));
        } else {
            self.runs.insert((pool.clone(), first), number - 1);
        }
        if number < last {
            self.runs.insert((pool.clone(), number + 1), last);
        }
    }

    /// The run that `number` is in.
    fn run_of(&self, pool: &P, number: u128) -> Option<(u128, u128)> {
        self.floor(pool, number).filter(|(_, last)| *last >= number)
    }

    /// The last run of `pool` that begins at or before `number`.
    fn floor(&self, pool: &P, number: u128) -> Option<(u128, u128)> {
        let ((found, first), last) = self.runs.floor(&(pool.clone(), number))?;
        (found == pool).then_some((*first, *last))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behaves_like_a_set_and_its_runs_never_touch(
            changes in prop::collection::vec((any::<bool>(), 0u8..3, 0u128..60), 0..400),
            low in 0u128..60,
            width in 0u128..60,
        ) {
            let mut runs = Runs::default();
            let mut sets = vec![BTreeSet::new(); 3];
            for (put, pool, number) in changes {
                let set = &mut sets[usize::from(pool)];
                if put {
                    runs.insert(&pool, number);
                    set.insert(number);
                } else {
                    runs.remove(&pool, number);
                    set.remove(&number);
                }
            }
            for (pool, set) in sets.iter().enumerate() {
                let pool = u8::try_from(pool).unwrap();
                let held: Vec<_> = runs.runs(&pool).collect();
                prop_assert!(held.windows(2).all(|w| w[0].1 + 1 < w[1].0));
                let numbers: BTreeSet<_> = held.iter().flat_map(|(a, b)| *a..=*b).collect();
                prop_assert_eq!(&numbers, set);
                let lowest = (low..=low + width).find(|n| !set.contains(n));
                prop_assert_eq!(runs.lowest_free(&pool, low, low + width), lowest);
                let used = set.range(low..=low + width).count();
                prop_assert_eq!(runs.count(&pool, low, low + width), u128::try_from(used).unwrap());
                prop_assert!((0..60).all(|n| runs.contains(&pool, n) == set.contains(&n)));
            }
        }
    }

    #[test]
    fn the_whole_of_the_address_space_can_be_used() {
        let mut runs = Runs::default();
        runs.insert(&(), u128::MAX);
        runs.insert(&(), u128::MAX - 1);
        runs.insert(&(), 0);
        assert_eq!(runs.lowest_free(&(), u128::MAX - 1, u128::MAX), None);
        assert_eq!(runs.lowest_free(&(), 0, u128::MAX), Some(1));
        runs.remove(&(), u128::MAX);
        assert_eq!(
            runs.lowest_free(&(), u128::MAX - 1, u128::MAX),
            Some(u128::MAX)
        );
    }
}
