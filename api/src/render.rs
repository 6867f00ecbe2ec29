//! Documents: records written straight to bytes, column by column.

use std::sync::Arc;

use crate::list::derived;
use crate::{Attribute, Resource, View};

/// Writes documents of `R` with a fixed choice of columns.
pub(crate) struct Renderer<R: Resource> {
    columns: Vec<Column<R>>,
    derived: bool,
    /// Show what only some records show.
    all: bool,
}

struct Column<R: Resource> {
    /// `"name":`
    key: Vec<u8>,
    row: &'static Attribute<R>,
}

impl<R: Resource> Renderer<R> {
    /// Of these columns.
    pub(crate) fn new(columns: &[&'static Attribute<R>]) -> Self {
        let column = |row: &&'static Attribute<R>| {
            let mut key = Vec::with_capacity(row.name.len() + 3);
            crate::attribute::write(&row.name, &mut key);
            key.push(b':');
            Column { key, row }
        };
        Self {
            derived: columns.iter().any(|row| row.derived),
            columns: columns.iter().map(column).collect(),
            all: false,
        }
    }

    /// As a POST's answer has them: also what only some records show later.
    pub(crate) fn whole(mut self) -> Self {
        self.all = true;
        self
    }

    /// Appends one document.
    pub(crate) fn document<V: View>(&self, view: &V, row: &Arc<R>, out: &mut Vec<u8>) {
        let beyond = if self.derived {
            derived::<R, V>(view, &R::record(row))
        } else {
            R::Derived::default()
        };
        out.push(b'{');
        let mut first = true;
        for column in &self.columns {
            let shown = self.all || column.row.shown_if.is_none_or(|shown_if| shown_if(row));
            if !shown {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(&column.key);
            (column.row.write)(row, &beyond, out);
        }
        out.push(b'}');
    }
}
