//! The attribute table: one row per attribute of a resource, made by `resource!`.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::value::{Fault, shown};
use crate::{ApiError, Derived, Kind, Record};

/// What POST makes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// Not taken.
    Nobody,
    /// Must be there.
    Required,
    /// Filled with its declared default where it is missing.
    Defaulted,
    /// Left to the service where it is missing.
    Optional,
}

/// A limit on a value beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// None.
    None,
    /// A text of at most this many characters.
    Max(usize),
    /// A text of at most this many characters; null stands for the empty one.
    MaxOrNull(usize),
    /// A name: at most this many printable characters, with no blank at either end.
    Name(usize),
    /// As `Name`, and at least one character.
    NonEmptyName(usize),
    /// A text of one to this many characters, not all blank.
    NonEmpty(usize),
    /// A DNS name or part of one of at most this many characters; kept in lower case.
    DnsName(usize),
    /// A DNS domain; may end in a dot.
    DnsDomain(usize),
    /// Null only says that there is no value; nobody sets it.
    NotNull,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// A number of at least this.
    AtLeast(i64),
    /// A list without repetitions.
    Unique,
    /// A list without repetitions of texts of at most this many characters.
    UniqueText(usize),
}

/// Tests one record against a compiled filter.
pub type Matcher<R> = Box<dyn Fn(&R, &<R as Resource>::Derived) -> bool + Send + Sync>;

/// Compiles the texts of a filter.
pub type Filter<R> = fn(&[String]) -> Result<Matcher<R>, Fault>;

/// Orders two records.
pub type Order<R> = fn(&R, &R) -> Ordering;

/// One attribute of resource `R`.
pub struct Attribute<R: Resource> {
    /// Its name in documents, e.g. `provider:network_type`.
    pub name: &'static str,
    /// What it is, for the OpenAPI document.
    pub doc: &'static str,
    /// Alias of the extension that brings it; `core` where none does.
    pub extension: &'static str,
    /// What POST makes of it.
    pub post: Post,
    /// PUT takes it.
    pub put: bool,
    /// Whether a value is the one a POST that does not name it gets; false where none is declared.
    pub is_default: fn(&Json) -> bool,
    /// It stands in documents.
    pub visible: bool,
    /// It needs [`crate::View::derived`] to be shown or filtered by.
    pub derived: bool,
    /// `null` is a value of it.
    pub nullable: bool,
    /// Makes a filter of the texts after `name=`; `None`: it is no filter.
    pub filter: Option<Filter<R>>,
    /// The order by it; `None`: lists cannot be sorted by it.
    pub sort: Option<Order<R>>,
    /// Writes its JSON.
    pub write: fn(&R, &R::Derived, &mut Vec<u8>),
    /// Stands in a record's documents only where this holds; a POST's answer always shows it.
    pub shown_if: Option<fn(&R) -> bool>,
    /// Stands in no document of a record where this does not hold.
    pub only_if: Option<fn(&R) -> bool>,
    /// JSON Schema as shown.
    pub schema: fn() -> Json,
    /// JSON Schema as requested.
    pub input_schema: fn() -> Json,
}

impl<R: Resource> Attribute<R> {
    /// It stands in bodies or documents, and does not only filter.
    pub(crate) fn known(&self) -> bool {
        self.visible || self.put || self.post != Post::Nobody
    }
}

/// A resource: what its `resource!` declaration gives.
pub trait Resource: Sized + Send + Sync + 'static {
    /// What documents show beyond the record.
    type Derived: Default + Send + Sync + 'static;
    /// Which one.
    const KIND: Kind;
    /// Name of one, e.g. `network`.
    const NAME: &'static str;
    /// Name of many in documents, e.g. `networks`.
    const PLURAL: &'static str;
    /// Path of the collection under `/v2.0/`, e.g. `address-scopes`; may have several segments.
    const PATH: &'static str;
    /// Whether records carry tags.
    const TAGGED: bool;
    /// One sentence about it.
    const ABOUT: &'static str;
    /// The type of the error where there is none, e.g. `NetworkNotFound`.
    const NOT_FOUND: &'static str;

    /// Its rows, in the order documents have.
    fn attributes() -> &'static [Attribute<Self>];
    /// The record's id.
    fn id(&self) -> Uuid;
    /// The project that owns it; `None` where no project owns such records.
    fn project(&self) -> Option<&str>;
    /// Its tags; `None` where such records carry none.
    fn tags(&self) -> Option<&Vec<String>>;
    /// Its tags, to be edited; `None` where such records carry none.
    fn tags_mut(&mut self) -> Option<&mut Vec<String>>;
    /// The record of this kind in `record`.
    fn of(record: &Record) -> Option<&Arc<Self>>;
    /// As a record of any kind.
    fn record(row: &Arc<Self>) -> Record;
    /// The derived part of this kind in `derived`.
    fn derived_of(derived: Derived) -> Option<Self::Derived>;
}

