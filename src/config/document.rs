//! `docs/configuration.md`, printed from the tables.

use std::fmt::Write as _;

use super::foreign;
use super::options::{OPTIONS, SECTIONS};

const HEAD: &str = "\
# Configuration

weft reads Neutron's own files as they stand (oslo.config's format: any number of `--config-file`,
later ones override earlier ones, `$name` and `${section.name}` refer to other options). Flags
override files; `weft serve --help` lists them. With no file at all, weft serves everybody on
loopback and keeps its ledger in `weft.db` in the working folder.

An option that is in neither of the two parts below stops the start, and so does a value that is
not accepted; the message names file, line and what is allowed.

This page is printed from `src/config`: `UPDATE=1 cargo test --test config` writes it anew.

## Options that weft follows
";

/// The text of the page.
pub fn document() -> String {
    let mut out = HEAD.to_owned();
    for (section, about) in SECTIONS {
        let _ = write!(out, "\n### [{section}]\n\n{}\n\n", joined(about));
        out.push_str("| option | default | allowed | what it does |\n|---|---|---|---|\n");
        for row in OPTIONS.iter().filter(|row| row.section == *section) {
            let alias = row
                .alias
                .map_or_else(String::new, |alias| format!(" or `{alias}`"));
            let default = match row.default {
                "" => String::new(),
                default => format!("`{default}`"),
            };
            let _ = writeln!(
                out,
                "| `{}`{alias} | {default} | {} | {} |",
                row.name,
                cell(&row.accepts()),
                cell(&joined(row.help)),
            );
        }
    }
    out.push_str("\n## Options of Neutron's that have no effect\n\n");
    out.push_str("Each is reported once at the start, with the reason.\n\n");
    out.push_str("| section | options | reason |\n|---|---|---|\n");
    for row in foreign::ROWS {
        let names = match row.names {
            [] => "all".to_owned(),
            names => names.join(", "),
        };
        let _ = writeln!(out, "| [{}] | {names} | {} |", row.section, row.reason);
    }
    out
}

/// Lines of a comment as one.
fn joined(lines: &str) -> String {
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
