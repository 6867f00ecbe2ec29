//! `weft watch` and `weft history`, beside a controller that goes away and comes back.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::weft::{BINARY, Weft, curl, network, waited, with};

/// A command that asks `weft`.
fn asking(weft: &Weft, words: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(words).args(["--api", &weft.url("")]);
    command.stdin(Stdio::null());
    command
}

/// A follower, ended with this.
struct Follower {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Follower {
    fn of(weft: &Weft, words: &[&str]) -> Self {
        let mut command = asking(weft, &[&["watch"], words].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines }
    }

    /// The next line, without the time it begins with.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.as_mut().unwrap().read_line(&mut line).unwrap();
        let (_, told) = line.split_once(' ').unwrap_or_default();
        told.trim_end().to_owned()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It follows for ever.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_follower_outlives_the_controller_and_misses_nothing() {
    let mut weft = with("").start();
    let before = network(&weft, "before");
    let mut follower = Follower::of(&weft, &["--since", "0", "--kind", "network"]);
    assert_eq!(
        follower.line(),
        format!("#1 noauth: created network before {before}")
    );
    let path = weft.url(&format!("/v2.0/networks/{before}"));
    let body = "{\"network\": {\"name\": \"after\"}}";
    assert_eq!(curl(&["-X", "PUT", "--data", body, &path]).status, 200);
    assert_eq!(
        follower.line(),
        format!("#2 noauth: changed network after {before}: name before → after")
    );
    weft.stop();
    let folder = std::mem::replace(&mut weft.folder, tempfile::tempdir().unwrap());
    let mut again = with(&format!("[DEFAULT]\nbind_port = {}\n", weft.api.port()));
    again.folder = folder;
    let mut again = again.start();
    let new = network(&again, "new");
    assert_eq!(
        follower.line(),
        format!("#3 noauth: created network new {new}")
    );

    let told = asking(&again, &["history", "network", &before])
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let told: Vec<&str> = told
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, told)| told)
        .collect();
    let wanted = [
        format!("#1 noauth: created network before {before}"),
        format!("#2 noauth: changed network {before}: name before → after"),
    ];
    assert_eq!(told, wanted);
    again.stop();
}

#[test]
fn whoever_has_read_enough_may_go() {
    let mut weft = with("").start();
    network(&weft, "one");
    let mut follower = Follower::of(&weft, &["--since", "0"]);
    follower.line();
    follower.lines.take();
    let ended = waited("the follower ends", || {
        network(&weft, "more");
        follower.child.try_wait().unwrap()
    });
    assert!(ended.success(), "{ended}");
    weft.stop();
}
