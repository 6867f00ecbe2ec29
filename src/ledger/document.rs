//! Records and operations as the documents that are stored.

use std::fmt;
use std::ops::Range;

use api::{Kind, Record};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{Change, Commit};

use super::fault::FaultKind;

/// The name under which records of `kind` are stored.
pub(super) fn kind_name(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(name)) => name,
        _ => kind.name().to_owned(),
    }
}

/// The record that `body` is the stored form of.
pub(super) fn record(kind: &str, id: &str, body: &[u8]) -> Result<Record, FaultKind> {
    let unreadable = |error: serde_json::Error| FaultKind::Unreadable {
        what: format!("{kind} {id}"),
        why: error.to_string(),
    };
    let kind: Kind = serde_json::from_value(Value::String(kind.to_owned())).map_err(unreadable)?;
    Record::from_json(kind, body).map_err(unreadable)
}

/// The operations of a commit as they are stored.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// Where in the text the body after each operation stands.
    pub(super) after: Vec<Range<usize>>,
}

/// The operations of a commit: each record's whole body before and after.
pub(super) fn operations(commit: &Commit) -> Written {
    // Written by hand: the bodies are documents already. What an operation is of stands before its
    // bodies, which a reader may want to skip.
    let mut written = Written::default();
    let text = &mut written.text;
    let document = |record: &Option<Record>, text: &mut String| match record {
        Some(record) => text.push_str(&String::from_utf8_lossy(&record.to_json())),
        None => text.push_str("null"),
    };
    text.push('[');
    for (at, change) in commit.changes.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (kind, id) = (kind_name(change.kind), change.id);
        text.push_str(&format!(
            r#"{comma}{{"kind":"{kind}","id":"{id}","before":"#
        ));
        document(&change.before, text);
        text.push_str(r#","after":"#);
        let start = text.len();
        document(&change.after, text);
        written.after.push(start..text.len());
        text.push('}');
    }
    text.push(']');
    written
}

/// How much of an operation a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Not even that it was.
    Nothing,
    /// Which record it is of.
    Name,
    /// That, and the body before.
    Before,
    /// All of it.
    Whole,
}

/// The changes that `text`, the operations of the commit `revision`, stands for, as far as they are
/// `wanted`. What is not is passed over, which costs a fraction of reading it.
pub(super) fn changes(
    revision: u64,
    text: &str,
    wanted: impl FnMut(Kind, Uuid) -> Wanted,
) -> Result<Vec<Change>, FaultKind> {
    let unreadable = |error: serde_json::Error| FaultKind::Unreadable {
        what: format!("commit {revision}"),
        why: error.to_string(),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let changes = Operations(wanted)
        .deserialize(&mut json)
        .map_err(unreadable)?;
    json.end().map_err(unreadable)?;
    Ok(changes)
}

/// The operations of one commit.
struct Operations<F>(F);

impl<'de, F: FnMut(Kind, Uuid) -> Wanted> DeserializeSeed<'de> for Operations<F> {
    type Value = Vec<Change>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Kind, Uuid) -> Wanted> Visitor<'de> for Operations<F> {
    type Value = Vec<Change>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of operations")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut changes = Vec::new();
        while let Some(change) = list.next_element_seed(Operation(&mut self.0))? {
            changes.extend(change);
        }
        Ok(changes)
    }
}

/// One operation; nothing where it is not wanted.
struct Operation<'f, F>(&'f mut F);

impl<'de, F: FnMut(Kind, Uuid) -> Wanted> DeserializeSeed<'de> for Operation<'_, F> {
    type Value = Option<Change>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Kind, Uuid) -> Wanted> Visitor<'de> for Operation<'_, F> {
    type Value = Option<Change>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an operation: kind, id, before, after")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let kind: Kind = entry(&mut map, "kind")?;
        let id: Uuid = entry(&mut map, "id")?;
        let wanted = (self.0)(kind, id);
        let mut change = Change {
            kind,
            id,
            before: None,
            after: None,
        };
        while let Some(name) = map.next_key::<&str>()? {
            match (name, wanted) {
                ("before", Wanted::Before | Wanted::Whole) => {
                    change.before = map.next_value_seed(Body(kind))?;
                }
                ("after", Wanted::Whole) => change.after = map.next_value_seed(Body(kind))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((wanted != Wanted::Nothing).then_some(change))
    }
}

/// The next entry of `map`, which must be called `name`.
fn entry<'de, A: MapAccess<'de>, T: serde::Deserialize<'de>>(
    map: &mut A,
    name: &'static str,
) -> Result<T, A::Error> {
    match map.next_key::<&str>()? {
        Some(found) if found == name => map.next_value(),
        _ => Err(A::Error::missing_field(name)),
    }
}

/// A body of a record of this kind, or null.
struct Body(Kind);

impl<'de> DeserializeSeed<'de> for Body {
    type Value = Option<Record>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Body {
    type Value = Option<Record>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {} or null", self.0.name())
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        Record::read(self.0, from).map(Some)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::{Draft, Model, sample};

    fn commit() -> Commit {
        let mut draft = Draft::new(&Model::default());
        let network = sample::network(&draft, "n");
        let subnet = sample::subnet(&network, "10.0.0.0/24".parse().unwrap());
        draft.put(network.clone());
        draft.put(subnet.clone());
        let (model, _) = draft.finish();
        let mut draft = Draft::new(&model);
        draft.put(sample::port(&model, &subnet, "h"));
        draft.put(api::Network {
            name: "renamed".to_owned(),
            ..network
        });
        draft.remove(Kind::Subnet, subnet.id);
        Commit {
            revision: 2,
            time_micros: 7,
            who: String::new(),
            request_id: String::new(),
            changes: draft.finish().1,
        }
    }

    #[test]
    fn operations_are_read_back_as_they_were() {
        let commit = commit();
        let written = operations(&commit);
        let read = changes(2, &written.text, |_, _| Wanted::Whole).unwrap();
        assert_eq!(read, commit.changes);
        for (change, place) in commit.changes.iter().zip(written.after) {
            let body = &written.text[place];
            match &change.after {
                Some(record) => assert_eq!(body.as_bytes(), record.to_json()),
                None => assert_eq!(body, "null"),
            }
        }
    }

    #[test]
    fn what_is_not_wanted_is_passed_over() {
        let commit = commit();
        let text = operations(&commit).text;
        let read = changes(2, &text, |kind, _| match kind {
            Kind::Network => Wanted::Before,
            Kind::Subnet => Wanted::Name,
            _ => Wanted::Nothing,
        });
        let read = read.unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].before, commit.changes[1].before);
        assert_eq!((&read[0].after, &read[1].before), (&None, &None));
        assert_eq!(read[1].id, commit.changes[2].id);
    }

    #[test]
    fn what_is_no_operation_is_named() {
        for text in [
            "",
            "[",
            "{}",
            "[{}]",
            r#"[{"kind":"port"}]"#,
            r#"[{"kind":"port","id":"7"}]"#,
            r#"[{"id":"6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d","kind":"port"}]"#,
            r#"[{"kind":"port","id":"6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d","before":5}]"#,
            "[]x",
        ] {
            let Err(FaultKind::Unreadable { what, .. }) = changes(9, text, |_, _| Wanted::Whole)
            else {
                panic!("{text} was read");
            };
            assert_eq!(what, "commit 9");
        }
    }
}
