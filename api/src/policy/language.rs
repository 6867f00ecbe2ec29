//! The language of policy rules, which is oslo.policy's: from text to a [`Rule`] and back.
//!
//! ```text
//! rule    = any            any  = all { "or" all }        all = not { "and" not }
//! not     = "not" not | "(" any ")" | check
//! check   = "@" | "!" | kind ":" match                    words stand between blanks
//! ```
//!
//! Parentheses are taken off the ends of words only, since `%(name)s` has some inside. The empty text
//! allows everybody. An older form is a list of lists: any of the outer, all of the inner.

use std::fmt;

use regex::Regex;

use super::template::{Place, Template, TemplateFault};

/// A rule: who may, or which targets.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `@`: everybody.
    Always,
    /// `!`: nobody.
    Never,
    /// Whoever the rule inside does not allow.
    Not(Box<Rule>),
    /// Whoever all of them allow.
    All(Vec<Rule>),
    /// Whoever one of them allows.
    Any(Vec<Rule>),
    /// `rule:NAME`.
    Reference(String),
    /// `role:NAME`: the caller has the role.
    Role(Template),
    /// `project_id:%(PLACE)s`: the caller's project is the one the target names there.
    Owner(Place),
    /// `field:RESOURCE:NAME=VALUE`: what the target says.
    Field(Field),
    /// `LEFT:RIGHT`: what is known of the caller, or a literal, equals a text made from the target.
    Same(Left, Template),
}

/// A test of one attribute of the target.
#[derive(Debug, Clone)]
pub struct Field {
    /// The resource as its path names it, e.g. `networks`.
    pub resource: String,
    /// The attribute.
    pub name: String,
    /// As written after `=`.
    pub value: String,
    /// Where the value is `~` and an expression: that expression, to match from the start.
    pub pattern: Option<Regex>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        (&self.resource, &self.name, &self.value) == (&other.resource, &other.name, &other.value)
    }
}

/// The left side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// A literal of Python's: as written, and the text it stands for.
    Literal(String, String),
    /// Something known of the caller, e.g. `user_id`.
    Caller(String),
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageFault {
    /// Nothing but blanks.
    #[error("the rule is blank; write \"\" to allow everybody or \"!\" to allow nobody")]
    Blank,
    /// Something is missing where the text ends.
    #[error("the rule ends where a check should follow, like role:member, rule:admin_only, @ or !")]
    Ends,
    /// A word that does not belong where it stands.
    #[error(
        "'{0}' cannot stand there; checks are joined by `and` and `or`, and parentheses go in pairs"
    )]
    Misplaced(String),
    /// A word that is no check.
    #[error(
        "'{0}' is no check; a check is @, ! or kind:match, like role:member or project_id:%(project_id)s"
    )]
    NoCheck(String),
    /// A check that asks another server.
    #[error(
        "'{0}' would ask another server; weft decides by itself, with rule:, role:, field: and comparisons"
    )]
    Remote(String),
    /// `project_id:` without a place in the target.
    #[error("'{0}' must name a place in the target, like {1}:%(project_id)s")]
    NoPlace(String, String),
    /// `field:` without its parts.
    #[error("'{0}' must be like field:networks:shared=True")]
    NoField(String),
    /// An expression that cannot be read.
    #[error("'{0}' has no regular expression after ~: {1}")]
    Pattern(String, String),
    /// A literal that is no plain one.
    #[error(
        "'{0}' begins with neither a name nor a literal; literals are 'text', numbers, True, False and None"
    )]
    Literal(String),
    /// A right side that cannot be filled in.
    #[error("'{0}': {1}")]
    Template(String, TemplateFault),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// Which word was wrong.
    pub fn parse(text: &str) -> Result<Self, LanguageFault> {
        if text.is_empty() {
            return Ok(Self::Always);
        }
        let mut words = Words {
            words: words(text),
            next: 0,
        };
        if words.words.is_empty() {
            return Err(LanguageFault::Blank);
        }
        let rule = words.any(0)?;
        match words.take() {
            Some(word) => Err(LanguageFault::Misplaced(word.to_string())),
            None => Ok(rule),
        }
    }

    /// Reads the older form: any of the outer list, all of an inner one.
    ///
    /// # Errors
    /// Which check was wrong.
    pub fn parse_lists(lists: &[Vec<String>]) -> Result<Self, LanguageFault> {
        if lists.is_empty() {
            return Ok(Self::Always);
        }
        let inner = lists.iter().filter(|checks| !checks.is_empty());
        let all = |checks: &Vec<String>| {
            let checks: Result<Vec<Self>, _> = checks.iter().map(|text| check(text)).collect();
            checks.map(|checks| only(checks, Self::All))
        };
        let any = inner.map(all).collect::<Result<Vec<Self>, _>>()?;
        Ok(match any.is_empty() {
            true => Self::Never,
            false => only(any, Self::Any),
        })
    }

    /// Every rule that this one refers to, as often as it does.
    pub fn references(&self) -> Vec<&str> {
        match self {
            Self::Reference(name) => vec![name],
            Self::Not(inner) => inner.references(),
            Self::All(rules) | Self::Any(rules) => {
                rules.iter().flat_map(Self::references).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The one there is, or all of them joined.
fn only(mut rules: Vec<Rule>, join: fn(Vec<Rule>) -> Rule) -> Rule {
    match rules.len() {
        1 => rules.remove(0),
        _ => join(rules),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Word<'a> {
    Open,
    Close,
    And,
    Or,
    Not,
    Check(&'a str),
}

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Check(text) => text,
        })
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let inner = word.trim_start_matches('(');
        words.extend((inner.len()..word.len()).map(|_| Word::Open));
        let core = inner.trim_end_matches(')');
        match core.to_ascii_lowercase().as_str() {
            "" => {}
            "and" => words.push(Word::And),
            "or" => words.push(Word::Or),
            "not" => words.push(Word::Not),
            _ => words.push(Word::Check(core)),
        }
        words.extend((core.len()..inner.len()).map(|_| Word::Close));
    }
    words
}

/// The deepest nesting of `not` and parentheses.
const DEPTH_MAX: u32 = 100;

struct Words<'a> {
    words: Vec<Word<'a>>,
    next: usize,
}

