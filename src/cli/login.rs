//! The token a command shows to the controller: given, or had from Keystone by what the environment
//! says, as other OpenStack clients do.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::config::{AuthType, Secret, Value as _};
use crate::identity::{Client, ClientError, Login, LoginError, Tls, TlsFault};

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A token that no header can carry.
    #[error("OS_TOKEN (--token) is no token")]
    NoToken,
    /// A way to log in that is not known here.
    #[error("OS_AUTH_TYPE = {0} is not accepted; allowed: none, token, {allowed}", allowed = AuthType::accepts())]
    AuthType(String),
    /// The variables do not go together.
    #[error("the OS_ variables of the environment make no login: {0}")]
    Login(#[from] LoginError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// Keystone.
    #[error(transparent)]
    Keystone(#[from] ClientError),
}

/// What the environment says: variables by name, empty ones not given.
pub type Variables<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The environment of this process.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The token to show, if any: `given`, or one for the login of the environment, or none where that
/// names no Keystone.
///
/// # Errors
/// Keystone gives none.
pub async fn token(
    given: Option<&str>,
    variables: Variables<'_>,
) -> Result<Option<HeaderValue>, TokenError> {
    let kind = variables("OS_AUTH_TYPE");
    if kind.as_deref() == Some("none") {
        return Ok(None);
    }
    if let Some(token) = given.map(str::trim).filter(|token| !token.is_empty()) {
        let mut token = HeaderValue::from_str(token).map_err(|_| TokenError::NoToken)?;
        token.set_sensitive(true);
        return Ok(Some(token));
    }
    let Some(auth_url) = variables("OS_AUTH_URL") else {
        return Ok(None);
    };
    let credentials = login(kind, variables)?.credentials()?;
    let client = Client::new(&tls(variables), PATIENCE, 0)?;
    let issued = client.authenticate(&auth_url, &credentials).await?;
    Ok(Some(issued.token))
}

/// The certificates that the environment names, for Keystone and the controller alike.
pub fn tls(variables: Variables<'_>) -> Tls {
    let file = |name| variables(name).map(PathBuf::from);
    Tls {
        ca: file("OS_CACERT"),
        certificate: file("OS_CERT"),
        key: file("OS_KEY"),
        insecure: false,
    }
}

fn login(kind: Option<String>, variables: Variables<'_>) -> Result<Login, TokenError> {
    let first = |names: &[&str]| {
        let found = names.iter().find_map(|name| variables(name));
        found.unwrap_or_default()
    };
    let auth_type = match kind {
        None => AuthType::default(),
        Some(kind) if ["token", "v3token"].contains(&kind.as_str()) => {
            return Err(LoginError::Missing(&["token"]).into());
        }
        Some(kind) => AuthType::read(&kind).map_err(|_| TokenError::AuthType(kind))?,
    };
    Ok(Login {
        auth_type,
        username: first(&["OS_USERNAME"]),
        user_id: first(&["OS_USER_ID"]),
        user_domain_name: first(&["OS_USER_DOMAIN_NAME"]),
        user_domain_id: first(&["OS_USER_DOMAIN_ID"]),
        password: Secret(first(&["OS_PASSWORD"])),
        application_credential_id: first(&["OS_APPLICATION_CREDENTIAL_ID"]),
        application_credential_name: first(&["OS_APPLICATION_CREDENTIAL_NAME"]),
        application_credential_secret: Secret(first(&["OS_APPLICATION_CREDENTIAL_SECRET"])),
        project_name: first(&["OS_PROJECT_NAME", "OS_TENANT_NAME"]),
        project_id: first(&["OS_PROJECT_ID", "OS_TENANT_ID"]),
        project_domain_name: first(&["OS_PROJECT_DOMAIN_NAME"]),
        project_domain_id: first(&["OS_PROJECT_DOMAIN_ID"]),
        domain_name: first(&["OS_DOMAIN_NAME"]),
        domain_id: first(&["OS_DOMAIN_ID"]),
        system_scope: first(&["OS_SYSTEM_SCOPE"]),
        trust_id: first(&["OS_TRUST_ID"]),
        default_domain_name: first(&["OS_DEFAULT_DOMAIN_NAME"]),
        default_domain_id: first(&["OS_DEFAULT_DOMAIN_ID", "OS_DEFAULT_DOMAIN"]),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn with(
        given: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<Option<HeaderValue>, String> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        token(given, &look_up)
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_token_that_is_given_is_shown() {
        let keystone = ("OS_AUTH_URL", "http://127.0.0.1:9");
        let shown = with(Some("abc"), &[keystone]).await.unwrap();
        assert_eq!(shown, Some(HeaderValue::from_static("abc")));
        assert_eq!(with(None, &[]).await, Ok(None));
        assert_eq!(with(Some(""), &[]).await, Ok(None));
        let open = [keystone, ("OS_AUTH_TYPE", "none")];
        assert_eq!(with(Some("abc"), &open).await, Ok(None));
        let refused = with(Some("a\nb"), &[]).await.unwrap_err();
        assert!(refused.starts_with("OS_TOKEN"), "{refused}");
    }

    #[tokio::test]
    async fn a_login_that_is_not_whole_says_what_it_lacks() {
        let keystone = ("OS_AUTH_URL", "http://127.0.0.1:9");
        let refused = with(None, &[keystone, ("OS_USERNAME", "u")]).await;
        assert!(refused.unwrap_err().contains("give user_domain_name"));
        let refused = with(None, &[keystone, ("OS_AUTH_TYPE", "v3kerberos")]).await;
        assert!(
            refused
                .unwrap_err()
                .contains("allowed: none, token, password")
        );
    }
}
