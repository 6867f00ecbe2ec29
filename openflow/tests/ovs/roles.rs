//! Several controllers at a real switch, and a switch that dials its controller.

use std::time::Duration;

use openflow::connection::{Config, Listener};
use openflow::message::Message;
use openflow::peer_error::{BadRequest, RoleRequestFailed};
use openflow::role::{Role, RoleReason, RoleRequest};
use openflow::session::{Notice, RequestError};
use openflow::tls::{self, Identity};
use openflow::{FlowMod, Match, PeerError};

use crate::sandbox::Sandbox;
use crate::{add, connect, connect_with, next};

fn primary(generation_id: u64) -> RoleRequest {
    RoleRequest {
        role: Role::PRIMARY,
        generation_id,
    }
}

#[tokio::test]
async fn one_controller_is_primary_and_an_older_election_is_refused() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let mut config = Config::default();
    config.session.role = Some(primary(5));
    let (first, mut events) = connect_with(&sandbox, config).await;
    let granted = first.first_role().unwrap();
    assert_eq!(
        (granted.role, granted.generation_id),
        (Role::PRIMARY, Some(5))
    );
    let (second, _events) = connect(&sandbox).await;
    let granted = second.role(primary(6)).await.unwrap();
    assert_eq!(granted.role, Role::PRIMARY);
    let status = next(&mut events, |notice| match notice {
        Notice::RoleStatus(status) => Some(status),
        _ => None,
    })
    .await;
    assert_eq!(
        (status.role, status.reason),
        (Role::SECONDARY, RoleReason::PRIMARY_REQUEST)
    );
    let stale = PeerError::RoleRequestFailed(RoleRequestFailed::Stale);
    let message = "OFPT_ROLE_REQUEST";
    let refused = first.role(primary(5)).await;
    assert_eq!(
        refused,
        Err(RequestError::Refused {
            message,
            error: stale
        })
    );
    let refused = first
        .request(add("in_port=1,actions=drop"))
        .await
        .unwrap_err();
    let error = PeerError::BadRequest(BadRequest::IsSecondary);
    assert_eq!(
        refused,
        RequestError::Refused {
            message: "OFPT_FLOW_MOD",
            error
        }
    );
    second.request(add("in_port=1,actions=drop")).await.unwrap();
    let ask = RoleRequest {
        role: Role::NO_CHANGE,
        generation_id: 0,
    };
    assert_eq!(first.role(ask).await.unwrap().role, Role::SECONDARY);
}

#[tokio::test]
async fn a_switch_dials_and_dials_again() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None)
        .await
        .unwrap();
    let address = listener.local_address().unwrap();
    let controller = format!("tcp:{}:{}", address.ip(), address.port());
    sandbox.vsctl(&format!("set-controller br0 {controller}"));
    for _ in 0..2 {
        let accept = tokio::time::timeout(Duration::from_secs(20), listener.accept());
        let incoming = accept.await.unwrap().unwrap();
        let (connection, mut events) = incoming.open(Config::default()).await.unwrap();
        assert_eq!(connection.datapath_id(), 0xaa);
        let all = FlowMod::delete(None, Match::new());
        connection.request(Message::FlowMod(all)).await.unwrap();
        connection.close();
        while events.next().await.is_ok() {}
    }
}

#[tokio::test]
async fn a_switch_dials_by_tls_with_a_certificate() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "CA of the test");
    let ca = params.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(params, ca_key);
    let sign = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        (key.serialize_pem(), certificate.pem())
    };
    let (key, certificate) = sign("controller");
    let identity = Identity {
        key: key.as_bytes(),
        certificates: certificate.as_bytes(),
        ca: ca.as_bytes(),
    };
    let server = tls::server_config(identity).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Some(server))
        .await
        .unwrap();
    let (key, certificate) = sign("switch");
    let files = [
        ("key.pem", key),
        ("certificate.pem", certificate),
        ("ca.pem", ca.clone()),
    ];
    let [key, certificate, ca] = files.map(|(name, pem)| {
        let file = sandbox.path().join(name);
        std::fs::write(&file, pem).unwrap();
        file.to_str().unwrap().to_owned()
    });
    sandbox.vsctl(&format!("set-ssl {key} {certificate} {ca}"));
    let address = listener.local_address().unwrap();
    sandbox.vsctl(&format!(
        "set-controller br0 ssl:{}:{}",
        address.ip(),
        address.port()
    ));
    let accept = tokio::time::timeout(Duration::from_secs(20), listener.accept());
    let incoming = accept.await.unwrap().unwrap();
    let (connection, _events) = incoming.open(Config::default()).await.unwrap();
    let flows = (0..2000).map(|n| add(&format!("table=5,priority={n},in_port=1,actions=drop")));
    connection.bundle(flows.collect()).await.unwrap();
    assert_eq!(
        connection
            .flows(openflow::multipart::FlowQuery::all())
            .await
            .unwrap()
            .len(),
        2000
    );
}