impl Check {
    /// Tests a text.
    pub(crate) fn text(&self, text: &str) -> Result<(), Fault> {
        let (length, limit) = (text.chars().count(), self.length_max());
        if limit.is_some_and(|limit| length > limit) {
            return Err(Fault::Invalid(format!(
                "{} is {length} characters long; at most {} are taken",
                shown(&Json::from(text)),
                limit.unwrap_or_default()
            )));
        }
        match self {
            Self::NonEmpty(_) | Self::NonEmptyName(_) if text.trim().is_empty() => {
                Err(Fault::Invalid("the text is empty".into()))
            }
            Self::Name(_) | Self::NonEmptyName(_)
                if text.trim() != text || text.chars().any(char::is_control) =>
            {
                Err(Fault::Invalid(format!(
                    "{} has a control character, or a blank at an end",
                    shown(&Json::from(text))
                )))
            }
            Self::DnsDomain(_) if !text.is_empty() && !text.ends_with('.') => {
                Err(Fault::Invalid(format!(
                    "{} does not end in a dot; write it like example.org.",
                    shown(&Json::from(text))
                )))
            }
            Self::Words(words) if !words.contains(&text) => Err(Fault::Invalid(format!(
                "{} is not one of {}",
                shown(&Json::from(text)),
                words.join(", ")
            ))),
            Self::DnsName(_) | Self::DnsDomain(_) if !dns_name(text) => {
                Err(Fault::Invalid(format!(
                    "{} is not a DNS name; use labels of 1 to 63 letters, digits and inner hyphens, joined by dots",
                    shown(&Json::from(text)),
                )))
            }
            _ => Ok(()),
        }
    }

    /// The text as it is kept.
    pub(crate) fn normalise(&self, text: &str) -> String {
        match self {
            Self::DnsName(_) | Self::DnsDomain(_) => text.to_ascii_lowercase(),
            _ => text.to_owned(),
        }
    }

    /// Tests a number.
    pub(crate) fn number(&self, number: i64) -> Result<(), Fault> {
        match self {
            Self::OneOf(numbers) if !numbers.contains(&number) => Err(Fault::Invalid(format!(
                "{number} is not one of {numbers:?}"
            ))),
            Self::AtLeast(least) if number < *least => {
                Err(Fault::Invalid(format!("{number} is less than {least}")))
            }
            _ => Ok(()),
        }
    }

    fn length_max(&self) -> Option<usize> {
        match self {
            Self::Max(n)
            | Self::UniqueText(n)
            | Self::MaxOrNull(n)
            | Self::Name(n)
            | Self::NonEmpty(n)
            | Self::NonEmptyName(n)
            | Self::DnsName(n)
            | Self::DnsDomain(n) => Some(*n),
            _ => None,
        }
    }

    /// Adds the limit to a JSON Schema.
    pub(crate) fn describe(&self, mut schema: Json) -> Json {
        if let (Some(map), Some(limit)) = (schema.as_object_mut(), self.length_max()) {
            map.insert("maxLength".into(), limit.into());
        }
        let extra = match self {
            Self::NonEmpty(_) | Self::NonEmptyName(_) => ("minLength", Json::from(1)),
            Self::Words(words) => ("enum", Json::from(words.to_vec())),
            Self::OneOf(numbers) => ("enum", Json::from(numbers.to_vec())),
            Self::AtLeast(least) => ("minimum", Json::from(*least)),
            _ => return schema,
        };
        if let Some(map) = schema.as_object_mut() {
            map.insert(extra.0.into(), extra.1);
        }
        schema
    }
}

/// RFC 1123 labels joined by dots, perhaps with one at the end; the empty text is fine.
fn dns_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let last = name.rsplit_once('.').map(|(_, last)| last);
    let numeric_top = last.is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    text.is_empty() || (name.split('.').all(label) && !numeric_top)
}

/// The attributes of one body, taken by name as a `Create` or `Update` is built from them.
#[derive(Debug)]
pub struct Fields(pub(crate) Map<String, Json>);

impl Fields {
    /// An attribute POST must name.
    pub(crate) fn required<T: crate::Value>(
        &self,
        name: &str,
        check: &Check,
    ) -> Result<T::Input, ApiError> {
        self.optional::<T>(name, check)?.ok_or_else(|| {
            ApiError::bad_request(format!("the required attribute '{name}' is missing"))
        })
    }

    /// An attribute a request may name.
    pub(crate) fn optional<T: crate::Value>(
        &self,
        name: &str,
        check: &Check,
    ) -> Result<Option<T::Input>, ApiError> {
        let Some(json) = self.0.get(name) else {
            return Ok(None);
        };
        T::parse(json, check)
            .map(Some)
            .map_err(|fault| match fault {
                Fault::Convert(why) => ApiError::invalid_input(format!("{name}: {why}")),
                Fault::Invalid(why) => ApiError::bad_request(format!("{name}: {why}")),
                Fault::Typed(kind, why) => ApiError::new(400, kind, format!("{name}: {why}")),
            })
    }
}

/// Writes a value's JSON. Writing into memory cannot fail, and no value has keys that are not text.
pub(crate) fn write<T: serde::Serialize>(value: &T, out: &mut Vec<u8>) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}
