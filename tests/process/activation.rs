//! A socket that the service manager opened before, which a restart does not close.

use std::net::TcpListener;
use std::process::Command;

use crate::weft::{curl, waited, with};

#[test]
fn the_api_listens_where_the_manager_does() {
    let tool = "systemd-socket-activate";
    if Command::new(tool).arg("--version").output().is_err() {
        eprintln!("skipped: {tool} is not installed");
        return;
    }
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let address = free.to_string();
    // The tool starts the program with the first connection.
    let knock = std::thread::spawn(move || {
        waited("the manager listens", || {
            std::net::TcpStream::connect(free).ok()
        })
    });
    let mut weft = with("").start_by(&[tool, "--listen", &address]);
    assert_eq!(weft.api, free);
    drop(knock.join().unwrap());
    assert_eq!(curl(&[&weft.url("/healthcheck")]).status, 200);
    weft.stop();
}
