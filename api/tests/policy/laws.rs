//! The laws of rules: print and read again, and deciding in two steps as in one.

use std::collections::BTreeMap;

use api::Context;
use api::policy::{
    Credentials, Known, Left, Parent, Part, Place, Residual, Rule, Target, Template,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::target::{OTHER, OWN, Plain, credentials};

const PLACES: &[&str] = &[
    "project_id",
    "name",
    "network:project_id",
    "shared",
    "mtu",
    "none",
];
const TEXTS: &[&str] = &[
    "p-own", "p-other", "admin", "Member", "True", "1500", "a%b", "",
];

fn template() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(TEXTS).prop_map(|text| text.replace('%', "%%")),
        proptest::sample::select(PLACES).prop_map(|place| format!("%({place})s")),
    ];
    proptest::collection::vec(part, 1..3).prop_map(|parts| parts.concat())
}

fn check() -> impl Strategy<Value = String> {
    let left =
        proptest::sample::select(&["user_id", "roles", "is_admin", "'p-own'", "True", "-7"][..]);
    let field = proptest::sample::select(&["shared", "name", "mtu", "none"][..]);
    prop_oneof![
        Just("@".to_owned()),
        Just("!".to_owned()),
        proptest::sample::select(&["a", "b", "c"][..]).prop_map(|name| format!("rule:{name}")),
        template().prop_map(|text| format!("role:{text}")),
        proptest::sample::select(PLACES).prop_map(|place| format!("project_id:%({place})s")),
        (field.clone(), proptest::sample::select(TEXTS))
            .prop_map(|(field, text)| format!("field:networks:{field}={text}")),
        field.prop_map(|field| format!("field:networks:{field}=~^[a-n].*")),
        (left, template()).prop_map(|(left, right)| format!("{left}:{right}")),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let leaf = check().prop_map(|text| Rule::parse(&text).unwrap());
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|rule| Rule::Not(Box::new(rule))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Rule::All),
            proptest::collection::vec(inner, 2..4).prop_map(Rule::Any),
        ]
    })
}

fn context() -> impl Strategy<Value = Context> {
    let roles = proptest::sample::subsequence(vec!["admin", "member", "p-own", "a%b"], 0..4);
    let project = proptest::sample::select(&["", OWN, OTHER][..]);
    (roles, project, any::<bool>()).prop_map(|(roles, project, is_admin)| Context {
        roles: roles.into_iter().map(str::to_owned).collect(),
        project_id: project.to_owned(),
        user_id: OWN.to_owned(),
        is_admin,
        ..Context::default()
    })
}

fn target() -> impl Strategy<Value = Plain> {
    let value = prop_oneof![
        proptest::sample::select(TEXTS).prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        Just(json!(1500)),
        Just(Json::Null),
        Just(json!(["p-own"])),
        Just(json!("q\"uo\\te")),
    ];
    let pairs = (
        proptest::sample::select(PLACES).prop_map(str::to_owned),
        value,
    );
    proptest::collection::vec(pairs, 0..6).prop_map(|pairs| Plain(pairs.into_iter().collect()))
}

/// What Python's `str` makes of a scalar.
fn python(value: &Json) -> Option<String> {
    match value {
        Json::Null => Some("None".into()),
        Json::Bool(true) => Some("True".into()),
        Json::Bool(false) => Some("False".into()),
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn value(target: &Plain, place: &Place) -> Option<Json> {
    let mut out = Vec::new();
    let there = match place {
        Place::Own(name) => target.attribute(name, &mut out),
        Place::Of(parent, name) => target.parent(*parent, name, &mut out),
    };
    there.then(|| serde_json::from_slice(&out).unwrap())
}

fn filled(target: &Plain, template: &Template) -> Option<String> {
    let parts = template.parts().iter().map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        Part::Place(place) => python(&value(target, place)?),
    });
    parts
        .collect::<Option<Vec<_>>>()
        .map(|parts| parts.concat())
}

