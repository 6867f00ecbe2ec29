//! Configuration as operators meet it: Neutron's own files, faults, flags, the documentation.
#![allow(clippy::unwrap_used)]

#[path = "support/deployment.rs"]
mod deployment;

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use api::NetworkType;
use weft::config::{
    AuthStrategy, Flag, OPTIONS, PhysicalNetworks, Settings, document, folder, load, read,
};
use weft::identity;
use weft::ledger::Database;

fn settings(text: &str) -> Settings {
    read(&[("f", text)], &[]).unwrap().0
}

fn faults(text: &str) -> String {
    read(&[("f.conf", text)], &[]).unwrap_err().to_string()
}

#[test]
fn the_files_of_a_neutron_deployment_are_read_as_they_stand() {
    let (settings, notices) = read(&deployment::FILES, &[]).unwrap();
    let database: Database = "mysql://neutron:NEUTRON_DBPASS@node1/neutron"
        .parse()
        .unwrap();
    assert_eq!(settings.database.connection, database);
    assert_eq!(settings.general.auth_strategy, AuthStrategy::Keystone);
    assert_eq!(settings.api_address().to_string(), "0.0.0.0");
    assert_eq!(settings.ml2.tenant_network_types, [NetworkType::Vxlan]);
    assert_eq!(settings.vxlan.vni_ranges.0, [1..=1000]);
    let provider = PhysicalNetworks::Only(vec!["provider".to_owned()]);
    assert_eq!(settings.flat.flat_networks, provider);

    // The last of two wins, as with oslo.config.
    assert_eq!(settings.keystone.auth_url, "http://node1:35357");
    assert_eq!(settings.keystone.username, "neutron");
    assert_eq!(format!("{:?}", settings.keystone.password), "***");
    let keystone = identity::Settings::try_from(&settings).unwrap();
    assert_eq!(keystone.public_uri, "http://node1:5000");
    assert_eq!(keystone.cache_time, Some(Duration::from_secs(300)));

    // Each is named once, though interface_driver stands in two files.
    let named = |section: &str, name: &str| {
        let all = notices.iter();
        all.filter(|n| n.section == section && n.name == name)
            .count()
    };
    assert_eq!(named("keystone_authtoken", "memcached_servers"), 1);
    assert_eq!(named("keystone_authtoken", "auth_url"), 0);
    assert_eq!(named("nova", "auth_url"), 1);
    assert_eq!(named("DEFAULT", "interface_driver"), 1);
    assert_eq!(named("DEFAULT", "core_plugin"), 1);
    let plugin = notices.iter().find(|n| n.name == "core_plugin").unwrap();
    assert_eq!(plugin.source.to_string(), "neutron.conf:4");
    assert!(!plugin.reason.is_empty());
}

#[test]
fn with_no_file_everybody_is_served_on_loopback() {
    let (settings, notices) = read(&[], &[]).unwrap();
    assert_eq!(settings.general.auth_strategy, AuthStrategy::NoAuth);
    assert!(settings.api_address().is_loopback());
    assert_eq!(settings.database.connection.to_string(), "weft.db");
    assert!(
        settings
            .weft
            .ovsdb_listen
            .iter()
            .all(|l| l.address.ip().is_loopback())
    );
    assert!(notices.is_empty());
}

#[test]
fn noauth_beyond_loopback_must_be_asked_for_in_so_many_words() {
    let text = "[DEFAULT]\nauth_strategy = noauth\nbind_host = 0.0.0.0\n";
    let refused = faults(text);
    assert!(
        refused.starts_with("f.conf:3: bind_host = 0.0.0.0"),
        "{refused}"
    );
    assert!(
        refused.contains("allow_noauth_beyond_loopback"),
        "{refused}"
    );
    let asked = format!("{text}[weft]\nallow_noauth_beyond_loopback = true\n");
    assert_eq!(settings(&asked).api_address().to_string(), "0.0.0.0");
    let within = settings("[DEFAULT]\nauth_strategy = noauth\nbind_host = ::1\n");
    assert!(within.api_address().is_loopback());
}

