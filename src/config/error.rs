//! Everything that is wrong with a configuration, found in one go.

use std::fmt;
use std::path::PathBuf;

use super::given::ValueFault;
use super::ini::{Source, SyntaxError};

/// Why the configuration cannot be used: every fault that was found.
#[derive(Debug, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct ConfigError(pub Vec<ConfigFault>);

/// One fault.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// A file that cannot be read.
    #[error("{}: the file cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A line that is not in the format.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A section neither weft nor Neutron has.
    #[error("{place}: there is no section [{section}]; weft's are {known}")]
    UnknownSection {
        /// Where it stands.
        place: Source,
        /// Its name.
        section: String,
        /// Those weft has.
        known: String,
    },
    /// An option neither weft nor Neutron has.
    #[error("{place}: there is no option {name} in [{section}]{hint}; weft's are: {known}")]
    UnknownOption {
        /// Where it stands.
        place: Source,
        /// The section it stands in.
        section: String,
        /// Its name.
        name: String,
        /// A name that is almost the same, or nothing.
        hint: String,
        /// Those of the section that weft follows.
        known: String,
    },
    /// A value that is not accepted.
    #[error("{}[{section}] {name} = {value}: {fault}", at(.place.as_ref()))]
    Value {
        /// Where it stands; a default stands nowhere.
        place: Option<Source>,
        /// The section.
        section: &'static str,
        /// The option.
        name: &'static str,
        /// The value, secrets left out.
        value: String,
        /// What is wrong with it.
        fault: ValueFault,
    },
    /// Options that do not go together.
    #[error("{}{what}", at(.place.as_ref()))]
    Contradiction {
        /// Where the one stands that should change.
        place: Option<Source>,
        /// What does not go together, and what would.
        what: String,
    },
}

fn at(place: Option<&Source>) -> String {
    place.map_or_else(String::new, |place| format!("{place}: "))
}

fn lines<T: fmt::Display>(faults: &[T]) -> String {
    let lines: Vec<String> = faults.iter().map(T::to_string).collect();
    lines.join("\n")
}
