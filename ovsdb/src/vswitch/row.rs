//! Typed rows: declared once by `rows!`, checked against the schema, read from the replica.

use crate::notation::{Datum, Uuid};
use crate::replica::{Replica, Row};
use crate::schema::Schema;
use crate::vswitch::column::{ColumnValue, Shape};

/// Whether a column has to be there, and whether it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A schema without it is refused.
    Required,
    /// Read as its default where an older schema lacks it.
    Optional,
    /// Not followed unless asked for, because it changes all the time; else as `Optional`.
    Unwatched,
}

/// A column that a typed row uses.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// Its name.
    pub name: &'static str,
    /// What it must hold.
    pub shape: Shape,
    /// Whether it must be there.
    pub presence: Presence,
}

/// A row of one table as a struct.
pub trait TypedRow: Sized {
    /// The table.
    const TABLE: &'static str;
    /// The columns it uses.
    const COLUMNS: &'static [ColumnSpec];

    /// Reads a row of the replica.
    ///
    /// # Errors
    /// [`RowError`]; never for a replica whose schema passed [`check_table`].
    fn read(row: &Row) -> Result<Self, RowError>;

    /// The row's UUID.
    fn uuid(&self) -> Uuid;
}

/// A row that cannot be read as its struct.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {uuid} of {table}, column {column}: {}", .found.as_ref().map_or_else(
    || "not in the replica".to_owned(),
    |found| format!("{found} where {expected} belongs"),
))]
pub struct RowError {
    /// The table.
    pub table: &'static str,
    /// The row.
    pub uuid: Uuid,
    /// The column.
    pub column: &'static str,
    /// What belongs there.
    pub expected: Shape,
    /// What is there; `None` where the column is not in the replica.
    pub found: Option<Datum>,
}

/// A schema that lacks something that a typed row needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaMismatch {
    /// No such table.
    #[error("the schema has no table {table}")]
    Table {
        /// The table.
        table: &'static str,
    },
    /// No such column.
    #[error("the schema has no column {table}.{column}")]
    Column {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A column of another type.
    #[error("column {table}.{column} does not hold {expected}")]
    Type {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What it should hold.
        expected: Shape,
    },
}

/// Checks a schema against a typed row; gives the columns to follow.
///
/// # Errors
/// [`SchemaMismatch`] with the first thing that is missing.
pub fn check_table<R: TypedRow>(schema: &Schema) -> Result<Vec<&'static str>, SchemaMismatch> {
    let table = R::TABLE;
    let known = schema
        .tables
        .get(table)
        .ok_or(SchemaMismatch::Table { table })?;
    let mut columns = Vec::new();
    for spec in R::COLUMNS {
        let column = spec.name;
        let Some(found) = known.columns.get(column) else {
            match spec.presence {
                Presence::Required => return Err(SchemaMismatch::Column { table, column }),
                Presence::Optional | Presence::Unwatched => continue,
            }
        };
        if !spec.shape.accepts(&found.kind) {
            let expected = spec.shape;
            return Err(SchemaMismatch::Type {
                table,
                column,
                expected,
            });
        }
        if spec.presence != Presence::Unwatched {
            columns.push(column);
        }
    }
    Ok(columns)
}

/// Reads one column, for `rows!`.
pub(super) fn read_column<R: TypedRow, T: ColumnValue>(
    row: &Row,
    column: &'static str,
    presence: Presence,
) -> Result<T, RowError> {
    let error = |found| RowError {
        table: R::TABLE,
        uuid: row.uuid(),
        column,
        expected: T::SHAPE,
        found,
    };
    match row.get(column) {
        Some(datum) => T::read(datum).ok_or_else(|| error(Some(datum.clone()))),
        None if presence == Presence::Required => Err(error(None)),
        None => Ok(T::default()),
    }
}

impl Replica {
    /// The rows of a table as structs.
    pub fn all<R: TypedRow>(&self) -> impl Iterator<Item = Result<R, RowError>> {
        self.rows(R::TABLE).map(|row| R::read(row))
    }

    /// A row as a struct; `None` where it is not there.
    ///
    /// # Errors
    /// As [`TypedRow::read`].
    pub fn typed<R: TypedRow>(&self, uuid: Uuid) -> Result<Option<R>, RowError> {
        self.row(R::TABLE, uuid).map(|row| R::read(row)).transpose()
    }

    /// The row with this name, of tables that are indexed by `name`.
    ///
    /// # Errors
    /// As [`TypedRow::read`].
    pub fn named<R: TypedRow>(&self, name: &str) -> Result<Option<R>, RowError> {
        let row = self.find(R::TABLE, &[("name", name.into())]);
        row.map(|row| R::read(row)).transpose()
    }
}

/// Declares a typed row: for each column whether it is required, optional or unwatched, the field,
/// its type, the constant that names it in writes, and its name in the schema.
macro_rules! rows {
    (
        $(#[$doc:meta])*
        $row:ident in $table:literal {
            $($(#[$field_doc:meta])* $presence:ident $field:ident: $kind:ty = $constant:ident $name:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $row {
            /// The row's UUID.
            pub uuid: $crate::notation::Uuid,
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $row {
            $($(#[$field_doc])*
            pub const $constant: $crate::vswitch::Column<Self, $kind> =
                $crate::vswitch::Column::new($name);)*
        }

        impl $crate::vswitch::TypedRow for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [$crate::vswitch::ColumnSpec] = &[$(
                $crate::vswitch::ColumnSpec {
                    name: $name,
                    shape: <$kind as $crate::vswitch::ColumnValue>::SHAPE,
                    presence: rows!(@ $presence),
                },
            )*];

            fn read(
                row: &$crate::replica::Row,
            ) -> Result<Self, $crate::vswitch::RowError> {
                Ok(Self {
                    uuid: row.uuid(),
                    $($field: $crate::vswitch::row::read_column::<Self, $kind>(
                        row,
                        $name,
                        rows!(@ $presence),
                    )?,)*
                })
            }

            fn uuid(&self) -> $crate::notation::Uuid {
                self.uuid
            }
        }
    };
    (@ required) => { $crate::vswitch::Presence::Required };
    (@ optional) => { $crate::vswitch::Presence::Optional };
    (@ unwatched) => { $crate::vswitch::Presence::Unwatched };
}
pub(super) use rows;
