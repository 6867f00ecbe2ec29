//! How somebody proves to Keystone who they are, and what they ask a token for.

use serde_json::{Map, Value as Json, json};

use crate::config::{AuthType, Secret};

/// What options or the environment say of a login; empty texts are not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// By what it is proved.
    pub auth_type: AuthType,
    /// The user's name, which is unique in its domain.
    pub username: String,
    /// The user's id, instead of the name.
    pub user_id: String,
    /// The domain of the name.
    pub user_domain_name: String,
    /// The same by id.
    pub user_domain_id: String,
    /// The user's password.
    pub password: Secret,
    /// The application credential's id.
    pub application_credential_id: String,
    /// Its name, which is unique for its user.
    pub application_credential_name: String,
    /// Its secret.
    pub application_credential_secret: Secret,
    /// The project the token is for.
    pub project_name: String,
    /// The same by id.
    pub project_id: String,
    /// The domain of the project's name.
    pub project_domain_name: String,
    /// The same by id.
    pub project_domain_id: String,
    /// The domain the token is for, instead of a project.
    pub domain_name: String,
    /// The same by id.
    pub domain_id: String,
    /// `all` for a token for the whole system.
    pub system_scope: String,
    /// The trust the token is for.
    pub trust_id: String,
    /// The domain of names that come without one.
    pub default_domain_name: String,
    /// The same by id.
    pub default_domain_id: String,
}

/// What a login lacks, or has too much of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// One of these is needed.
    #[error("{} not given", .0.join(" or "))]
    Missing(&'static [&'static str]),
    /// A name that is unique in a domain only.
    #[error("{name} is a name in a domain; give {} as well", .domain.join(" or "))]
    NoDomain {
        /// The option with the name.
        name: &'static str,
        /// The options that name the domain.
        domain: &'static [&'static str],
    },
    /// A token is for one thing.
    #[error("a token is for one thing: give one of {}", .0.join(", "))]
    Scopes(Vec<&'static str>),
    /// A system scope that Keystone does not have.
    #[error("system_scope = {0} is not accepted; allowed: all")]
    System(String),
}

/// A login that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    document: Json,
    user: String,
}

impl Credentials {
    /// The body of `POST /v3/auth/tokens`.
    pub fn document(&self) -> &Json {
        &self.document
    }

    /// Whose they are, for messages.
    pub fn user(&self) -> &str {
        &self.user
    }
}

impl Login {
    /// The credentials that these values make.
    ///
    /// # Errors
    /// What is missing or contradicts itself.
    pub fn credentials(&self) -> Result<Credentials, LoginError> {
        let (identity, user) = match self.auth_type {
            AuthType::Password => self.password()?,
            AuthType::ApplicationCredential => self.application_credential()?,
        };
        let mut auth = Map::new();
        auth.insert("identity".into(), identity);
        if let Some(scope) = self.scope()? {
            auth.insert("scope".into(), scope);
        }
        Ok(Credentials {
            document: json!({"auth": auth}),
            user,
        })
    }

    fn password(&self) -> Result<(Json, String), LoginError> {
        let (mut user, name) = self.user()?;
        let password = needed(&self.password.0, &["password"])?;
        user.insert("password".into(), password.into());
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        Ok((identity, name))
    }

    fn application_credential(&self) -> Result<(Json, String), LoginError> {
        let secret = &self.application_credential_secret.0;
        let secret = needed(secret, &["application_credential_secret"])?;
        let (id, name) = (
            given(&self.application_credential_id),
            given(&self.application_credential_name),
        );
        let (credential, user) = match (id, name) {
            (Some(id), _) => (
                json!({"id": id, "secret": secret}),
                format!("application credential {id}"),
            ),
            (None, Some(name)) => {
                let (user, shown) = self.user()?;
                (json!({"name": name, "user": user, "secret": secret}), shown)
            }
            (None, None) => {
                return Err(LoginError::Missing(&[
                    "application_credential_id",
                    "application_credential_name",
                ]));
            }
        };
        let identity = json!({
            "methods": ["application_credential"],
            "application_credential": credential,
        });
        Ok((identity, user))
    }

    fn user(&self) -> Result<(Map<String, Json>, String), LoginError> {
        let mut user = Map::new();
        if let Some(id) = given(&self.user_id) {
            user.insert("id".into(), id.into());
            return Ok((user, id.to_owned()));
        }
        let name = needed(&self.username, &["username", "user_id"])?;
        let domain = self.domain("username", &self.user_domain_id, &self.user_domain_name)?;
        user.insert("name".into(), name.into());
        user.insert("domain".into(), domain);
        Ok((user, name.to_owned()))
    }

    /// A domain as Keystone takes it, or the default one.
    fn domain(&self, of: &'static str, id: &str, name: &str) -> Result<Json, LoginError> {
        let ids = given(id).map(|id| json!({"id": id}));
        let default = || given(&self.default_domain_id).map(|id| json!({"id": id}));
        let names = [name, &self.default_domain_name];
        let names = names.map(|name| given(name).map(|name| json!({"name": name})));
        let [name, default_name] = names;
        let domain: &[&str] = match of {
            "username" => &["user_domain_name", "user_domain_id"],
            _ => &["project_domain_name", "project_domain_id"],
        };
        ids.or(name)
            .or_else(default)
            .or(default_name)
            .ok_or(LoginError::NoDomain { name: of, domain })
    }

