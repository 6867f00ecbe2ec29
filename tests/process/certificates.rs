//! TLS of the API and of the listeners for switches, and certificates that change under them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::pki::{Authority, Pair};
use crate::weft::{BINARY, Got, Prepared, Weft, curl, replace, waited, with};

const API: &str = "\
[DEFAULT]
use_ssl = true
[ssl]
cert_file = FOLDER/api.pem
key_file = FOLDER/api.key
";

fn put(folder: &Path, name: &str, pair: &Pair) {
    replace(&folder.join(format!("{name}.key")), &pair.key);
    replace(&folder.join(format!("{name}.pem")), &pair.certificate);
}

fn prepared(authority: &Authority, options: &str) -> Prepared {
    let prepared = with(options);
    let folder = prepared.folder.path();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    put(folder, "api", &authority.pair("first"));
    put(folder, "client", &authority.pair("client"));
    prepared
}

/// Asks over TLS as `localhost`, with these words of curl besides.
fn ask(weft: &Weft, words: &[&str]) -> Got {
    let port = weft.api.port();
    let to = format!("localhost:{port}:127.0.0.1");
    let ca = weft.path("ca.pem").display().to_string();
    let url = format!("https://localhost:{port}/");
    curl(&[&["--resolve", &to, "--cacert", &ca], words, &[&url]].concat())
}

/// The common name of the certificate that is shown at a port.
fn shown(port: u16, words: &[&str]) -> Option<String> {
    let at = format!("127.0.0.1:{port}");
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &at]).args(words);
    let ran = command
        .stdin(Stdio::null())
        .output()
        .expect("openssl is installed");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let subject = said
        .lines()
        .find_map(|line| line.strip_prefix("subject="))?;
    Some(subject.rsplit("CN = ").next()?.trim().to_owned())
}

