//! Documents: records written straight to bytes, column by column.

use std::sync::Arc;

use crate::list::derived;
use crate::policy::{Residual, Row};
use crate::{Attribute, Resource, View};

/// Writes documents of `R` with a fixed choice of columns.
pub(crate) struct Renderer<R: Resource> {
    columns: Vec<Column<R>>,
    derived: bool,
    /// Show what only some records show.
    all: bool,
    /// The reader's project.
    project: String,
}

/// An attribute that documents show.
pub(crate) struct Column<R: Resource> {
    /// `"name":`
    key: Vec<u8>,
    row: &'static Attribute<R>,
    /// In which records the reader sees it.
    seen: Residual,
}

impl<R: Resource> Column<R> {
    /// Of an attribute that the reader sees in the records of which `seen` holds.
    pub(crate) fn new(row: &'static Attribute<R>, seen: Residual) -> Self {
        let mut key = Vec::with_capacity(row.name.len() + 3);
        crate::attribute::write(&row.name, &mut key);
        key.push(b':');
        Self { key, row, seen }
    }
}

impl<R: Resource> Renderer<R> {
    /// Of these columns, for a reader of this project.
    pub(crate) fn new(columns: Vec<Column<R>>, project: &str) -> Self {
        Self {
            derived: columns.iter().any(|column| column.row.derived),
            columns,
            all: false,
            project: project.to_owned(),
        }
    }

    /// As a POST's answer has them: also what only some records show later.
    pub(crate) fn whole(mut self) -> Self {
        self.all = true;
        self
    }

    /// With what a record says by itself, and not what follows from others.
    pub(crate) fn without_derived(mut self) -> Self {
        self.columns.retain(|column| !column.row.derived);
        self.derived = false;
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
            if !self.shows(column, view, row) {
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

    fn shows<V: View>(&self, column: &Column<R>, view: &V, row: &Arc<R>) -> bool {
        let holds = |test: Option<fn(&R) -> bool>| test.is_none_or(|test| test(row));
        let shown = self.all || holds(column.row.shown_if);
        shown
            && holds(column.row.only_if)
            && match &column.seen {
                Residual::Always => true,
                question => question.holds(&Row::stored(row, view, &self.project)),
            }
    }
}
