//! Policy files: what is taken, what is refused and in which words.

use api::policy::{Book, PolicyFile, PolicyOptions, Rule};

fn open(texts: &[&str]) -> Result<(Book, Vec<String>), String> {
    let files: Vec<_> = (1..)
        .zip(texts)
        .map(|(n, text)| PolicyFile {
            name: format!("policy{n}.yaml"),
            text: (*text).to_owned(),
        })
        .collect();
    let asked = |name: &str| name == "get_network:description";
    let opened = Book::open(&files, PolicyOptions::default(), asked);
    opened
        .map(|(book, notices)| (book, notices.iter().map(ToString::to_string).collect()))
        .map_err(|error| error.to_string())
}

fn refused(text: &str) -> String {
    open(&[text])
        .err()
        .unwrap_or_else(|| panic!("taken: {text}"))
}

#[test]
fn later_files_override_earlier_ones_and_both_the_defaults() {
    let first = "# Ours\ncreate_network: role:creator\n\"get_port\": \"\"\n";
    let second =
        "{\"create_network\": [[\"role:a\", \"role:b\"], [\"role:c\"]], \"delete_network\": []}";
    let (book, notices) = open(&[first, second]).unwrap();
    let text = |name: &str| book.rule(name).unwrap().to_string();
    assert_eq!(text("create_network"), "role:a and role:b or role:c");
    assert_eq!(text("delete_network"), "@");
    assert_eq!(text("get_port"), "@");
    assert_eq!(text("create_network:shared"), "rule:admin_only");
    assert!(notices.is_empty(), "{notices:?}");
}

#[test]
fn an_empty_file_changes_nothing() {
    let (plain, _) = open(&[]).unwrap();
    for text in ["", "---\n", "# nothing\n", "~", "{}"] {
        assert_eq!(open(&[text]).unwrap().0, plain, "{text:?}");
    }
}

#[test]
fn a_rule_under_the_older_name_of_tags_counts() {
    let (book, notices) =
        open(&["create_networks_tags: role:tagger\nget_policies_tags: '!'\n"]).unwrap();
    assert_eq!(
        book.rule("create_network:tags").unwrap().to_string(),
        "role:tagger"
    );
    assert_eq!(book.rule("get_policy:tags"), Some(&Rule::Never));
    assert!(notices.is_empty(), "{notices:?}");
    // A generated sample refers from the older name to the newer one.
    let (book, _) = open(&["create_networks_tags: rule:create_network:tags\n"]).unwrap();
    assert!(
        book.rule("create_network:tags")
            .unwrap()
            .to_string()
            .starts_with("rule:admin_only or")
    );
}

#[test]
fn what_has_no_effect_is_said() {
    let text = "get_network:description: role:a\nhelper: role:b\nuse: rule:helper\nget_subnet: 'tenant:x'\n";
    let (_, notices) = open(&[text]).unwrap();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(
        notices[0].starts_with("policy1.yaml:4: the policy 'get_subnet' compares with 'tenant'")
    );
    assert_eq!(
        notices[1],
        "policy1.yaml:3: the policy 'use' has no effect: nothing asks for it"
    );
}

#[test]
fn faults_name_file_line_and_what_is_taken() {
    for (text, said) in [
        (
            "a: role:x\nb: role x\n",
            "policy1.yaml: line 2: the rule of 'b' cannot be read: 'role' is no check; a check is",
        ),
        ("a: '(role:x'\n", "'(' cannot stand there"),
        ("a: 'role:x)'\n", "')' cannot stand there"),
        ("a: role:x role:y\n", "'role:y' cannot stand there"),
        (
            "a: role:x and\n",
            "the rule ends where a check should follow",
        ),
        (
            "a: '   '\n",
            "the rule is blank; write \"\" to allow everybody",
        ),
        (
            "\n\na:\n",
            "line 3: 'a' has no rule; write \"\" to allow everybody",
        ),
        ("a: !\n", "the rule of 'a' must be quoted"),
        ("a: https://x/y\n", "'https://x/y' would ask another server"),
        (
            "a: 'project_id:abc'\n",
            "must name a place in the target, like project_id:%(project_id)s",
        ),
        (
            "a: 'user_id:%(x)d'\n",
            "a place in the target is written %(name)s",
        ),
        (
            "a: 'field:networks=x'\n",
            "must be like field:networks:shared=True",
        ),
        (
            "a: 'field:ports:name=~['\n",
            "has no regular expression after ~",
        ),
        ("a: '[1]:x'\n", "begins with neither a name nor a literal"),
        ("a: {b: c}\n", "a map where `name: \"rule\"` is expected"),
        ("- a\n", "a list where `name: \"rule\"` is expected"),
        ("a: [[[x]]]\n", "a list where `name: \"rule\"` is expected"),
        (
            "a: role:x\na: role:y\n",
            "line 2: 'a' stands in line 1 already",
        ),
        (
            "a: role:x\n---\nb: role:x\n",
            "line 2: a second document where",
        ),
        ("a: \"role:x\n", "not YAML: "),
        (
            "get_port: rule:admin_onyl\n",
            "'get_port' refers to rule:admin_onyl, which is defined nowhere; is rule:admin_only meant?",
        ),
        (
            "a: rule:b\nb: not rule:c\nc: rule:d or rule:a\nd: '@'\n",
            "line 1: 'a' refers to itself, by way of b, c, a; no rule may",
        ),
        ("owner: rule:admin_or_owner\n", "'owner' refers to itself"),
    ] {
        let told = refused(text);
        assert!(told.contains(said), "{text:?}: {told}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let told = open(&["a: x\nb: y\n", "c: rule:nowhere\n"]).unwrap_err();
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[test]
fn a_default_rule_that_is_not_there_is_refused() {
    let options = PolicyOptions {
        default_rule: "nobody".into(),
        ..PolicyOptions::default()
    };
    let error = Book::open(&[], options, |_| false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "policy_default_rule = nobody: no rule has that name"
    );
}
