//! The rules of the house that no compiler checks: size of files and functions, a `//!` on every
//! module, who may use what, words that must not stay. All offences are printed at once.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const LINES_A_FILE_MAX: usize = 600;
const LINES_A_FUNCTION_MAX: usize = 70;

/// Where the code of the four crates lives.
const ROOTS: [&str; 14] = [
    "src",
    "tests",
    "benches",
    "build.rs",
    "openflow/src",
    "openflow/tests",
    "openflow/benches",
    "openflow/examples",
    "ovsdb/src",
    "ovsdb/tests",
    "ovsdb/benches",
    "api/src",
    "api/tests",
    "api/benches",
];

/// Words that say that something was left for later, or that a warning was silenced instead of heeded.
const BANNED: [&str; 8] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("allow(dead", "_code"),
    concat!("allow(un", "used"),
];

/// A room and the crates and rooms it must not name. Paths are prefixes of file paths; what a room
/// may use is everything that no row forbids it.
struct Wall {
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
    siblings: &'static [&'static str],
}

/// The table of `ARCHITECTURE.md`: nothing points back up.
const WALLS: &[Wall] = &[
    Wall {
        rooms: &["openflow/src"],
        crates: &["ovsdb", "api", "weft", "sqlx", "warp", "hyper"],
        siblings: &[],
    },
    Wall {
        rooms: &["ovsdb/src"],
        crates: &["openflow", "api", "weft", "sqlx", "warp", "hyper"],
        siblings: &[],
    },
    Wall {
        rooms: &["api/src"],
        crates: &["openflow", "ovsdb", "weft", "sqlx"],
        siblings: &[],
    },
    Wall {
        rooms: &["src/model"],
        crates: &[
            "openflow", "ovsdb", "sqlx", "warp", "hyper", "tokio", "reqwest",
        ],
        siblings: &[
            "service", "ledger", "compile", "node", "respond", "watch", "admin", "cli", "lab",
        ],
    },
    Wall {
        rooms: &["src/service"],
        crates: &["openflow", "ovsdb", "sqlx", "warp", "hyper"],
        siblings: &["node", "respond", "watch", "admin", "cli", "lab"],
    },
    Wall {
        rooms: &["src/ledger"],
        crates: &["openflow", "ovsdb", "warp", "hyper"],
        siblings: &[
            "service", "compile", "node", "respond", "watch", "admin", "cli", "lab",
        ],
    },
    Wall {
        rooms: &["src/compile"],
        crates: &["sqlx", "warp", "hyper", "tokio", "reqwest"],
        siblings: &[
            "service", "ledger", "node", "respond", "admin", "cli", "lab",
        ],
    },
    Wall {
        rooms: &["src/identity"],
        crates: &["openflow", "ovsdb", "sqlx", "warp", "hyper"],
        siblings: &[
            "model", "service", "ledger", "compile", "node", "respond", "admin", "cli", "lab",
        ],
    },
    Wall {
        rooms: &["src/node"],
        crates: &["sqlx", "warp", "hyper"],
        siblings: &["admin", "cli", "lab"],
    },
    Wall {
        rooms: &["src/watch"],
        crates: &["openflow", "ovsdb", "sqlx", "warp", "hyper"],
        siblings: &["compile", "node", "respond", "admin", "cli", "lab"],
    },
    Wall {
        rooms: &["src/respond"],
        crates: &["sqlx", "warp", "hyper"],
        siblings: &["service", "admin", "cli", "lab"],
    },
    Wall {
        rooms: &["src/lab"],
        crates: &["sqlx", "warp", "hyper", "openflow", "ovsdb"],
        siblings: &["model", "service", "ledger", "compile", "node", "respond"],
    },
    Wall {
        rooms: &["src/cli", "src/config", "src/main.rs", "src/admin"],
        crates: &["sqlx"],
        siblings: &[],
    },
];

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for place in ROOTS {
        collect(&root.join(place), &mut files);
    }
    files.sort();
    assert!(
        files.len() > 4,
        "no source files found under {}",
        root.display()
    );
    let mut offences = String::new();
    for file in &files {
        let name = file
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        let text = fs::read_to_string(file).unwrap();
        for (line, what) in offences_of(&name, &text) {
            writeln!(offences, "{name}:{line}: {what}").unwrap();
        }
    }
    assert!(offences.is_empty(), "\n{offences}");
}

