//! What Keystone said of tokens, for as long as it holds. No clock: the caller says what time it is.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Timestamp;
use ring::digest::{SHA256, digest};

use super::token::Caller;

/// How long a token stays refused without asking again.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// Longest document of a token that is remembered, in bytes. Usual ones are a tenth; a user may give an
/// application credential as many access rules as it likes.
const SIZE_MAX: usize = 16 * 1024;

/// The time, by a clock that never goes back and by that of the day.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Never goes back.
    pub steady: Instant,
    /// What expiry of tokens is told in.
    pub utc: Timestamp,
}

impl Now {
    /// The clocks of this machine.
    pub fn read() -> Self {
        Self {
            steady: Instant::now(),
            utc: Timestamp::now(),
        }
    }
}

/// A question about a token: its SHA-256 digest, never the token itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    digest: [u8; 32],
    /// Asked so that a token that has ended counts as well.
    late: bool,
}

impl Key {
    /// Whether a token that has ended counts.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// The question about `token`.
    pub fn of(token: &[u8], late: bool) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, token).as_ref()) {
            *to = *from;
        }
        Self {
            digest: bytes,
            late,
        }
    }
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is good.
    Valid(Arc<Caller>),
    /// It is not.
    Invalid,
}

/// Answers that still hold, at most so many; the oldest make room.
#[derive(Debug)]
pub struct Cache {
    /// How long an answer holds; `None` keeps nothing.
    time: Option<Duration>,
    valid: Shelf<Arc<Caller>>,
    // Apart, so that a flood of wrong tokens drives out no good one.
    invalid: Shelf<()>,
}

impl Cache {
    /// Keeps `most` answers of each kind, for `time` each.
    pub fn new(time: Option<Duration>, most: usize) -> Self {
        Self {
            time: time.filter(|time| !time.is_zero()),
            valid: Shelf::new(most),
            invalid: Shelf::new(most),
        }
    }

    /// What is known, if anything is.
    pub fn get(&self, key: &Key, now: Now) -> Option<Known> {
        if let Some(caller) = self.valid.get(key, now.steady) {
            return Some(if key.late || now.utc < caller.expires_at {
                Known::Valid(Arc::clone(caller))
            } else {
                Known::Invalid
            });
        }
        self.invalid.get(key, now.steady).map(|()| Known::Invalid)
    }

    /// Keeps an answer.
    pub fn put(&mut self, key: Key, known: &Known, now: Now) {
        let Some(time) = self.time else { return };
        match known {
            Known::Valid(caller) if caller.size > SIZE_MAX => {}
            Known::Valid(caller) => {
                let until = now.steady.checked_add(time).unwrap_or(now.steady);
                self.valid.put(key, Arc::clone(caller), until, now.steady);
            }
            Known::Invalid => {
                let until = now.steady + time.min(REFUSED_FOR);
                self.invalid.put(key, (), until, now.steady);
            }
        }
    }
}

/// Values with an end, the oldest first in line to go.
#[derive(Debug)]
struct Shelf<V> {
    most: usize,
    values: HashMap<Key, Entry<V>>,
    /// Every entry in the order in which it came, by its number; those replaced since stay until met.
    order: VecDeque<(u64, Key)>,
    count: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    until: Instant,
    number: u64,
}

