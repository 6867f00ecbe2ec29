//! The judge of one caller's requests: each rule is decided once, as far as the caller decides it.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::credentials::{Credentials, Known};
use super::policies::{Parts, Policies};
use super::residual::Residual;
use super::target::Target;
use super::template::Parent;
use crate::attribute::Fields;
use crate::resource::Visitor;
use crate::{ApiError, Context, Kind, Resource};

/// Who decides about the requests of one caller.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    policies: &'a Policies,
    caller: Credentials<'a>,
}

/// Which records a caller can reach at all, before any rule is asked about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// All there are.
    All,
    /// What this project owns and what is shared with it.
    Project(&'a str),
}

/// What is still to be asked of a record, by the policies that ask.
pub(crate) type Unmet = Vec<(String, Residual)>;

impl<'a> Judge<'a> {
    pub(super) fn new(policies: &'a Policies, context: &'a Context) -> Self {
        Self {
            policies,
            caller: Credentials(context),
        }
    }

    /// The caller's project; empty where the token is for none.
    pub fn project(&self) -> &'a str {
        &self.caller.0.project_id
    }

    /// Whether the caller's token is for this project.
    pub(crate) fn owns(&self, project: &str) -> bool {
        !project.is_empty() && self.project() == project
    }

    /// Which records the caller can reach.
    pub fn reach(&self) -> Reach<'a> {
        match self.caller.0.reaches_all {
            true => Reach::All,
            false => Reach::Project(self.project()),
        }
    }

    /// Whether the caller may make things that belong to other projects.
    pub fn may_give(&self) -> bool {
        self.caller.0.can_set_project_id
    }

    /// What a policy leaves to ask of a target.
    pub fn question(&self, policy: &str) -> Residual {
        self.policies.book().question(policy, &self.caller)
    }

    /// Asks a policy about a target.
    ///
    /// # Errors
    /// 403 `PolicyNotAuthorized`, or `InvalidScope` for a token of the system or a domain.
    pub fn permit(&self, policy: &str, target: &impl Target) -> Result<(), ApiError> {
        match self.question(policy).holds(target) {
            true => Ok(()),
            false => Err(self.refusal(policy)),
        }
    }

    /// 403: a policy does not allow what was asked.
    pub(crate) fn refusal(&self, policy: &str) -> ApiError {
        let book = self.policies.book();
        if book.is_out_of_scope(policy, self.caller.0) {
            let found = match self.caller.0.system_scope {
                Some(_) => "the system",
                None => "a domain",
            };
            let why = format!("{policy} takes tokens of a project; this one is for {found}");
            return ApiError::new(403, "InvalidScope", why);
        }
        let wanted = book.text(policy);
        let why = format!("the policy {policy} does not allow this; it takes {wanted}");
        ApiError::new(403, "PolicyNotAuthorized", why)
    }

    /// Which records of `kind` the caller sees, of those within reach.
    pub(crate) fn sees(&self, kind: Kind) -> Residual {
        let names = self.policies.names(kind);
        names.map_or(Residual::Never, |names| self.question(&names.show))
    }

    /// The policies of seeing single attributes, by their place in the table; those that let the
    /// caller see them in every record are left out.
    pub(crate) fn hides(&self, kind: Kind) -> Vec<(usize, Residual)> {
        let names = self.policies.names(kind).into_iter();
        let seen = names.flat_map(|names| &names.seen);
        let asked = seen.map(|(at, policy)| (*at, self.question(policy)));
        asked
            .filter(|(_, question)| *question != Residual::Always)
            .collect()
    }

    /// What must hold to remove a record of `kind`.
    pub(crate) fn delete(&self, kind: Kind) -> Unmet {
        let names = self.policies.names(kind);
        names.map_or_else(Vec::new, |names| self.unmet([names.delete.as_str()]))
    }

    /// What must hold to do what `policies` are about.
    pub(crate) fn unmet<'p>(&self, policies: impl IntoIterator<Item = &'p str>) -> Unmet {
        let asked = policies
            .into_iter()
            .map(|policy| (policy.to_owned(), self.question(policy)));
        asked
            .filter(|(_, question)| *question != Residual::Always)
            .collect()
    }

    /// Decides about the bodies of one request.
    pub(crate) fn of_bodies(&self, kind: Kind, creating: bool) -> Bodies<'a> {
        Bodies {
            judge: *self,
            kind,
            creating,
            decided: HashMap::new(),
        }
    }
}

