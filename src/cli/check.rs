//! `weft config`: reads the configuration as `weft serve` does, and tells what comes of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::{self, ConfigError, Read};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read files as `weft serve` does; print what is set, by which line, and what has no effect; or
    /// everything that is wrong. Secrets are not shown.
    Check(Files),
}

/// The files to read.
#[derive(Debug, Args)]
pub struct Files {
    /// Files in Neutron's format; later ones override earlier ones.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The same, as `weft serve` takes them.
    #[arg(long, value_name = "FILE")]
    config_file: Vec<PathBuf>,
    /// A folder of such files, ending in .conf, read after them in order of name.
    #[arg(long, value_name = "FOLDER")]
    config_dir: Vec<PathBuf>,
    /// Leave out what has its default.
    #[arg(long)]
    changed: bool,
}

/// What the command says.
///
/// # Errors
/// Everything that is wrong with the configuration.
pub fn run(command: &Command) -> Result<String, ConfigError> {
    let Command::Check(asked) = command;
    let mut files = [asked.files.as_slice(), &asked.config_file].concat();
    for folder in &asked.config_dir {
        files.extend(config::folder(folder)?);
    }
    let read = config::inspect(&files, &[])?;
    Ok(text(&read, asked.changed))
}

/// The configuration as one file, which says the same; where each value stands is a comment.
fn text(read: &Read, changed: bool) -> String {
    let mut out = String::new();
    let mut section = "";
    for option in &read.effective {
        if changed && option.source.is_none() {
            continue;
        }
        let row = option.row;
        // Writing to a string cannot fail.
        if row.section != section {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}[{}]", row.section);
            section = row.section;
        }
        let place = match &option.source {
            Some(source) => source.to_string(),
            None => "default".to_owned(),
        };
        let _ = writeln!(out, "# {place}\n{} = {}", row.name, option.value);
    }
    if !read.notices.is_empty() {
        out.push_str("\n# Without effect:\n");
    }
    for notice in &read.notices {
        let _ = writeln!(
            out,
            "# {}: [{}] {}: {}",
            notice.source, notice.section, notice.name, notice.reason
        );
    }
    out
}
