//! Rust types for columns: what shape the schema must give them, how they are read and written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use crate::notation::{Atom, Datum, Map, Set, Uuid};
use crate::schema::{AtomicType, ColumnType};

/// How many elements a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    Scalar,
    /// One or none.
    Optional,
    /// Any number.
    Many,
}

/// What a Rust type expects of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The type of the elements or keys.
    pub key: AtomicType,
    /// The type of the values of a map.
    pub value: Option<AtomicType>,
    /// How many.
    pub arity: Arity,
}

impl Shape {
    /// Whether every value of the column can be read as this shape.
    #[must_use]
    pub fn accepts(self, kind: &ColumnType) -> bool {
        let arity = match self.arity {
            Arity::Scalar => kind.min == 1 && kind.max == 1,
            Arity::Optional => kind.max == 1,
            Arity::Many => true,
        };
        arity
            && kind.key.atomic == self.key
            && kind.value.as_ref().map(|value| value.atomic) == self.value
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.arity {
            Arity::Scalar => {}
            Arity::Optional => f.write_str("optional ")?,
            Arity::Many if self.value.is_some() => f.write_str("map of ")?,
            Arity::Many => f.write_str("set of ")?,
        }
        write!(f, "{:?}", self.key)?;
        self.value
            .map_or(Ok(()), |value| write!(f, " to {value:?}"))
    }
}

/// A Rust type of one atom.
pub trait AtomValue: Ord + Sized {
    /// The atomic type.
    const ATOMIC: AtomicType;
    /// Reads; `None` for an atom of another type.
    fn from_atom(atom: &Atom) -> Option<Self>;
    /// Writes.
    fn to_atom(&self) -> Atom;
}

impl AtomValue for bool {
    const ATOMIC: AtomicType = AtomicType::Boolean;

    fn from_atom(atom: &Atom) -> Option<Self> {
        atom.as_boolean()
    }

    fn to_atom(&self) -> Atom {
        Atom::Boolean(*self)
    }
}

impl AtomValue for i64 {
    const ATOMIC: AtomicType = AtomicType::Integer;

    fn from_atom(atom: &Atom) -> Option<Self> {
        atom.as_integer()
    }

    fn to_atom(&self) -> Atom {
        Atom::Integer(*self)
    }
}

impl AtomValue for String {
    const ATOMIC: AtomicType = AtomicType::String;

    fn from_atom(atom: &Atom) -> Option<Self> {
        atom.as_str().map(str::to_owned)
    }

    fn to_atom(&self) -> Atom {
        Atom::string(self)
    }
}

impl AtomValue for Uuid {
    const ATOMIC: AtomicType = AtomicType::Uuid;

    fn from_atom(atom: &Atom) -> Option<Self> {
        atom.as_uuid()
    }

    fn to_atom(&self) -> Atom {
        Atom::Uuid(*self)
    }
}

/// A Rust type of a column.
pub trait ColumnValue: Default {
    /// What the schema must say.
    const SHAPE: Shape;
    /// Reads a normalised value; `None` where it has another shape.
    fn read(datum: &Datum) -> Option<Self>;
    /// Writes.
    fn write(&self) -> Datum;
}

macro_rules! scalar {
    ($($kind:ty),*) => {$(
        impl ColumnValue for $kind {
            const SHAPE: Shape = Shape {
                key: <$kind as AtomValue>::ATOMIC,
                value: None,
                arity: Arity::Scalar,
            };

            fn read(datum: &Datum) -> Option<Self> {
                Self::from_atom(datum.as_atom()?)
            }

            fn write(&self) -> Datum {
                Datum::Atom(self.to_atom())
            }
        }
    )*};
}

scalar!(bool, i64, String);

impl<T: AtomValue> ColumnValue for Option<T> {
    const SHAPE: Shape = Shape {
        key: T::ATOMIC,
        value: None,
        arity: Arity::Optional,
    };

    fn read(datum: &Datum) -> Option<Self> {
        match (datum, datum.atoms()) {
            (Datum::Map(_), _) => None,
            (_, []) => Some(None),
            (_, [atom]) => T::from_atom(atom).map(Some),
            _ => None,
        }
    }

    fn write(&self) -> Datum {
        Datum::Set(self.iter().map(T::to_atom).collect())
    }
}

impl<T: AtomValue> ColumnValue for BTreeSet<T> {
    const SHAPE: Shape = Shape {
        key: T::ATOMIC,
        value: None,
        arity: Arity::Many,
    };

    fn read(datum: &Datum) -> Option<Self> {
        match datum {
            Datum::Map(_) => None,
            other => other.atoms().iter().map(T::from_atom).collect(),
        }
    }

    fn write(&self) -> Datum {
        Datum::Set(self.iter().map(T::to_atom).collect::<Set>())
    }
}

impl<K: AtomValue, V: AtomValue> ColumnValue for BTreeMap<K, V> {
    const SHAPE: Shape = Shape {
        key: K::ATOMIC,
        value: Some(V::ATOMIC),
        arity: Arity::Many,
    };

    fn read(datum: &Datum) -> Option<Self> {
        let pairs = datum.as_map()?.iter();
        pairs
            .map(|(k, v)| Some((K::from_atom(k)?, V::from_atom(v)?)))
            .collect()
    }

    fn write(&self) -> Datum {
        let pairs = self.iter().map(|(k, v)| (k.to_atom(), v.to_atom()));
        Datum::Map(pairs.collect::<Map>())
    }
}

/// The name of a column of row type `R` that is read as `T`.
pub struct Column<R, T> {
    name: &'static str,
    types: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Column<R, T> {
    /// Names a column.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            types: PhantomData,
        }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<R, T> Clone for Column<R, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, T> Copy for Column<R, T> {}

impl<R, T> fmt::Debug for Column<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