/// Decides which policies the bodies of one request have still to meet. What many bodies ask for is
/// decided once.
pub(crate) struct Bodies<'a> {
    judge: Judge<'a>,
    kind: Kind,
    creating: bool,
    decided: HashMap<&'a str, Residual>,
}

impl<'a> Bodies<'a> {
    /// The judge.
    pub(crate) fn judge(&self) -> Judge<'a> {
        self.judge
    }

    /// What one body has still to meet: the policy of the verb, and those of the attributes it sets.
    /// A POST that names a default sets nothing.
    pub(crate) fn unmet(&mut self, fields: &Fields) -> Unmet {
        let mut unmet = Vec::new();
        let Some(names) = self.judge.policies.names(self.kind) else {
            return unmet;
        };
        let (verb, attributes) = match self.creating {
            true => (&names.create, &names.posted),
            false => (&names.update, &names.put),
        };
        self.ask(verb, &mut unmet);
        for (name, value) in &fields.0 {
            let Some(parts) = attributes.get(name.as_str()) else {
                continue;
            };
            let known = unmet.len();
            self.ask(&parts.whole, &mut unmet);
            self.members(parts, value, &mut unmet);
            let asked = unmet.len() > known;
            if asked && self.creating && self.kind.visit(IsDefault(name, value)) {
                unmet.truncate(known);
            }
        }
        unmet
    }

    fn members(&mut self, parts: &'a Parts, value: &Json, unmet: &mut Unmet) {
        match value {
            Json::Array(items) => {
                for object in items.iter().filter_map(Json::as_object) {
                    for member in object.keys() {
                        match parts.members.get(member) {
                            Some(policy) => self.ask(policy, unmet),
                            None => {
                                let policy = format!("{}:{member}", parts.whole);
                                note(unmet, &policy, &self.judge.question(&policy));
                            }
                        }
                    }
                }
            }
            Json::Object(object) => {
                for policy in object.keys().filter_map(|member| parts.members.get(member)) {
                    self.ask(policy, unmet);
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self, policy: &'a str, unmet: &mut Unmet) {
        let judge = self.judge;
        let question = self
            .decided
            .entry(policy)
            .or_insert_with(|| judge.question(policy));
        note(unmet, policy, question);
    }
}

fn note(unmet: &mut Unmet, policy: &str, question: &Residual) {
    let known = || unmet.iter().any(|(name, _)| name == policy);
    if *question != Residual::Always && !known() {
        unmet.push((policy.to_owned(), question.clone()));
    }
}

/// Whether an attribute would have a value anyway, if a POST did not name it.
struct IsDefault<'a>(&'a str, &'a Json);

impl Visitor for IsDefault<'_> {
    type Output = bool;

    fn visit<R: Resource>(self) -> bool {
        let mut rows = R::attributes().iter().filter(|row| row.name == self.0);
        rows.any(|row| (row.is_default)(self.1))
    }
}

/// A caller as the target of rules about callers.
impl Target for Credentials<'_> {
    fn attribute(&self, name: &str, out: &mut Vec<u8>) -> bool {
        let known = match name {
            "project_id" | "tenant_id" => Some(Known::Text(&self.0.project_id)),
            name => self.get(name),
        };
        match known {
            Some(Known::Text(text)) => crate::attribute::write(&text, out),
            Some(Known::Flag(flag)) => crate::attribute::write(&flag, out),
            Some(Known::List(list)) => crate::attribute::write(&list, out),
            Some(Known::Nothing) => crate::attribute::write(&(), out),
            None => return false,
        }
        true
    }

    fn parent(&self, _: Parent, _: &str, _: &mut Vec<u8>) -> bool {
        false
    }
}
