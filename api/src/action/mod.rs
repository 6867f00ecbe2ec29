//! What can be asked beyond the five verbs of a resource: operations on paths of their own.
//!
//! An [`Operation`] is one method on one path. It says who may use it, how its request is read into
//! an [`Action`], and what it takes and answers, for the OpenAPI document. One file per family.

mod address_group;
mod binding;
mod dhcp;
mod flavor;
mod quota;
mod subnet_pool;

use http::Method;
use serde_json::Value as Json;
use uuid::Uuid;

pub use address_group::AddressEdit;
pub use binding::{BindingEdit, BindingRequest};
pub use quota::QuotaEdit;
pub use subnet_pool::PrefixEdit;

use crate::list::parse_id;
use crate::request::Request;
use crate::{ApiError, Kind};

/// What an operation asks the backend to do, in one atomic step.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Adds blocks to an address group, or takes them out.
    EditAddresses(Uuid, AddressEdit),
    /// Changes the bindings of a port.
    EditBindings(Uuid, BindingEdit),
    /// Sets limits of a project.
    SetQuota(String, QuotaEdit),
    /// Takes a project's limits away.
    ResetQuota(String),
    /// Lets a flavor stand for a service profile too.
    AddProfile(Uuid, Uuid),
    /// Lets a flavor stand for a service profile no more.
    RemoveProfile(Uuid, Uuid),
    /// Adds blocks to a subnet pool, or takes them out.
    EditPrefixes(Uuid, PrefixEdit),
    /// Makes subnets the pool's: those of the network that are of its IP version.
    Onboard {
        /// The subnet pool.
        pool: Uuid,
        /// The network.
        network: Uuid,
    },
    /// Answers from a snapshot and changes nothing.
    Read(Question),
}

/// What an operation that only reads wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The bindings of a port.
    Bindings(Uuid),
    /// The binding of a port on this host.
    Binding(Uuid, String),
    /// The limits of every project that has limits of its own.
    Quotas,
    /// The limits of a project.
    Quota(String),
    /// The limits of a project that has none of its own.
    DefaultQuota,
    /// The limits of a project, and what it has.
    QuotaUsage(String),
    /// The project that asks, by this word for projects.
    Asker(&'static str),
    /// What would provide the service to who chose a flavor.
    NextProviders(Uuid),
    /// The networks on which an agent's node answers DHCP.
    DhcpNetworks(Uuid),
    /// The agents whose nodes answer DHCP on a network.
    DhcpAgents(Uuid),
    /// Why an agent's node cannot be told to answer DHCP on a network.
    AddDhcpNetwork(Uuid, Uuid),
    /// Why an agent's node cannot be told to answer DHCP on a network no more.
    RemoveDhcpNetwork(Uuid, Uuid),
}

/// One method on one path.
pub struct Operation {
    /// Path under `/v2.0/`; a segment in braces stands for any text.
    pub path: &'static [&'static str],
    /// The method.
    pub method: Method,
    /// Its name in policies, e.g. `add_addresses`.
    pub rule: &'static str,
    /// What its policy is asked about.
    pub subject: Subject,
    /// One sentence about it.
    pub about: &'static str,
    /// HTTP status of success.
    pub status: u16,
    /// Reads a request.
    pub read: fn(&Asked<'_>) -> Result<Action, ApiError>,
    /// JSON Schema of the body it takes.
    pub input: Option<fn() -> Json>,
    /// JSON Schema of the document it answers.
    pub output: Option<fn() -> Json>,
}

/// What the policy of an operation is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nothing: it depends on the caller alone.
    Nothing,
    /// Nothing: everybody may, and no policy is asked.
    Open,
    /// What belongs to the project in the path's first braces.
    Project,
    /// As `Project`, but no policy is asked where that is the caller's own project.
    OwnProject,
    /// The record of this kind whose id stands in the path's first braces.
    Record(Kind),
}

/// Every operation there is, by family.
pub const OPERATIONS: &[&[Operation]] = &[
    address_group::OPERATIONS,
    binding::OPERATIONS,
    dhcp::OPERATIONS,
    flavor::OPERATIONS,
    quota::OPERATIONS,
    subnet_pool::OPERATIONS,
];

/// All operations in one row.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().copied().flatten()
}

impl Operation {
    /// The texts that stand in the path's braces, where `segments` (after `v2.0`) is such a path.
    pub(crate) fn matched<'a>(&self, segments: &[&'a str]) -> Option<Vec<&'a str>> {
        if segments.len() != self.path.len() {
            return None;
        }
        let mut texts = Vec::new();
        for (wanted, found) in self.path.iter().zip(segments) {
            if wanted.starts_with('{') {
                texts.push(*found);
            } else if wanted != found {
                return None;
            }
        }
        Some(texts)
    }
}

/// A request to an operation, before it is read.
pub struct Asked<'a> {
    /// What stands in the path's braces, in order.
    pub texts: Vec<&'a str>,
    /// The request.
    pub request: &'a Request,
}

impl<'a> Asked<'a> {
    /// The text in the path's braces number `at`; empty where there is none.
    pub fn text(&self, at: usize) -> &'a str {
        self.texts.get(at).copied().unwrap_or_default()
    }

    /// The id in the path's braces number `at`, which names a record of `kind`.
    ///
    /// # Errors
    /// 404 of the kind's type where it is no id.
    pub fn id(&self, at: usize, kind: Kind) -> Result<Uuid, ApiError> {
        let text = self.text(at);
        parse_id(text).ok_or_else(|| kind.not_found(crate::query::short(text)))
    }

    /// The body.
    ///
    /// # Errors
    /// 400 where it is not JSON, 415 where it says that it is something else.
    pub fn body(&self) -> Result<Json, ApiError> {
        self.request.expect_json()?;
        crate::json::parse(&self.request.body)
    }
}
