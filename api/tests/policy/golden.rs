//! What oslo.policy 6.0 and the defaults of Neutron's master of August 2026 decide, as `record.py`
//! wrote it down: each policy and each rule, for each caller and target.

use std::collections::BTreeSet;

use api::Kind;
use api::policy::{Book, PolicyOptions, Residual, Rule};
use serde_json::Value as Json;

use crate::target::{callers, credentials, targets};

/// The bits of a decision, callers outermost.
fn bits(decide: impl Fn(&api::Context) -> Residual) -> String {
    let (callers, targets) = (callers(), targets());
    let mut bits = String::new();
    for (_, context) in &callers {
        let residual = decide(context);
        for (_, target) in &targets {
            bits.push(if residual.holds(target) { '1' } else { '0' });
        }
    }
    bits
}

fn book(enforce_new_defaults: bool) -> Book {
    let options = PolicyOptions {
        enforce_new_defaults,
        ..PolicyOptions::default()
    };
    Book::open(&[], options, |_| false).unwrap().0
}

/// The one family whose names differ: the tags of segments kept their older names.
fn ours(name: &str) -> String {
    match name.strip_suffix("_segments_tags") {
        Some(verb) => format!("{verb}_segment:tags"),
        None => name.to_owned(),
    }
}

#[test]
fn every_default_decides_as_neutron_does() {
    let record = include_str!("decisions.txt");
    let (new, old) = (book(true), book(false));
    let mut seen = BTreeSet::new();
    let mut differing = Vec::new();
    for line in record.lines().filter(|line| !line.starts_with('#')) {
        let [name, now, then] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let name = ours(name);
        assert!(new.rule(&name).is_some(), "there is no default of {name}");
        for (book, said) in [(&new, now), (&old, then)] {
            let decided = bits(|context| book.question(&name, &credentials(context)));
            if decided != said {
                differing.push(format!("{name}\n  weft    {decided}\n  neutron {said}"));
            }
        }
        seen.insert(name);
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(seen.len(), 366);
    // What Neutron leaves to its default rule has no line of its own there. Changing a binding would
    // be the owner's by that, who may neither make nor remove one.
    let more = new.rules().filter(|(name, _)| !seen.contains(*name));
    let more: Vec<_> = more
        .filter(|(name, _)| *name != "update_port_binding")
        .collect();
    let default = Rule::parse("rule:default").unwrap();
    assert!(more.iter().all(|(_, rule)| **rule == default), "{more:?}");
}

#[test]
fn every_rule_decides_as_oslo_policy_does() {
    let book = book(true);
    let look_up = |name: &str| book.rule(name);
    let mut asked = 0;
    for line in include_str!("language.jsonl").lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let read = match &line["rule"] {
            Json::String(text) => Rule::parse(text),
            lists => {
                let list = |item: &Json| match item {
                    Json::String(text) => vec![text.clone()],
                    inner => serde_json::from_value(inner.clone()).unwrap(),
                };
                let lists: Vec<_> = lists.as_array().unwrap().iter().map(list).collect();
                Rule::parse_lists(&lists)
            }
        };
        let rule = read.unwrap_or_else(|error| panic!("{}: {error}", line["rule"]));
        let decided = bits(|context| Residual::of(&rule, &credentials(context), &look_up));
        assert_eq!(decided, line["bits"].as_str().unwrap(), "{}", line["rule"]);
        // What is printed is the same rule again.
        assert_eq!(
            Rule::parse(&rule.to_string()).unwrap(),
            rule,
            "{}",
            line["rule"]
        );
        asked += 1;
    }
    assert!(asked > 300, "{asked} rules were asked");
}

#[test]
fn everything_served_has_a_policy() {
    let book = book(true);
    let mut missing = Vec::new();
    let mut wanted = |name: String| {
        if book.rule(&name).is_none() {
            missing.push(name);
        }
    };
    for kind in Kind::ALL {
        let name = kind.name();
        wanted(format!("get_{name}"));
        if !kind.is_computed() {
            wanted(format!("update_{name}"));
            wanted(format!("delete_{name}"));
        }
        if kind.is_creatable() {
            wanted(format!("create_{name}"));
        }
        if kind.is_tagged() {
            for verb in ["get", "create", "update", "delete"] {
                wanted(format!("{verb}_{name}:tags"));
            }
        }
    }
    for operation in api::action::operations() {
        wanted(operation.rule.to_owned());
    }
    assert!(missing.is_empty(), "{missing:?}");
}
