//! What is left of a rule once the caller is known: yes, no, or a small question about the target.

use super::credentials::Credentials;
use super::language::{Field, Left, Rule};
use super::target::Target;
use super::template::{Parent, Part, Place, Template};

/// A rule decided as far as the caller decides it.
#[derive(Debug, Clone, PartialEq)]
pub enum Residual {
    /// Whatever the target.
    Always,
    /// No target.
    Never,
    /// Targets of which the question inside does not hold.
    Not(Box<Residual>),
    /// Targets of which all hold.
    All(Vec<Residual>),
    /// Targets of which one holds.
    Any(Vec<Residual>),
    /// A text made from the target is one of these.
    Text(Template, Vec<String>, Case),
    /// What the target says under a name.
    Field(Field),
}

/// Whether capitals matter in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They do.
    Strict,
    /// They do not: names of roles.
    Folded,
}

impl Residual {
    /// Decides `rule` for a caller; `look_up` finds the rules that it refers to. A rule that is not
    /// there allows nobody.
    pub fn of<'r>(
        rule: &Rule,
        caller: &Credentials<'_>,
        look_up: &impl Fn(&str) -> Option<&'r Rule>,
    ) -> Self {
        let decide = |rule: &Rule| Self::of(rule, caller, look_up);
        match rule {
            Rule::Always => Self::Always,
            Rule::Never => Self::Never,
            Rule::Not(inner) => decide(inner).negated(),
            Rule::All(rules) => {
                // What decides the whole is looked for before anything is built.
                let mut left = Vec::new();
                for rule in rules {
                    match decide(rule) {
                        Self::Never => return Self::Never,
                        other => left.push(other),
                    }
                }
                Self::all(left)
            }
            Rule::Any(rules) => {
                let mut left = Vec::new();
                for rule in rules {
                    match decide(rule) {
                        Self::Always => return Self::Always,
                        other => left.push(other),
                    }
                }
                Self::any(left)
            }
            Rule::Reference(name) => look_up(name).map_or(Self::Never, decide),
            Rule::Role(template) => match template.literal() {
                Some(role) => Self::from(has(&caller.0.roles, role)),
                None if caller.0.roles.is_empty() => Self::Never,
                None => Self::Text(template.clone(), caller.0.roles.clone(), Case::Folded),
            },
            Rule::Owner(place) => match caller.0.project_id.as_str() {
                "" => Self::Never,
                own => Self::Text(place.clone().into(), vec![own.to_owned()], Case::Strict),
            },
            Rule::Field(field) => Self::Field(field.clone()),
            Rule::Same(left, right) => {
                let texts = match left {
                    Left::Literal(_, value) => vec![value.clone()],
                    Left::Caller(name) => caller.texts(name),
                };
                match right.literal() {
                    Some(text) => Self::from(texts.iter().any(|known| known == text)),
                    None if texts.is_empty() => Self::Never,
                    None => Self::Text(right.clone(), texts, Case::Strict),
                }
            }
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of them, as little as can be asked.
    pub fn all(questions: impl IntoIterator<Item = Self>) -> Self {
        let mut left: Vec<Self> = Vec::new();
        for question in questions {
            match question {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) => inner.into_iter().for_each(|q| add(&mut left, q)),
                other => add(&mut left, other),
            }
        }
        left.sort_by_key(Self::effort);
        match left.len() {
            0 => Self::Always,
            1 => left.remove(0),
            _ => Self::All(left),
        }
    }

    /// One of them, as little as can be asked.
    pub fn any(questions: impl IntoIterator<Item = Self>) -> Self {
        let mut left: Vec<Self> = Vec::new();
        for question in questions {
            match question {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Any(inner) => inner.into_iter().for_each(|q| add(&mut left, q)),
                other => add(&mut left, other),
            }
        }
        left.sort_by_key(Self::effort);
        match left.len() {
            0 => Self::Never,
            1 => left.remove(0),
            _ => Self::Any(left),
        }
    }

    /// Whether it holds of `target`.
    pub fn holds(&self, target: &impl Target) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Not(inner) => !inner.holds(target),
            Self::All(questions) => questions.iter().all(|question| question.holds(target)),
            Self::Any(questions) => questions.iter().any(|question| question.holds(target)),
            Self::Text(template, texts, case) => says(target, template, texts, *case),
            Self::Field(field) => matches(target, field),
        }
    }

    /// How much it takes to answer: what is cheap is asked first, and often is enough.
    fn effort(&self) -> u8 {
        let is_own = |part: &Part| !matches!(part, Part::Place(Place::Of(..)));
        match self {
            Self::Always | Self::Never => 0,
            Self::Text(template, ..) if template.parts().iter().all(is_own) => 1,
            Self::Field(_) => 2,
            Self::Text(..) => 3,
            Self::Not(inner) => inner.effort(),
            Self::All(questions) | Self::Any(questions) => {
                questions.iter().map(Self::effort).max().unwrap_or_default()
            }
        }
    }
}

