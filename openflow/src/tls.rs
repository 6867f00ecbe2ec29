//! TLS as Open vSwitch uses it: both ends show a certificate of one CA, and that is all that counts.
//! The names in the certificates are not compared, since a switch's certificate names the switch and
//! not the address it is dialled at.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig,
    SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use thiserror::Error;

/// What one end needs: its key, its certificates, and the CA it trusts. All in PEM.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The private key.
    pub key: &'a [u8],
    /// The certificate of the key first, then those it was signed by.
    pub certificates: &'a [u8],
    /// Certificates of the CAs that may have signed the other end's.
    pub ca: &'a [u8],
}

/// Why there is no TLS configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// One of the texts is no PEM of the right kind.
    #[error("no {what} in the PEM: {error}")]
    Pem {
        /// "private key", "certificate" or "CA certificate".
        what: &'static str,
        /// What is wrong.
        error: rustls_pki_types::pem::Error,
    },
    /// There is no certificate at all.
    #[error("no {what} in the PEM")]
    Empty {
        /// "certificate" or "CA certificate".
        what: &'static str,
    },
    /// Key and certificates do not go together, or cannot be used.
    #[error("TLS cannot use these: {0}")]
    Tls(#[from] rustls::Error),
    /// The CA certificates cannot be used to check others.
    #[error("TLS cannot use the CA certificates: {0}")]
    Ca(#[from] rustls::server::VerifierBuilderError),
}

/// For accepting switches: each must show a certificate of the CA.
///
/// # Errors
/// What is wrong with the identity.
pub fn server_config(identity: Identity<'_>) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let (certificates, key, roots) = identity.parse()?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, key)?;
    Ok(Arc::new(config))
}

/// For dialling switches: each must show a certificate of the CA, whatever name it bears.
///
/// # Errors
/// What is wrong with the identity.
pub fn client_config(identity: Identity<'_>) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let (certificates, key, roots) = identity.parse()?;
    let chain =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyName { chain }))
        .with_client_auth_cert(certificates, key)?;
    Ok(Arc::new(config))
}

impl Identity<'_> {
    fn parse(
        &self,
    ) -> Result<
        (
            Vec<CertificateDer<'static>>,
            PrivateKeyDer<'static>,
            RootCertStore,
        ),
        TlsError,
    > {
        let certificates = certificates("certificate", self.certificates)?;
        let key = PrivateKeyDer::from_pem_slice(self.key).map_err(|error| TlsError::Pem {
            what: "private key",
            error,
        })?;
        let mut roots = RootCertStore::empty();
        for certificate in self::certificates("CA certificate", self.ca)? {
            roots.add(certificate)?;
        }
        Ok((certificates, key, roots))
    }
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| TlsError::Pem { what, error })?;
    if certificates.is_empty() {
        Err(TlsError::Empty { what })
    } else {
        Ok(certificates)
    }
}

/// Checks the chain of certificates and every signature as usual, and passes over the name.
#[derive(Debug)]
struct AnyName {
    chain: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        // The chain is checked before the name, so only the name is wrong here.
        match verified {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Makes the crypto of this crate the one of the process, for parts that ask no one. Later calls, and
/// calls after another was installed, change nothing.
pub fn install_crypto() {
    let _ = CryptoProvider::install_default(ring::default_provider());
}