#[test]
fn later_files_and_flags_override_earlier_ones_and_names_are_replaced() {
    let first = "[DEFAULT]\nbind_port = 1\nstate_path = /srv\n[database]\nconnection = sqlite:$state_path/a.db\n";
    let second = "[DEFAULT]\nbind_port = 2\n[ml2]\nproject_network_types = gre\n";
    let texts = [("a", first), ("b", second)];
    let flag = |flag, section, name, value: &str| Flag {
        flag,
        section,
        name,
        value: value.to_owned(),
    };
    let (settings, _) = read(&texts, &[]).unwrap();
    assert_eq!(settings.general.bind_port, 2);
    assert_eq!(settings.database.connection.to_string(), "/srv/a.db");
    assert_eq!(settings.ml2.tenant_network_types, [NetworkType::Gre]);
    let flags = [flag("--database", "database", "connection", "sqlite:b.db")];
    let (settings, _) = read(&texts, &flags).unwrap();
    assert_eq!(settings.database.connection.to_string(), "b.db");
    let flags = [flag("--database", "database", "connection", "oracle:x")];
    let refused = read(&texts, &flags).unwrap_err().to_string();
    assert!(
        refused.starts_with("--database: [database] connection = oracle:x: "),
        "{refused}"
    );
}

#[test]
fn every_fault_names_its_place_and_what_is_allowed() {
    let cases = [
        (
            "[DEFAULT]\nbind_port = 99999\n",
            "f.conf:2: [DEFAULT] bind_port = 99999: `99999` is not accepted; allowed: a whole number up to 65535",
        ),
        (
            "[DEFAULT]\n\nbind_prt = 1\n",
            "f.conf:3: there is no option bind_prt in [DEFAULT] (did you mean bind_port?); weft's are: bind_host, bind_port, ",
        ),
        (
            "[ml22]\na = 1\n",
            "f.conf:2: there is no section [ml22]; weft's are DEFAULT, database, ssl, cors, ",
        ),
        (
            "[ml2]\npath_mtu = 70000\n",
            "f.conf:2: [ml2] path_mtu = 70000: `70000` is not accepted; allowed: a whole number from 0 to 65535",
        ),
        (
            "[ml2]\ntype_drivers = flat,vlam\n",
            "f.conf:2: [ml2] type_drivers = flat,vlam: `vlam` is not accepted; allowed: a list, separated by commas, of: local, flat, vlan, vxlan, gre, geneve",
        ),
        (
            "[ml2]\ntype_drivers = flat\n",
            "tenant_network_types has vxlan, which type_drivers has not",
        ),
        (
            "[ml2_type_vxlan]\nvni_ranges = 1:16777216\n",
            "`16777216` is not accepted",
        ),
        (
            "[ml2_type_vlan]\nnetwork_vlan_ranges = p:1:5000\n",
            "`p:1:5000` is not accepted",
        ),
        (
            "[database]\nconnection = sqlite:$nowhere/x\n",
            "`$nowhere` refers to no option that has a value",
        ),
        (
            "[weft]\nopenflow_listen = ssl:0.0.0.0:6653\n",
            "f.conf:2: openflow_listen has ssl:0.0.0.0:6653, which needs key_file in [weft]",
        ),
        (
            "[DEFAULT]\nbind_host = node1\n",
            "`node1` is not accepted; allowed: an IPv4 or IPv6 address; or nothing",
        ),
        (
            "bind_port = 1\n",
            "f.conf:1: `bind_port = 1` stands before the first [section]",
        ),
    ];
    for (text, message) in cases {
        let told = faults(text);
        assert!(told.contains(message), "{text:?} gives {told:?}");
    }
    let all = faults("[DEFAULT]\nbind_port = x\nbogus = 1\n[ml2]\npath_mtu = y\n");
    assert_eq!(all.lines().count(), 3, "{all}");
}

