//! A commit as readers are shown it: rendered once for all who may see everything, and for each who
//! may not by itself.

use std::sync::{Arc, OnceLock};

use api::request::Request;
use api::{Context, Documents, JsonMap, Record, Timestamp, attribute_of};
use bytes::Bytes;
use serde_json::json;

use super::wish::Filter;
use crate::model::{Change, Commit};
use crate::service::{Service, View};

/// A commit, with its documents once somebody has asked for them.
pub(super) struct Event {
    commit: Arc<Commit>,
    whole: OnceLock<Whole>,
}

/// The record before and after, as far as a reader sees it.
pub(super) type Bodies<'a> = (Option<&'a Record>, Option<&'a Record>);

/// The documents of a commit for those who see everything.
struct Whole {
    /// Each change.
    changes: Vec<Bytes>,
    /// The commit with all of them.
    commit: Bytes,
}

impl Event {
    pub(super) fn new(commit: Arc<Commit>) -> Self {
        Self {
            commit,
            whole: OnceLock::new(),
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.commit.revision
    }

    /// How many records it touched.
    pub(super) fn changes(&self) -> usize {
        self.commit.changes.len()
    }

    fn whole(&self, sight: &Sight) -> &Whole {
        self.whole.get_or_init(|| {
            let view = sight.view();
            let mut commit = self.head();
            let mut places = Vec::with_capacity(self.commit.changes.len());
            for change in &self.commit.changes {
                comma(&mut commit);
                let start = commit.len();
                let bodies = (change.before.as_ref(), change.after.as_ref());
                sight.write_change(&view, change, bodies, &mut commit);
                places.push(start..commit.len());
            }
            commit.extend_from_slice(TAIL);
            let commit = Bytes::from(commit);
            Whole {
                changes: places
                    .into_iter()
                    .map(|place| commit.slice(place))
                    .collect(),
                commit,
            }
        })
    }

    /// The document up to its list of changes, which is left open.
    fn head(&self) -> Vec<u8> {
        let commit = &self.commit;
        let head = json!({
            "revision": commit.revision,
            "time": Timestamp(commit.time_micros.div_euclid(1_000_000)),
            "time_micros": commit.time_micros,
            "who": commit.who,
            "request_id": commit.request_id,
        });
        let mut out = head.to_string().into_bytes();
        out.pop();
        out.extend_from_slice(b",\"changes\":[");
        out
    }
}

const TAIL: &[u8] = b"]}";

/// A comma after whatever is not the beginning of a list.
fn comma(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}

/// What one reader may see, as of now.
pub(super) struct Sight {
    service: Service,
    context: Context,
    documents: Documents<View>,
}

impl Sight {
    /// That of who asks.
    pub(super) fn of(request: &Request, service: Service) -> Self {
        Self {
            service,
            context: request.context.clone(),
            documents: Documents::of(&request.judge()),
        }
    }

    /// The present, by which it is decided what may be seen.
    pub(super) fn view(&self) -> Arc<View> {
        self.service.latest(&self.context)
    }

    /// Whether this reader may see `record` now: the one question that decides what of the log a
    /// reader is shown.
    pub(super) fn may_see(&self, view: &View, record: &Record) -> bool {
        self.documents.sees(view, record)
    }

    /// What this reader may see of a change: a record comes into sight, or goes out of it, as if it
    /// were made or removed.
    pub(super) fn seen<'a>(&self, view: &View, change: &'a Change) -> Option<Bodies<'a>> {
        let before = change.before.as_ref().filter(|r| self.may_see(view, r));
        let after = change.after.as_ref().filter(|r| self.may_see(view, r));
        (before.is_some() || after.is_some()).then_some((before, after))
    }

    /// The document of `record`, attribute by attribute.
    pub(super) fn attributes(&self, view: &View, record: &Record) -> JsonMap {
        self.documents.attributes(view, record)
    }

    /// Appends the document of what `event` has that this reader may see and asked for; false, and
    /// nothing written, where that is nothing.
    pub(super) fn write(&self, event: &Event, filter: &Filter, out: &mut Vec<u8>) -> bool {
        if self.documents.are_whole() {
            return self.write_shared(event, filter, out);
        }
        let view = self.view();
        let mut document = event.head();
        let empty = document.len();
        for change in event.commit.changes.iter().filter(|c| filter.takes(c)) {
            if let Some(bodies) = self.seen(&view, change) {
                comma(&mut document);
                self.write_change(&view, change, bodies, &mut document);
            }
        }
        let any = document.len() > empty;
        if any {
            out.extend_from_slice(&document);
            out.extend_from_slice(TAIL);
        }
        any
    }

    /// As [`Sight::write`], from the documents that all share who see everything.
    fn write_shared(&self, event: &Event, filter: &Filter, out: &mut Vec<u8>) -> bool {
        let whole = event.whole(self);
        if filter.takes_all() {
            out.extend_from_slice(&whole.commit);
            return true;
        }
        let changes = event.commit.changes.iter().zip(&whole.changes);
        let mut changes = changes
            .filter(|(change, _)| filter.takes(change))
            .peekable();
        if changes.peek().is_none() {
            return false;
        }
        out.extend(event.head());
        for (_, document) in changes {
            comma(out);
            out.extend_from_slice(document);
        }
        out.extend_from_slice(TAIL);
        true
    }

    fn write_change(
        &self,
        view: &View,
        change: &Change,
        (before, after): Bodies<'_>,
        out: &mut Vec<u8>,
    ) {
        let latest = after.or(before);
        let revision = latest.and_then(|record| attribute_of(record, "revision_number"));
        let head = json!({
            "kind": change.kind.name(),
            "id": change.id,
            "revision_number": revision,
        });
        out.extend_from_slice(head.to_string().as_bytes());
        out.pop();
        for (name, record) in [("before", before), ("after", after)] {
            out.extend_from_slice(format!(",\"{name}\":").as_bytes());
            match record {
                Some(record) => self.documents.write(view, record, out),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }
}