fn collect(place: &Path, files: &mut Vec<PathBuf>) {
    if place.extension().is_some_and(|e| e == "rs") && place.is_file() {
        files.push(place.to_owned());
    }
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries {
        collect(&entry.unwrap().path(), files);
    }
}

/// Every offence in one file, with its line (1-based).
fn offences_of(name: &str, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push((1, "does not open with `//!` saying its one job".to_owned()));
    }
    let lines = text.lines().count();
    if lines > LINES_A_FILE_MAX {
        found.push((
            lines,
            format!("{lines} lines; a file has at most {LINES_A_FILE_MAX}"),
        ));
    }
    for (index, line) in text.lines().enumerate() {
        for word in BANNED.iter().filter(|word| has_word(line, word)) {
            found.push((index + 1, format!("says `{word}`")));
        }
    }
    let code = code_only(text);
    for (line, length) in functions(&code) {
        if length > LINES_A_FUNCTION_MAX {
            let what = format!("function of {length} lines; at most {LINES_A_FUNCTION_MAX}");
            found.push((line, what));
        }
    }
    for wall in WALLS
        .iter()
        .filter(|wall| wall.rooms.iter().any(|room| is_in(name, room)))
    {
        found.extend(uses_through(&code, wall));
    }
    found
}

fn is_in(name: &str, room: &str) -> bool {
    name.strip_prefix(room)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(".rs"))
}

/// `word` in `line`, not as a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_none_or(|c| !is_word(c));
        let after = line[at + word.len()..]
            .chars()
            .next()
            .is_none_or(|c| !is_word(c));
        before && (after || !word.ends_with(is_word))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Crates and sibling rooms named in `code` that `wall` forbids.
fn uses_through(code: &str, wall: &Wall) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, path) in paths(code) {
        let mut parts = path.split("::");
        let first = parts.next().unwrap_or_default();
        let second = parts.next().unwrap_or_default();
        let forbidden = match first {
            "crate" => wall
                .siblings
                .contains(&second)
                .then(|| format!("crate::{second}")),
            _ => wall.crates.contains(&first).then(|| first.to_owned()),
        };
        if let Some(what) = forbidden {
            let line = code[..at].matches('\n').count() + 1;
            found.push((
                line,
                format!("uses `{what}`, which this room must not know"),
            ));
        }
    }
    found
}

/// Every path in `code` that has at least two parts or stands in a `use`, by its first two parts;
/// `use crate::{a, b::c}` gives `crate::a` and `crate::b`.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let word = word_at(code, at);
        if word.is_empty() {
            at += code[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let starts_path = !code[..at].trim_end().ends_with("::") && !code[..at].ends_with('.');
        let rest = &code[at + word.len()..];
        let in_use =
            code[..at].trim_end().ends_with("use") || code[..at].ends_with("extern crate ");
        if starts_path && let Some(tail) = rest.strip_prefix("::") {
            if tail.starts_with('{') {
                found.extend(
                    top_level_words(tail)
                        .into_iter()
                        .map(|w| (at, format!("{word}::{w}"))),
                );
            } else {
                found.push((at, format!("{word}::{}", word_at(tail, 0))));
            }
        } else if starts_path && in_use {
            found.push((at, word.to_owned()));
        }
        at += word.len();
    }
    found
}

fn word_at(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    &rest[..end]
}

/// The first word of each entry of a `{…}` list, not looking into inner lists.
fn top_level_words(list: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut depth = 0;
    let mut fresh = false;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(c, '{' | ',') {
            fresh = true;
        } else if fresh && is_word(c) {
            words.push(word_at(list, at));
            fresh = false;
        }
    }
    words
}

