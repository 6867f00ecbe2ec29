//! The `Open_vSwitch` database: typed rows, checked against the schema at connect, and edits that
//! bring rows to a wanted state.

mod bridge;
mod column;
mod controller;
mod edit;
mod interface;
mod manager;
mod mirror;
mod open_vswitch;
mod port;
mod qos;
mod queue;
mod row;
mod ssl;
mod values;

pub use bridge::Bridge;
pub use column::{Arity, AtomValue, Column, ColumnValue, Shape};
pub use controller::Controller;
pub use edit::{Commit, Edit, EditError, carried_out, commit};
pub use interface::Interface;
pub use manager::Manager;
pub use mirror::Mirror;
pub use open_vswitch::OpenVSwitch;
pub use port::Port;
pub use qos::Qos;
pub use queue::Queue;
pub use row::{ColumnSpec, Presence, RowError, SchemaMismatch, TypedRow, check_table};
pub use ssl::Ssl;
pub use values::{RowRef, Values};

use crate::schema::Schema;
use crate::update::Selection;

/// The name of the database.
pub const DATABASE: &str = "Open_vSwitch";

/// Checks a schema against all typed rows; gives what to follow: every column they use that the
/// schema has, except those that change all the time.
///
/// # Errors
/// [`SchemaMismatch`] with the first thing that is missing.
pub fn check(schema: &Schema) -> Result<Selection, SchemaMismatch> {
    fn add<R: TypedRow>(
        schema: &Schema,
        selection: Selection,
    ) -> Result<Selection, SchemaMismatch> {
        Ok(selection.with(R::TABLE, check_table::<R>(schema)?))
    }
    let mut selection = Selection::new();
    for table in [
        add::<OpenVSwitch>,
        add::<Bridge>,
        add::<Port>,
        add::<Interface>,
        add::<Controller>,
        add::<Manager>,
        add::<Qos>,
        add::<Queue>,
        add::<Mirror>,
        add::<Ssl>,
    ] {
        selection = table(schema, selection)?;
    }
    Ok(selection)
}
