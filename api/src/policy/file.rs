//! Policy files: YAML or JSON, a map from the name of a policy to its rule.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::language::{LanguageFault, Rule};

/// One line of a policy file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the rule is for.
    pub name: String,
    /// The rule.
    pub rule: Rule,
    /// Where it stands, 1 for the first line.
    pub line: usize,
}

/// What is wrong in a policy file, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct FileFault {
    /// 1 for the first line.
    pub line: usize,
    /// What is wrong there.
    pub what: FileProblem,
}

/// What can be wrong in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// Neither YAML nor JSON.
    #[error("not YAML: {0}")]
    Syntax(String),
    /// Not a map from names to rules.
    #[error("{0} where `name: \"rule\"` is expected")]
    Shape(&'static str),
    /// A name without a rule.
    #[error("'{0}' has no rule; write \"\" to allow everybody or \"!\" to allow nobody")]
    Missing(String),
    /// A value that YAML gives another meaning.
    #[error("the rule of '{0}' must be quoted, as \"!\": without quotes YAML takes it for a tag")]
    Tag(String),
    /// A name that stands there twice.
    #[error("'{0}' stands in line {1} already; remove one of them")]
    Twice(String, usize),
    /// A rule that cannot be read.
    #[error("the rule of '{0}' cannot be read: {1}")]
    Rule(String, LanguageFault),
}

/// Reads a policy file.
///
/// # Errors
/// Everything that is wrong with rules; or the first thing that is wrong with the file's form.
pub fn read(text: &str) -> Result<Vec<Entry>, Vec<FileFault>> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        line: 1,
    };
    let items = reader.document().map_err(|fault| vec![fault])?;
    let mut entries: Vec<Entry> = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (name, line, value) in items {
        let mut fault = |what| faults.push(FileFault { line, what });
        if let Some(first) = entries.iter().find(|entry| entry.name == name) {
            fault(FileProblem::Twice(name, first.line));
            continue;
        }
        let rule = match &value {
            Value::Text(text) => Rule::parse(text),
            Value::Lists(lists) => Rule::parse_lists(lists),
        };
        match rule {
            Ok(rule) => entries.push(Entry { name, rule, line }),
            Err(error) => fault(FileProblem::Rule(name, error)),
        }
    }
    match faults.is_empty() {
        true => Ok(entries),
        false => Err(faults),
    }
}

/// A rule as the file has it.
enum Value {
    Text(String),
    Lists(Vec<Vec<String>>),
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Of the latest event.
    line: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, FileFault> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                self.line = line(&span);
                Ok(event)
            }
            Some(Err(error)) => Err(syntax(&error)),
            None => Ok(Event::StreamEnd),
        }
    }

    fn fault<T>(&self, what: FileProblem) -> Result<T, FileFault> {
        Err(FileFault {
            line: self.line,
            what,
        })
    }

    fn shape<T>(&self, found: &Event<'_>) -> Result<T, FileFault> {
        self.fault(FileProblem::Shape(match found {
            Event::MappingStart(..) => "a map",
            Event::SequenceStart(..) => "a list",
            Event::Scalar(..) => "a single value",
            Event::Alias(_) => "an alias",
            Event::DocumentStart(_) => "a second document",
            _ => "nothing",
        }))
    }

    /// The pairs of the one document, each with its line.
    fn document(&mut self) -> Result<Vec<(String, usize, Value)>, FileFault> {
        let mut pairs = Vec::new();
        loop {
            match self.next()? {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd => return Ok(pairs),
                Event::Scalar(text, ScalarStyle::Plain, _, None) if is_null(&text) => break,
                Event::MappingStart(..) => {
                    while let Some(pair) = self.pair()? {
                        pairs.push(pair);
                    }
                    break;
                }
                other => return self.shape(&other),
            }
        }
        loop {
            match self.next()? {
                Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(pairs),
                other => return self.shape(&other),
            }
        }
    }

    /// The next pair, until the map ends.
    fn pair(&mut self) -> Result<Option<(String, usize, Value)>, FileFault> {
        let name = match self.next()? {
            Event::MappingEnd => return Ok(None),
            Event::Scalar(name, ..) => name.into_owned(),
            other => return self.shape(&other),
        };
        let at = self.line;
        let value = match self.next()? {
            Event::SequenceStart(..) => Value::Lists(self.lists(&name)?),
            other => Value::Text(self.text(&name, other)?),
        };
        Ok(Some((name, at, value)))
    }

    fn text(&self, name: &str, event: Event<'a>) -> Result<String, FileFault> {
        match event {
            Event::Scalar(_, _, _, Some(_)) => self.fault(FileProblem::Tag(name.to_owned())),
            Event::Scalar(text, ScalarStyle::Plain, ..) if is_null(&text) => {
                self.fault(FileProblem::Missing(name.to_owned()))
            }
            Event::Scalar(text, ..) => Ok(Cow::into_owned(text)),
            other => self.shape(&other),
        }
    }

    /// A list of checks and lists of checks, its beginning taken.
    fn lists(&mut self, name: &str) -> Result<Vec<Vec<String>>, FileFault> {
        let mut lists = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(lists),
                Event::SequenceStart(..) => {
                    let mut inner = Vec::new();
                    loop {
                        match self.next()? {
                            Event::SequenceEnd => break,
                            other => inner.push(self.text(name, other)?),
                        }
                    }
                    lists.push(inner);
                }
                other => lists.push(vec![self.text(name, other)?]),
            }
        }
    }
}

fn is_null(plain: &str) -> bool {
    matches!(plain, "" | "~" | "null" | "Null" | "NULL")
}

fn line(span: &Span) -> usize {
    span.start.line()
}

fn syntax(error: &ScanError) -> FileFault {
    FileFault {
        line: error.marker().line(),
        what: FileProblem::Syntax(error.info().to_owned()),
    }
}
