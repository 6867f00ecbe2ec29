//! The value notation of RFC 7047 §5.1: atoms, sets, maps, and their JSON.
//!
//! JSON alone does not tell a set of one element from a scalar, nor `1` the integer from `1` the
//! real; [`crate::schema::ColumnType::normalise`] does, once the column is known.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

pub use uuid::Uuid;

mod json;

/// A finite real number with a total order, so that it can be an element of a set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real(f64);

impl Real {
    /// The real, or `None` for infinities and NaN, which JSON cannot carry.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        // Adding zero turns -0.0 into 0.0, which OVSDB holds to be the same number.
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// The name a transaction gives to a row that it inserts (RFC 7047 `<named-uuid>`): a letter or
/// underscore, then letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedUuid(Box<str>);

impl NamedUuid {
    /// The name, or `None` where it is not an `<id>` of RFC 7047 §3.1.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        is_id(name).then(|| Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NamedUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` is an `<id>` of RFC 7047 §3.1.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One atomic value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A 64-bit signed integer.
    Integer(i64),
    /// A real number.
    Real(Real),
    /// A boolean.
    Boolean(bool),
    /// A Unicode string.
    String(Box<str>),
    /// The UUID of a row.
    Uuid(Uuid),
    /// A row that the same transaction inserts; never part of a stored row.
    Named(NamedUuid),
}

impl Atom {
    /// A string atom.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self::String(text.into())
    }

    /// The text, of a string atom.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, of an integer atom.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The UUID, of a UUID atom.
    #[must_use]
    pub fn as_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            _ => None,
        }
    }

    /// The truth value, of a boolean atom.
    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

impl From<&str> for Atom {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Atom {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<i64> for Atom {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Atom {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Uuid> for Atom {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<NamedUuid> for Atom {
    fn from(name: NamedUuid) -> Self {
        Self::Named(name)
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(real) => write!(f, "{}", real.0),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::Named(name) => write!(f, "@{name}"),
        }
    }
}

/// A set of atoms: sorted, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set(Vec<Atom>);

impl Set {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the set holds `atom`.
    #[must_use]
    pub fn contains(&self, atom: &Atom) -> bool {
        self.0.binary_search(atom).is_ok()
    }

    /// Adds an atom; false where it was there.
    pub fn insert(&mut self, atom: Atom) -> bool {
        match self.0.binary_search(&atom) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, atom);
                true
            }
        }
    }

    /// Removes an atom; false where it was not there.
    pub fn remove(&mut self, atom: &Atom) -> bool {
        match self.0.binary_search(atom) {
            Ok(place) => {
                self.0.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// The elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Atom> {
        self.0.iter()
    }

    /// How many elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements that are in one of the two sets only: how `modify` updates spell a change, and
    /// also how one is applied.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let (mut out, mut a, mut b) = (Vec::new(), self.0.iter(), other.0.iter());
        let (mut left, mut right) = (a.next(), b.next());
        loop {
            match (left, right) {
                (None, None) => return Self(out),
                (Some(x), None) => {
                    out.push(x.clone());
                    left = a.next();
                }
                (None, Some(y)) => {
                    out.push(y.clone());
                    right = b.next();
                }
                (Some(x), Some(y)) => match x.cmp(y) {
                    Ordering::Less => {
                        out.push(x.clone());
                        left = a.next();
                    }
                    Ordering::Greater => {
                        out.push(y.clone());
                        right = b.next();
                    }
                    Ordering::Equal => (left, right) = (a.next(), b.next()),
                },
            }
        }
    }
}

impl FromIterator<Atom> for Set {
    fn from_iter<I: IntoIterator<Item = Atom>>(iter: I) -> Self {
        let mut atoms: Vec<Atom> = iter.into_iter().collect();
        atoms.sort_unstable();
        atoms.dedup();
        Self(atoms)
    }
}

impl IntoIterator for Set {
    type Item = Atom;
    type IntoIter = std::vec::IntoIter<Atom>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = &'a Atom;
    type IntoIter = std::slice::Iter<'a, Atom>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A map of atoms: sorted by key, one value a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map(Vec<(Atom, Atom)>);

impl Map {
    /// The empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &Atom) -> Option<&Atom> {
        let place = self.0.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The text of a key, where both are strings.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        let place = self
            .0
            .binary_search_by(|(k, _)| match k {
                Atom::String(text) => (**text).cmp(key),
                other => other.cmp(&Atom::string(key)),
            })
            .ok()?;
        self.0.get(place).and_then(|(_, value)| value.as_str())
    }

