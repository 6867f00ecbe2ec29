//! What a rule can be asked about.

use super::template::Parent;

/// Something a rule can be asked about.
pub trait Target {
    /// Writes the JSON of its attribute `name`; false where it has none.
    fn attribute(&self, name: &str, out: &mut Vec<u8>) -> bool;

    /// The attribute `name`, where it is a text that lies at hand; what `attribute` would write.
    fn text(&self, _: &str) -> Option<&str> {
        None
    }

    /// Writes the JSON of the attribute `name` of what it belongs to; false where there is none.
    fn parent(&self, parent: Parent, name: &str, out: &mut Vec<u8>) -> bool;

    /// Hands on the attribute `name` of what it belongs to, where that is a text that lies at hand;
    /// what `parent` would write.
    fn parent_text<T>(&self, _: Parent, _: &str, _: impl FnOnce(&str) -> T) -> Option<T> {
        None
    }
}

/// Nothing: a rule about it can only ask who the caller is.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Target for Nothing {
    fn attribute(&self, _: &str, _: &mut Vec<u8>) -> bool {
        false
    }

    fn parent(&self, _: Parent, _: &str, _: &mut Vec<u8>) -> bool {
        false
    }
}

/// What belongs to a project and has nothing else to it, such as a quota.
#[derive(Debug, Clone, Copy)]
pub struct OwnedBy<'a>(pub &'a str);

impl Target for OwnedBy<'_> {
    fn attribute(&self, name: &str, out: &mut Vec<u8>) -> bool {
        let owner = matches!(name, "project_id" | "tenant_id");
        if owner {
            crate::attribute::write(&self.0, out);
        }
        owner
    }

    fn parent(&self, _: Parent, _: &str, _: &mut Vec<u8>) -> bool {
        false
    }
}
