//! A small client of the Networking API: documents in, documents out, errors with what was answered.

use serde_json::Value;

use super::LabError;

/// A client of one API endpoint, without authentication.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: String,
}

impl Client {
    /// A client of `endpoint`, such as `http://127.0.0.1:9696`.
    #[must_use]
    pub fn new(endpoint: String) -> Self {
        // The HTTP client wants a cryptography provider even where it will speak plain HTTP; an
        // error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::new(),
            endpoint,
        }
    }

    /// The endpoint, without a path.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// GET: the whole answer.
    ///
    /// # Errors
    /// [`LabError::Unreachable`], [`LabError::Refused`].
    pub async fn get(&self, path: &str) -> Result<Value, LabError> {
        self.ask("GET", path, None).await
    }

    /// GET of a collection: its members.
    ///
    /// # Errors
    /// As [`Self::get`], and [`LabError::Malformed`] if there is no list under `collection`.
    pub async fn list(&self, path: &str, collection: &str) -> Result<Vec<Value>, LabError> {
        let mut answer = self.get(path).await?;
        match answer.get_mut(collection).map(Value::take) {
            Some(Value::Array(members)) => Ok(members),
            _ => Err(malformed(path, &answer)),
        }
    }

    /// The one member of a collection that has this id or name.
    ///
    /// # Errors
    /// As [`Self::list`], and [`LabError::Malformed`] if there is none.
    pub async fn find(&self, collection: &str, wanted: &str) -> Result<Value, LabError> {
        let members = self
            .list(&format!("/v2.0/{collection}"), collection)
            .await?;
        let found = members
            .into_iter()
            .find(|m| m["id"] == wanted || m["name"] == wanted);
        found.ok_or_else(|| LabError::Malformed {
            what: format!("the list of {collection}"),
            found: format!("none with the name or id `{wanted}`"),
        })
    }

    /// POST of one document to `/v2.0/COLLECTION`, wrapped in its singular; the created member.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn create(&self, collection: &str, document: Value) -> Result<Value, LabError> {
        let one = singular(collection);
        let path = format!("/v2.0/{collection}");
        let answer = self
            .ask("POST", &path, Some(serde_json::json!({ one: document })))
            .await?;
        member(answer, one, &path)
    }

    /// POST of many documents at once to `/v2.0/COLLECTION`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn bulk(&self, collection: &str, documents: Vec<Value>) -> Result<(), LabError> {
        let path = format!("/v2.0/{collection}");
        let body = serde_json::json!({ collection: documents });
        self.ask("POST", &path, Some(body)).await.map(drop)
    }

    /// PUT of one document to `/v2.0/COLLECTION/ID`; the member as it is then.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn update(
        &self,
        collection: &str,
        id: &str,
        document: Value,
    ) -> Result<Value, LabError> {
        let one = singular(collection);
        let path = format!("/v2.0/{collection}/{id}");
        let answer = self
            .ask("PUT", &path, Some(serde_json::json!({ one: document })))
            .await?;
        member(answer, one, &path)
    }

    /// One member.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn show(&self, collection: &str, id: &str) -> Result<Value, LabError> {
        let path = format!("/v2.0/{collection}/{id}");
        member(self.get(&path).await?, singular(collection), &path)
    }

    /// DELETE of one member; one that is not there is as good as deleted.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn delete(&self, collection: &str, id: &str) -> Result<(), LabError> {
        match self
            .ask("DELETE", &format!("/v2.0/{collection}/{id}"), None)
            .await
        {
            Ok(_) | Err(LabError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, LabError> {
        let url = format!("{}{path}", self.endpoint);
        let unreachable = |source| LabError::Unreachable {
            method,
            url: url.clone(),
            source,
        };
        let verb = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut request = self.http.request(verb, &url);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let text = answer.text().await.map_err(unreachable)?;
        if !status.is_success() {
            let status = status.as_u16();
            return Err(LabError::Refused {
                method,
                path: path.to_owned(),
                status,
                body: text,
            });
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(|_| malformed(path, &Value::String(text)))
    }
}

/// A text attribute of a document.
///
/// # Errors
/// [`LabError::Malformed`] if the document has no such text.
pub fn text<'a>(document: &'a Value, attribute: &str) -> Result<&'a str, LabError> {
    document[attribute]
        .as_str()
        .ok_or_else(|| malformed(attribute, document))
}

fn singular(collection: &str) -> &str {
    collection.strip_suffix('s').unwrap_or(collection)
}

fn member(mut answer: Value, one: &str, path: &str) -> Result<Value, LabError> {
    match answer.get_mut(one).map(Value::take) {
        Some(document) => Ok(document),
        None => Err(malformed(path, &answer)),
    }
}

fn malformed(what: &str, found: &Value) -> LabError {
    LabError::Malformed {
        what: what.to_owned(),
        found: found.to_string().chars().take(300).collect(),
    }
}
