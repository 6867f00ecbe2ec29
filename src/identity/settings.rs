//! What the configuration says of Keystone.

use std::time::Duration;

use reqwest::Url;

use super::client::Tls;
use super::credentials::{Credentials, Login, LoginError};
use crate::config;

/// How Keystone is asked, and what follows from its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the service user gets its token.
    pub auth_url: String,
    /// Where clients are told to get theirs.
    pub public_uri: String,
    /// Who the service user is.
    pub credentials: Credentials,
    /// Which of Keystone's endpoints in the catalogue is asked about tokens.
    pub interface: String,
    /// In which region; `None` in any.
    pub region: Option<String>,
    /// Certificates.
    pub tls: Tls,
    /// How long one request to Keystone may take.
    pub patience: Duration,
    /// How often a connection is tried again.
    pub retries: u32,
    /// How long what Keystone said of a token holds; `None` not at all.
    pub cache_time: Option<Duration>,
    /// Most tokens of which that is remembered.
    pub cache_size: usize,
    /// Most questions about tokens at a time.
    pub validations_max: usize,
    /// Most tokens that wait for that.
    pub validations_waiting: usize,
    /// Roles that make a token a service's, lower case.
    pub service_roles: Vec<String>,
    /// Whether a service's token must have one of them.
    pub service_roles_required: bool,
    /// What access rules of application credentials call this service.
    pub service_type: String,
}

/// What is wrong with `[keystone_authtoken]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No Keystone.
    #[error(
        "auth_strategy = keystone needs to know where Keystone is: give [keystone_authtoken] auth_url, or start with `--auth noauth`, which listens on loopback"
    )]
    NoUrl,
    /// A URL that is none.
    #[error(
        "[keystone_authtoken] {option} = {url} is not accepted; allowed: http://… or https://…"
    )]
    Url {
        /// Its option.
        option: &'static str,
        /// As given.
        url: String,
    },
    /// The service user.
    #[error("the service user in [keystone_authtoken]: {0}")]
    User(#[from] LoginError),
    /// A key for no certificate.
    #[error("[keystone_authtoken] keyfile needs certfile beside it")]
    Certificate,
}

impl TryFrom<&config::Settings> for Settings {
    type Error = SettingsError;

    fn try_from(read: &config::Settings) -> Result<Self, SettingsError> {
        let keystone = &read.keystone;
        let auth_url = url("auth_url", &keystone.auth_url)?;
        let public_uri = url("www_authenticate_uri", &keystone.www_authenticate_uri)?;
        let (auth_url, public_uri) = match (auth_url, public_uri) {
            (Some(auth), Some(public)) => (auth, public),
            (Some(one), None) | (None, Some(one)) => (one.clone(), one),
            (None, None) => return Err(SettingsError::NoUrl),
        };
        if keystone.keyfile.is_some() && keystone.certfile.is_none() {
            return Err(SettingsError::Certificate);
        }
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let region = Some(keystone.region_name.clone());
        Ok(Self {
            auth_url,
            public_uri,
            credentials: login(keystone).credentials()?,
            interface: keystone.interface.as_str().to_owned(),
            region: region.filter(|region| !region.is_empty()),
            tls: Tls {
                ca: keystone.cafile.clone(),
                certificate: keystone.certfile.clone(),
                key: keystone.keyfile.clone(),
                insecure: keystone.insecure,
            },
            patience: Duration::from_secs(keystone.http_connect_timeout.into()),
            retries: keystone.http_request_max_retries,
            cache_time: keystone
                .token_cache_time
                .0
                .map(|seconds| Duration::from_secs(seconds.into())),
            cache_size: count(read.weft.token_cache_size),
            validations_max: count(read.weft.token_validations_max),
            validations_waiting: count(read.weft.token_validations_waiting),
            service_roles: keystone
                .service_token_roles
                .iter()
                .map(|role| role.to_lowercase())
                .collect(),
            service_roles_required: keystone.service_token_roles_required,
            service_type: keystone.service_type.clone(),
        })
    }
}

fn login(keystone: &config::Keystone) -> Login {
    Login {
        auth_type: keystone.auth_type,
        username: keystone.username.clone(),
        user_id: keystone.user_id.clone(),
        user_domain_name: keystone.user_domain_name.clone(),
        user_domain_id: keystone.user_domain_id.clone(),
        password: keystone.password.clone(),
        application_credential_id: keystone.application_credential_id.clone(),
        application_credential_name: keystone.application_credential_name.clone(),
        application_credential_secret: keystone.application_credential_secret.clone(),
        project_name: keystone.project_name.clone(),
        project_id: keystone.project_id.clone(),
        project_domain_name: keystone.project_domain_name.clone(),
        project_domain_id: keystone.project_domain_id.clone(),
        domain_name: keystone.domain_name.clone(),
        domain_id: keystone.domain_id.clone(),
        system_scope: keystone.system_scope.clone(),
        trust_id: keystone.trust_id.clone(),
        default_domain_name: keystone.default_domain_name.clone(),
        default_domain_id: keystone.default_domain_id.clone(),
    }
}

/// The URL, or none.
fn url(option: &'static str, text: &str) -> Result<Option<String>, SettingsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = Url::parse(text).ok();
    match read.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host()) {
        Some(_) => Ok(Some(text.to_owned())),
        None => Err(SettingsError::Url {
            option,
            url: text.to_owned(),
        }),
    }
}
