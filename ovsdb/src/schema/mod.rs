//! A database schema (RFC 7047 §3.2): read from `get_schema`, and what follows from it for values.

use std::collections::BTreeMap;

use serde::Deserialize;

mod json;

use json::{RawSchema, RawTable};

use crate::error::{SchemaError, TypeError};
use crate::notation::{Atom, Datum, Map, Real, Set, Uuid};

/// The longest schema that is read, in bytes; the vswitch schema of OVS 3.5 has 27 thousand.
pub const SCHEMA_BYTES_MAX: usize = 1 << 20;

/// A database schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The name of the database, for example `Open_vSwitch`.
    pub name: String,
    /// Its version, `x.y.z`; empty where the server leaves it out.
    pub version: String,
    /// The tables by name.
    pub tables: BTreeMap<String, TableSchema>,
}

/// The schema of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// The columns by name, `_uuid` and `_version` left out.
    pub columns: BTreeMap<String, ColumnSchema>,
    /// Whether rows live without a strong reference to them.
    pub is_root: bool,
    /// The most rows the table may have.
    pub max_rows: Option<u64>,
    /// Column sets whose values no two rows share.
    pub indexes: Vec<Vec<String>>,
}

/// The schema of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSchema {
    /// What the column holds.
    pub kind: ColumnType,
    /// Whether the value is lost when the database restarts.
    pub ephemeral: bool,
    /// Whether the value may change after the insert.
    pub mutable: bool,
}

/// An atomic type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtomicType {
    /// 64-bit signed.
    Integer,
    /// Double precision.
    Real,
    /// True or false.
    Boolean,
    /// Unicode text.
    String,
    /// A row.
    Uuid,
}

/// Where a UUID column points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The table of the rows it names.
    pub table: String,
    /// Whether the reference keeps the row alive, or vanishes with it.
    pub strong: bool,
}

/// An atomic type with its constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseType {
    /// The atomic type.
    pub atomic: AtomicType,
    /// The only values allowed, where there are such.
    pub choices: Option<Set>,
    /// Least and greatest integer.
    pub integers: (i64, i64),
    /// Least and greatest real.
    pub reals: (Option<Real>, Option<Real>),
    /// Least and greatest length of a string, in characters.
    pub lengths: (usize, usize),
    /// Where a UUID points.
    pub reference: Option<Reference>,
}

/// What a column holds: a scalar, a set, or a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// The type of the elements, or of the keys of a map.
    pub key: BaseType,
    /// The type of the values of a map.
    pub value: Option<BaseType>,
    /// Least number of elements: 0 or 1.
    pub min: usize,
    /// Greatest number of elements; `usize::MAX` for `"unlimited"`.
    pub max: usize,
}

impl Schema {
    /// Reads a `<database-schema>`.
    ///
    /// Unknown members are passed over, so that a newer server is still understood.
    ///
    /// # Errors
    /// [`SchemaError`] where the text is too long, is no schema, or contradicts itself.
    pub fn parse(json: &str) -> Result<Self, SchemaError> {
        if json.len() > SCHEMA_BYTES_MAX {
            return Err(SchemaError::TooLong { bytes: json.len() });
        }
        let raw: RawSchema = serde_json::from_str(json)?;
        let mut tables = BTreeMap::new();
        for (name, table) in raw.tables {
            let table = TableSchema::from_raw(&name, table)?;
            tables.insert(name, table);
        }
        let schema = Self {
            name: raw.name,
            version: raw.version,
            tables,
        };
        schema.check_references()?;
        Ok(schema)
    }

    /// The column, where there is one.
    #[must_use]
    pub fn column(&self, table: &str, column: &str) -> Option<&ColumnSchema> {
        self.tables.get(table)?.columns.get(column)
    }

