//! The right side of a check: a text with places that the target fills, `%(name)s`.

use std::fmt;

/// A text with places in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// What the target says there.
    Place(Place),
}

/// Something the target says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Its own attribute of this name.
    Own(String),
    /// An attribute of what the target belongs to.
    Of(Parent, String),
}

/// What a target may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// The network of its `network_id`.
    Network,
    /// The security group of its `security_group_id`.
    SecurityGroup,
    /// What stands above it in its path.
    Path,
}

/// The parents by their names in rules.
const PARENTS: [(Parent, &str); 3] = [
    (Parent::Network, "network"),
    (Parent::SecurityGroup, "security_group"),
    (Parent::Path, "ext_parent"),
];

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// A percent sign that opens no place.
    #[error("a place in the target is written %(name)s, and a percent sign %%")]
    Percent,
}

impl Place {
    /// The place of this name.
    fn named(name: &str) -> Self {
        for (parent, prefix) in PARENTS {
            let rest = name.strip_prefix(prefix).unwrap_or_default();
            // An older form joins the two by an underscore, which names of attributes have too.
            let owner = matches!(rest, "_tenant_id" | "_project_id");
            let field = rest
                .strip_prefix(':')
                .or_else(|| rest.strip_prefix('_').filter(|_| owner));
            if let Some(field) = field.filter(|field| !field.is_empty()) {
                return Self::Of(parent, field.to_owned());
            }
        }
        Self::Own(name.to_owned())
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A percent sign that opens no place.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                plain.push('%');
                rest = after;
                continue;
            }
            let place = after
                .strip_prefix('(')
                .and_then(|inner| inner.split_once(")s"));
            let (name, after) = place.ok_or(TemplateFault::Percent)?;
            if name.is_empty() || name.contains(['(', ')', '%']) {
                return Err(TemplateFault::Percent);
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Place(Place::named(name)));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Its pieces.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The text, where no place is in it.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The place, where nothing else is in it.
    pub fn place(&self) -> Option<&Place> {
        match self.0.as_slice() {
            [Part::Place(place)] => Some(place),
            _ => None,
        }
    }
}

impl From<Place> for Template {
    fn from(place: Place) -> Self {
        Self(vec![Part::Place(place)])
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(name) => f.write_str(name),
            Self::Of(parent, field) => {
                let named = PARENTS.iter().find(|(known, _)| known == parent);
                write!(f, "{}:{field}", named.map_or("", |(_, name)| name))
            }
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(&text.replace('%', "%%"))?,
                Part::Place(place) => write!(f, "%({place})s")?,
            }
        }
        Ok(())
    }
}
