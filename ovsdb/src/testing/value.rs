//! Values on the server's side: reading them against a column, conditions, mutations.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::error::{ErrorKind, PeerError, TypeError};
use crate::notation::{Atom, Datum, Map, NamedUuid, Real, Set, Uuid};
use crate::operation::{Columns, Condition, Function, Mutation, Mutator};
use crate::schema::{AtomicType, ColumnType, TableSchema};
use crate::testing::database::column_type;

/// The rows that a transaction has named so far.
pub(super) type Names = BTreeMap<NamedUuid, Uuid>;

pub(super) fn syntax(details: impl Into<String>) -> PeerError {
    PeerError::new(ErrorKind::SyntaxError, details)
}

pub(super) fn refused(error: &TypeError) -> PeerError {
    let kind = match error {
        TypeError::Constraint { .. } => ErrorKind::ConstraintViolation,
        _ => ErrorKind::SyntaxError,
    };
    PeerError::new(kind, error.to_string())
}

/// Names become UUIDs; one that no insert gave gets a UUID that no row has, as the real server
/// does it.
fn resolve(atom: Atom, names: &mut Names) -> Atom {
    match atom {
        Atom::Named(name) => Atom::Uuid(*names.entry(name).or_insert_with(Uuid::new_v4)),
        other => other,
    }
}

pub(super) fn resolve_datum(datum: Datum, names: &mut Names) -> Datum {
    match datum {
        Datum::Atom(atom) => Datum::Atom(resolve(atom, names)),
        Datum::Set(set) => Datum::Set(set.into_iter().map(|a| resolve(a, names)).collect()),
        Datum::Map(map) => {
            let pairs = map.into_iter();
            let resolved = pairs.map(|(k, v)| (resolve(k, names), resolve(v, names)));
            Datum::Map(resolved.collect::<Vec<_>>().into_iter().collect())
        }
    }
}

pub(super) fn known<'a>(table: &'a TableSchema, column: &str) -> Result<&'a ColumnType, PeerError> {
    column_type(table, column)
        .ok_or_else(|| PeerError::new(ErrorKind::UnknownColumn, format!("No column {column}.")))
}

/// The value given for a column of a row.
pub(super) fn column_value(
    kind: &ColumnType,
    datum: Datum,
    names: &mut Names,
) -> Result<Datum, PeerError> {
    let datum = kind
        .normalise(resolve_datum(datum, names))
        .map_err(|e| refused(&e))?;
    kind.check(&datum).map_err(|e| refused(&e))?;
    Ok(datum)
}

/// A condition whose column and value are read.
pub(super) struct Test<'a> {
    column: &'a str,
    function: Function,
    value: Datum,
    max: usize,
}

pub(super) fn test<'a>(
    table: &TableSchema,
    condition: &'a Condition,
    names: &mut Names,
) -> Result<Test<'a>, PeerError> {
    let Condition(column, function, value) = condition;
    let kind = known(table, column)?;
    let number = matches!(kind.key.atomic, AtomicType::Integer | AtomicType::Real);
    match function {
        Function::Equal | Function::NotEqual | Function::Includes | Function::Excludes => {}
        _ if number && kind.value.is_none() && kind.max == 1 => {}
        _ => return Err(syntax(format!("Type mismatch: {function:?} on {column}"))),
    }
    // Parts of a value have as many elements as they like.
    let loose = ColumnType {
        min: kind.min.min(if kind.max == 1 { kind.min } else { 0 }),
        max: usize::MAX,
        ..kind.clone()
    };
    let reading = if kind.max == 1 { kind } else { &loose };
    let value = reading
        .normalise(resolve_datum(value.clone(), names))
        .map_err(|e| refused(&e))?;
    Ok(Test {
        column,
        function: *function,
        value,
        max: kind.max,
    })
}