/// Decides a rule for caller and target at once, by the words of its documentation.
fn at_once(
    rule: &Rule,
    caller: &Credentials<'_>,
    target: &Plain,
    rules: &BTreeMap<String, Rule>,
) -> bool {
    let decide = |rule: &Rule| at_once(rule, caller, target, rules);
    match rule {
        Rule::Always => true,
        Rule::Never => false,
        Rule::Not(inner) => !decide(inner),
        Rule::All(rules) => rules.iter().all(decide),
        Rule::Any(rules) => rules.iter().any(decide),
        Rule::Reference(name) => rules.get(name).is_some_and(decide),
        Rule::Role(template) => filled(target, template).is_some_and(|role| {
            let roles = &caller.0.roles;
            roles
                .iter()
                .any(|have| have.to_lowercase() == role.to_lowercase())
        }),
        Rule::Owner(place) => {
            let owner = value(target, place).and_then(|value| python(&value));
            !caller.0.project_id.is_empty()
                && owner.as_deref() == Some(caller.0.project_id.as_str())
        }
        Rule::Field(field) => {
            let own = value(target, &Place::Own(field.name.clone()));
            let network = Place::Of(Parent::Network, field.name.clone());
            let found = own.or_else(|| match field.name.as_str() {
                "shared" => value(target, &network),
                _ => None,
            });
            match (found, &field.pattern) {
                (Some(Json::String(text)), Some(pattern)) => pattern.is_match(&text),
                (Some(_) | None, Some(_)) | (None | Some(Json::Null), None) => false,
                (Some(Json::Bool(flag)), None) => {
                    let truths = ["1", "t", "true", "on", "y", "yes"];
                    let lies = ["0", "f", "false", "off", "n", "no"];
                    let said = field.value.to_lowercase();
                    (flag && truths.contains(&said.as_str()))
                        || (!flag && lies.contains(&said.as_str()))
                }
                (Some(other), None) => python(&other).as_deref() == Some(field.value.as_str()),
            }
        }
        Rule::Same(left, right) => {
            let Some(right) = filled(target, right) else {
                return false;
            };
            match left {
                Left::Literal(_, text) => *text == right,
                Left::Caller(name) => match caller.get(name) {
                    Some(Known::Text(text)) => text == right,
                    Some(Known::Flag(flag)) => right == if flag { "True" } else { "False" },
                    Some(Known::List(list)) => list.contains(&right),
                    Some(Known::Nothing) => right == "None",
                    None => false,
                },
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_rule_reads_back_as_it_was_printed(rule in rule()) {
        let text = rule.to_string();
        prop_assert_eq!(Rule::parse(&text).unwrap(), rule, "{}", text);
    }

    #[test]
    fn deciding_in_two_steps_is_deciding_at_once(
        asked in rule(),
        named in [rule(), rule(), rule()],
        context in context(),
        targets in proptest::collection::vec(target(), 1..6),
    ) {
        // a refers to b and c at most, b to c, c to nothing: there are no cycles.
        let mut rules = BTreeMap::new();
        for (name, rule) in ["c", "b", "a"].into_iter().zip(named) {
            let known = rule.references().iter().all(|wanted| rules.contains_key(*wanted));
            rules.insert(name.to_owned(), if known { rule } else { Rule::Never });
        }
        let caller = credentials(&context);
        let look_up = |name: &str| rules.get(name);
        let residual = Residual::of(&asked, &caller, &look_up);
        for target in &targets {
            let once = at_once(&asked, &caller, target, &rules);
            prop_assert_eq!(residual.holds(target), once, "{} left {:?}", asked, residual);
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[a-z:%()'\"@! =~.0-9-]{0,40}") {
        if let Ok(rule) = Rule::parse(&text) {
            prop_assert_eq!(Rule::parse(&rule.to_string()).unwrap(), rule);
        }
    }

    #[test]
    fn no_file_breaks_the_reader(text in "[a-z:\\[\\]{}&*!|>'\"#, \n-]{0,60}") {
        let _ = api::policy::read(&text);
    }
}