#[test]
fn a_password_is_in_no_message() {
    let told = faults("[database]\nconnection = oracle://neutron:hunter2@node1/neutron\n");
    assert!(
        told.contains("oracle://neutron:***@node1/neutron"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_missing_of_keystone_is_named() {
    let refused = |text: &str| {
        let settings = settings(&format!("[keystone_authtoken]\n{text}\n"));
        let refused = identity::Settings::try_from(&settings).unwrap_err();
        refused.to_string()
    };
    assert!(refused("").contains("[keystone_authtoken] auth_url"));
    assert!(refused("auth_url = node1:5000").contains("auth_url = node1:5000 is not accepted"));
    let url = "auth_url = http://node1:5000";
    assert!(refused(url).contains("username or user_id not given"));
    let user = format!("{url}\nusername = neutron\npassword = x");
    assert!(refused(&user).contains("give user_domain_name or user_domain_id"));
    let key = format!("{user}\nuser_domain_id = default\nkeyfile = /k");
    assert!(refused(&key).contains("certfile"));
    let told = faults("[keystone_authtoken]\nauth_type = v3kerberos\n");
    assert!(told.contains("allowed: password, v3password"), "{told}");
    // www_authenticate_uri alone says where Keystone is, and older names are understood.
    let old = "[keystone_authtoken]\nauth_uri = http://node1:5000\nuser_name = n\npassword = x\n\
               user_domain_id = default\ntenant_name = service\nproject_domain_id = default\n";
    let keystone = identity::Settings::try_from(&settings(old)).unwrap();
    assert_eq!(keystone.auth_url, "http://node1:5000");
}

#[test]
fn every_default_is_what_the_option_accepts() {
    let texts: Vec<String> = OPTIONS
        .iter()
        .map(|row| format!("[{}]\n{} = {}\n", row.section, row.name, row.default))
        .collect();
    let written = settings(&texts.concat());
    assert_eq!(written, settings(""));
}

/// Section and name of every option of Neutron's.
const NEUTRON_OPTIONS: &str = include_str!("golden/neutron_options.txt");

#[test]
fn every_option_of_neutrons_is_known() {
    let lines = NEUTRON_OPTIONS
        .lines()
        .filter(|line| !line.starts_with('#'));
    let names: Vec<(&str, &str)> = lines.map(|line| line.split_once(' ').unwrap()).collect();
    assert!(names.len() > 700);
    let unknown = |(section, name): &(&str, &str)| {
        let text = format!("[{section}]\n{name} = \n");
        let told = read(&[("f", &text)], &[]).err()?.to_string();
        let unknown = told.contains("there is no option") || told.contains("there is no section");
        unknown.then(|| format!("[{section}] {name}"))
    };
    let unknown: Vec<String> = names.iter().filter_map(unknown).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn files_and_folders_are_read_from_disk() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("b.conf"), "[DEFAULT]\nbind_port = 2\n").unwrap();
    fs::write(place.path().join("a.conf"), "[DEFAULT]\nbind_port = 1\n").unwrap();
    fs::write(place.path().join("c.txt"), "nonsense").unwrap();
    let files = folder(place.path()).unwrap();
    assert_eq!(load(&files, &[]).unwrap().0.general.bind_port, 2);
    let missing = place.path().join("none.conf");
    let told = load(std::slice::from_ref(&missing), &[])
        .unwrap_err()
        .to_string();
    assert!(told.starts_with(&format!("{}: the file cannot be read", missing.display())));
}

#[test]
fn the_configuration_of_the_lab_is_accepted() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/controller/weft.conf");
    let (settings, notices) = load(&[file], &[]).unwrap();
    assert!(!settings.api_address().is_loopback());
    assert!(notices.is_empty());
}

#[test]
fn the_documentation_is_printed_from_the_tables() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&page, document()).unwrap();
    }
    let there = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        there == document(),
        "docs/configuration.md differs from the tables; run UPDATE=1 cargo test --test config"
    );
}
