//! Who asks: from a request's headers to a `Context`.

use std::future::{Future, ready};
use std::pin::Pin;

use http::HeaderMap;

use crate::{ApiError, Context};

/// Tells who a request comes from.
pub trait Identify: Send + Sync {
    /// The caller by the request's headers; `request_id` goes into the context.
    ///
    /// # Errors
    /// 401 where the headers prove nobody.
    fn identify<'a>(
        &'a self,
        headers: &'a HeaderMap,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, ApiError>> + Send + 'a>>;
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
        headers: &'a HeaderMap,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, ApiError>> + Send + 'a>> {
        Box::pin(ready(self.context(headers, request_id)))
    }
}

/// The id a request goes by: the caller's own where it has the right form, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let given = headers
        .get("x-openstack-request-id")
        .and_then(|value| value.to_str().ok())
        .filter(|text| {
            let id = text.strip_prefix("req-");
            id.is_some_and(|id| id.len() == 36 && uuid::Uuid::try_parse(id).is_ok())
        });
    given.map_or_else(|| format!("req-{}", uuid::Uuid::new_v4()), str::to_owned)
}
