//! Who asks: from a request's head to a `Context`, or to a refusal.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Method};
use serde_json::json;

use crate::reply::Reply;
use crate::{ApiError, Context};

/// What a request says before its body.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Method.
    pub method: &'a Method,
    /// Path as sent, without the query.
    pub path: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
}

/// Tells who a request comes from. Paths that are open to everybody are not asked about.
pub trait Identify: Send + Sync {
    /// The caller; `request_id` goes into the context.
    ///
    /// # Errors
    /// Why the request goes no further.
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>>;
}

/// Why nobody is known to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 401: the request proves nobody.
    Unauthorized {
        /// What is missing, for people.
        message: String,
        /// Where proofs are to be had: goes into `WWW-Authenticate`.
        uri: String,
    },
    /// 503: nobody can tell at the moment.
    Unavailable {
        /// Why, for people.
        message: String,
        /// When to ask again, in whole seconds of at least one.
        retry_after: Duration,
    },
    /// What is said of the caller cannot be read.
    Malformed(ApiError),
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(error) => error.into(),
            // The form in which keystonemiddleware says it, on which clients authenticate anew.
            Refusal::Unauthorized { message, uri } => {
                let error = json!({"code": 401, "title": "Unauthorized", "message": message});
                let reply = Reply::json(401, &json!({"error": error}));
                let challenge = HeaderValue::from_str(&format!("Keystone uri=\"{uri}\""));
                let bare = HeaderValue::from_static("Keystone");
                reply.with(WWW_AUTHENTICATE, challenge.unwrap_or(bare))
            }
            Refusal::Unavailable {
                message,
                retry_after,
            } => {
                let seconds = retry_after.as_secs().max(1);
                Reply::from(ApiError::unavailable(message)).with(RETRY_AFTER, seconds.into())
            }
        }
    }
}

/// `auth_strategy = noauth`: everyone is an administrator, of the project `X-Project-Id` (or
/// `X-Tenant-Id`) names.
#[derive(Debug, Clone)]
pub struct NoAuth {
    default_project: String,
}

impl NoAuth {
    /// With the project of requests that name none.
    pub fn new(default_project: impl Into<String>) -> Self {
        Self {
            default_project: default_project.into(),
        }
    }

    fn context(&self, headers: &HeaderMap, request_id: String) -> Result<Context, ApiError> {
        let text = |name: &str| -> Result<Option<String>, ApiError> {
            let Some(value) = headers.get(name) else {
                return Ok(None);
            };
            match value.to_str() {
                Ok(text) if text.len() <= 255 => Ok(Some(text.trim().to_owned())),
                _ => Err(ApiError::bad_request(format!(
                    "the header {name} is not printable ASCII of at most 255 bytes"
                ))),
            }
        };
        let project = match text("x-project-id")? {
            Some(project) => Some(project),
            None => text("x-tenant-id")?,
        };
        let project = project.filter(|project| !project.is_empty());
        let project = project.unwrap_or_else(|| self.default_project.clone());
        let mut context = Context::admin(project, request_id);
        context.user_id = text("x-user-id")?.unwrap_or_default();
        Ok(context)
    }
}

impl Identify for NoAuth {
    fn identify<'a>(
        &'a self,
        head: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        let context = self.context(head.headers, request_id);
        Box::pin(ready(context.map_err(Refusal::Malformed)))
    }
}
