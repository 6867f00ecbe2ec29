//! What Keystone says of a token, and the context that follows from it.

use std::str::FromStr;

use api::{Context, Timestamp};
use serde::Deserialize;

use super::access_rules::AccessRule;

/// Whom a token belongs to, and what it is good for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub(super) user_id: String,
    pub(super) user_domain_id: Option<String>,
    pub(super) project_id: Option<String>,
    pub(super) project_domain_id: Option<String>,
    pub(super) domain_id: Option<String>,
    pub(super) system: bool,
    pub(super) roles: Vec<String>,
    pub(super) is_admin_project: bool,
    /// Length of Keystone's document, in bytes.
    pub size: usize,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The requests it is good for; `None` for all.
    pub access_rules: Option<Vec<AccessRule>>,
}

/// A document of `GET /v3/auth/tokens`.
#[derive(Deserialize)]
struct Document {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    expires_at: Moment,
    user: InDomain,
    project: Option<InDomain>,
    domain: Option<Named>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
    is_admin_project: Option<bool>,
    application_credential: Option<ApplicationCredential>,
}

/// A user or a project.
#[derive(Deserialize)]
struct InDomain {
    id: String,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct ApplicationCredential {
    access_rules: Option<Vec<AccessRule>>,
}

/// A point in time as Keystone writes it.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::from_str(&text)
            .map(Moment)
            .map_err(serde::de::Error::custom)
    }
}

