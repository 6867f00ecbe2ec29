//! Tokens of every kind that a real Keystone gives out.

use std::time::Duration;

use serde_json::{Value as Json, json};
use weft::identity::Keystone as Door;

use crate::keystone::{Keystone, project};
use crate::{come, door, knock, unauthorized};

async fn demo(keystone: &Keystone, user: &str) -> String {
    keystone
        .login(user, "default", project("demo", "default"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_token_is_known_by_it() {
    let keystone = Keystone::start();
    let door = door(&keystone.url, "");
    roles_and_scopes(&keystone, &door).await;
    not_known(&keystone, &door).await;
    revoked(&keystone, &door).await;
    on_behalf(&keystone, &door).await;
    application_credentials(&keystone, &door).await;
    trusts(&keystone, &door).await;
}

async fn roles_and_scopes(keystone: &Keystone, door: &Door) {
    for (user, roles) in [
        ("manager", &["manager", "member", "reader"][..]),
        ("member", &["member", "reader"]),
        ("reader", &["reader"]),
    ] {
        let context = come(door, &demo(keystone, user).await).await.unwrap();
        let mut found: Vec<&str> = context.roles.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, roles, "roles that others imply are among them");
        assert_eq!(context.project_domain_id.as_deref(), Some("default"));
        assert_eq!(context.user_domain_id.as_deref(), Some("default"));
        assert!(!context.project_id.is_empty() && !context.user_id.is_empty());
        assert_eq!((context.domain_id, context.system_scope), (None, None));
        assert!(context.is_admin_project);
        assert!(context.service_roles.is_empty());
        assert_eq!(context.request_id, "req-1");
    }
    let admin = keystone.login("admin", "default", project("admin", "default"));
    let admin = come(door, &admin.await).await.unwrap();
    assert!(admin.roles.contains(&"admin".to_owned()));

    let system = json!({"system": {"all": true}});
    let auditor = keystone.login("auditor", "default", system).await;
    let auditor = come(door, &auditor).await.unwrap();
    assert_eq!(auditor.system_scope.as_deref(), Some("all"));
    assert_eq!(
        (auditor.project_id.as_str(), &*auditor.roles),
        ("", &["reader".to_owned()][..])
    );

    let far = json!({"domain": {"name": "far"}});
    let distant = keystone.login("distant", "far", far).await;
    let distant = come(door, &distant).await.unwrap();
    assert_eq!(distant.domain_id, distant.user_domain_id);
    assert!(distant.roles.contains(&"admin".to_owned()) && distant.project_id.is_empty());

    let nobody = keystone.login("nobody", "default", Json::Null).await;
    let nobody = come(door, &nobody).await.unwrap();
    assert!(nobody.roles.is_empty() && nobody.project_id.is_empty());
}

async fn not_known(keystone: &Keystone, door: &Door) {
    let good = demo(keystone, "member").await;
    let mut forged = good.clone();
    forged.replace_range(20..24, "AAAA");
    for bad in ["wrong", &forged, &good[1..]] {
        assert!(unauthorized(come(door, bad).await).contains("not valid"));
    }
}

async fn revoked(keystone: &Keystone, door: &Door) {
    let forgetful = crate::door(&keystone.url, "token_cache_time = -1");
    let token = demo(keystone, "member").await;
    come(door, &token).await.unwrap();
    come(&forgetful, &token).await.unwrap();
    let headers = [("x-auth-token", &*token), ("x-subject-token", &*token)];
    let (status, ..) = keystone
        .ask("DELETE", "/auth/tokens", &headers, Json::Null)
        .await;
    assert_eq!(status, 204);
    unauthorized(come(&forgetful, &token).await);
    // What was said holds for token_cache_time, as with keystonemiddleware.
    come(door, &token).await.unwrap();
}

async fn on_behalf(keystone: &Keystone, door: &Door) {
    let user = demo(keystone, "member").await;
    let nova = keystone
        .login("nova", "default", project("service", "default"))
        .await;
    let ask = |service: String| {
        let user = user.clone();
        async move {
            let headers = [("x-auth-token", &*user), ("x-service-token", &*service)];
            knock(door, "/v2.0/ports", &headers).await
        }
    };
    let context = ask(nova).await.unwrap();
    assert!(context.service_roles.contains(&"service".to_owned()));
    assert!(context.service_user_id.is_some() && context.service_project_id.is_some());
    assert!(context.roles.contains(&"member".to_owned()));
    assert!(
        !context.roles.contains(&"admin".to_owned()),
        "a service's role is not its user's"
    );
    // A user's token is no service's, and a wrong one spoils the request.
    assert!(unauthorized(ask(demo(keystone, "reader").await).await).contains("roles of a service"));
    assert!(unauthorized(ask("wrong".into()).await).contains("service token"));
}

async fn application_credentials(keystone: &Keystone, door: &Door) {
    let token = demo(keystone, "member").await;
    let user = come(door, &token).await.unwrap().user_id;
    let make = async |name: &str, rules: Json| {
        let mut credential = json!({"name": name, "secret": "s"});
        if !rules.is_null() {
            credential["access_rules"] = rules;
        }
        let path = format!("/users/{user}/application_credentials");
        let body = json!({"application_credential": credential});
        let headers = [("x-auth-token", &*token)];
        let (status, _, made) = keystone.ask("POST", &path, &headers, body).await;
        assert_eq!(status, 201, "{made}");
        let id = &made["application_credential"]["id"];
        let proof = json!({"id": id, "secret": "s"});
        let identity =
            json!({"methods": ["application_credential"], "application_credential": proof});
        keystone.token(identity, Json::Null).await
    };
    let free = make("free", Json::Null).await;
    assert!(
        come(door, &free)
            .await
            .unwrap()
            .roles
            .contains(&"member".to_owned())
    );
    let rule = json!({"service": "network", "method": "GET", "path": "/v2.0/networks"});
    let bound = make("bound", json!([rule])).await;
    come(door, &bound).await.unwrap();
    let elsewhere = knock(door, "/v2.0/ports", &[("x-auth-token", &bound)]).await;
    assert!(unauthorized(elsewhere).contains("access rules"));
}

async fn trusts(keystone: &Keystone, door: &Door) {
    let truster = demo(keystone, "member").await;
    let trustee = demo(keystone, "reader").await;
    let (truster_is, trustee_is) = (
        come(door, &truster).await.unwrap(),
        come(door, &trustee).await.unwrap(),
    );
    let trust = json!({"trust": {
        "trustor_user_id": truster_is.user_id,
        "trustee_user_id": trustee_is.user_id,
        "project_id": truster_is.project_id,
        "impersonation": true,
        "roles": [{"name": "member"}],
    }});
    let headers = [("x-auth-token", &*truster)];
    let (status, _, made) = keystone
        .ask("POST", "/OS-TRUST/trusts", &headers, trust)
        .await;
    assert_eq!(status, 201, "{made}");
    let scope = json!({"OS-TRUST:trust": {"id": made["trust"]["id"]}});
    let token = keystone.login("reader", "default", scope).await;
    let context = come(door, &token).await.unwrap();
    assert_eq!(context.user_id, truster_is.user_id);
    assert!(context.roles.contains(&"member".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_counts_for_a_service() {
    let keystone = Keystone::with_tokens_of(15);
    let door = door(&keystone.url, "");
    let user = demo(&keystone, "member").await;
    let before = come(&door, &user).await.unwrap();
    tokio::time::sleep(Duration::from_millis(16_100)).await;
    assert!(unauthorized(come(&door, &user).await).contains("no longer"));
    let unknown = crate::door(&keystone.url, "");
    unauthorized(come(&unknown, &user).await);
    let nova = keystone
        .login("nova", "default", project("service", "default"))
        .await;
    let headers = [("x-auth-token", &*user), ("x-service-token", &*nova)];
    let late = knock(&door, "/v2.0/networks", &headers).await.unwrap();
    assert_eq!((late.user_id, late.roles), (before.user_id, before.roles));
    assert!(late.service_roles.contains(&"service".to_owned()));
}
