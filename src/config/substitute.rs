//! `$name` in values: oslo.config's references from one option to another.

/// The most references that may follow one another before a circle is assumed.
const DEPTH_MAX: usize = 16;

/// Why a reference could not be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteError {
    /// No option of that name has a value or a default.
    #[error("`${0}` refers to no option that has a value; write `$$` for a dollar sign")]
    Unknown(String),
    /// `${name` without an end.
    #[error("`${{{0}` lacks its `}}`; write `$$` for a dollar sign")]
    Open(String),
    /// The options refer to each other in a circle.
    #[error("`${0}` refers back to itself")]
    Circle(String),
}

/// Replaces every `$name`, `${name}`, `$section.name` and `${section.name}` of
/// `value`; `$$` and `\$` are a dollar sign. `lookup` gives an option's value as
/// it is written, from (section or none, name).
///
/// # Errors
/// A reference to nothing, an open brace, a circle.
pub fn substitute<F>(value: &str, lookup: &F) -> Result<String, SubstituteError>
where
    F: Fn(Option<&str>, &str) -> Option<String>,
{
    expand(value, lookup, 0)
}

fn expand<F>(value: &str, lookup: &F, depth: usize) -> Result<String, SubstituteError>
where
    F: Fn(Option<&str>, &str) -> Option<String>,
{
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (name, after) = reference(after)?;
        rest = after;
        if name.is_empty() {
            out.push('$');
            continue;
        }
        if depth == DEPTH_MAX {
            return Err(SubstituteError::Circle(name.to_owned()));
        }
        let found = match name.split_once('.') {
            Some((section, option)) => lookup(Some(section), option),
            None => lookup(None, name),
        };
        let found = found.ok_or_else(|| SubstituteError::Unknown(name.to_owned()))?;
        out.push_str(&expand(&found, lookup, depth + 1)?);
    }
    out.push_str(rest);
    Ok(out)
}

/// The name right after a `$`, and what follows it. Empty where no name stands.
fn reference(text: &str) -> Result<(&str, &str), SubstituteError> {
    if let Some(braced) = text.strip_prefix('{') {
        let end = name_length(braced);
        return match braced[end..].strip_prefix('}') {
            Some(after) => Ok((&braced[..end], after)),
            None => Err(SubstituteError::Open(braced[..end].to_owned())),
        };
    }
    Ok(text.split_at(name_length(text)))
}

fn name_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) {
        return 0;
    }
    let end = text.find(|c: char| c != '_' && c != '.' && !c.is_ascii_alphanumeric());
    text[..end.unwrap_or(text.len())]
        .trim_end_matches('.')
        .len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn lookup(section: Option<&str>, name: &str) -> Option<String> {
        let value = match (section, name) {
            (None, "host") => "node1",
            (None, "url") => "http://$host:9696",
            (Some("nova"), "region") => "RegionOne",
            (None, "a") => "$b",
            (None, "b") => "${a}",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let cases = [
            ("plain", "plain"),
            ("$host", "node1"),
            ("${host}s", "node1s"),
            ("$url/v2.0.", "http://node1:9696/v2.0."),
            ("$nova.region and ${nova.region}", "RegionOne and RegionOne"),
            ("pa$$word", "pa$word"),
            (r"pa\$word", "pa$word"),
            ("5$ and $1", "5$ and $1"),
        ];
        for (written, meant) in cases {
            assert_eq!(
                substitute(written, &lookup).as_deref(),
                Ok(meant),
                "{written}"
            );
        }
    }

    #[test]
    fn what_refers_to_nothing_is_refused() {
        let cases = [
            ("x$word", SubstituteError::Unknown("word".into())),
            ("${host", SubstituteError::Open("host".into())),
        ];
        for (written, error) in cases {
            assert_eq!(substitute(written, &lookup), Err(error));
        }
        let circle = substitute("$a", &lookup).unwrap_err();
        assert!(matches!(circle, SubstituteError::Circle(_)));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[\\$\\\\{}.a-c \u{e9}]{0,40}") {
            let _ = substitute(&text, &lookup);
        }
    }
}
