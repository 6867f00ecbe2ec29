//! The rules as requests ask for them: by kind, verb and attribute.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::book::{Book, BookError, Notice, PolicyFile, PolicyOptions};
use super::credentials::Credentials;
use super::judge::Judge;
use crate::action::operations;
use crate::resource::Visitor;
use crate::{Context, Kind, Post, Resource};

/// The rules in force, with the names under which each kind asks for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    book: Book,
    kinds: BTreeMap<Kind, Names>,
}

/// The names of one kind's policies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Names {
    /// To see one.
    pub(crate) show: String,
    /// To make one.
    pub(crate) create: String,
    /// To change one.
    pub(crate) update: String,
    /// To remove one.
    pub(crate) delete: String,
    /// Attributes, by their place in the table, that not everybody sees who sees the record.
    pub(crate) seen: Vec<(usize, String)>,
    /// Attributes that not everybody may name in a POST who may make one.
    pub(crate) posted: BTreeMap<&'static str, Parts>,
    /// Attributes that not everybody may name in a PUT who may change one.
    pub(crate) put: BTreeMap<&'static str, Parts>,
}

/// The names of an attribute's policies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Parts {
    /// Of the attribute as a whole.
    pub(crate) whole: String,
    /// Of the members of its objects, where they have a policy of their own.
    pub(crate) members: BTreeMap<String, String>,
}

/// Neutron's defaults.
impl Default for Policies {
    fn default() -> Self {
        Self::of(Book::default())
    }
}

impl Policies {
    fn of(book: Book) -> Self {
        let names = |kind: &Kind| (*kind, kind.visit(Find { book: &book }));
        let kinds = Kind::ALL.iter().map(names).collect();
        Self { book, kinds }
    }

    /// Neutron's defaults with an operator's files put on top, later ones over earlier ones.
    ///
    /// # Errors
    /// Everything that is wrong, each fault with its file and line.
    pub fn open(
        files: &[PolicyFile],
        options: PolicyOptions,
    ) -> Result<(Self, Vec<Notice>), BookError> {
        let asked = asked_for();
        let (book, notices) = Book::open(files, options, |name| asked.contains(name))?;
        Ok((Self::of(book), notices))
    }

    /// The rules themselves.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The caller, with what the policies about callers say: these have the caller as their target.
    pub(crate) fn admit(&self, mut context: Context) -> Context {
        let is = |rule: &str, context: &Context| {
            let caller = Credentials(context);
            self.book.question(rule, &caller).holds(&caller)
        };
        context.is_admin = is("context_is_admin", &context);
        let served = is("service_api", &context) || is("context_is_advsvc", &context);
        let trusted = context.is_admin || served;
        context.reaches_all = trusted || is("context_with_global_access", &context);
        context.can_set_project_id = trusted || is("context_can_set_project_id", &context);
        context
    }

    /// Who decides about the requests of one caller.
    pub fn judge<'a>(&'a self, context: &'a Context) -> Judge<'a> {
        Judge::new(self, context)
    }

    /// The names of a kind's policies.
    pub(crate) fn names(&self, kind: Kind) -> Option<&Names> {
        self.kinds.get(&kind)
    }
}

/// The rules in force, which may be replaced while requests are served.
#[derive(Debug, Clone)]
pub struct PolicySwitch(Arc<ArcSwap<Policies>>);

/// Neutron's defaults.
impl Default for PolicySwitch {
    fn default() -> Self {
        Self::new(Policies::default())
    }
}

impl PolicySwitch {
    /// With the rules to begin with.
    pub fn new(policies: Policies) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(policies)))
    }

    /// The rules of a request that begins now.
    pub fn now(&self) -> Arc<Policies> {
        self.0.load_full()
    }

    /// The rules of requests that begin from now on.
    pub fn set(&self, policies: Policies) {
        self.0.store(Arc::new(policies));
    }
}

/// Every name that a request could ask for.
fn asked_for() -> BTreeSet<String> {
    let kinds = Kind::ALL.iter().flat_map(|kind| kind.visit(Possible));
    kinds
        .chain(operations().map(|o| o.rule.to_owned()))
        .collect()
}

/// The policy of an attribute.
fn of_attribute(verb: &str, name: &str, attribute: &str) -> String {
    format!("{verb}_{name}:{attribute}")
}

/// Every name that requests about one kind could ask for.
struct Possible;

impl Visitor for Possible {
    type Output = Vec<String>;

    fn visit<R: Resource>(self) -> Vec<String> {
        let verbs = ["get", "create", "update", "delete"];
        let attributes = R::attributes().iter().filter(|row| row.known());
        let attributes: Vec<&str> = attributes.map(|row| row.name).collect();
        let of_verb = |verb: &&str| {
            let whole = format!("{verb}_{}", R::NAME);
            let each = attributes
                .iter()
                .map(|name| of_attribute(verb, R::NAME, name));
            std::iter::once(whole).chain(each).collect::<Vec<_>>()
        };
        verbs.iter().flat_map(of_verb).collect()
    }
}

/// Finds the policies that there are for one kind.
struct Find<'a> {
    book: &'a Book,
}

impl Visitor for Find<'_> {
    type Output = Names;

    fn visit<R: Resource>(self) -> Names {
        let there = |name: String| self.book.rule(&name).is_some().then_some(name);
        let rows = || {
            R::attributes()
                .iter()
                .enumerate()
                .filter(|(_, row)| row.known())
        };
        let seen = |(at, row): (usize, &crate::Attribute<R>)| {
            Some((at, there(of_attribute("get", R::NAME, row.name))?))
        };
        // Tags have policies of their own path, which a body does not ask for.
        let settable = |verb: &'static str| {
            rows().filter(move |(_, row)| match verb {
                "create" => row.post != Post::Nobody && row.name != "tags",
                _ => row.put && row.name != "tags",
            })
        };
        let set = |verb: &'static str| -> BTreeMap<&'static str, Parts> {
            let parts = |(_, row): (usize, &'static crate::Attribute<R>)| {
                let whole = there(of_attribute(verb, R::NAME, row.name))?;
                Some((row.name, self.parts(whole)))
            };
            settable(verb).filter_map(parts).collect()
        };
        Names {
            show: format!("get_{}", R::NAME),
            create: format!("create_{}", R::NAME),
            update: format!("update_{}", R::NAME),
            delete: format!("delete_{}", R::NAME),
            seen: rows()
                .filter(|(_, row)| row.visible)
                .filter_map(seen)
                .collect(),
            posted: set("create"),
            put: set("update"),
        }
    }
}

impl Find<'_> {
    /// The policies of an attribute and of its members.
    fn parts(&self, whole: String) -> Parts {
        let prefix = format!("{whole}:");
        let member =
            |(name, _): (&str, _)| Some((name.strip_prefix(&prefix)?.to_owned(), name.to_owned()));
        let members = self.book.rules().filter_map(member).collect();
        Parts { whole, members }
    }
}