    fn scope(&self) -> Result<Option<Json>, LoginError> {
        let mut scopes = Vec::new();
        if let Some(id) = given(&self.project_id) {
            scopes.push(("project_id", json!({"project": {"id": id}})));
        } else if let Some(name) = given(&self.project_name) {
            let (id, domain) = (&self.project_domain_id, &self.project_domain_name);
            let domain = self.domain("project_name", id, domain)?;
            let project = json!({"name": name, "domain": domain});
            scopes.push(("project_name", json!({"project": project})));
        }
        if let Some(id) = given(&self.domain_id) {
            scopes.push(("domain_id", json!({"domain": {"id": id}})));
        } else if let Some(name) = given(&self.domain_name) {
            scopes.push(("domain_name", json!({"domain": {"name": name}})));
        }
        match given(&self.system_scope) {
            None => {}
            Some("all") => scopes.push(("system_scope", json!({"system": {"all": true}}))),
            Some(other) => return Err(LoginError::System(other.to_owned())),
        }
        if let Some(id) = given(&self.trust_id) {
            scopes.push(("trust_id", json!({"OS-TRUST:trust": {"id": id}})));
        }
        let names = scopes.iter().map(|(name, _)| *name).collect();
        match scopes.pop() {
            scope if scopes.is_empty() => Ok(scope.map(|(_, scope)| scope)),
            _ => Err(LoginError::Scopes(names)),
        }
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn needed<'a>(text: &'a str, names: &'static [&'static str]) -> Result<&'a str, LoginError> {
    given(text).ok_or(LoginError::Missing(names))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn neutron() -> Login {
        Login {
            username: "neutron".into(),
            password: Secret("pw".into()),
            user_domain_name: "default".into(),
            project_name: "service".into(),
            project_domain_name: "default".into(),
            ..Login::default()
        }
    }

    #[test]
    fn a_password_of_a_user_of_a_project() {
        let credentials = neutron().credentials().unwrap();
        let expected = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": "neutron", "domain": {"name": "default"}, "password": "pw",
            }}},
            "scope": {"project": {"name": "service", "domain": {"name": "default"}}},
        }});
        assert_eq!(credentials.document(), &expected);
        assert_eq!(credentials.user(), "neutron");
    }

    #[test]
    fn ids_win_over_names_and_need_no_domain() {
        let login = Login {
            user_id: "u".into(),
            project_id: "p".into(),
            user_domain_name: String::new(),
            project_domain_name: String::new(),
            ..neutron()
        };
        let document = login.credentials().unwrap().document().clone();
        let user = &document["auth"]["identity"]["password"]["user"];
        assert_eq!(user, &json!({"id": "u", "password": "pw"}));
        let scope = &document["auth"]["scope"];
        assert_eq!(scope, &json!({"project": {"id": "p"}}));
        let by_default = Login {
            user_domain_name: String::new(),
            project_domain_name: String::new(),
            default_domain_id: "default".into(),
            ..neutron()
        };
        let document = by_default.credentials().unwrap().document().clone();
        let domain = &document["auth"]["scope"]["project"]["domain"];
        assert_eq!(domain, &json!({"id": "default"}));
    }

    #[test]
    fn other_scopes() {
        let scope = |login: Login| {
            let login = Login {
                project_name: String::new(),
                ..login
            };
            let credentials = login.credentials().unwrap();
            credentials.document()["auth"].get("scope").cloned()
        };
        let none = scope(neutron());
        let system = scope(Login {
            system_scope: "all".into(),
            ..neutron()
        });
        let domain = scope(Login {
            domain_name: "far".into(),
            ..neutron()
        });
        let trust = scope(Login {
            trust_id: "t".into(),
            ..neutron()
        });
        assert_eq!(none, None);
        assert_eq!(system, Some(json!({"system": {"all": true}})));
        assert_eq!(domain, Some(json!({"domain": {"name": "far"}})));
        assert_eq!(trust, Some(json!({"OS-TRUST:trust": {"id": "t"}})));
    }

    #[test]
    fn application_credentials() {
        let login = Login {
            auth_type: AuthType::ApplicationCredential,
            application_credential_id: "c".into(),
            application_credential_secret: Secret("s".into()),
            ..Login::default()
        };
        let document = login.credentials().unwrap().document().clone();
        let expected = json!({"auth": {"identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "c", "secret": "s"},
        }}});
        assert_eq!(document, expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = |login: Login| login.credentials().unwrap_err().to_string();
        let nobody = Login {
            username: String::new(),
            ..neutron()
        };
        assert_eq!(refused(nobody), "username or user_id not given");
        let silent = Login {
            password: Secret::default(),
            ..neutron()
        };
        assert_eq!(refused(silent), "password not given");
        let homeless = Login {
            user_domain_name: String::new(),
            ..neutron()
        };
        let expected =
            "username is a name in a domain; give user_domain_name or user_domain_id as well";
        assert_eq!(refused(homeless), expected);
        let greedy = Login {
            system_scope: "all".into(),
            ..neutron()
        };
        let expected = "a token is for one thing: give one of project_name, system_scope";
        assert_eq!(refused(greedy), expected);
        let partly = Login {
            system_scope: "some".into(),
            project_name: String::new(),
            ..neutron()
        };
        assert!(refused(partly).contains("allowed: all"));
    }
}
