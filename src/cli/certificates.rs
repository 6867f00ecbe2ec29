//! Certificates that are read again when their files change: connections that stand go on, new ones
//! see the new ones, and a file that cannot be used leaves everything as it was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use metrics::counter;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use tokio::signal::unix::Signal;

use super::tls::{Files, TlsError};
use crate::metric;

/// What listeners show and whom they let in, as the files were when they could last be used.
#[derive(Debug)]
pub(super) struct Certificates {
    /// For whom, as the log says it.
    what: &'static str,
    files: Files,
    identity: ArcSwap<CertifiedKey>,
    clients: Option<Arc<Clients>>,
    seen: Mutex<Stamp>,
}

/// What tells that a file is not the one it was: time of change, length and inode of each.
type Stamp = Vec<Option<(i64, i64, u64, u64)>>;

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// What cannot be used, and why.
    pub(super) fn read(what: &'static str, files: Files) -> Result<Arc<Self>, TlsError> {
        let seen = Mutex::new(stamp(&files));
        let clients = files.clients()?.map(|verifier| {
            Arc::new(Clients {
                current: ArcSwap::from_pointee(verifier),
            })
        });
        Ok(Arc::new(Self {
            what,
            identity: ArcSwap::from_pointee(files.identity()?),
            clients,
            files,
            seen,
        }))
    }

    /// The file that is shown.
    pub(super) fn path(&self) -> &Path {
        &self.files.certificate
    }

    /// Clients must show certificates.
    pub(super) fn asks_clients(&self) -> bool {
        self.clients.is_some()
    }

    /// Who looks at the certificates of clients.
    pub(super) fn verifier(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        let clients = self.clients.clone()?;
        Some(clients)
    }

    /// Reads the files again if they are not what they were.
    fn look(&self) {
        let now = stamp(&self.files);
        let before = std::mem::replace(
            &mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner),
            now.clone(),
        );
        if before != now {
            self.reload();
        }
    }

    /// Reads the files again.
    fn reload(&self) {
        let (what, path) = (self.what, self.path().display());
        match self.take_over() {
            Ok(()) => {
                count("used");
                tracing::info!(certificate = %path, "new certificates for {what} are in use");
            }
            Err(error) => {
                count("refused");
                tracing::error!(%error, "new certificates for {what} cannot be used; the old ones stay in use");
            }
        }
    }

    fn take_over(&self) -> Result<(), TlsError> {
        let (identity, verifier) = (self.files.identity()?, self.files.clients()?);
        self.identity.store(Arc::new(identity));
        if let (Some(clients), Some(verifier)) = (&self.clients, verifier) {
            clients.current.store(Arc::new(verifier));
        }
        Ok(())
    }
}

fn count(outcome: &'static str) {
    counter!(metric::CERTIFICATES.name, "outcome" => outcome).increment(1);
}

fn stamp(files: &Files) -> Stamp {
    let paths = [
        Some(&files.key),
        Some(&files.certificate),
        files.ca.as_ref(),
    ];
    let one = |path| {
        let found = fs::metadata(path).ok()?;
        Some((found.mtime(), found.mtime_nsec(), found.len(), found.ino()))
    };
    paths.into_iter().flatten().map(one).collect()
}

/// Looks at the files every `interval`, and at SIGHUP, for ever.
pub(super) async fn watch(all: Vec<Arc<Certificates>>, interval: Duration, mut hangup: Signal) {
    let mut ticks = tokio::time::interval(interval);
    loop {
        tokio::select! {
            _ = ticks.tick() => all.iter().for_each(|one| one.look()),
            received = hangup.recv() => {
                if received.is_none() {
                    return;
                }
                tracing::info!("SIGHUP: reading certificates again");
                all.iter().for_each(|one| one.reload());
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.identity.load_full())
    }
}

/// Looks at the certificates of clients by the authorities that are in the file now.
#[derive(Debug)]
struct Clients {
    current: ArcSwap<Arc<dyn ClientCertVerifier>>,
}

impl ClientCertVerifier for Clients {
    /// None are told: they may change between here and the answer, and any client may try.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let current = self.current.load();
        current.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current
            .load()
            .verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current
            .load()
            .verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current.load().supported_verify_schemes()
    }
}
