//! Real switches: `ovsdb-server` dials us after `set-manager` over TCP and TLS, and is dialled;
//! `ovs-vswitchd` with its dummy datapath carries an edit out.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ovsdb::vswitch::{self, Edit, Interface, Manager, Values};
use ovsdb::{ListenOptions, ListenTarget, Listener, Session, Settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::support::{Real, follow, have_ovs};

const PATIENCE: Duration = Duration::from_secs(20);

async fn listen(target: &str, tls: Option<Arc<ServerConfig>>) -> Listener {
    let target: ListenTarget = target.parse().unwrap();
    let options = ListenOptions::default();
    Listener::bind(&target, tls, options, Settings::default())
        .await
        .unwrap()
}

async fn accept(listener: &mut Listener) -> Session {
    let session = tokio::time::timeout(PATIENCE, listener.accept());
    session.await.expect("no switch dials").unwrap()
}

fn port_of(listener: &Listener) -> u16 {
    listener.local_addr().unwrap().port()
}

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap().port()
}

/// Adds a bridge over the session; `ovs-vsctl` must see it.
async fn add_bridge(real: &Real, session: Session, name: &str) {
    let following = follow(session).await;
    let replica = following.monitor.replica();
    let mut edit = Edit::new(&replica).unwrap();
    edit.bridge(name, &Values::new()).unwrap();
    vswitch::commit(&following.session, edit)
        .await
        .unwrap()
        .unwrap();
    let bridges = real.vsctl(&["list-br"]);
    assert!(bridges.lines().any(|line| line == name), "{bridges}");
    let ports = real.vsctl(&["--columns=type", "--bare", "list", "interface", name]);
    assert_eq!(ports, "internal");
}

#[tokio::test]
async fn a_switch_dials_us_is_probed_and_comes_back() {
    if !have_ovs() {
        return;
    }
    let real = Real::start(&[]);
    let mut listener = listen("ptcp:0:127.0.0.1", None).await;
    let target = format!("tcp:127.0.0.1:{}", port_of(&listener));
    real.vsctl(&["set-manager", &target]);
    real.vsctl(&[
        "set",
        "manager",
        ".",
        "inactivity_probe=1000",
        "max_backoff=1000",
    ]);
    let session = accept(&mut listener).await;
    assert!(session.peer().address.unwrap().ip().is_loopback());
    let mut databases = session.list_dbs().await.unwrap();
    databases.sort();
    assert_eq!(databases, ["Open_vSwitch", "_Server"]);
    // It probes each second, and would hang up after two without an answer.
    tokio::time::sleep(Duration::from_millis(3500)).await;
    session.echo().await.unwrap();
    add_bridge(&real, session.clone(), "br0").await;
    let following = follow(session).await;
    let manager: Manager = following.monitor.replica().all().next().unwrap().unwrap();
    assert_eq!(manager.target, target);

    following.session.close();
    let again = accept(&mut listener).await;
    add_bridge(&real, again, "br1").await;
}

#[tokio::test]
async fn a_switch_is_dialled_over_tcp_and_unix() {
    if !have_ovs() {
        return;
    }
    let real = Real::start(&[]);
    let port = free_port();
    real.vsctl(&["set-manager", &format!("ptcp:{port}:127.0.0.1")]);
    let target = format!("tcp:127.0.0.1:{port}").parse().unwrap();
    let session = ovsdb::connect(&target, None, &Settings::default())
        .await
        .unwrap();
    add_bridge(&real, session, "over-tcp").await;
    let session = ovsdb::connect(&real.target(), None, &Settings::default())
        .await
        .unwrap();
    add_bridge(&real, session, "over-unix").await;
}

/// An authority, and what it has signed, as PEM files in a folder.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        Self { issuer }
    }

    /// Writes NAME-key.pem and NAME-cert.pem.
    fn sign(&self, folder: &Path, name: &str) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
        std::fs::write(folder.join(format!("{name}-cert.pem")), certificate.pem()).unwrap();
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        Arc::new(roots)
    }
}

fn load(folder: &Path, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_file(folder.join(format!("{name}-cert.pem")));
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}-key.pem")));
    (vec![certificate.unwrap()], key.unwrap())
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn server_config(folder: &Path, authority: &Authority) -> Arc<ServerConfig> {
    let verifier = WebPkiClientVerifier::builder_with_provider(authority.roots(), provider());
    let (certificates, key) = load(folder, "controller");
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(certificates, key);
    Arc::new(config.unwrap())
}

fn client_config(folder: &Path, authority: &Authority) -> Arc<ClientConfig> {
    let (certificates, key) = load(folder, "controller");
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(authority.roots())
        .with_client_auth_cert(certificates, key);
    Arc::new(config.unwrap())
}