impl<V> Shelf<V> {
    fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            values: HashMap::new(),
            order: VecDeque::new(),
            count: 0,
        }
    }

    fn get(&self, key: &Key, at: Instant) -> Option<&V> {
        let entry = self.values.get(key)?;
        (at < entry.until).then_some(&entry.value)
    }

    fn put(&mut self, key: Key, value: V, until: Instant, at: Instant) {
        self.make_room(at);
        self.count += 1;
        let number = self.count;
        let entry = Entry {
            value,
            until,
            number,
        };
        self.values.insert(key, entry);
        self.order.push_back((number, key));
        if self.order.len() > 2 * self.most {
            let values = &self.values;
            let current = |(number, key): &(u64, Key)| {
                values.get(key).is_some_and(|entry| entry.number == *number)
            };
            self.order.retain(current);
        }
    }

    /// Takes away what has ended or was replaced, and as much more as it takes for one to come.
    fn make_room(&mut self, at: Instant) {
        while let Some((number, key)) = self.order.front() {
            let entry = self.values.get(key).filter(|entry| entry.number == *number);
            if let Some(entry) = entry {
                if at < entry.until && self.values.len() < self.most {
                    return;
                }
                self.values.remove(&key.clone());
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn caller(expires_at: i64) -> Known {
        Known::Valid(Arc::new(Caller {
            expires_at: Timestamp(expires_at),
            ..Caller::default()
        }))
    }

    fn at(start: Now, seconds: u64) -> Now {
        Now {
            steady: start.steady + Duration::from_secs(seconds),
            utc: Timestamp(start.utc.0 + i64::try_from(seconds).unwrap_or(i64::MAX)),
        }
    }

    fn start() -> Now {
        Now {
            steady: Instant::now(),
            utc: Timestamp(1_000_000),
        }
    }

    #[test]
    fn an_answer_holds_for_its_time() {
        let (now, key) = (start(), Key::of(b"t", false));
        let mut cache = Cache::new(Some(Duration::from_secs(300)), 10);
        let known = caller(now.utc.0 + 3600);
        cache.put(key, &known, now);
        assert_eq!(cache.get(&key, at(now, 299)), Some(known));
        assert_eq!(cache.get(&key, at(now, 300)), None);
        assert_eq!(cache.get(&Key::of(b"u", false), now), None);
    }

    #[test]
    fn a_token_ends_when_keystone_said() {
        let now = start();
        let mut cache = Cache::new(Some(Duration::from_secs(300)), 10);
        let (key, late) = (Key::of(b"t", false), Key::of(b"t", true));
        let known = caller(now.utc.0 + 10);
        cache.put(key, &known, now);
        cache.put(late, &known, now);
        assert_eq!(cache.get(&key, at(now, 9)), Some(known.clone()));
        assert_eq!(cache.get(&key, at(now, 10)), Some(Known::Invalid));
        assert_eq!(cache.get(&late, at(now, 10)), Some(known));
    }

    #[test]
    fn a_refusal_holds_briefly_and_says_nothing_of_late_use() {
        let (now, key) = (start(), Key::of(b"t", false));
        let mut cache = Cache::new(Some(Duration::from_secs(300)), 10);
        cache.put(key, &Known::Invalid, now);
        assert_eq!(cache.get(&key, at(now, 4)), Some(Known::Invalid));
        assert_eq!(cache.get(&key, at(now, 5)), None);
        assert_eq!(cache.get(&Key::of(b"t", true), now), None);
    }

    #[test]
    fn without_a_time_nothing_is_kept() {
        let (now, key) = (start(), Key::of(b"t", false));
        for time in [None, Some(Duration::ZERO)] {
            let mut cache = Cache::new(time, 10);
            cache.put(key, &caller(now.utc.0 + 10), now);
            cache.put(key, &Known::Invalid, now);
            assert_eq!(cache.get(&key, now), None);
        }
    }

    #[test]
    fn what_is_large_is_not_kept() {
        let (now, key) = (start(), Key::of(b"t", false));
        let mut cache = Cache::new(Some(Duration::from_secs(300)), 10);
        let large = Known::Valid(Arc::new(Caller {
            size: SIZE_MAX + 1,
            expires_at: Timestamp(now.utc.0 + 3600),
            ..Caller::default()
        }));
        cache.put(key, &large, now);
        assert_eq!(cache.get(&key, now), None);
    }

    #[test]
    fn a_flood_of_wrong_tokens_drives_out_no_good_one() {
        let (now, key) = (start(), Key::of(b"good", false));
        let mut cache = Cache::new(Some(Duration::from_secs(300)), 100);
        let known = caller(now.utc.0 + 3600);
        cache.put(key, &known, now);
        for number in 0..10_000_u32 {
            cache.put(Key::of(&number.to_be_bytes(), false), &Known::Invalid, now);
        }
        assert_eq!(cache.get(&key, now), Some(known));
        assert!(cache.invalid.values.len() <= 100 && cache.invalid.order.len() <= 200);
    }

    proptest! {
        #[test]
        fn the_shelf_is_bounded_and_keeps_the_newest(
            most in 1_usize..6,
            puts in prop::collection::vec((0_u8..12, 1_u64..20, 0_u64..5), 0..200),
        ) {
            let begin = Instant::now();
            let mut shelf = Shelf::new(most);
            let mut clock = begin;
            for (number, (name, lasts, passes)) in puts.into_iter().enumerate() {
                clock += Duration::from_secs(passes);
                let key = Key::of(&[name], false);
                shelf.put(key, number, clock + Duration::from_secs(lasts), clock);
                prop_assert_eq!(shelf.get(&key, clock), Some(&number));
                prop_assert!(shelf.values.len() <= most);
                prop_assert!(shelf.order.len() <= 2 * most + 1);
                for (key, entry) in &shelf.values {
                    prop_assert!(shelf.order.contains(&(entry.number, *key)));
                }
            }
        }
    }
}
