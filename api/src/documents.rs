//! Documents of records by themselves: what a record says without the model around it, to a caller
//! with its rights.
//!
//! A record of the past has no view any more that could tell what follows from other records, such as
//! a network's `subnets`. These documents have every attribute that a GET would show this caller,
//! except those: so the same record is the same document whenever and wherever it is written. Whether
//! the caller sees it, and which of its attributes, is decided by a view of the present.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::Value as Json;

use crate::policy::{Judge, Reach, Residual, Row};
use crate::query::{Query, columns};
use crate::render::Renderer;
use crate::resource::Visitor;
use crate::value::JsonMap;
use crate::{Kind, Record, Resource, View};

/// What one caller is shown of records that need not be there any more.
pub struct Documents<V> {
    kinds: BTreeMap<Kind, Box<dyn Shown<V>>>,
    /// The project to which the caller's reach is limited.
    within: Option<String>,
    whole: bool,
}

impl<V: View> Documents<V> {
    /// As the policies have it for this caller.
    pub fn of(judge: &Judge<'_>) -> Self {
        let within = match judge.reach() {
            Reach::All => None,
            Reach::Project(project) => Some(project.to_owned()),
        };
        let shown = |kind: &Kind| (*kind, kind.visit(Find(judge, PhantomData)));
        let unlimited =
            |kind: &Kind| judge.sees(*kind) == Residual::Always && judge.hides(*kind).is_empty();
        Self {
            kinds: Kind::ALL.iter().map(shown).collect(),
            whole: within.is_none() && Kind::ALL.iter().all(unlimited),
            within,
        }
    }

    /// Whether the caller sees every record, and all of each. All such callers are shown the same.
    pub fn are_whole(&self) -> bool {
        self.whole
    }

    /// Whether the caller may see this record.
    pub fn sees(&self, view: &V, record: &Record) -> bool {
        let within = self.within.as_deref();
        within.is_none_or(|project| view.reaches(record, project))
            && self
                .kinds
                .get(&record.kind())
                .is_some_and(|shown| shown.seen(view, record))
    }

    /// Appends the document of `record`.
    pub fn write(&self, view: &V, record: &Record, out: &mut Vec<u8>) {
        match self.kinds.get(&record.kind()) {
            Some(shown) => shown.write(view, record, out),
            None => out.extend_from_slice(b"{}"),
        }
    }

    /// The document of `record`, attribute by attribute.
    pub fn attributes(&self, view: &V, record: &Record) -> JsonMap {
        let mut document = Vec::with_capacity(1024);
        self.write(view, record, &mut document);
        // What was written a moment ago is a JSON object.
        serde_json::from_slice(&document).unwrap_or_default()
    }
}

/// How records of one kind are shown.
trait Shown<V>: Send + Sync {
    fn seen(&self, view: &V, record: &Record) -> bool;
    fn write(&self, view: &V, record: &Record, out: &mut Vec<u8>);
}

struct OfKind<R: Resource> {
    /// Which records the caller sees, of those within reach.
    seen: Residual,
    renderer: Renderer<R>,
    /// The caller's project.
    project: String,
}

impl<R: Resource, V: View> Shown<V> for OfKind<R> {
    fn seen(&self, view: &V, record: &Record) -> bool {
        R::of(record).is_some_and(|row| match &self.seen {
            Residual::Always => true,
            question => question.holds(&Row::stored(row, view, &self.project)),
        })
    }

    fn write(&self, view: &V, record: &Record, out: &mut Vec<u8>) {
        match R::of(record) {
            Some(row) => self.renderer.document(view, row, out),
            None => out.extend_from_slice(b"{}"),
        }
    }
}

/// Finds out how one caller is shown the records of a kind.
struct Find<'a, V>(&'a Judge<'a>, PhantomData<V>);

impl<V: View> Visitor for Find<'_, V> {
    type Output = Box<dyn Shown<V>>;

    fn visit<R: Resource>(self) -> Self::Output {
        let Find(judge, _) = self;
        let columns = columns::<R>(&Query::default(), judge);
        Box::new(OfKind {
            seen: judge.sees(R::KIND),
            renderer: Renderer::new(columns, judge.project()).without_derived(),
            project: judge.project().to_owned(),
        })
    }
}

/// What a record itself says under an attribute's name; `None` where its kind has no such attribute,
/// or the attribute follows from other records.
pub fn attribute_of(record: &Record, name: &str) -> Option<Json> {
    record.kind().visit(Named(record, name))
}

struct Named<'a>(&'a Record, &'a str);

impl Visitor for Named<'_> {
    type Output = Option<Json>;

    fn visit<R: Resource>(self) -> Option<Json> {
        let row = R::of(self.0)?;
        let mut columns = R::attributes().iter().filter(|column| !column.derived);
        let column = columns.find(|column| column.visible && column.name == self.1)?;
        let mut json = Vec::new();
        (column.write)(row, &R::Derived::default(), &mut json);
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Network, Node};

    #[test]
    fn an_attribute_is_found_by_name_where_the_kind_has_it() {
        let network: Record = Network {
            project_id: "p".into(),
            ..Network::default()
        }
        .into();
        assert_eq!(attribute_of(&network, "tenant_id"), Some("p".into()));
        assert_eq!(attribute_of(&network, "key"), None);
        assert_eq!(attribute_of(&network, "subnets"), None);
        assert_eq!(attribute_of(&Node::default().into(), "project_id"), None);
    }
}
