//! Asking the house for what tests need, with the expected outcome checked.

use serde_json::{Value as Json, json};

use crate::http::House;

impl House {
    /// POSTs `body`, which must be taken.
    pub async fn post(&self, path: &str, body: Json) -> Json {
        self.expect(201, "POST", path, Some(body)).await
    }

    /// PUTs `body`, which must be taken.
    pub async fn put(&self, path: &str, body: Json) -> Json {
        self.expect(200, "PUT", path, Some(body)).await
    }

    /// GETs a document that must be there.
    pub async fn get(&self, path: &str) -> Json {
        self.expect(200, "GET", path, None).await
    }

    /// DELETEs what must be there and go.
    pub async fn delete(&self, path: &str) {
        self.expect(204, "DELETE", path, None).await;
    }

    /// Asks what must be answered with `status`; the document.
    pub async fn expect(&self, status: u16, method: &str, path: &str, body: Option<Json>) -> Json {
        let (found, answer) = self.ask(method, path, &[], body.as_ref()).await;
        assert_eq!(found, status, "{method} {path}: {answer}");
        answer
    }

    /// Asks what must be refused with `status` and Neutron's error type `kind`.
    pub async fn refused(&self, status: u16, kind: &str, method: &str, path: &str, body: Json) {
        let body = (!body.is_null()).then_some(body);
        let answer = self.expect(status, method, path, body).await;
        assert_eq!(
            answer["NeutronError"]["type"], kind,
            "{method} {path}: {answer}"
        );
    }

    /// A new network's id.
    pub async fn network(&self) -> String {
        let made = self.post("/v2.0/networks", json!({"network": {}})).await;
        made["network"]["id"].as_str().unwrap().to_owned()
    }
}
