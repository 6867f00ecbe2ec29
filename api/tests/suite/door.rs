//! Who may come in: what callers are told whom nobody knows, and what is open to everybody.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::{Context, Head, Identify, Options, Refusal};

use crate::client::{get, send};
use crate::server::{Server, options};

/// Knows one token, cannot tell of another, and refuses the rest.
struct Porter;

impl Porter {
    fn judge(head: Head<'_>, request_id: String) -> Result<Context, Refusal> {
        let token = head.headers.get("x-auth-token");
        match token.map(|token| token.as_bytes()) {
            Some(b"mine") if head.path.starts_with("/v2.0") && head.method == "GET" => {
                Ok(Context::admin("p", request_id))
            }
            Some(b"whose") => Err(Refusal::Unavailable {
                message: "nobody can tell".into(),
                retry_after: Duration::from_millis(2500),
            }),
            _ => Err(Refusal::Unauthorized {
                message: "who are you?".into(),
                uri: "http://keystone.example:5000".into(),
            }),
        }
    }
}

impl Identify for Porter {
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        Box::pin(ready(Self::judge(head, request_id)))
    }
}

#[tokio::test]
async fn strangers_are_told_where_to_get_a_token() {
    let options = Options {
        identify: Arc::new(Porter),
        ..options()
    };
    let server = Server::with(options).await;
    let refused = get(server.address, "/v2.0/networks").await;
    let challenge = "Keystone uri=\"http://keystone.example:5000\"";
    assert_eq!(refused.headers["www-authenticate"], challenge);
    assert_eq!(refused.headers["content-type"], "application/json");
    assert!(refused.headers.contains_key("x-openstack-request-id"));
    let error = refused.ok(401)["error"].clone();
    assert_eq!(error["code"], 401);
    assert_eq!(error["title"], "Unauthorized");
    assert_eq!(error["message"], "who are you?");
    // Nobody learns what there is from the status.
    get(server.address, "/v2.0/nonesuch").await.ok(401);
    for open in ["/", "/openapi.json", "/healthcheck"] {
        assert_eq!(get(server.address, open).await.status, 200, "{open}");
    }

    let ask = |token| {
        let header = [("x-auth-token", token)];
        async move { send(server.address, "GET", "/v2.0/networks", &header, vec![]).await }
    };
    ask("mine").await.ok(200);
    let later = ask("whose").await;
    assert_eq!(later.headers["retry-after"], "2");
    later.refused(503, "ServiceUnavailable");
}
