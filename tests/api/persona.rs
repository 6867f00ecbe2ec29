//! Callers of every kind: a door that believes what headers say of roles and project, and a cloud of
//! two projects to try them on.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use api::policy::{Policies, PolicyFile, PolicyOptions, PolicySwitch};
use api::{Context, Head, Identify, Options, Refusal};
use serde_json::{Value as Json, json};
use weft::service::Settings;

use crate::http::House;

/// The project most callers are of.
pub const OWN: &str = "11111111111111111111111111111111";
/// Another project.
pub const OTHER: &str = "22222222222222222222222222222222";

/// Who asks: roles, and the project or what else the token is for.
#[derive(Debug, Clone, Copy)]
pub struct Persona {
    pub name: &'static str,
    pub roles: &'static str,
    pub scope: &'static str,
}

const fn persona(name: &'static str, roles: &'static str, scope: &'static str) -> Persona {
    Persona { name, roles, scope }
}

pub const ADMIN: Persona = persona("admin", "admin,manager,member,reader", OWN);
pub const MANAGER: Persona = persona("manager", "manager,member,reader", OWN);
pub const MEMBER: Persona = persona("member", "member,reader", OWN);
pub const READER: Persona = persona("reader", "reader", OWN);
pub const SERVICE: Persona = persona("service", "service", OWN);
pub const NOBODY: Persona = persona("nobody", "", OWN);
pub const STRANGER: Persona = persona("stranger", "member,reader", OTHER);
pub const SYSTEM: Persona = persona("system", "admin,member,reader", "system");

/// The columns of the tables of tests.
pub const COLUMNS: [Persona; 7] = [ADMIN, MANAGER, MEMBER, READER, SERVICE, NOBODY, STRANGER];

/// Believes what the headers say.
struct Believer;

impl Identify for Believer {
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        let text = |name: &str| head.headers.get(name).map_or("", |v| v.to_str().unwrap());
        let scope = text("x-test-scope");
        let is_system = scope == "system";
        let context = Context {
            project_id: if is_system {
                String::new()
            } else {
                scope.to_owned()
            },
            system_scope: is_system.then(|| "all".to_owned()),
            user_id: "tester".into(),
            roles: text("x-test-roles").split(',').map(str::to_owned).collect(),
            request_id,
            ..Context::default()
        };
        Box::pin(ready(Ok(context)))
    }
}

/// A house whose door believes, with this policy file.
pub async fn house(policy: &str) -> House {
    let file = PolicyFile {
        name: "policy.yaml".into(),
        text: policy.into(),
    };
    let (policies, _) = Policies::open(&[file], PolicyOptions::default()).unwrap();
    let options = Options {
        identify: Arc::new(Believer),
        policies: PolicySwitch::new(policies),
        ..Options::noauth("nobody")
    };
    House::open_as(Settings::default(), options).await
}

impl House {
    /// Asks as a persona; status and document.
    pub async fn ask_as(&self, who: Persona, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let headers = [("x-test-roles", who.roles), ("x-test-scope", who.scope)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let body = (!body.is_null()).then_some(body);
        self.ask(method, path, &headers, body).await
    }

    /// Asks as an administrator what must be done; the document.
    pub async fn made(&self, method: &str, path: &str, body: Json) -> Json {
        let (status, answer) = self.ask_as(ADMIN, method, path, &body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// Asks as a persona what must be answered; the document.
    pub async fn seen(&self, who: Persona, path: &str) -> Json {
        let (status, answer) = self.ask_as(who, "GET", path, &Json::Null).await;
        assert_eq!(status, 200, "{} {path}: {answer}", who.name);
        answer
    }
}

/// Two projects: networks of both, one of the other's shared and one external, with subnets and ports.
pub struct Cloud {
    pub own: String,
    pub other: String,
    pub shared: String,
    pub external: String,
    pub own_subnet: String,
    pub other_subnet: String,
    pub shared_subnet: String,
    /// A port of the own project on its own network.
    pub port: String,
    /// A port of the other project on the own project's network.
    pub guest: String,
    /// A port of the other project on its own network.
    pub other_port: String,
}

async fn id(house: &House, name: &str, mut body: Json, project: &str) -> String {
    body["project_id"] = project.into();
    let path = format!("/v2.0/{name}s");
    let made = house.made("POST", &path, json!({name: body})).await;
    made[name]["id"].as_str().unwrap().to_owned()
}

impl Cloud {
    pub async fn build(house: &House) -> Self {
        let network = |body: Json, project| id(house, "network", body, project);
        let own = network(json!({"name": "own"}), OWN).await;
        let other = network(json!({"name": "other"}), OTHER).await;
        let shared = network(json!({"name": "shared", "shared": true}), OTHER).await;
        let body = json!({"name": "external", "router:external": true});
        let external = network(body, OTHER).await;
        let subnet = |network: &str, cidr: &str, project| {
            let body = json!({"network_id": network, "ip_version": 4, "cidr": cidr});
            id(house, "subnet", body, project)
        };
        let own_subnet = subnet(&own, "10.1.0.0/24", OWN).await;
        let other_subnet = subnet(&other, "10.2.0.0/24", OTHER).await;
        let shared_subnet = subnet(&shared, "10.3.0.0/24", OTHER).await;
        let port = |network: &str, name: &str, project| {
            let body = json!({"network_id": network, "name": name});
            id(house, "port", body, project)
        };
        Self {
            port: port(&own, "port", OWN).await,
            guest: port(&own, "guest", OTHER).await,
            other_port: port(&other, "other", OTHER).await,
            own,
            other,
            shared,
            external,
            own_subnet,
            other_subnet,
            shared_subnet,
        }
    }

    /// Fills the names of this cloud's records in: `<own>` for the id of `own`.
    pub fn fill(&self, text: &str) -> String {
        let names = [
            ("own", &self.own),
            ("other", &self.other),
            ("shared", &self.shared),
            ("external", &self.external),
            ("own_subnet", &self.own_subnet),
            ("other_subnet", &self.other_subnet),
            ("shared_subnet", &self.shared_subnet),
            ("port", &self.port),
            ("guest", &self.guest),
            ("other_port", &self.other_port),
        ];
        names.into_iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("<{name}>"), id)
        })
    }
}