    /// Sets the value of a key; gives the value it had.
    pub fn insert(&mut self, key: Atom, value: Atom) -> Option<Atom> {
        match self.0.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(place) => self
                .0
                .get_mut(place)
                .map(|(_, old)| std::mem::replace(old, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Removes a key; gives the value it had.
    pub fn remove(&mut self, key: &Atom) -> Option<Atom> {
        let place = self.0.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        Some(self.0.remove(place).1)
    }

    /// The pairs, by key.
    pub fn iter(&self) -> std::slice::Iter<'_, (Atom, Atom)> {
        self.0.iter()
    }

    /// How many pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What turns `self` into `new`, as `modify` updates spell it: pairs that went, pairs that
    /// came, and the new value of keys whose value changed.
    #[must_use]
    pub fn difference_to(&self, new: &Self) -> Self {
        let gone = self.iter().filter(|(key, _)| new.get(key).is_none());
        let come = new
            .iter()
            .filter(|(key, value)| self.get(key) != Some(value));
        gone.chain(come).cloned().collect()
    }

    /// Applies what [`Map::difference_to`] gave: an equal pair goes, a different value replaces, a
    /// new key comes.
    #[must_use]
    pub fn apply_difference(&self, difference: &Self) -> Self {
        let kept = self.iter().filter(|(key, _)| difference.get(key).is_none());
        let changed = difference
            .iter()
            .filter(|(key, value)| self.get(key) != Some(value));
        kept.chain(changed).cloned().collect()
    }
}

impl FromIterator<(Atom, Atom)> for Map {
    /// Of two pairs with one key the later stays.
    fn from_iter<I: IntoIterator<Item = (Atom, Atom)>>(iter: I) -> Self {
        let mut pairs: Vec<(Atom, Atom)> = iter.into_iter().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.reverse();
        pairs.dedup_by(|later, kept| later.0 == kept.0);
        pairs.reverse();
        Self(pairs)
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Atom, Atom);
    type IntoIter = std::slice::Iter<'a, (Atom, Atom)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Atom, Atom);
    type IntoIter = std::vec::IntoIter<(Atom, Atom)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The value of a column (RFC 7047 `<value>`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// A bare atom: a scalar, or a set of one.
    Atom(Atom),
    /// A set.
    Set(Set),
    /// A map.
    Map(Map),
}

impl Datum {
    /// The atom of a scalar, or of a set of one.
    #[must_use]
    pub fn as_atom(&self) -> Option<&Atom> {
        match self {
            Self::Atom(atom) => Some(atom),
            Self::Set(Set(atoms)) => match atoms.as_slice() {
                [atom] => Some(atom),
                _ => None,
            },
            Self::Map(_) => None,
        }
    }

    /// The elements: one of a scalar, those of a set, none of a map.
    #[must_use]
    pub fn atoms(&self) -> &[Atom] {
        match self {
            Self::Atom(atom) => std::slice::from_ref(atom),
            Self::Set(set) => &set.0,
            Self::Map(_) => &[],
        }
    }

    /// The map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl<A: Into<Atom>> From<A> for Datum {
    fn from(atom: A) -> Self {
        Self::Atom(atom.into())
    }
}

impl From<Set> for Datum {
    fn from(set: Set) -> Self {
        Self::Set(set)
    }
}

impl From<Map> for Datum {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atom(atom) => atom.fmt(f),
            Self::Set(set) => {
                f.write_str("[")?;
                for (i, atom) in set.iter().enumerate() {
                    write!(f, "{}{atom}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key}={value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}
