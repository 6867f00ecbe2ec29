//! A record as the target of a rule: one that is stored, or one that a request would make.

use std::sync::Arc;

use super::target::Target;
use super::template::Parent;
use crate::attribute::Fields;
use crate::resource::Visitor;
use crate::{Kind, Record, Resource, View};

/// A record, stored or about to be.
pub(crate) struct Row<'a, R: Resource, V> {
    row: &'a Arc<R>,
    view: &'a V,
    /// The caller's project, whom something may be shared with.
    project: &'a str,
    /// It is in the view, so that what follows from others there can be told of it.
    stored: bool,
    /// What a request says of it. What a record does not keep is found there.
    fields: Option<&'a Fields>,
}

impl<'a, R: Resource, V: View> Row<'a, R, V> {
    /// A record of `view`.
    pub(crate) fn stored(row: &'a Arc<R>, view: &'a V, project: &'a str) -> Self {
        Self {
            row,
            view,
            project,
            stored: true,
            fields: None,
        }
    }

    /// A record that a request would make.
    pub(crate) fn asked(row: &'a Arc<R>, view: &'a V, project: &'a str) -> Self {
        Self {
            stored: false,
            ..Self::stored(row, view, project)
        }
    }

    /// With what a request says of it.
    pub(crate) fn says(mut self, fields: Option<&'a Fields>) -> Self {
        self.fields = fields;
        self
    }

    /// The record that it belongs to.
    fn above(&self, parent: Parent) -> Option<Record> {
        let (name, key) = match parent {
            Parent::Network => ("network", "network_id"),
            Parent::SecurityGroup => ("security_group", "security_group_id"),
            Parent::Path => return None,
        };
        let mut id = Vec::with_capacity(40);
        if !self.written(key, &mut id) {
            return None;
        }
        let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == name)?;
        self.view.get(kind, serde_json::from_slice(&id).ok()?)
    }

    /// Writes what the request says of an attribute that the record does not keep.
    fn said(&self, row: &crate::Attribute<R>, out: &mut Vec<u8>) -> bool {
        let Some(value) = self.fields.and_then(|fields| fields.0.get(row.name)) else {
            return false;
        };
        let flag = match (value.as_str(), (row.schema)()["type"].as_str()) {
            (Some(text), Some("boolean")) => crate::value::boolean(text),
            _ => None,
        };
        match flag {
            Some(flag) => crate::attribute::write(&flag, out),
            None => crate::attribute::write(value, out),
        }
        true
    }

    /// Writes what the attribute table has under `name`.
    fn written(&self, name: &str, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let mut rows = R::attributes().iter().filter(|row| row.name == name);
        rows.any(|row| {
            if row.derived && self.said(row, out) {
                return true;
            }
            if row.derived && !self.stored {
                return false;
            }
            let derived = match row.derived {
                true => crate::list::derived::<R, V>(self.view, &R::record(self.row)),
                false => R::Derived::default(),
            };
            (row.write)(self.row, &derived, out);
            // Names that only filter write nothing.
            out.len() > start
        })
    }
}

impl<R: Resource, V: View> Target for Row<'_, R, V> {
    fn text(&self, name: &str) -> Option<&str> {
        // What nearly every rule asks of a row.
        matches!(name, "project_id" | "tenant_id").then(|| self.row.project())?
    }

    fn attribute(&self, name: &str, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let there = self.written(name, out);
        let is_said = self
            .fields
            .is_some_and(|fields| fields.0.contains_key(name));
        if there && self.stored && !is_said && name == "shared" {
            // Shared is with whom: what one project sees as shared another does not.
            out.truncate(start);
            let shared = self.view.shared_with(R::KIND, self.row.id(), self.project);
            crate::attribute::write(&shared, out);
        }
        there
    }

    fn parent(&self, parent: Parent, name: &str, out: &mut Vec<u8>) -> bool {
        let record = self.above(parent);
        record.is_some_and(|record| attribute(&record, self.view, self.project, name, out))
    }

    fn parent_text<T>(
        &self,
        parent: Parent,
        name: &str,
        take: impl FnOnce(&str) -> T,
    ) -> Option<T> {
        let owner = matches!(name, "project_id" | "tenant_id");
        owner.then(|| self.above(parent)?.project().map(take))?
    }
}

/// Writes the JSON of an attribute of a record of `view`; false where it has none.
pub(crate) fn attribute<V: View>(
    record: &Record,
    view: &V,
    project: &str,
    name: &str,
    out: &mut Vec<u8>,
) -> bool {
    record.kind().visit(Attribute {
        record,
        view,
        project,
        name,
        out,
    })
}

struct Attribute<'a, V> {
    record: &'a Record,
    view: &'a V,
    project: &'a str,
    name: &'a str,
    out: &'a mut Vec<u8>,
}

impl<V: View> Visitor for Attribute<'_, V> {
    type Output = bool;

    fn visit<R: Resource>(self) -> bool {
        R::of(self.record).is_some_and(|row| {
            Row::stored(row, self.view, self.project).attribute(self.name, self.out)
        })
    }
}
