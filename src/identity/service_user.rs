//! The service user's own token: had once, renewed before it ends, given up when it is refused.

use std::sync::Arc;

use api::Timestamp;
use reqwest::header::HeaderValue;
use tokio::sync::Mutex;

use super::client::{Client, ClientError, Issued, versioned};
use super::credentials::Credentials;

/// How long before its end a token is renewed, in seconds, unless it lasts for less than four times
/// as long.
const MARGIN: i64 = 30;

/// The service's type in the catalogue.
const IDENTITY: &str = "identity";

/// Who weft is to Keystone, and where Keystone is.
#[derive(Debug)]
pub struct ServiceUser {
    /// Where the token is had.
    pub auth_url: String,
    /// By what.
    pub credentials: Credentials,
    /// Which of Keystone's endpoints is asked about tokens.
    pub interface: String,
    /// In which region.
    pub region: Option<String>,
    held: Mutex<Option<Arc<OwnToken>>>,
}

/// A token of ours, and whom to ask with it.
#[derive(Debug)]
pub struct OwnToken {
    /// The token.
    pub token: HeaderValue,
    /// Keystone as the catalogue has it, with its version.
    pub endpoint: String,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

impl ServiceUser {
    /// A user that holds no token yet.
    pub fn new(
        auth_url: String,
        credentials: Credentials,
        interface: String,
        region: Option<String>,
    ) -> Self {
        Self {
            auth_url,
            credentials,
            interface,
            region,
            held: Mutex::new(None),
        }
    }

    /// The token, renewed where it is about to end or is `refused`. Whoever asks meanwhile waits
    /// for the same one.
    ///
    /// # Errors
    /// Keystone gives none, and the one held has ended.
    pub async fn token(
        &self,
        client: &Client,
        refused: Option<&Arc<OwnToken>>,
    ) -> Result<Arc<OwnToken>, ClientError> {
        let mut held = self.held.lock().await;
        let now = Timestamp::now();
        let current = held.take().filter(|own| {
            let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, own));
            !is_refused && now < own.expires_at
        });
        if let Some(own) = current.as_ref().filter(|own| now < own.renew_at) {
            *held = Some(Arc::clone(own));
            return Ok(Arc::clone(own));
        }
        let issued = client.authenticate(&self.auth_url, &self.credentials).await;
        let own = match (issued, current) {
            (Ok(issued), _) => Arc::new(self.own(issued, now)),
            (Err(error), Some(own)) => {
                tracing::warn!(%error, "the service user's token is not renewed yet");
                own
            }
            (Err(error), None) => return Err(error),
        };
        *held = Some(Arc::clone(&own));
        Ok(own)
    }

    fn own(&self, issued: Issued, now: Timestamp) -> OwnToken {
        let region = self.region.as_deref();
        let listed = issued.endpoint(IDENTITY, &self.interface, region);
        if listed.is_none() {
            tracing::warn!(
                interface = %self.interface, region, asked = %self.auth_url,
                "Keystone's catalogue does not list itself for this interface and region; auth_url is asked about tokens"
            );
        }
        let endpoint = versioned(listed.unwrap_or(&self.auth_url));
        let lasts = issued.expires_at.0.saturating_sub(now.0);
        tracing::info!(user = %self.credentials.user(), %endpoint, seconds = lasts, "Keystone knows weft");
        OwnToken {
            renew_at: Timestamp(issued.expires_at.0.saturating_sub(MARGIN.min(lasts / 4))),
            expires_at: issued.expires_at,
            token: issued.token,
            endpoint,
        }
    }
}
