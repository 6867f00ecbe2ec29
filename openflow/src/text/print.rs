//! Printing.
/// Names of tables and ports, for people.
pub trait Resolver {
    /// The name of a table.
    fn table(&self, _table: u8) -> Option<String> {
        None
    }

    /// The name of a port.
    fn port(&self, _port: u32) -> Option<String> {
        None
    }
}

/// Numbers only.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Resolver for NoNames {}
