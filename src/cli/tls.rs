//! A server's side of TLS from files in PEM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use super::certificates::Certificates;
use crate::config::{Ciphers, TlsVersions};

/// Why TLS cannot be had.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A listener wants TLS and a file is not named.
    #[error("TLS needs {0}; name the file, or do without TLS")]
    NotNamed(&'static str),
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls_pki_types::pem::Error,
    },
    /// Certificates and key that do not fit each other or what TLS wants.
    #[error("{path}: {reason}")]
    Unfit {
        /// Path of the file at fault.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What a listener shows, and whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) key: PathBuf,
    pub(super) certificate: PathBuf,
    /// With it, clients must show a certificate of its.
    pub(super) ca: Option<PathBuf>,
}

impl Files {
    /// The files that are named, in the section called `section`.
    ///
    /// # Errors
    /// The option that names none.
    pub(super) fn named(
        key: Option<&Path>,
        certificate: Option<&Path>,
        ca: Option<&Path>,
        options: [&'static str; 2],
    ) -> Result<Self, TlsError> {
        let [key_option, certificate_option] = options;
        Ok(Self {
            key: key.ok_or(TlsError::NotNamed(key_option))?.to_owned(),
            certificate: certificate
                .ok_or(TlsError::NotNamed(certificate_option))?
                .to_owned(),
            ca: ca.map(Path::to_owned),
        })
    }

    /// The certificate chain with its key.
    ///
    /// # Errors
    /// A file that cannot be read, or two that do not fit each other.
    pub(super) fn identity(&self) -> Result<CertifiedKey, TlsError> {
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| file(&self.key, e))?;
        let chain = certificates(&self.certificate)?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| unfit(&self.certificate, &error))
    }

    /// Who looks at the certificates of clients, if they need any.
    ///
    /// # Errors
    /// A file that cannot be read, or holds nothing that can be trusted.
    pub(super) fn clients(&self) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        let Some(path) = &self.ca else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for root in certificates(path)? {
            roots.add(root).map_err(|error| unfit(path, &error))?;
        }
        let provider = Arc::new(ring::default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map(|verifier| Some(verifier as Arc<dyn ClientCertVerifier>))
            .map_err(|error| unfit(path, &error))
    }
}

/// TLS by certificates that may change while it serves.
///
/// # Errors
/// Versions and ciphers that leave nothing to speak.
pub(super) fn server(
    certificates: &Arc<Certificates>,
    versions: TlsVersions,
    ciphers: &Ciphers,
) -> Result<ServerConfig, TlsError> {
    let wanted: Vec<CipherSuite> = ciphers.names().iter().filter_map(|n| suite(n)).collect();
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| {
        suite.version().version == TLS13.version || wanted.contains(&suite.suite())
    });
    let protocols: &[&SupportedProtocolVersion] = match versions {
        TlsVersions::All => &[&TLS13, &TLS12],
        TlsVersions::Tls12 => &[&TLS12],
        TlsVersions::Tls13 => &[&TLS13],
    };
    let provider: Arc<CryptoProvider> = Arc::new(provider);
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(protocols)
        .map_err(|error| unfit(certificates.path(), &error))?;
    let builder = match certificates.verifier() {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    };
    let mut config = builder.with_cert_resolver(certificates.clone());
    if certificates.asks_clients() {
        // Resuming a session would let in a client whose authority has been taken out of the file.
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    }
    Ok(config)
}

/// A suite of TLS 1.2 by OpenSSL's name.
fn suite(name: &str) -> Option<CipherSuite> {
    use CipherSuite as S;
    Some(match name {
        "ECDHE-ECDSA-AES256-GCM-SHA384" => S::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES128-GCM-SHA256" => S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305" => S::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-AES256-GCM-SHA384" => S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES128-GCM-SHA256" => S::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305" => S::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        _ => return None,
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match read {
        Ok(none) if Vec::is_empty(&none) => Err(TlsError::Unfit {
            path: path.to_owned(),
            reason: "no certificate in it".to_owned(),
        }),
        other => other.map_err(|source| file(path, source)),
    }
}

fn file(path: &Path, source: rustls_pki_types::pem::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        source,
    }
}

fn unfit(path: &Path, error: &dyn std::error::Error) -> TlsError {
    TlsError::Unfit {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cipher_of_the_configuration_is_one_of_the_librarys() {
        let there: Vec<CipherSuite> = ring::default_provider()
            .cipher_suites
            .iter()
            .map(|suite| suite.suite())
            .collect();
        for name in Ciphers::default().names() {
            assert!(
                suite(name).is_some_and(|suite| there.contains(&suite)),
                "{name}"
            );
        }
    }
}