impl Caller {
    /// Reads Keystone's answer.
    ///
    /// # Errors
    /// It is not the document of a token.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let Document { token } = serde_json::from_slice(bytes)?;
        let domain = |named: Option<Named>| named.and_then(|named| named.id);
        let (project_id, project_domain_id) = match token.project {
            Some(project) => (Some(project.id), domain(project.domain)),
            None => (None, None),
        };
        let credential = token.application_credential;
        Ok(Self {
            user_id: token.user.id,
            user_domain_id: domain(token.user.domain),
            project_id,
            project_domain_id,
            domain_id: domain(token.domain),
            system: token.system.is_some_and(|system| system.all),
            roles: token
                .roles
                .into_iter()
                .map(|role| role.name.to_lowercase())
                .collect(),
            // Keystone leaves it out where it has no such project, which makes every project one.
            is_admin_project: token.is_admin_project.unwrap_or(true),
            size: bytes.len(),
            expires_at: token.expires_at.0,
            access_rules: credential.and_then(|credential| credential.access_rules),
        })
    }

    /// Whether one of `wanted` (lower case) is among the roles.
    pub fn has_any(&self, wanted: &[String]) -> bool {
        self.roles.iter().any(|role| wanted.contains(role))
    }

    /// The context of a request with this token, passed on by `service` where there is one.
    pub fn context(&self, service: Option<&Self>, request_id: String) -> Context {
        let mut context = Context {
            project_id: self.project_id.clone().unwrap_or_default(),
            project_domain_id: self.project_domain_id.clone(),
            domain_id: self.domain_id.clone(),
            system_scope: self.system.then(|| "all".to_owned()),
            user_id: self.user_id.clone(),
            user_domain_id: self.user_domain_id.clone(),
            roles: self.roles.clone(),
            is_admin_project: self.is_admin_project,
            request_id,
            ..Context::default()
        };
        if let Some(service) = service {
            context.service_user_id = Some(service.user_id.clone());
            context.service_user_domain_id = service.user_domain_id.clone();
            context.service_project_id = service.project_id.clone();
            context.service_project_domain_id = service.project_domain_id.clone();
            context.service_roles = service.roles.clone();
        }
        context
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn document(more: Json) -> Json {
        let mut token = json!({
            "methods": ["password"],
            "user": {"id": "u", "name": "n", "domain": {"id": "ud", "name": "d"}, "password_expires_at": null},
            "audit_ids": ["a"],
            "expires_at": "2026-11-27T04:23:13.000000Z",
            "issued_at": "2026-11-27T03:23:13.000000Z",
        });
        let members = more.as_object().unwrap().clone();
        token.as_object_mut().unwrap().extend(members);
        json!({"token": token})
    }

    fn context(more: Json) -> Context {
        let text = document(more).to_string();
        Caller::read(text.as_bytes())
            .unwrap()
            .context(None, "req-1".into())
    }

    #[test]
    fn a_project_token_gives_project_domains_and_roles() {
        let context = context(json!({
            "project": {"id": "p", "name": "demo", "domain": {"id": "pd", "name": "d"}},
            "is_domain": false,
            "roles": [{"id": "1", "name": "Member"}, {"id": "2", "name": "reader"}],
        }));
        let expected = Context {
            project_id: "p".into(),
            project_domain_id: Some("pd".into()),
            user_id: "u".into(),
            user_domain_id: Some("ud".into()),
            roles: vec!["member".into(), "reader".into()],
            is_admin_project: true,
            request_id: "req-1".into(),
            ..Context::default()
        };
        assert_eq!(context, expected);
    }

    #[test]
    fn other_scopes_have_no_project() {
        let admin = json!([{"id": "1", "name": "admin"}]);
        let system = context(json!({"system": {"all": true}, "roles": admin}));
        assert_eq!(system.system_scope.as_deref(), Some("all"));
        assert_eq!(
            (system.project_id.as_str(), &*system.roles),
            ("", &["admin".to_owned()][..])
        );
        let domain = context(json!({"domain": {"id": "d", "name": "far"}, "roles": admin}));
        assert_eq!(domain.domain_id.as_deref(), Some("d"));
        assert_eq!(
            (domain.project_id.as_str(), domain.system_scope),
            ("", None)
        );
        let unscoped = context(json!({}));
        assert!(unscoped.roles.is_empty());
        let elsewhere = context(json!({"is_admin_project": false}));
        assert!(!elsewhere.is_admin_project);
    }

    #[test]
    fn a_service_adds_what_it_is() {
        let read = |more| Caller::read(document(more).to_string().as_bytes()).unwrap();
        let user = read(json!({"project": {"id": "p"}, "roles": [{"name": "member"}]}));
        let service = read(json!({
            "user": {"id": "nova", "domain": {"id": "default"}},
            "project": {"id": "service", "domain": {"id": "default"}},
            "roles": [{"name": "admin"}, {"name": "service"}],
        }));
        let context = user.context(Some(&service), "req-1".into());
        assert_eq!(
            context.roles,
            ["member"],
            "a service's roles are not its user's"
        );
        assert_eq!(context.service_roles, ["admin", "service"]);
        assert_eq!(context.service_user_id.as_deref(), Some("nova"));
        assert_eq!(context.service_project_id.as_deref(), Some("service"));
        assert!(service.has_any(&["service".into()]) && !user.has_any(&["service".into()]));
    }

    #[test]
    fn access_rules_are_none_or_a_list() {
        let read = |more| Caller::read(document(more).to_string().as_bytes()).unwrap();
        let rules =
            |credential: Json| read(json!({"application_credential": credential})).access_rules;
        assert_eq!(rules(json!({"id": "c", "restricted": true})), None);
        assert_eq!(rules(json!({"access_rules": []})), Some(vec![]));
        let rule = json!({"id": "r", "service": "network", "method": "GET", "path": "/v2.0/**"});
        assert_eq!(rules(json!({"access_rules": [rule]})).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_token_is_an_error() {
        for text in [
            "",
            "null",
            "{}",
            "{\"token\": {}}",
            "{\"token\": {\"user\": {\"id\": \"u\"}, \"expires_at\": \"soon\"}}",
            "{\"token\": {\"user\": {}, \"expires_at\": \"2026-11-27T04:23:13Z\"}}",
        ] {
            assert!(Caller::read(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Caller::read(&bytes);
        }
    }
}