impl Test<'_> {
    pub(super) fn holds(&self, row: &Columns) -> bool {
        let Some(present) = row.get(self.column) else {
            return false;
        };
        match self.function {
            Function::Equal => *present == self.value,
            Function::NotEqual => *present != self.value,
            Function::Includes => includes(present, &self.value),
            Function::Excludes => excludes(present, &self.value),
            function if self.max == 1 => {
                let (Some(a), Some(b)) = (present.as_atom(), self.value.as_atom()) else {
                    return false;
                };
                let order = a.cmp(b);
                match function {
                    Function::Less => order == Ordering::Less,
                    Function::LessOrEqual => order != Ordering::Greater,
                    Function::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
            _ => false,
        }
    }
}

fn includes(present: &Datum, wanted: &Datum) -> bool {
    match (present, wanted) {
        (Datum::Map(present), Datum::Map(wanted)) => {
            wanted.iter().all(|(k, v)| present.get(k) == Some(v))
        }
        _ => wanted
            .atoms()
            .iter()
            .all(|atom| present.atoms().contains(atom)),
    }
}

fn excludes(present: &Datum, unwanted: &Datum) -> bool {
    match (present, unwanted) {
        (Datum::Map(present), Datum::Map(unwanted)) => {
            !unwanted.iter().any(|(k, v)| present.get(k) == Some(v))
        }
        _ => !unwanted
            .atoms()
            .iter()
            .any(|atom| present.atoms().contains(atom)),
    }
}

/// The value of a column after a mutation.
pub(super) fn mutate(
    kind: &ColumnType,
    present: &Datum,
    mutation: &Mutation,
    names: &mut Names,
) -> Result<Datum, PeerError> {
    let Mutation(column, mutator, given) = mutation;
    let mismatch = || {
        syntax(format!(
            "Type mismatch: {mutator:?} may not be applied to {column}"
        ))
    };
    let given = resolve_datum(given.clone(), names);
    let changed = match mutator {
        Mutator::Insert | Mutator::Delete if kind.is_scalar() => return Err(mismatch()),
        Mutator::Insert | Mutator::Delete => change_elements(kind, present, *mutator, given)?,
        _ if kind.is_map() => return Err(mismatch()),
        _ => {
            let operand = given.as_atom().ok_or_else(mismatch)?;
            let compute = |atom: &Atom| {
                arithmetic(*mutator, atom, operand).map_err(|e| e.unwrap_or_else(mismatch))
            };
            match present {
                Datum::Atom(atom) => Datum::Atom(compute(atom)?),
                other => {
                    let atoms = other.atoms().iter().map(compute);
                    Datum::Set(atoms.collect::<Result<Set, PeerError>>()?)
                }
            }
        }
    };
    kind.check(&changed)
        .map_err(|error| PeerError::new(ErrorKind::ConstraintViolation, error.to_string()))?;
    Ok(changed)
}

fn change_elements(
    kind: &ColumnType,
    present: &Datum,
    mutator: Mutator,
    given: Datum,
) -> Result<Datum, PeerError> {
    // Keys alone are enough to delete pairs.
    if let (Datum::Map(map), Mutator::Delete, Datum::Set(_) | Datum::Atom(_)) =
        (present, mutator, &given)
    {
        let keys = ColumnType {
            value: None,
            min: 0,
            max: usize::MAX,
            ..kind.clone()
        };
        let keys = keys.normalise(given).map_err(|e| refused(&e))?;
        let kept = map.iter().filter(|(key, _)| !keys.atoms().contains(key));
        return Ok(Datum::Map(kept.cloned().collect()));
    }
    let loose = ColumnType {
        min: 0,
        max: usize::MAX,
        ..kind.clone()
    };
    let given = loose.normalise(given).map_err(|e| refused(&e))?;
    Ok(match (present, &given) {
        (Datum::Map(map), Datum::Map(given)) if mutator == Mutator::Insert => {
            let new = given.iter().filter(|(key, _)| map.get(key).is_none());
            Datum::Map(map.iter().chain(new).cloned().collect::<Map>())
        }
        (Datum::Map(map), Datum::Map(given)) => {
            let kept = map
                .iter()
                .filter(|(key, value)| given.get(key) != Some(value));
            Datum::Map(kept.cloned().collect())
        }
        _ if mutator == Mutator::Insert => {
            let all = present.atoms().iter().chain(given.atoms());
            Datum::Set(all.cloned().collect())
        }
        _ => {
            let kept = present
                .atoms()
                .iter()
                .filter(|atom| !given.atoms().contains(atom));
            Datum::Set(kept.cloned().collect())
        }
    })
}

/// `None` as the error means a type that cannot be reckoned with.
fn arithmetic(mutator: Mutator, atom: &Atom, operand: &Atom) -> Result<Atom, Option<PeerError>> {
    let zero = || Some(PeerError::new(ErrorKind::DomainError, "Division by zero."));
    let range = || {
        Some(PeerError::new(
            ErrorKind::RangeError,
            "Result is out of range.",
        ))
    };
    match (atom, operand) {
        (Atom::Integer(a), Atom::Integer(b)) => {
            let result = match mutator {
                Mutator::Divide | Mutator::Remainder if *b == 0 => return Err(zero()),
                Mutator::Add => a.checked_add(*b),
                Mutator::Subtract => a.checked_sub(*b),
                Mutator::Multiply => a.checked_mul(*b),
                Mutator::Divide => a.checked_div(*b),
                Mutator::Remainder => a.checked_rem(*b),
                Mutator::Insert | Mutator::Delete => return Err(None),
            };
            result.map(Atom::Integer).ok_or_else(range)
        }
        (Atom::Real(a), Atom::Real(_) | Atom::Integer(_)) => {
            #[expect(clippy::cast_precision_loss)]
            let b = match operand {
                Atom::Real(b) => b.value(),
                other => other.as_integer().unwrap_or_default() as f64,
            };
            let a = a.value();
            let result = match mutator {
                Mutator::Divide if b == 0.0 => return Err(zero()),
                Mutator::Add => a + b,
                Mutator::Subtract => a - b,
                Mutator::Multiply => a * b,
                Mutator::Divide => a / b,
                _ => return Err(None),
            };
            Real::new(result).map(Atom::Real).ok_or_else(range)
        }
        _ => Err(None),
    }
}

/// The value as the server writes it: a set of one is a bare atom.
pub(super) fn on_wire(datum: &Datum) -> Datum {
    match datum {
        Datum::Set(_) => datum
            .as_atom()
            .cloned()
            .map_or_else(|| datum.clone(), Datum::Atom),
        other => other.clone(),
    }
}
