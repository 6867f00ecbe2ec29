//! Records by name and by project: look-ups by text that cost what they return.

use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use super::tree::Tree;

/// Stands for a text in an index, so that an entry is of fixed size and holds no
/// second copy of the text. Texts may share a digest: who looks up compares again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Digest(u64);

impl Digest {
    fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Digest(hasher.finish())
    }
}

/// Which records bear a text. The empty text is not indexed: almost every
/// record bears it in some place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ByText(Tree<(Digest, Uuid), ()>);

impl ByText {
    /// Takes note that record `id` bore `before` and now bears `after`.
    pub(super) fn change(&mut self, id: Uuid, before: Option<&str>, after: Option<&str>) {
        if before == after {
            return;
        }
        if let Some(text) = before.filter(|text| !text.is_empty()) {
            self.0.remove(&(Digest::of(text), id));
        }
        if let Some(text) = after.filter(|text| !text.is_empty()) {
            self.0.insert((Digest::of(text), id), ());
        }
    }

    /// Every record that bears `text`, in order of id, and rarely one that does not.
    pub(super) fn candidates(&self, text: &str) -> impl Iterator<Item = Uuid> + use<'_> {
        let digest = Digest::of(text);
        self.0
            .from(&(digest, Uuid::nil()))
            .take_while(move |((found, _), ())| *found == digest)
            .map(|((_, id), ())| *id)
    }
}