impl<'a> Words<'a> {
    fn take(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.next).cloned();
        self.next += 1;
        word
    }

    /// Takes `word` where it is the next one.
    fn took(&mut self, word: &Word<'_>) -> bool {
        let there = self.words.get(self.next) == Some(word);
        self.next += usize::from(there);
        there
    }

    fn any(&mut self, depth: u32) -> Result<Rule, LanguageFault> {
        let mut rules = vec![self.all(depth)?];
        while self.took(&Word::Or) {
            rules.push(self.all(depth)?);
        }
        Ok(only(rules, Rule::Any))
    }

    fn all(&mut self, depth: u32) -> Result<Rule, LanguageFault> {
        let mut rules = vec![self.not(depth)?];
        while self.took(&Word::And) {
            rules.push(self.not(depth)?);
        }
        Ok(only(rules, Rule::All))
    }

    fn not(&mut self, depth: u32) -> Result<Rule, LanguageFault> {
        let word = self.take().ok_or(LanguageFault::Ends)?;
        if depth > DEPTH_MAX {
            return Err(LanguageFault::Misplaced(word.to_string()));
        }
        match word {
            Word::Not => Ok(Rule::Not(Box::new(self.not(depth + 1)?))),
            Word::Open => {
                let inner = self.any(depth + 1)?;
                match self.take() {
                    Some(Word::Close) => Ok(inner),
                    Some(other) => Err(LanguageFault::Misplaced(other.to_string())),
                    None => Err(LanguageFault::Misplaced("(".into())),
                }
            }
            Word::Check(text) => check(text),
            other => Err(LanguageFault::Misplaced(other.to_string())),
        }
    }
}

