//! Certificates from files, for the listeners that want them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// Why TLS cannot be had.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A listener wants TLS and a file is not named.
    #[error("an ssl: listener needs [weft] {0}; name the file, or listen on tcp:")]
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

/// A server's side of TLS; with a CA, clients must show a certificate of it.
///
/// # Errors
/// [`TlsError`] naming the option or the file.
pub(super) fn server(
    key: Option<&Path>,
    certificate: Option<&Path>,
    ca: Option<&Path>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let key_path = key.ok_or(TlsError::NotNamed("key_file"))?;
    let chain_path = certificate.ok_or(TlsError::NotNamed("cert_file"))?;
    let unfit = |path: &Path, reason: String| TlsError::Unfit {
        path: path.to_owned(),
        reason,
    };
    let key = PrivateKeyDer::from_pem_file(key_path).map_err(|source| file(key_path, source))?;
    let chain = certificates(chain_path)?;
    let builder = match ca {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(path)? {
                roots
                    .add(root)
                    .map_err(|error| unfit(path, error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
                .build()
                .map_err(|error| unfit(path, error.to_string()))?;
            ServerConfig::builder().with_client_cert_verifier(verifier)
        }
    };
    let config = builder
        .with_single_cert(chain, key)
        .map_err(|error| unfit(chain_path, error.to_string()))?;
    Ok(Arc::new(config))
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
