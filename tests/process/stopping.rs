//! Being told to stop, once and twice; and what the service manager is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::weft::{PATIENCE, Weft, curl, network, waited, with};

/// Begins a POST of a network of which the last byte is yet to come.
fn begun(weft: &Weft, name: &str) -> (TcpStream, String) {
    let body = format!("{{\"network\": {{\"name\": \"{name}\"}}}}");
    let (most, last) = body.split_at(body.len() - 1);
    let mut stream = TcpStream::connect(weft.api).unwrap();
    let head = format!(
        "POST /v2.0/networks HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{most}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // So that the request is under way before anything else is.
    std::thread::sleep(Duration::from_millis(300));
    (stream, last.to_owned())
}

#[test]
fn what_is_under_way_is_finished() {
    let mut weft = with("").start();
    let idle = TcpStream::connect(weft.api).unwrap();
    let (mut busy, last) = begun(&weft, "last");
    weft.signal("TERM");
    weft.said("stopping");
    waited("nobody listens", || {
        TcpStream::connect(weft.api).err().map(|_| ())
    });
    busy.write_all(last.as_bytes()).unwrap();
    let mut said = String::new();
    busy.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 201 "), "{said}");
    assert!(weft.ended().success(), "{}", weft.log());
    weft.said("stopped");
    drop(idle);
    // It is there, and the ledger was closed in good order: one file, no log of the engine's.
    assert!(!weft.path("weft.db-wal").exists());
    let folder = std::mem::replace(&mut weft.folder, tempfile::tempdir().unwrap());
    let mut again = with("");
    again.folder = folder;
    let mut again = again.start();
    let listed = curl(&[&again.url("/v2.0/networks?name=last")]);
    assert_eq!(listed.json()["networks"].as_array().unwrap().len(), 1);
    again.stop();
}

#[test]
fn streams_of_events_are_ended() {
    let mut weft = with("").start();
    let mut command = Command::new("curl");
    command.args(["--silent", "--no-buffer", "--max-time", "60"]);
    command
        .arg(weft.url("/weft/v1/changes?since=0"))
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("curl is installed");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    network(&weft, "seen");
    assert!(lines.any(|line| line.unwrap().contains("\"seen\"")));
    let started = Instant::now();
    weft.stop();
    assert!(started.elapsed() < Duration::from_secs(30));
    // It ended as a stream does, and was not cut off.
    lines.for_each(|line| assert!(line.is_ok()));
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_takes_too_long_is_cut() {
    let mut weft = with("[DEFAULT]\ngraceful_shutdown_timeout = 1\n").start();
    let (_busy, _) = begun(&weft, "never");
    let started = Instant::now();
    weft.stop();
    assert!(started.elapsed() > Duration::from_millis(900));
    weft.said("closing connections that did not end in time");
    weft.said("stopped");
}

#[test]
fn told_twice_it_ends_at_once() {
    let mut weft = with("[DEFAULT]\ngraceful_shutdown_timeout = 0\n").start();
    let kept = network(&weft, "kept");
    let (_busy, _) = begun(&weft, "never");
    weft.signal("TERM");
    weft.said("stopping");
    std::thread::sleep(Duration::from_millis(300));
    assert!(weft.child.try_wait().unwrap().is_none(), "{}", weft.log());
    weft.signal("TERM");
    let started = Instant::now();
    assert!(!weft.ended().success());
    assert!(started.elapsed() < PATIENCE / 4);
    assert!(weft.log().contains("told twice to stop"), "{}", weft.log());
    let folder = std::mem::replace(&mut weft.folder, tempfile::tempdir().unwrap());
    let mut again = with("");
    again.folder = folder;
    let again = again.start();
    let shown = curl(&[&again.url(&format!("/v2.0/networks/{kept}"))]);
    assert_eq!(shown.status, 200);
}

#[test]
fn a_hangup_ends_nothing() {
    let mut weft = with("").start();
    weft.signal("HUP");
    weft.said("SIGHUP: reading certificates again");
    network(&weft, "after");
    weft.stop();
}

#[test]
fn the_service_manager_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut words = [0; 64];
        let length = socket.recv(&mut words).unwrap();
        String::from_utf8_lossy(&words[..length]).into_owned()
    };
    let prepared = with("").variable("NOTIFY_SOCKET", path.display().to_string());
    let mut weft = prepared.start();
    assert_eq!(heard(), "READY=1");
    assert_eq!(curl(&[&weft.url("/")]).status, 200);
    weft.stop();
    assert_eq!(heard(), "STOPPING=1");
}
