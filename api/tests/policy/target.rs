//! Callers and targets to ask rules about.

use api::Context;
use api::policy::{Credentials, Parent, Target};
use serde_json::{Map, Value as Json, json};

pub const OWN: &str = "p-own";
pub const OTHER: &str = "p-other";

/// A target that is no more than its attributes. Those of parents stand beside them as
/// `network:project_id`.
#[derive(Debug, Clone)]
pub struct Plain(pub Map<String, Json>);

impl Plain {
    fn write(&self, name: &str, out: &mut Vec<u8>) -> bool {
        let value = self.0.get(name);
        if let Some(value) = value {
            serde_json::to_writer(out, value).unwrap();
        }
        value.is_some()
    }
}

impl Target for Plain {
    fn attribute(&self, name: &str, out: &mut Vec<u8>) -> bool {
        self.write(name, out)
    }

    fn parent(&self, parent: Parent, name: &str, out: &mut Vec<u8>) -> bool {
        let parent = match parent {
            Parent::Network => "network",
            Parent::SecurityGroup => "security_group",
            Parent::Path => "ext_parent",
        };
        self.write(&format!("{parent}:{name}"), out)
    }
}

fn target(project: &str, network: &str, more: &Json) -> Plain {
    let mut all = json!({
        "project_id": project, "tenant_id": project, "network:project_id": network,
        "network:tenant_id": network, "security_group:project_id": project,
        "ext_parent:project_id": project, "shared": false, "router:external": false,
        "device_owner": "compute:nova", "name": "n-1", "mtu": 1500, "target_tenant": OTHER,
        "target_project": OTHER, "belongs_to_default_sg": false,
    });
    let map = all.as_object_mut().unwrap();
    map.extend(more.as_object().unwrap().clone());
    Plain(map.clone())
}

/// The targets of the recorded answers, in their order.
pub fn targets() -> Vec<(&'static str, Plain)> {
    let everybody = json!({"target_tenant": "*", "target_project": "*"});
    vec![
        ("own", target(OWN, OWN, &json!({}))),
        ("other", target(OTHER, OTHER, &json!({}))),
        ("shared", target(OTHER, OTHER, &json!({"shared": true}))),
        (
            "external",
            target(OTHER, OTHER, &json!({"router:external": true})),
        ),
        ("guest", target(OWN, OTHER, &json!({}))),
        ("host", target(OTHER, OWN, &json!({}))),
        (
            "device",
            target(OWN, OTHER, &json!({"device_owner": "network:dhcp"})),
        ),
        ("everybody", target(OWN, OWN, &everybody)),
    ]
}

fn caller(roles: &[&str]) -> Context {
    Context {
        project_id: OWN.into(),
        user_id: "u-1".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        is_admin: roles.contains(&"admin"),
        is_admin_project: true,
        ..Context::default()
    }
}

/// The callers of the recorded answers, in their order.
pub fn callers() -> Vec<(&'static str, Context)> {
    let elsewhere = Context {
        project_id: String::new(),
        ..caller(&["admin", "member", "reader"])
    };
    let system = Context {
        system_scope: Some("all".into()),
        ..elsewhere.clone()
    };
    let domain = Context {
        domain_id: Some("d-1".into()),
        ..elsewhere
    };
    vec![
        ("admin", caller(&["admin", "manager", "member", "reader"])),
        ("manager", caller(&["manager", "member", "reader"])),
        ("member", caller(&["member", "reader"])),
        ("reader", caller(&["reader"])),
        ("service", caller(&["service"])),
        ("advsvc", caller(&["advsvc"])),
        ("integrator", caller(&["data_plane_integrator"])),
        ("nobody", caller(&[])),
        ("system", system),
        ("domain", domain),
    ]
}

pub fn credentials(context: &Context) -> Credentials<'_> {
    Credentials(context)
}