/// Reads one check.
fn check(text: &str) -> Result<Rule, LanguageFault> {
    match text {
        "@" => return Ok(Rule::Always),
        "!" => return Ok(Rule::Never),
        _ => {}
    }
    let no_check = || LanguageFault::NoCheck(text.to_owned());
    let (kind, wanted) = text.split_once(':').ok_or_else(no_check)?;
    let template = |wanted| {
        Template::parse(wanted).map_err(|fault| LanguageFault::Template(text.to_owned(), fault))
    };
    match kind {
        "" => Err(no_check()),
        "rule" if wanted.is_empty() => Err(no_check()),
        "rule" => Ok(Rule::Reference(wanted.to_owned())),
        "role" => Ok(Rule::Role(template(wanted)?)),
        "http" | "https" => Err(LanguageFault::Remote(text.to_owned())),
        "project_id" | "tenant_id" => {
            let place = template(wanted)?.place().cloned();
            let missing = || LanguageFault::NoPlace(text.to_owned(), kind.to_owned());
            Ok(Rule::Owner(place.ok_or_else(missing)?))
        }
        "field" => field(text, wanted),
        _ => Ok(Rule::Same(left(text, kind)?, template(wanted)?)),
    }
}

fn field(text: &str, wanted: &str) -> Result<Rule, LanguageFault> {
    let parts = wanted.split_once(':').and_then(|(resource, rest)| {
        let (name, value) = rest.split_once('=')?;
        (!resource.is_empty() && !name.is_empty()).then_some((resource, name, value))
    });
    let (resource, name, value) = parts.ok_or_else(|| LanguageFault::NoField(text.to_owned()))?;
    let pattern = value.strip_prefix('~').map(|pattern| {
        Regex::new(&format!(r"\A(?:{pattern})")).map_err(|error| {
            let last = error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned();
            LanguageFault::Pattern(text.to_owned(), last)
        })
    });
    Ok(Rule::Field(Field {
        resource: resource.to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
        pattern: pattern.transpose()?,
    }))
}

/// Reads the left side of a comparison: one of Python's plain literals, or a name.
fn left(text: &str, kind: &str) -> Result<Left, LanguageFault> {
    let literal = |value: String| Ok(Left::Literal(kind.to_owned(), value));
    let refused = || Err(LanguageFault::Literal(text.to_owned()));
    if matches!(kind, "True" | "False" | "None") {
        return literal(kind.to_owned());
    }
    if let Some(quote) = kind.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let inner = kind
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        return match inner {
            Some(inner) if !inner.contains([quote, '\\']) => literal(inner.to_owned()),
            _ => refused(),
        };
    }
    let digits = kind.strip_prefix('-').unwrap_or(kind);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        let plain = digits == "0" || !digits.starts_with('0');
        return match plain && digits.bytes().all(|b| b.is_ascii_digit()) {
            true => literal(kind.to_owned()),
            false => refused(),
        };
    }
    let name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    match kind.split('.').all(name) {
        true => Ok(Left::Caller(kind.to_owned())),
        false => refused(),
    }
}

/// As text that reads back as the same rule.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("@"),
            Self::Never => f.write_str("!"),
            Self::Not(inner) => match **inner {
                Self::All(_) | Self::Any(_) => write!(f, "not ({inner})"),
                _ => write!(f, "not {inner}"),
            },
            Self::All(rules) => joined(f, rules, " and ", |rule| {
                matches!(rule, Self::All(_) | Self::Any(_))
            }),
            Self::Any(rules) => joined(f, rules, " or ", |rule| matches!(rule, Self::Any(_))),
            Self::Reference(name) => write!(f, "rule:{name}"),
            Self::Role(template) => write!(f, "role:{template}"),
            Self::Owner(place) => write!(f, "project_id:%({place})s"),
            Self::Field(field) => {
                write!(f, "field:{}:{}={}", field.resource, field.name, field.value)
            }
            Self::Same(Left::Literal(written, _), right) => write!(f, "{written}:{right}"),
            Self::Same(Left::Caller(name), right) => write!(f, "{name}:{right}"),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    rules: &[Rule],
    join: &str,
    nested: impl Fn(&Rule) -> bool,
) -> fmt::Result {
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            f.write_str(join)?;
        }
        match nested(rule) {
            true => write!(f, "({rule})")?,
            false => write!(f, "{rule}")?,
        }
    }
    Ok(())
}
