//! `weft config check`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::weft::{BINARY, with};

fn check(words: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["config", "check"]).args(words);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_is_set_where_and_what_has_no_effect() {
    let prepared = with("[DEFAULT]\nstate_path = /srv\n[ml2]\nmechanism_drivers = ovn\n");
    let first = prepared.configured();
    let second = prepared.path("second.conf");
    let passwords = "[database]\nconnection = mysql+pymysql://neutron:hunter2@db/neutron\n\
                     [keystone_authtoken]\npassword = hunter2\n";
    fs::write(&second, passwords).unwrap();
    let shown = |path: &Path| path.display().to_string();
    let checked = check(&[&shown(&first), "--config-file", &shown(&second)]);
    let said = text(&checked.stdout);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let masked = format!(
        "# {}:2\nconnection = mysql+pymysql://neutron:***@db/neutron\n",
        shown(&second)
    );
    assert!(said.contains(&masked), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert!(
        said.contains("# default\ngraceful_shutdown_timeout = 60\n"),
        "{said}"
    );
    assert!(
        said.contains("[ml2] mechanism_drivers: weft is one program"),
        "{said}"
    );
    let changed = text(&check(&["--changed", &shown(&first)]).stdout);
    assert!(!changed.contains("# default"), "{changed}");
    assert!(changed.contains("auth_strategy = noauth"), "{changed}");
    // What it prints can be read again, and says the same.
    let third = prepared.path("third.conf");
    fs::write(&third, &check(&[&shown(&first)]).stdout).unwrap();
    let values = |said: String| -> Vec<String> {
        let lines = said
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    let once = values(text(&check(&[&shown(&first)]).stdout));
    assert_eq!(values(text(&check(&[&shown(&third)]).stdout)), once);
}

#[test]
fn everything_that_is_wrong_at_once() {
    let prepared = with("bogus = 1\n[DEFAULT]\nbind_prot = 1\nuse_ssl = maybe\n");
    let path = prepared.configured().display().to_string();
    let checked = check(&[&path]);
    assert!(!checked.status.success());
    let said = text(&checked.stderr);
    for told in [
        "no option bogus",
        "did you mean bind_port?",
        "use_ssl = maybe",
    ] {
        assert!(said.contains(told), "{said}");
    }
    assert!(checked.stdout.is_empty());
    assert!(!check(&["nowhere.conf"]).status.success());
}

#[test]
fn the_unit_of_systemd_fits_the_binary() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd/weft.service");
    let unit = fs::read_to_string(unit).unwrap();
    let value = |key: &str| {
        unit.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
    };
    let seconds: u64 = value("TimeoutStopSec=").parse().unwrap();
    let prepared = with("");
    let folder = prepared.folder.path().display().to_string();
    prepared.configured();
    for key in ["ExecStartPre=", "ExecStart="] {
        let words: Vec<&str> = value(key).split(' ').skip(1).collect();
        let words = words.iter().map(|word| word.replace("/etc/weft", &folder));
        let asked: Vec<String> = words
            .map(|word| word.replace("serve", "config check"))
            .collect();
        let asked: Vec<&str> = asked.iter().flat_map(|word| word.split(' ')).collect();
        let ran = Command::new(BINARY).args(&asked).output().unwrap();
        assert!(
            ran.status.success(),
            "{key}{asked:?}: {}",
            text(&ran.stderr)
        );
        if key == "ExecStart=" {
            let graceful = "graceful_shutdown_timeout = ";
            let said = text(&ran.stdout);
            let graceful = said
                .lines()
                .find_map(|line| line.strip_prefix(graceful))
                .unwrap();
            assert!(seconds > graceful.parse::<u64>().unwrap() + 15);
        }
    }
}