    fn check_references(&self) -> Result<(), SchemaError> {
        for (table, contents) in &self.tables {
            for (column, schema) in &contents.columns {
                for base in [Some(&schema.kind.key), schema.kind.value.as_ref()] {
                    let target = base.and_then(|base| base.reference.as_ref());
                    if let Some(target) = target
                        && !self.tables.contains_key(&target.table)
                    {
                        return Err(SchemaError::UnknownReference {
                            table: table.clone(),
                            column: column.clone(),
                            target: target.table.clone(),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

impl TableSchema {
    fn from_raw(name: &str, raw: RawTable) -> Result<Self, SchemaError> {
        let mut columns = BTreeMap::new();
        for (column, raw) in raw.columns {
            let kind = raw
                .kind
                .resolve()
                .map_err(|reason| SchemaError::ColumnType {
                    table: name.to_owned(),
                    column: column.clone(),
                    reason,
                })?;
            columns.insert(
                column,
                ColumnSchema {
                    kind,
                    ephemeral: raw.ephemeral,
                    mutable: raw.mutable,
                },
            );
        }
        for column in raw.indexes.iter().flatten() {
            if !columns.contains_key(column) {
                return Err(SchemaError::UnknownIndexColumn {
                    table: name.to_owned(),
                    column: column.clone(),
                });
            }
        }
        Ok(Self {
            columns,
            is_root: raw.is_root,
            max_rows: raw.max_rows,
            indexes: raw.indexes,
        })
    }
}

impl BaseType {
    /// An unconstrained type.
    #[must_use]
    pub fn plain(atomic: AtomicType) -> Self {
        Self {
            atomic,
            choices: None,
            integers: (i64::MIN, i64::MAX),
            reals: (None, None),
            lengths: (0, usize::MAX),
            reference: None,
        }
    }

    /// The default atom of RFC 7047 §5.2.1.
    #[must_use]
    pub fn default_atom(&self) -> Atom {
        match self.atomic {
            AtomicType::Integer => Atom::Integer(0),
            AtomicType::Real => Atom::Real(Real::default()),
            AtomicType::Boolean => Atom::Boolean(false),
            AtomicType::String => Atom::string(""),
            AtomicType::Uuid => Atom::Uuid(Uuid::nil()),
        }
    }

    /// The atom in this type: `1` becomes a real where the column holds reals.
    fn normalise(&self, atom: Atom) -> Result<Atom, TypeError> {
        match (self.atomic, &atom) {
            (AtomicType::Integer, Atom::Integer(_))
            | (AtomicType::Real, Atom::Real(_))
            | (AtomicType::Boolean, Atom::Boolean(_))
            | (AtomicType::String, Atom::String(_))
            | (AtomicType::Uuid, Atom::Uuid(_) | Atom::Named(_)) => Ok(atom),
            (AtomicType::Real, Atom::Integer(number)) => {
                // OVSDB rounds likewise: JSON does not tell the two kinds of number apart.
                #[expect(clippy::cast_precision_loss)]
                let real = Real::new(*number as f64).unwrap_or_default();
                Ok(Atom::Real(real))
            }
            (AtomicType::Integer, Atom::Real(real)) => exact_integer(*real)
                .map(Atom::Integer)
                .ok_or_else(|| self.mismatch(atom)),
            _ => Err(self.mismatch(atom)),
        }
    }

    fn mismatch(&self, found: Atom) -> TypeError {
        TypeError::Atom {
            expected: self.atomic,
            found,
        }
    }

    /// Whether the constraints allow the atom.
    ///
    /// # Errors
    /// [`TypeError::Constraint`] with the atom and what is allowed.
    pub fn check(&self, atom: &Atom) -> Result<(), TypeError> {
        let allowed = match atom {
            _ if self.choices.as_ref().is_some_and(|set| !set.contains(atom)) => {
                let choices = self.choices.clone().unwrap_or_default();
                format!("one of {}", Datum::Set(choices))
            }
            Atom::Integer(number) if !(self.integers.0..=self.integers.1).contains(number) => {
                format!("{} to {}", self.integers.0, self.integers.1)
            }
            Atom::Real(real)
                if self.reals.0.is_some_and(|least| *real < least)
                    || self.reals.1.is_some_and(|most| *real > most) =>
            {
                format!("{:?} to {:?}", self.reals.0, self.reals.1)
            }
            Atom::String(text)
                if !(self.lengths.0..=self.lengths.1).contains(&text.chars().count()) =>
            {
                format!("{} to {} characters", self.lengths.0, self.lengths.1)
            }
            _ => return Ok(()),
        };
        Err(TypeError::Constraint {
            found: atom.clone(),
            allowed,
        })
    }
}

impl ColumnType {
    /// Whether exactly one atom is held.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.value.is_none() && self.min == 1 && self.max == 1
    }

    /// Whether pairs are held.
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.value.is_some()
    }

    /// The value of a column that an insert does not name.
    #[must_use]
    pub fn default_datum(&self) -> Datum {
        match &self.value {
            None if self.is_scalar() => Datum::Atom(self.key.default_atom()),
            None if self.min == 0 => Datum::Set(Set::new()),
            None => Datum::Set([self.key.default_atom()].into_iter().collect()),
            Some(_) if self.min == 0 => Datum::Map(Map::new()),
            Some(value) => {
                let pair = (self.key.default_atom(), value.default_atom());
                Datum::Map([pair].into_iter().collect())
            }
        }
    }

    /// The one form this type has in memory: an atom for a scalar, a set for a set even where it
    /// has one element, reals for reals. Constraints and the number of elements are not looked at.
    ///
    /// # Errors
    /// [`TypeError`] where the datum is of another type.
    pub fn normalise(&self, datum: Datum) -> Result<Datum, TypeError> {
        match (&self.value, datum) {
            (Some(value), Datum::Map(map)) => map
                .into_iter()
                .map(|(k, v)| Ok((self.key.normalise(k)?, value.normalise(v)?)))
                .collect::<Result<Map, TypeError>>()
                .map(Datum::Map),
            // The server spells an empty map as an empty set in places.
            (Some(_), Datum::Set(set)) if set.is_empty() => Ok(Datum::Map(Map::new())),
            (Some(_), found) => Err(TypeError::Shape {
                expected: "map",
                found,
            }),
            (None, Datum::Atom(atom)) if self.is_scalar() => {
                self.key.normalise(atom).map(Datum::Atom)
            }
            (None, Datum::Set(set)) if self.is_scalar() => {
                match <[Atom; 1]>::try_from(set.into_iter().collect::<Vec<_>>()) {
                    Ok([atom]) => self.key.normalise(atom).map(Datum::Atom),
                    Err(atoms) => Err(TypeError::Shape {
                        expected: "scalar",
                        found: Datum::Set(atoms.into_iter().collect()),
                    }),
                }
            }
            (None, Datum::Atom(atom)) => {
                let set = [self.key.normalise(atom)?].into_iter().collect();
                Ok(Datum::Set(set))
            }
            (None, Datum::Set(set)) => set
                .into_iter()
                .map(|atom| self.key.normalise(atom))
                .collect::<Result<Set, TypeError>>()
                .map(Datum::Set),
            (None, found) => Err(TypeError::Shape {
                expected: "set",
                found,
            }),
        }
    }

    /// Whether a normalised datum fulfils the constraints of this type.
    ///
    /// # Errors
    /// [`TypeError`] with the value and what is allowed.
    pub fn check(&self, datum: &Datum) -> Result<(), TypeError> {
        let count = match datum {
            Datum::Map(map) => map.len(),
            other => other.atoms().len(),
        };
        if count < self.min || count > self.max {
            return Err(TypeError::Count {
                count,
                min: self.min,
                max: self.max,
            });
        }
        datum.atoms().iter().try_for_each(|a| self.key.check(a))?;
        if let (Datum::Map(map), Some(value)) = (datum, &self.value) {
            for (k, v) in map {
                self.key.check(k)?;
                value.check(v)?;
            }
        }
        Ok(())
    }

    /// The value after a `modify` update: `difference` replaces where at most one element is held,
    /// else it toggles elements and pairs (`ovsdb-server(7)` §4.1.14).
    ///
    /// # Errors
    /// [`TypeError`] where the difference is of another type.
    pub fn apply_difference(&self, old: &Datum, difference: Datum) -> Result<Datum, TypeError> {
        let difference = self.normalise(difference)?;
        if self.max == 1 {
            return Ok(difference);
        }
        Ok(match (old, &difference) {
            (Datum::Set(old), Datum::Set(difference)) => Datum::Set(old.difference(difference)),
            (Datum::Map(old), Datum::Map(difference)) => {
                Datum::Map(old.apply_difference(difference))
            }
            _ => difference,
        })
    }

    /// What turns `old` into `new` as a `modify` update spells it, the inverse of
    /// [`ColumnType::apply_difference`]. Both are normalised.
    #[must_use]
    pub fn difference(&self, old: &Datum, new: &Datum) -> Datum {
        match (old, new) {
            (Datum::Set(old), Datum::Set(new)) if self.max > 1 => Datum::Set(old.difference(new)),
            (Datum::Map(old), Datum::Map(new)) if self.max > 1 => {
                Datum::Map(old.difference_to(new))
            }
            _ => new.clone(),
        }
    }
}

/// The integer that a real is, where it is one: `ovsdb-server` reads `1.0` as `1`.
fn exact_integer(real: Real) -> Option<i64> {
    // 2^53: beyond it doubles skip integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = real.value();
    #[expect(clippy::cast_possible_truncation)]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
