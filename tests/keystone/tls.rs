//! Keystone behind TLS: whose certificate counts, and what is shown to it.

use std::fs;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::double::Double;
use crate::pki::{Authority, Pair};
use crate::{come, door, unavailable};

/// A Keystone's side of TLS; clients must show a certificate of `clients` where it is given.
fn server(pair: &Pair, clients: Option<&Authority>) -> ServerConfig {
    openflow::tls::install_crypto();
    let builder = match clients {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
            roots.add(root).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            ServerConfig::builder().with_client_cert_verifier(verifier.unwrap())
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    builder.with_single_cert(chain, key).unwrap()
}

#[tokio::test]
async fn keystones_certificate_is_checked_unless_told_otherwise() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let keystone = Double::with_tls(server(&ours.pair("keystone"), None)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: String| {
        let path = folder.path().join(name);
        fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let right = format!("cafile = {}", file("ours.pem", ours.pem()));
    come(&door(&keystone.url, &right), "t").await.unwrap();
    come(&door(&keystone.url, "insecure = true"), "t")
        .await
        .unwrap();
    let wrong = format!("cafile = {}", file("theirs.pem", theirs.pem()));
    let retries = "http_request_max_retries = 0";
    for untrusted in [&*wrong, ""] {
        let door = door(&keystone.url, &format!("{untrusted}\n{retries}"));
        unavailable(come(&door, "t").await);
    }
}

#[tokio::test]
async fn weft_shows_its_own_certificate() {
    let authority = Authority::new("ours");
    let strict = server(&authority.pair("keystone"), Some(&authority));
    let keystone = Double::with_tls(strict).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pair = authority.pair("weft");
    fs::write(path("ca.pem"), authority.pem()).unwrap();
    fs::write(path("cert.pem"), &pair.certificate).unwrap();
    fs::write(path("key.pem"), &pair.key).unwrap();
    fs::write(path("both.pem"), pair.certificate + &pair.key).unwrap();
    let ca = format!("cafile = {}\nhttp_request_max_retries = 0", path("ca.pem"));
    let apart = format!(
        "{ca}\ncertfile = {}\nkeyfile = {}",
        path("cert.pem"),
        path("key.pem")
    );
    let together = format!("{ca}\ncertfile = {}", path("both.pem"));
    for shown in [apart, together] {
        come(&door(&keystone.url, &shown), "t").await.unwrap();
    }
    unavailable(come(&door(&keystone.url, &ca), "t").await);
}
