//! Who may do what: Neutron's policies in oslo.policy's language, decided once per request.
//!
//! ```text
//! file ─► language ─► book (defaults, overrides) ─► judge: rule + caller ─► residual ─► rows, bodies
//! ```
//!
//! A rule is decided as far as the caller decides it before any record is looked at. What is left is
//! yes, no, or a small question about the record, which is what lists ask row by row.

mod book;
mod credentials;
mod defaults;
mod file;
pub(crate) mod gate;
mod judge;
mod language;
mod policies;
mod residual;
mod row;
mod target;
mod template;

pub use book::{Book, BookError, BookFault, Notice, NoticeKind, PolicyFile, PolicyOptions};
pub use credentials::{Credentials, Known};
pub use file::{Entry, FileFault, FileProblem, read};
pub(crate) use judge::{Bodies, Unmet};
pub use judge::{Judge, Reach};
pub use language::{Field, LanguageFault, Left, Rule};
pub use policies::{Policies, PolicySwitch};
pub use residual::{Case, Residual};
pub(crate) use row::Row;
pub use target::{Nothing, OwnedBy, Target};
pub use template::{Parent, Part, Place, Template, TemplateFault};
