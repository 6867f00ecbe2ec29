//! The door: tokens in a request's headers, and who may come in with them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::{Context, Head, Identify, Refusal};
use http::{HeaderMap, HeaderValue};

use super::client::{Client, TlsFault};
use super::settings::Settings;
use super::token::Caller;
use super::validation::{Unproven, Validation};

/// Longest token, in bytes. What most Keystones stand behind takes no longer header.
const TOKEN_MAX: usize = 8000;

/// When a client is told to come again while Keystone is away.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// `auth_strategy = keystone`: whoever has a token.
#[derive(Clone)]
pub struct Keystone {
    validation: Validation,
    /// Where clients get a token.
    public_uri: String,
    service_roles: Vec<String>,
    service_roles_required: bool,
    service_type: String,
}

impl Keystone {
    /// Begins with getting the service user's token, in the background: weft starts whether or not
    /// Keystone is there.
    ///
    /// # Errors
    /// Certificates that cannot be used.
    pub fn start(settings: Settings) -> Result<Self, TlsFault> {
        let client = Client::new(&settings.tls, settings.patience, settings.retries)?;
        let validation = Validation::new(client, &settings);
        let introduced = validation.clone();
        tokio::spawn(async move { introduced.introduce().await });
        if !settings.service_roles_required {
            tracing::warn!(
                "[keystone_authtoken] service_token_roles_required = false: every valid token passes for a service's"
            );
        }
        Ok(Self {
            validation,
            public_uri: settings.public_uri,
            service_roles: settings.service_roles,
            service_roles_required: settings.service_roles_required,
            service_type: settings.service_type,
        })
    }

    async fn context(&self, head: Head<'_>, request_id: String) -> Result<Context, Refusal> {
        let service = match token(head.headers, &["x-service-token"]) {
            Token::None => None,
            Token::Malformed => return Err(self.unauthorized("the service token is no token")),
            Token::Given(token) => Some(self.service(&token).await?),
        };
        // A service may still act for a user whose token ended while it was at work.
        let late = service
            .as_ref()
            .is_some_and(|service| service.has_any(&self.service_roles));
        let token = match token(head.headers, &["x-auth-token", "x-storage-token"]) {
            Token::Given(token) => token,
            Token::None => {
                return Err(self
                    .unauthorized("no token; get one from Keystone and send it as X-Auth-Token"));
            }
            Token::Malformed => return Err(self.unauthorized(NOT_VALID)),
        };
        let caller = self.caller(&token, late, NOT_VALID).await?;
        if !self.allows(&caller, service.is_some(), head) {
            return Err(self.unauthorized(
                "the access rules of the application credential do not allow this request",
            ));
        }
        Ok(caller.context(service.as_deref(), request_id))
    }

    async fn service(&self, token: &HeaderValue) -> Result<Arc<Caller>, Refusal> {
        let wrong = "the service token is not valid, or no longer";
        let service = self.caller(token, false, wrong).await?;
        if self.service_roles_required && !service.has_any(&self.service_roles) {
            return Err(self.unauthorized("the service token has none of the roles of a service"));
        }
        Ok(service)
    }

    async fn caller(
        &self,
        token: &HeaderValue,
        late: bool,
        wrong: &'static str,
    ) -> Result<Arc<Caller>, Refusal> {
        let caller = self.validation.caller(token, late).await;
        caller.map_err(|unproven| match unproven {
            Unproven::Invalid => self.unauthorized(wrong),
            Unproven::Unavailable(why) => Refusal::Unavailable {
                message: why.as_ref().to_owned(),
                retry_after: RETRY_AFTER,
            },
        })
    }

    /// Whether the access rules, where there are any, are met; a service's request is no user's.
    fn allows(&self, caller: &Caller, by_service: bool, head: Head<'_>) -> bool {
        let Some(rules) = &caller.access_rules else {
            return true;
        };
        let method = head.method.as_str();
        by_service
            || rules
                .iter()
                .any(|rule| rule.allows(&self.service_type, method, head.path))
    }

    fn unauthorized(&self, message: &str) -> Refusal {
        Refusal::Unauthorized {
            message: message.to_owned(),
            uri: self.public_uri.clone(),
        }
    }
}

const NOT_VALID: &str = "the token is not valid, or no longer; get a new one from Keystone";

/// What a request has for a token.
enum Token {
    None,
    /// What no Keystone gives out.
    Malformed,
    Given(HeaderValue),
}

/// The first of these headers that is there, without the space around it.
fn token(headers: &HeaderMap, names: &[&str]) -> Token {
    let Some(value) = names.iter().find_map(|name| headers.get(*name)) else {
        return Token::None;
    };
    let text = value.as_bytes().trim_ascii();
    if text.is_empty() {
        return Token::None;
    }
    if text.len() > TOKEN_MAX || !text.iter().all(u8::is_ascii_graphic) {
        return Token::Malformed;
    }
    match HeaderValue::from_bytes(text) {
        Ok(mut token) => {
            token.set_sensitive(true);
            Token::Given(token)
        }
        Err(_) => Token::Malformed,
    }
}

impl Identify for Keystone {
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        Box::pin(self.context(head, request_id))
    }
}
