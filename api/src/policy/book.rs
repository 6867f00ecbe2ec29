//! The book of rules in force: Neutron's defaults, and what an operator's files put in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::credentials::{Credentials, NAMES};
use super::defaults::{self, BY_DEFAULT_RULE, HELPERS};
use super::file::{self, Entry, FileFault};
use super::language::{Left, Rule};
use super::residual::Residual;
use crate::Context;

/// The longest way from a rule through others. A longer one is taken for one without an end.
const WAY_MAX: usize = 64;

/// What `[oslo_policy]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOptions {
    /// Tokens for the system or a domain are refused, since every policy is for projects.
    pub enforce_scope: bool,
    /// Only the personas count. Otherwise what was allowed before there were personas is still
    /// allowed, and administrators are allowed everything.
    pub enforce_new_defaults: bool,
    /// The rule of what has none.
    pub default_rule: String,
}

impl Default for PolicyOptions {
    fn default() -> Self {
        Self {
            enforce_scope: true,
            enforce_new_defaults: true,
            default_rule: "default".to_owned(),
        }
    }
}

/// A policy file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its path, for messages.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    rules: BTreeMap<String, Rule>,
    /// The policies that are for tokens of projects only.
    scoped: BTreeSet<String>,
    options: PolicyOptions,
}

/// Something about the files that is worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The file.
    pub file: String,
    /// The line, 1 for the first.
    pub line: usize,
    /// The policy.
    pub name: String,
    /// What about it.
    pub about: NoticeKind,
}

/// What there is to say of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// Nothing asks for it.
    NoEffect,
    /// It compares with something that is never known of a caller.
    NeverKnown(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        match &self.about {
            NoticeKind::NoEffect => {
                write!(
                    f,
                    "the policy '{}' has no effect: nothing asks for it",
                    self.name
                )
            }
            NoticeKind::NeverKnown(known) => write!(
                f,
                "the policy '{}' compares with '{known}', which is known of nobody; known are {}",
                self.name,
                NAMES.join(", ")
            ),
        }
    }
}

/// Something that keeps the files from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookFault {
    /// In the form of a file, or in a rule by itself.
    #[error("{file}: {fault}")]
    File {
        /// The file.
        file: String,
        /// What is wrong, and where.
        fault: FileFault,
    },
    /// A rule that refers to one that is not there.
    #[error(
        "{file}: line {line}: '{name}' refers to rule:{wanted}, which is defined nowhere{hint}"
    )]
    Undefined {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The policy.
        name: String,
        /// What it refers to.
        wanted: String,
        /// A name that may have been meant.
        hint: String,
    },
    /// A rule that refers to itself, perhaps through others.
    #[error("{file}: line {line}: '{name}' refers to itself, by way of {way}; no rule may")]
    Cycle {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The policy.
        name: String,
        /// The rules on the way round.
        way: String,
    },
    /// `policy_default_rule` names nothing.
    #[error("policy_default_rule = {0}: no rule has that name")]
    Default(String),
}

/// Everything that keeps the files from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BookError(pub Vec<BookFault>);

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Neutron's defaults.
impl Default for Book {
    fn default() -> Self {
        Self::of_defaults(PolicyOptions::default(), &BTreeMap::new())
    }
}

impl Book {
    /// Neutron's defaults with `files` put on top, later ones over earlier ones. `asked` tells of a
    /// name whether anything would ask for it.
    ///
    /// # Errors
    /// Everything that is wrong, each fault with its file and line.
    pub fn open(
        files: &[PolicyFile],
        options: PolicyOptions,
        asked: impl Fn(&str) -> bool,
    ) -> Result<(Self, Vec<Notice>), BookError> {
        let mut faults = Vec::new();
        let mut given: BTreeMap<String, (&str, Entry)> = BTreeMap::new();
        for from in files {
            match file::read(&from.text) {
                Ok(entries) => given.extend(
                    entries
                        .into_iter()
                        .map(|entry| (entry.name.clone(), (from.name.as_str(), entry))),
                ),
                Err(wrong) => faults.extend(wrong.into_iter().map(|fault| BookFault::File {
                    file: from.name.clone(),
                    fault,
                })),
            }
        }
        let mut book = Self::of_defaults(options, &given);
        book.rules.extend(
            given
                .iter()
                .map(|(name, (_, entry))| (name.clone(), entry.rule.clone())),
        );
        if !book.rules.contains_key(&book.options.default_rule) {
            faults.push(BookFault::Default(book.options.default_rule.clone()));
        }
        for (file, entry) in given.values() {
            faults.extend(book.undefined(file, entry));
            faults.extend(book.cycle(file, entry));
        }
        if !faults.is_empty() {
            return Err(BookError(faults));
        }
        let notices = given
            .values()
            .flat_map(|(file, entry)| book.notices(file, entry, &asked));
        let notices = notices.collect();
        Ok((book, notices))
    }

    /// The defaults, with overrides under older names put under the newer ones.
    fn of_defaults(options: PolicyOptions, given: &BTreeMap<String, (&str, Entry)>) -> Self {
        // A default that could not be read would allow nobody; tests hold every one to Neutron's.
        let parse = |text: &&str| Rule::parse(text).unwrap_or(Rule::Never);
        let any = |texts: &[&str]| {
            let mut rules: Vec<Rule> = texts.iter().map(parse).collect();
            match rules.len() {
                1 => rules.remove(0),
                _ => Rule::Any(rules),
            }
        };
        let mut rules = BTreeMap::new();
        let mut scoped = BTreeSet::new();
        rules.extend(
            HELPERS
                .iter()
                .map(|(name, text)| ((*name).to_owned(), parse(text))),
        );
        for group in defaults::groups() {
            for name in group.names {
                let older = older(name).and_then(|older| given.get(&older));
                let newer = Rule::Reference((*name).to_owned());
                let rule = match older.filter(|(_, entry)| entry.rule != newer) {
                    Some((_, entry)) => entry.rule.clone(),
                    None if options.enforce_new_defaults => any(group.rule),
                    None => any(&[group.rule, group.before].concat()),
                };
                rules.insert((*name).to_owned(), rule);
                scoped.insert((*name).to_owned());
            }
        }
        let default = Rule::Reference(options.default_rule.clone());
        let left = BY_DEFAULT_RULE
            .iter()
            .map(|name| ((*name).to_owned(), default.clone()));
        rules.extend(left);
        Self {
            rules,
            scoped,
            options,
        }
    }