/// Line and length in lines of every function with a body, from `fn` to its closing brace.
fn functions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let Some(body) = code[at..].find(['{', ';']).map(|offset| at + offset) else {
            continue;
        };
        if code.as_bytes()[body] == b';' {
            continue;
        }
        let mut depth = 0usize;
        for (offset, c) in code[body..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                let line = code[..at].matches('\n').count() + 1;
                found.push((line, code[at..body + offset].matches('\n').count() + 1));
                break;
            }
        }
    }
    found
}

/// The text with comments, strings and character literals blanked; line breaks stay.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let skip = literal_length(text, at);
        if skip == 0 {
            let c = text[at..].chars().next().unwrap();
            code.push(c);
            at += c.len_utf8();
        } else {
            code.extend(
                text[at..at + skip]
                    .chars()
                    .map(|c| if c == '\n' { c } else { ' ' }),
            );
            at += skip;
        }
    }
    code
}

/// Length in bytes of the comment, string or character literal that starts at `at`; 0 if none does.
fn literal_length(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let after_word = text[..at].chars().next_back().is_some_and(is_word);
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return rest.find("*/").map_or(rest.len(), |end| end + 2);
    }
    if rest.starts_with('"') {
        return quoted(rest, 1, '"');
    }
    if !after_word && rest.starts_with(['r', 'b', 'c']) {
        let prefix = rest.find(|c| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(0);
        let hashes = rest[prefix..].chars().take_while(|c| *c == '#').count();
        let raw = rest[..prefix].contains('r');
        let quote = prefix + hashes;
        if rest[quote..].starts_with('"') && (raw || hashes == 0) {
            let end = format!("\"{}", "#".repeat(hashes));
            return match raw {
                true => rest[quote + 1..]
                    .find(&end)
                    .map_or(rest.len(), |found| quote + 1 + found + end.len()),
                false => quoted(rest, quote + 1, '"'),
            };
        }
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        let mut chars = inside.chars();
        let first = chars.next();
        // A lifetime has no closing quote right after its first letter.
        if first == Some('\\') || chars.next() == Some('\'') {
            return quoted(rest, 1, '\'');
        }
    }
    0
}

/// Where the literal whose content starts at `from` ends, its closing `quote` included.
fn quoted(rest: &str, from: usize, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in rest[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return from + offset + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn literals_and_comments_are_not_code() {
    let text =
        "fn a<'a>(x: &'a str) { let b = '{'; let c = \"}\\\"{\"; /* { */ r#\"{\"# ; } // {\n";
    let code = code_only(text);
    assert_eq!(code.matches('{').count(), 1, "{code}");
    assert_eq!(code.matches('}').count(), 1, "{code}");
    assert_eq!(functions(&code), [(1, 1)]);
}

#[test]
fn forbidden_uses_are_seen_through_lists() {
    let text =
        "//! x\nuse crate::{model::{Model, node}, ledger as l};\nfn f() { sqlx::query(\"\"); }\n";
    let found = offences_of("src/compile/x.rs", text);
    let said: Vec<_> = found
        .iter()
        .map(|(line, what)| format!("{line} {what}"))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("2 uses `crate::ledger`"), "{said:?}");
    assert!(said[1].starts_with("3 uses `sqlx`"), "{said:?}");
}

#[test]
fn long_functions_and_files_are_seen() {
    let body = "    a();\n".repeat(LINES_A_FUNCTION_MAX);
    let text = format!("fn long() {{\n{body}}}\n{}", "\n".repeat(LINES_A_FILE_MAX));
    let said: Vec<_> = offences_of("src/x.rs", &text)
        .into_iter()
        .map(|(_, what)| what)
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    let short = format!("//! x\nfn short() {{\n{}}}\n", "    a();\n".repeat(68));
    assert!(offences_of("src/x.rs", &short).is_empty());
}
