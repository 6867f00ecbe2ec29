//! Configuration: Neutron's files as they stand, and `[weft]` for what is ours.
//!
//! Files in the oslo.config format and flags come to one list of entries, in
//! which later ones replace earlier ones. Each is matched with the tables: an
//! option of weft's becomes a typed value, one of Neutron's that has no meaning
//! here is reported with the reason, anything else is a fault that stops the
//! start. All faults are found at once.

mod check;
mod document;
mod error;
mod foreign;
mod given;
mod ini;
mod keystone;
mod options;
mod serving;
mod substitute;
mod table;
mod types;
mod value;

use std::fs;
use std::path::{Path, PathBuf};

pub use document::document;
pub use error::{ConfigError, ConfigFault};
pub use given::{Effective, Notice, ValueFault};
pub use ini::{Entry, Source, SyntaxError, SyntaxFault};
pub use keystone::{AuthType, CacheSeconds, Interface, Secret};
pub use options::*;
pub use serving::{Ciphers, HealthBackend, PortFile, TlsVersions};
pub use substitute::SubstituteError;
pub use table::OptionRow;
pub use types::{
    AuthStrategy, BaseMac, Folders, IdRanges, LeaseSeconds, Limit, Listen, PhysicalNetworks,
    QuotaLimit, VlanRanges,
};
pub use value::{Unaccepted, Value};

use given::Given;

/// A flag of the command line that stands for an option of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// As it is typed, e.g. `--database`.
    pub flag: &'static str,
    /// The section of the option it stands for.
    pub section: &'static str,
    /// The option it stands for.
    pub name: &'static str,
    /// The value given.
    pub value: String,
}

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Read {
    /// Every option, as typed values.
    pub settings: Settings,
    /// Settings of Neutron's that weft does not follow, with the reason.
    pub notices: Vec<Notice>,
    /// Every option as it would be written, in the order of the documentation.
    pub effective: Vec<Effective>,
}

/// Reads files, in this order, and then flags, which override them.
///
/// With neither a file nor a flag that says who may use the API, everybody may,
/// on loopback.
///
/// # Errors
/// Everything that is wrong, each fault with its file and line.
pub fn load(files: &[PathBuf], flags: &[Flag]) -> Result<(Settings, Vec<Notice>), ConfigError> {
    inspect(files, flags).map(|read| (read.settings, read.notices))
}

/// As [`load`], with every option as it would be written.
///
/// # Errors
/// Everything that is wrong, each fault with its file and line.
pub fn inspect(files: &[PathBuf], flags: &[Flag]) -> Result<Read, ConfigError> {
    let mut faults = Vec::new();
    let mut texts = Vec::new();
    for path in files {
        match fs::read_to_string(path) {
            Ok(text) => texts.push((path.display().to_string(), text)),
            Err(reason) => faults.push(ConfigFault::Unreadable {
                path: path.clone(),
                reason,
            }),
        }
    }
    if !faults.is_empty() {
        return Err(ConfigError(faults));
    }
    let texts: Vec<_> = texts
        .iter()
        .map(|(f, t)| (f.as_str(), t.as_str()))
        .collect();
    of_texts(&texts, flags)
}

/// As [`load`], from texts with their names.
///
/// # Errors
/// Everything that is wrong, each fault with its file and line.
pub fn read(
    texts: &[(&str, &str)],
    flags: &[Flag],
) -> Result<(Settings, Vec<Notice>), ConfigError> {
    of_texts(texts, flags).map(|read| (read.settings, read.notices))
}

fn of_texts(texts: &[(&str, &str)], flags: &[Flag]) -> Result<Read, ConfigError> {
    let mut entries = Vec::new();
    if texts.is_empty() {
        entries.push(Entry {
            section: "DEFAULT".to_owned(),
            name: "auth_strategy".to_owned(),
            value: "noauth".to_owned(),
            source: Source::Flag("no configuration file"),
        });
    }
    let mut faults = Vec::new();
    for (file, text) in texts {
        match ini::parse(file, text) {
            Ok(read) => entries.extend(read),
            Err(error) => faults.push(error.into()),
        }
    }
    entries.extend(flags.iter().map(|flag| Entry {
        section: flag.section.to_owned(),
        name: flag.name.to_owned(),
        value: flag.value.clone(),
        source: Source::Flag(flag.flag),
    }));
    let mut given = Given::new(entries);
    faults.append(&mut given.faults);
    let settings = Settings::read(&mut given);
    faults.append(&mut given.faults);
    if let Some(settings) = &settings {
        faults.extend(check::contradictions(settings, &given));
    }
    match settings {
        Some(settings) if faults.is_empty() => Ok(Read {
            settings,
            effective: OPTIONS.iter().map(|row| given.effective(row)).collect(),
            notices: given.notices,
        }),
        _ => Err(ConfigError(faults)),
    }
}

/// The files of a `--config-dir`: all that end in `.conf`, in order of name, as oslo.config
/// takes them.
///
/// # Errors
/// The folder cannot be read.
pub fn folder(path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |reason| {
        ConfigError(vec![ConfigFault::Unreadable {
            path: path.to_owned(),
            reason,
        }])
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "conf")
        {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