impl From<bool> for Residual {
    fn from(yes: bool) -> Self {
        match yes {
            true => Self::Always,
            false => Self::Never,
        }
    }
}

fn add(questions: &mut Vec<Residual>, question: Residual) {
    if !questions.contains(&question) {
        questions.push(question);
    }
}

fn has(roles: &[String], role: &str) -> bool {
    roles.iter().any(|have| have.eq_ignore_ascii_case(role))
}

fn says(target: &impl Target, template: &Template, texts: &[String], case: Case) -> bool {
    let same = |said: &str| {
        texts.iter().any(|text| match case {
            Case::Strict => text == said,
            Case::Folded => text.to_lowercase() == said.to_lowercase(),
        })
    };
    let mut json = Vec::new();
    if let Some(place) = template.place() {
        let at_hand = match place {
            Place::Own(name) => target.text(name).map(same),
            Place::Of(parent, name) => target.parent_text(*parent, name, same),
        };
        if let Some(is_same) = at_hand {
            return is_same;
        }
        return read(target, place, &mut json) && text(&json, same).unwrap_or(false);
    }
    let mut said = String::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => said.push_str(text),
            Part::Place(place) => {
                json.clear();
                let there = read(target, place, &mut json)
                    && text(&json, |value| said.push_str(value)).is_some();
                if !there {
                    return false;
                }
            }
        }
    }
    same(&said)
}

fn read(target: &impl Target, place: &Place, out: &mut Vec<u8>) -> bool {
    match place {
        Place::Own(name) => target.attribute(name, out),
        Place::Of(parent, name) => target.parent(*parent, name, out),
    }
}

/// Hands the text that a scalar's JSON is to Python on to `take`; `None` for lists and objects.
fn text<T>(json: &[u8], mut take: impl FnMut(&str) -> T) -> Option<T> {
    let plain = std::str::from_utf8(json).ok()?;
    Some(match plain {
        "true" => take("True"),
        "false" => take("False"),
        "null" => take("None"),
        _ => {
            let inner = plain
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            match inner {
                Some(inner) if !inner.contains('\\') => take(inner),
                Some(_) => take(&serde_json::from_slice::<String>(json).ok()?),
                None if plain.starts_with(['[', '{']) => return None,
                None => take(plain),
            }
        }
    })
}

fn matches(target: &impl Target, field: &Field) -> bool {
    let mut json = Vec::new();
    let of_network = field.resource == "networks" && field.name == "shared";
    let there = target.attribute(&field.name, &mut json)
        || (of_network && target.parent(Parent::Network, &field.name, &mut json));
    if !there || json == b"null" {
        return false;
    }
    if let Some(pattern) = &field.pattern {
        // A number or a flag is no text to match.
        return json.starts_with(b"\"") && text(&json, |t| pattern.is_match(t)).unwrap_or(false);
    }
    match json.as_slice() {
        b"true" | b"false" => crate::value::boolean(&field.value) == Some(json == b"true"),
        _ => text(&json, |said| said == field.value).unwrap_or(false),
    }
}