/// A connection that is kept open over TLS.
struct Kept {
    child: Child,
    input: ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Kept {
    fn open(port: u16) -> Self {
        let at = format!("127.0.0.1:{port}");
        let mut command = Command::new("openssl");
        command.args(["s_client", "-quiet", "-connect", &at]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("openssl is installed");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// The status of one answer.
    fn ask(&mut self) -> String {
        let request = b"GET /healthcheck HTTP/1.1\r\nhost: x\r\n\r\n";
        self.input.write_all(request).unwrap();
        let mut lines = (&mut self.output).lines().map(Result::unwrap);
        let status = lines.find(|line| line.contains("HTTP/1.1 ")).unwrap();
        assert!(lines.any(|line| line.is_empty()));
        status
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Mostly it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_api_over_tls_in_both_versions_of_http() {
    let authority = Authority::new("authority");
    let weft = prepared(&authority, API).start();
    let newer = ask(&weft, &[]);
    assert_eq!(
        (newer.status, newer.version.as_str()),
        (200, "2"),
        "{newer:?}"
    );
    let href = &newer.json()["versions"][0]["links"][0]["href"];
    let expected = format!("https://localhost:{}/v2.0/", weft.api.port());
    assert_eq!(href.as_str(), Some(expected.as_str()));
    let older = ask(&weft, &["--http1.1"]);
    assert_eq!((older.status, older.version.as_str()), (200, "1.1"));
    let plain = curl(&[&weft.url("/")]);
    assert_ne!(plain.code, 0, "{plain:?}");
    let other = Authority::new("other");
    fs::write(weft.path("ca.pem"), other.pem()).unwrap();
    assert_ne!(ask(&weft, &[]).code, 0);
}

#[test]
fn the_command_line_asks_over_tls() {
    let authority = Authority::new("authority");
    let weft = prepared(&authority, API).start();
    let status = |ca: &str| {
        let url = format!("https://localhost:{}", weft.api.port());
        let mut command = Command::new(BINARY);
        command
            .args(["status", "--api", &url])
            .env("OS_CACERT", weft.path(ca));
        command.output().unwrap()
    };
    let said = status("ca.pem");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.status.success() && text.contains("0 networks"),
        "{said:?}"
    );
    fs::write(weft.path("other.pem"), Authority::new("other").pem()).unwrap();
    assert!(!status("other.pem").status.success());
}

#[test]
fn versions_and_ciphers_as_configured() {
    let authority = Authority::new("authority");
    let narrow = "version = TLSv1_2\nciphers = ECDHE+CHACHA20:!aNULL\n";
    let weft = prepared(&authority, &format!("{API}{narrow}")).start();
    assert_eq!(ask(&weft, &[]).status, 200);
    assert_ne!(ask(&weft, &["--tlsv1.3"]).code, 0);
    let cipher = |name| ask(&weft, &["--tls-max", "1.2", "--ciphers", name]);
    assert_eq!(cipher("ECDHE-ECDSA-CHACHA20-POLY1305").status, 200);
    assert_ne!(cipher("ECDHE-ECDSA-AES256-GCM-SHA384").code, 0);
}

#[test]
fn clients_show_certificates_where_they_must() {
    let authority = Authority::new("authority");
    let weft = prepared(&authority, &format!("{API}ca_file = FOLDER/ca.pem\n")).start();
    assert_ne!(ask(&weft, &[]).code, 0);
    let file = |name| weft.path(name).display().to_string();
    let (key, certificate) = (file("client.key"), file("client.pem"));
    let own = ["--key", key.as_str(), "--cert", certificate.as_str()];
    assert_eq!(ask(&weft, &own).status, 200);
    put(
        weft.folder.path(),
        "client",
        &Authority::new("other").pair("client"),
    );
    assert_ne!(ask(&weft, &own).code, 0);
}

#[test]
fn changed_certificates_are_taken_up_and_broken_ones_are_not() {
    let authority = Authority::new("authority");
    let options = format!("certificate_check_interval_seconds = 1\n{API}");
    let weft = prepared(&authority, &options).start();
    let port = weft.api.port();
    let is = |name: &str| shown(port, &[]).as_deref() == Some(name);
    assert!(is("first"));
    let mut kept = Kept::open(port);
    assert!(kept.ask().contains(" 200 "));
    put(weft.folder.path(), "api", &authority.pair("second"));
    waited("the second certificate", || is("second").then_some(()));
    assert!(
        kept.ask().contains(" 200 "),
        "a connection that stands goes on"
    );
    // One that does not fit the key, and one that is none.
    let third = authority.pair("third");
    for broken in [third.certificate.as_str(), "nonsense"] {
        replace(&weft.path("api.pem"), broken);
        weft.said("new certificates for the API cannot be used; the old ones stay in use");
        assert!(is("second"));
    }
    put(weft.folder.path(), "api", &third);
    waited("the third certificate", || is("third").then_some(()));
    assert!(kept.ask().contains(" 200 "));
}

#[test]
fn a_hangup_reads_certificates_at_once() {
    let authority = Authority::new("authority");
    let options = format!("certificate_check_interval_seconds = 86400\n{API}");
    let mut weft = prepared(&authority, &options).start();
    put(weft.folder.path(), "api", &authority.pair("second"));
    weft.signal("HUP");
    weft.said("new certificates for the API are in use");
    assert_eq!(shown(weft.api.port(), &[]).as_deref(), Some("second"));
    weft.stop();
}

#[test]
fn listeners_of_switches_take_up_certificates_too() {
    let authority = Authority::new("authority");
    let options = "\
certificate_check_interval_seconds = 1
ovsdb_listen = ssl:127.0.0.1:0
openflow_listen = ssl:127.0.0.1:0
key_file = FOLDER/api.key
cert_file = FOLDER/api.pem
ca_file = FOLDER/ca.pem
";
    let weft = prepared(&authority, options).start();
    let port = |what: &str| -> u16 {
        let address = weft.said(what)["address"].as_str().unwrap().to_owned();
        address.rsplit(':').next().unwrap().parse().unwrap()
    };
    let file = |name| weft.path(name).display().to_string();
    let own = ["-key", &file("client.key"), "-cert", &file("client.pem")];
    let ports = [port("OVSDB listens"), port("OpenFlow listens")];
    for port in ports {
        assert_eq!(shown(port, &own).as_deref(), Some("first"));
    }
    put(weft.folder.path(), "api", &authority.pair("second"));
    for port in ports {
        let second = || (shown(port, &own).as_deref() == Some("second")).then_some(());
        waited("the second certificate", second);
    }
}