    /// The rules in force, by name.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.rules.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    /// The rule of this name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.get(name)
    }

    /// What a policy takes, as text.
    pub(crate) fn text(&self, name: &str) -> String {
        let rule = self
            .rule(name)
            .or_else(|| self.rule(&self.options.default_rule));
        rule.map_or_else(|| Rule::Never.to_string(), ToString::to_string)
    }

    /// What is left to ask of a target once the caller is known. Where no rule has the name, the
    /// default rule decides.
    pub fn question(&self, name: &str, caller: &Credentials<'_>) -> Residual {
        if !self.options.enforce_new_defaults && caller.0.is_admin {
            return Residual::Always;
        }
        if self.is_out_of_scope(name, caller.0) {
            return Residual::Never;
        }
        let look_up = |name: &str| self.rules.get(name);
        let rule = look_up(name).or_else(|| look_up(&self.options.default_rule));
        rule.map_or(Residual::Never, |rule| Residual::of(rule, caller, &look_up))
    }

    /// Whether the policy is for tokens of projects and the caller's is for something else.
    pub fn is_out_of_scope(&self, name: &str, context: &Context) -> bool {
        let elsewhere = context.system_scope.is_some() || context.domain_id.is_some();
        elsewhere && self.options.enforce_scope && self.scoped.contains(name)
    }

    fn undefined(&self, file: &str, entry: &Entry) -> Vec<BookFault> {
        let wanted: BTreeSet<&str> = entry.rule.references().into_iter().collect();
        let missing = wanted
            .into_iter()
            .filter(|wanted| !self.rules.contains_key(*wanted));
        let fault = |wanted: &str| BookFault::Undefined {
            file: file.to_owned(),
            line: entry.line,
            name: entry.name.clone(),
            wanted: wanted.to_owned(),
            hint: self.nearest(wanted),
        };
        missing.map(fault).collect()
    }

    /// The name most like `wanted`, as a part of a sentence.
    fn nearest(&self, wanted: &str) -> String {
        let named = self.rules.keys().map(|name| (distance(name, wanted), name));
        match named.min().filter(|(distance, _)| *distance <= 3) {
            Some((_, name)) => format!("; is rule:{name} meant?"),
            None => String::new(),
        }
    }

    fn cycle(&self, file: &str, entry: &Entry) -> Option<BookFault> {
        let mut way = Vec::new();
        let mut done = BTreeSet::new();
        self.leads_back(&entry.name, &entry.rule, &mut way, &mut done)
            .then(|| BookFault::Cycle {
                file: file.to_owned(),
                line: entry.line,
                name: entry.name.clone(),
                way: way.join(", "),
            })
    }

    fn leads_back<'a>(
        &'a self,
        to: &str,
        rule: &'a Rule,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        for name in rule.references() {
            if name == to || way.len() == WAY_MAX {
                way.push(name);
                return true;
            }
            let Some(next) = self.rules.get(name).filter(|_| done.insert(name)) else {
                continue;
            };
            way.push(name);
            if self.leads_back(to, next, way, done) {
                return true;
            }
            way.pop();
        }
        false
    }

    fn notices(&self, file: &str, entry: &Entry, asked: &impl Fn(&str) -> bool) -> Vec<Notice> {
        let name = entry.name.as_str();
        let known = self.scoped.contains(name)
            || HELPERS.iter().any(|(helper, _)| *helper == name)
            || BY_DEFAULT_RULE.contains(&name)
            || self.options.default_rule == name
            || self
                .scoped
                .iter()
                .any(|new| older(new).is_some_and(|older| older == name));
        let used = |rule: &Rule| rule.references().contains(&name);
        let effective = known || asked(name) || self.rules.values().any(used);
        let no_effect = (!effective).then_some(NoticeKind::NoEffect);
        let never = never_known(&entry.rule)
            .into_iter()
            .map(NoticeKind::NeverKnown);
        let notice = |about| Notice {
            file: file.to_owned(),
            line: entry.line,
            name: name.to_owned(),
            about,
        };
        no_effect.into_iter().chain(never).map(notice).collect()
    }
}

/// What a rule compares with though nobody is ever known by it.
fn never_known(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Not(inner) => never_known(inner),
        Rule::All(rules) | Rule::Any(rules) => rules.iter().flat_map(never_known).collect(),
        Rule::Same(Left::Caller(name), _) if !NAMES.contains(&name.as_str()) => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// The name that the policy of a resource's tags had before: `create_networks_tags`.
fn older(name: &str) -> Option<String> {
    let (verb, resource) = name.strip_suffix(":tags")?.split_once('_')?;
    Some(match resource.strip_suffix('y') {
        Some(stem) => format!("{verb}_{stem}ies_tags"),
        None => format!("{verb}_{resource}s_tags"),
    })
}

/// How many letters must change for one text to become the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (other, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = *above;
            *above = changed.min(left + 1).min(diagonal + 1);
            left = *above;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
