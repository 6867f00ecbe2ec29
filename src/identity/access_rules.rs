//! What an application credential may be used for: method and path of the requests it allows.

use serde::Deserialize;

/// One kind of request that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccessRule {
    /// The service it is for, by the catalogue's type.
    service: String,
    /// HTTP method.
    method: String,
    /// Path; `*` and `{name}` stand for one segment or a part of one, `**` for anything.
    path: String,
}

impl AccessRule {
    /// True of requests that the rule allows.
    pub fn allows(&self, service: &str, method: &str, path: &str) -> bool {
        self.service == service && self.method == method && matches(&self.path, path)
    }
}

/// A step of a pattern.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// This character.
    Literal(char),
    /// One character of a segment.
    InSegment,
    /// Any number of characters of a segment.
    RestOfSegment,
    /// Any number of characters.
    Anything,
}

fn steps(pattern: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let tag = rest.strip_prefix('{').and_then(|tag| tag.split_once('}'));
        if let Some(after) = rest.strip_prefix("**") {
            steps.push(Step::Anything);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('*').or(tag.map(|(_, after)| after)) {
            steps.extend([Step::InSegment, Step::RestOfSegment]);
            rest = after;
        } else {
            steps.push(Step::Literal(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    steps
}

/// Whether the whole of `path` is as `pattern` says. Takes time in proportion to the product of their
/// lengths, whatever they are.
fn matches(pattern: &str, path: &str) -> bool {
    let steps = steps(pattern);
    let mut reached = vec![false; steps.len() + 1];
    reach(&mut reached, &steps, 0);
    for c in path.chars() {
        let mut next = vec![false; steps.len() + 1];
        for (at, step) in steps.iter().enumerate() {
            if !reached.get(at).is_some_and(|reached| *reached) {
                continue;
            }
            match step {
                Step::Literal(literal) if *literal == c => reach(&mut next, &steps, at + 1),
                Step::InSegment if c != '/' => reach(&mut next, &steps, at + 1),
                Step::RestOfSegment if c != '/' => reach(&mut next, &steps, at),
                Step::Anything => reach(&mut next, &steps, at),
                _ => {}
            }
        }
        reached = next;
    }
    reached.last().is_some_and(|all| *all)
}

/// Marks a place in the pattern as reached, and those behind it that want no character.
fn reach(reached: &mut [bool], steps: &[Step], from: usize) {
    let mut at = from;
    while let Some(place) = reached.get_mut(at) {
        *place = true;
        match steps.get(at) {
            Some(Step::RestOfSegment | Step::Anything) => at += 1,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_keystones() {
        let cases = [
            ("/v2.0/ports", "/v2.0/ports", true),
            ("/v2.0/ports", "/v2.0/ports/x", false),
            ("/v2.0/ports", "/v2x0/ports", false),
            ("/v2.0/*", "/v2.0/ports", true),
            ("/v2.0/*", "/v2.0/", false),
            ("/v2.0/*", "/v2.0/ports/x", false),
            ("/v2.0/*/x", "/v2.0/ports/x", true),
            ("/v2.0/{kind}/{id}", "/v2.0/ports/1-2", true),
            ("/v2.0/{kind}/{id}", "/v2.0/ports/1/2", false),
            ("/v2.0/p{rest}s", "/v2.0/ports", true),
            ("/v2.0/**", "/v2.0/ports/1/tags", true),
            ("/v2.0/**", "/v2.0/", true),
            ("/v2.0**", "/v2.0", true),
            ("**/tags", "/v2.0/ports/1/tags", true),
            ("/v2.0/{open", "/v2.0/{open", true),
            ("", "", true),
            ("", "/", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = "**a".repeat(60);
        let path = "a".repeat(2000) + "b";
        assert!(!matches(&pattern, &path));
    }

    #[test]
    fn a_rule_is_for_one_service_and_method() {
        let rule = AccessRule {
            service: "network".into(),
            method: "GET".into(),
            path: "/v2.0/ports".into(),
        };
        assert!(rule.allows("network", "GET", "/v2.0/ports"));
        assert!(!rule.allows("network", "POST", "/v2.0/ports"));
        assert!(!rule.allows("compute", "GET", "/v2.0/ports"));
    }
}
