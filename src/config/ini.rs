//! The oslo.config file format: sections, repeated options, continuation lines, comments.
//!
//! Reads text into entries that know their file and line, and judges nothing
//! else: which options exist and what they accept is the business of the tables.

use std::fmt;
use std::sync::Arc;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// In a file, at a line (counted from 1).
    Line(Arc<str>, usize),
    /// On the command line, by a flag such as `--database`.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Line(file, line) => write!(f, "{file}:{line}"),
            Source::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One `name = value` as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The section, in lower case unless it is `DEFAULT`, as oslo.config compares them.
    pub section: String,
    /// The option's name.
    pub name: String,
    /// The value, continuation lines joined by line feeds, `$` not yet replaced.
    pub value: String,
    /// Where it stands.
    pub source: Source,
}

/// A line that oslo.config would not read either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct SyntaxError {
    /// File and line.
    pub place: Source,
    /// What is wrong with the line.
    pub fault: SyntaxFault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxFault {
    /// Neither a section, a comment nor an assignment.
    #[error("`{0}` is no `name = value`, `[section]` or `# comment`")]
    NoAssignment(String),
    /// `= value`.
    #[error("an option's name is missing before `{0}`")]
    NoName(String),
    /// `[section` or `[]`.
    #[error("`{0}` is no `[section]`")]
    NoSection(String),
    /// An assignment above the first section.
    #[error("`{0}` stands before the first [section]; write [DEFAULT] above it")]
    BeforeSection(String),
    /// An indented line that continues nothing.
    #[error("`{0}` is indented, which continues the option above, but there is none")]
    NothingToContinue(String),
}

/// Reads the text of one file.
///
/// # Errors
/// The first line that is not in the format.
pub fn parse(file: &str, text: &str) -> Result<Vec<Entry>, SyntaxError> {
    let file: Arc<str> = file.into();
    let mut reader = Reader {
        section: None,
        open: None,
        entries: Vec::new(),
    };
    for (at, line) in text.lines().enumerate() {
        let place = Source::Line(Arc::clone(&file), at + 1);
        reader
            .line(line.trim_end(), &place)
            .map_err(|fault| SyntaxError { place, fault })?;
    }
    reader.flush();
    Ok(reader.entries)
}

/// The section's name as it is compared.
pub fn section_name(written: &str) -> String {
    if written == "DEFAULT" {
        written.to_owned()
    } else {
        written.to_lowercase()
    }
}

struct Reader {
    section: Option<String>,
    /// The assignment that further indented lines continue.
    open: Option<Entry>,
    entries: Vec<Entry>,
}

impl Reader {
    fn line(&mut self, line: &str, place: &Source) -> Result<(), SyntaxFault> {
        if line.starts_with([' ', '\t']) {
            let open = self
                .open
                .as_mut()
                .ok_or_else(|| SyntaxFault::NothingToContinue(line.trim().to_owned()))?;
            open.value.push('\n');
            open.value.push_str(line.trim_start());
            return Ok(());
        }
        self.flush();
        match line.chars().next() {
            None | Some('#' | ';') => Ok(()),
            Some('[') => {
                let name = line
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'))
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .ok_or_else(|| SyntaxFault::NoSection(line.to_owned()))?;
                self.section = Some(section_name(name));
                Ok(())
            }
            Some(_) => self.assignment(line, place),
        }
    }

    /// `name = value` or `name: value`, whichever sign comes first.
    fn assignment(&mut self, line: &str, place: &Source) -> Result<(), SyntaxFault> {
        let (name, value) = line
            .split_once(['=', ':'])
            .ok_or_else(|| SyntaxFault::NoAssignment(line.to_owned()))?;
        let name = name.trim();
        if name.is_empty() {
            return Err(SyntaxFault::NoName(line.to_owned()));
        }
        let section = self
            .section
            .clone()
            .ok_or_else(|| SyntaxFault::BeforeSection(line.to_owned()))?;
        self.open = Some(Entry {
            section,
            name: name.to_owned(),
            value: unquoted(value.trim()).to_owned(),
            source: place.clone(),
        });
        Ok(())
    }

    fn flush(&mut self) {
        self.entries.extend(self.open.take());
    }
}

/// oslo.config takes one pair of quotes off a value that is all in quotes.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<(String, String, String)> {
        parse("t", text)
            .unwrap()
            .into_iter()
            .map(|e| (e.section, e.name, e.value))
            .collect()
    }

    #[test]
    fn what_oslo_config_reads_is_read_the_same_way() {
        let text = "# a comment\n\n[DEFAULT]\na = 1\na: 2\nurl = http://h:1/?q=1\n[ML2]\nlist = a,\n  b,\n\tc\n; other\n\
                    quoted = \"two words\"\nhalf = \"x\nempty =\n";
        let expected = [
            ("DEFAULT", "a", "1"),
            ("DEFAULT", "a", "2"),
            ("DEFAULT", "url", "http://h:1/?q=1"),
            ("ml2", "list", "a,\nb,\nc"),
            ("ml2", "quoted", "two words"),
            ("ml2", "half", "\"x"),
            ("ml2", "empty", ""),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(s, n, v)| ((*s).to_owned(), (*n).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(values(text), expected);
    }

    #[test]
    fn faults_name_file_and_line() {
        let faults = [
            (
                "a = 1",
                "f:1: `a = 1` stands before the first [section]; write [DEFAULT] above it",
            ),
            (
                "[DEFAULT]\nword",
                "f:2: `word` is no `name = value`, `[section]` or `# comment`",
            ),
            (
                "[DEFAULT]\n= 3",
                "f:2: an option's name is missing before `= 3`",
            ),
            ("[x", "f:1: `[x` is no `[section]`"),
            ("[]", "f:1: `[]` is no `[section]`"),
            (
                "[DEFAULT]\na = 1\n\n  b",
                "f:4: `b` is indented, which continues the option above, but there is none",
            ),
        ];
        for (text, message) in faults {
            assert_eq!(parse("f", text).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[\\[\\]=:#; \\t\\n\"'a-c]{0,80}") {
            let _ = parse("f", &text);
        }
    }
}