/// A switch with a certificate of `signer` that trusts `trusted`.
fn start_with_tls(pki: &Path, name: &str, signer: &Authority, trusted: &Authority) -> Real {
    signer.sign(pki, name);
    let authority = pki.join(format!("{name}-ca.pem"));
    std::fs::write(&authority, trusted.issuer.pem()).unwrap();
    let file = |kind: &str| pki.join(format!("{name}-{kind}.pem")).display().to_string();
    Real::start(&[
        &format!("--private-key={}", file("key")),
        &format!("--certificate={}", file("cert")),
        &format!("--ca-cert={}", file("ca")),
    ])
}

#[tokio::test]
async fn switches_come_over_tls_with_their_certificate_and_no_others() {
    if !have_ovs() {
        return;
    }
    let pki = tempfile::tempdir().unwrap();
    let (ours, foreign) = (Authority::new("ours"), Authority::new("foreign"));
    ours.sign(pki.path(), "controller");
    let config = server_config(pki.path(), &ours);
    let mut listener = listen("pssl:0:127.0.0.1", Some(config)).await;
    let target = format!("ssl:127.0.0.1:{}", port_of(&listener));

    // One that another authority signed, one without TLS at all: neither becomes a session.
    let stranger = start_with_tls(pki.path(), "stranger", &foreign, &ours);
    stranger.vsctl(&["set-manager", &target]);
    let naked = Real::start(&[]);
    naked.vsctl(&["set-manager", &target.replacen("ssl:", "tcp:", 1)]);
    let nobody = tokio::time::timeout(Duration::from_secs(2), listener.accept()).await;
    assert!(nobody.is_err(), "{nobody:?}");

    let switch = start_with_tls(pki.path(), "switch", &ours, &ours);
    switch.vsctl(&["set-manager", &target]);
    let session = accept(&mut listener).await;
    let (expected, _) = load(pki.path(), "switch");
    assert_eq!(session.peer().certificates.first(), expected.first());
    add_bridge(&switch, session, "br-tls").await;
}

#[tokio::test]
async fn a_switch_is_dialled_over_tls() {
    if !have_ovs() {
        return;
    }
    let pki = tempfile::tempdir().unwrap();
    let (ours, foreign) = (Authority::new("ours"), Authority::new("foreign"));
    ours.sign(pki.path(), "controller");
    let switch = start_with_tls(pki.path(), "switch", &ours, &ours);
    let port = free_port();
    switch.vsctl(&["set-manager", &format!("pssl:{port}:127.0.0.1")]);
    let target = format!("ssl:127.0.0.1:{port}").parse().unwrap();
    let tls = client_config(pki.path(), &ours);
    let session = ovsdb::connect(&target, Some(tls), &Settings::default())
        .await
        .unwrap();
    add_bridge(&switch, session, "br-tls").await;

    let untrusting = client_config(pki.path(), &foreign);
    let refused = ovsdb::connect(&target, Some(untrusting), &Settings::default()).await;
    assert!(refused.unwrap_err().to_string().contains("certificate"));
    let without = ovsdb::connect(&target, None, &Settings::default())
        .await
        .unwrap_err();
    assert_eq!(without.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn vswitchd_carries_an_edit_out() {
    if !have_ovs() {
        return;
    }
    let real = Real::start(&[]);
    let folder = real.folder.path();
    let mut vswitchd = Command::new("ovs-vswitchd")
        .env("OVS_RUNDIR", folder)
        .env("OVS_LOGDIR", folder)
        .args([
            "-vconsole:off",
            "--no-chdir",
            "--enable-dummy=override",
            "--disable-system",
        ])
        .arg(format!(
            "--unixctl={}",
            folder.join("vswitchd.ctl").display()
        ))
        .arg(format!("unix:{}", real.socket().display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let session = ovsdb::connect(&real.target(), None, &Settings::default())
        .await
        .unwrap();
    let following = follow(session).await;
    let replica = following.monitor.replica();
    let mut edit = Edit::new(&replica).unwrap();
    let bridge = edit.bridge("br-int", &Values::new()).unwrap();
    let vxlan = Values::new()
        .set(Interface::KIND, "vxlan")
        .key(Interface::OPTIONS, "key", "flow")
        .key(Interface::OPTIONS, "remote_ip", "flow");
    edit.port(&bridge, "vxlan0", &Values::new(), &vxlan)
        .unwrap();
    let commit = vswitch::commit(&following.session, edit)
        .await
        .unwrap()
        .unwrap();
    let view = following.monitor.view();
    let done = vswitch::carried_out(&view, commit.next_cfg);
    let done = tokio::time::timeout(PATIENCE, done).await;
    let interface: Interface = following
        .monitor
        .replica()
        .named("vxlan0")
        .unwrap()
        .unwrap();
    // Ours, by its handle.
    vswitchd.kill().unwrap();
    vswitchd.wait().unwrap();
    done.expect("cur_cfg does not come").unwrap();
    assert!(
        interface.ofport.is_some_and(|ofport| ofport > 0),
        "{interface:?}"
    );
    assert_eq!(interface.error, None);
}
