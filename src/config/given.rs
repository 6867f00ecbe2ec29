//! What the files and flags give, matched with the tables.

use std::collections::BTreeSet;

use super::error::ConfigFault;
use super::foreign::{self, Foreign};
use super::ini::{Entry, Source};
use super::options::OPTIONS;
use super::substitute::substitute;
use super::table::OptionRow;
use super::value::{Unaccepted, Value};

/// A setting of Neutron's that weft reads and does not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where it stands.
    pub source: Source,
    /// Its section.
    pub section: String,
    /// Its name.
    pub name: String,
    /// Why it has no effect.
    pub reason: &'static str,
}

/// What an option is set to.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The option.
    pub row: &'static OptionRow,
    /// As it would be written in a file, secrets left out.
    pub value: String,
    /// Where it is set; `None` for its default.
    pub source: Option<Source>,
}

/// All entries, in the order in which a later one replaces an earlier one, and
/// the faults found in them so far.
pub(super) struct Given {
    entries: Vec<Entry>,
    pub(super) faults: Vec<ConfigFault>,
    pub(super) notices: Vec<Notice>,
}

impl Given {
    /// Sorts the entries into weft's, Neutron's and unknown ones.
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut given = Given {
            entries: Vec::new(),
            faults: Vec::new(),
            notices: Vec::new(),
        };
        let mut noticed = BTreeSet::new();
        for entry in &entries {
            if row(&entry.section, &entry.name).is_some() {
                continue;
            }
            match foreign::find(&entry.section, &entry.name) {
                Foreign::Known(reason) => {
                    if noticed.insert((&entry.section, &entry.name)) {
                        given.notices.push(Notice {
                            source: entry.source.clone(),
                            section: entry.section.clone(),
                            name: entry.name.clone(),
                            reason,
                        });
                    }
                }
                Foreign::Unknown => given.faults.push(unknown(entry)),
            }
        }
        given.entries = entries;
        given
    }

    /// The value of an option of the table: the last one given, or its default.
    pub(super) fn value<T: Value>(&mut self, section: &str, name: &str) -> Option<T> {
        let row = row(section, name)?;
        let entry = self.entry(row);
        let all = T::REPEATED.then(|| self.joined(row));
        let last = entry.map_or(row.default, |entry| &entry.value);
        let written = all.as_deref().filter(|all| !all.is_empty()).unwrap_or(last);
        let fault = match self.read::<T>(row, written) {
            Ok(value) => return Some(value),
            Err(fault) => fault,
        };
        let place = entry.map(|entry| entry.source.clone());
        self.faults.push(ConfigFault::Value {
            place,
            section: row.section,
            name: row.name,
            value: T::shown(written),
            fault,
        });
        None
    }

    /// What an option is set to, as it would be written, secrets left out; and where.
    pub(super) fn effective(&self, row: &'static OptionRow) -> Effective {
        let entry = self.entry(row);
        let written = entry.map_or(row.default, |entry| &entry.value);
        let lookup = |section: Option<&str>, name: &str| self.written(section, row.section, name);
        let text = substitute(written, &lookup).unwrap_or_else(|_| written.to_owned());
        Effective {
            row,
            value: (row.shown)(text.trim()),
            source: entry.map(|entry| entry.source.clone()),
        }
    }

    /// Where an option is set, if it is.
    pub(super) fn source(&self, section: &str, name: &str) -> Option<Source> {
        let entry = self.entry(row(section, name)?)?;
        Some(entry.source.clone())
    }

    fn read<T: Value>(&self, row: &OptionRow, written: &str) -> Result<T, ValueFault> {
        let lookup = |section: Option<&str>, name: &str| self.written(section, row.section, name);
        let text = substitute(written, &lookup).map_err(ValueFault::Reference)?;
        let refused = |part: Unaccepted| ValueFault::Unaccepted {
            part: part.0,
            accepts: row.accepts(),
        };
        let value = T::read(text.trim()).map_err(refused)?;
        let (low, high) = row.range.unwrap_or((0, u64::MAX));
        let outside = value.numbers().into_iter().find(|n| *n < low || *n > high);
        match outside {
            Some(number) => Err(refused(Unaccepted(number.to_string()))),
            None => Ok(value),
        }
    }

    /// Every value given, separated by commas.
    fn joined(&self, row: &OptionRow) -> String {
        let values: Vec<&str> = self.given(row).map(|entry| entry.value.as_str()).collect();
        values.join(",")
    }

    fn entry(&self, row: &OptionRow) -> Option<&Entry> {
        self.given(row).next_back()
    }

    fn given(&self, row: &OptionRow) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| {
            entry.section == row.section
                && (entry.name == row.name || Some(entry.name.as_str()) == row.alias)
        })
    }

    /// What `$name` stands for: in the section it names, else in that of the
    /// option it stands in, else in `[DEFAULT]`.
    fn written(&self, section: Option<&str>, own: &str, name: &str) -> Option<String> {
        let sections: &[&str] = match &section {
            Some(section) => &[section],
            None => &[own, "DEFAULT"],
        };
        sections.iter().find_map(|section| {
            let given = self
                .entries
                .iter()
                .rfind(|entry| entry.section == *section && entry.name == name);
            match given {
                Some(entry) => Some(entry.value.clone()),
                None => row(section, name).map(|row| row.default.to_owned()),
            }
        })
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// A `$name` in it.
    #[error(transparent)]
    Reference(super::substitute::SubstituteError),
    /// Part of it, or all.
    #[error("`{part}` is not accepted; allowed: {accepts}")]
    Unaccepted {
        /// What is not accepted.
        part: String,
        /// What would be.
        accepts: String,
    },
}

fn row(section: &str, name: &str) -> Option<&'static OptionRow> {
    OPTIONS
        .iter()
        .find(|row| row.section == section && (row.name == name || row.alias == Some(name)))
}

fn unknown(entry: &Entry) -> ConfigFault {
    let (place, section) = (entry.source.clone(), entry.section.clone());
    let names: Vec<&str> = OPTIONS
        .iter()
        .filter(|row| row.section == section)
        .map(|row| row.name)
        .collect();
    if names.is_empty() && !foreign::has_section(&section) {
        let mut sections: Vec<&str> = OPTIONS.iter().map(|row| row.section).collect();
        sections.dedup();
        return ConfigFault::UnknownSection {
            place,
            section,
            known: sections.join(", "),
        };
    }
    ConfigFault::UnknownOption {
        place,
        name: entry.name.clone(),
        hint: nearest(&entry.name, &section),
        section,
        known: names.join(", "),
    }
}

/// The option of the section that is one slip of the keyboard or two away.
fn nearest(name: &str, section: &str) -> String {
    let options = OPTIONS.iter().filter(|row| row.section == section);
    let known = options.map(|row| row.name).chain(foreign::names(section));
    let near = known
        .map(|known| (distance(name, known), known))
        .filter(|(slips, _)| *slips <= 2)
        .min();
    near.map_or_else(String::new, |(_, known)| {
        format!(" (did you mean {known}?)")
    })
}

/// Levenshtein's distance in bytes, which for option names are characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            left = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_slips() {
        let cases = [
            ("", "abc", 3),
            ("abc", "", 3),
            ("vni", "vni", 0),
            ("vin", "vni", 2),
            ("bind_prt", "bind_port", 1),
        ];
        for (a, b, slips) in cases {
            assert_eq!(distance(a, b), slips, "{a} {b}");
        }
    }
}
