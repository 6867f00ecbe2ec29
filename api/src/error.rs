//! The one error of the API and its one mapping: HTTP status, Neutron's type name, our words.

use std::borrow::Cow;

/// What a request was refused with. The type name is Neutron's, because clients match on it; the
/// message is ours and says which value was wrong and what would be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ApiError {
    /// HTTP status code, 400 to 599.
    pub status: u16,
    /// Neutron's exception name, e.g. `NetworkNotFound`.
    pub kind: Cow<'static, str>,
    /// For people.
    pub message: String,
    /// Extra text; Neutron leaves it empty almost everywhere.
    pub detail: String,
}

impl ApiError {
    /// An error of Neutron's type `kind`.
    pub fn new(
        status: u16,
        kind: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind: kind.into(),
            message: message.into(),
            detail: String::new(),
        }
    }

    /// 400 `HTTPBadRequest`: the request's form is wrong (unknown attribute, failed validator).
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "HTTPBadRequest", message)
    }

    /// 400 `InvalidInput`: a value could not be converted, or contradicts another.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    /// 404 of Neutron's type `kind`, e.g. `SubnetNotFound`.
    pub fn not_found(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(404, kind, message)
    }

    /// 405 `HTTPMethodNotAllowed`; `served` names the methods that are.
    pub fn method_not_allowed(method: &str, served: &str) -> Self {
        Self::new(
            405,
            "HTTPMethodNotAllowed",
            format!("{method} is not served here; served: {served}"),
        )
    }

    /// 409 of Neutron's type `kind`, e.g. `MacAddressInUse`.
    pub fn conflict(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(409, kind, message)
    }

    /// 412 `RevisionNumberConstraintFailed`: `If-Match` named another revision than the record's.
    pub fn revision_mismatch(wanted: u64, found: u64) -> Self {
        Self::new(
            412,
            "RevisionNumberConstraintFailed",
            format!(
                "If-Match asked for revision_number={wanted}, the resource is at {found}; read it again and retry"
            ),
        )
    }

    /// 500 `InternalServerError`. The cause belongs in the log, not in the answer.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "HTTPInternalServerError", message)
    }

    /// 503 `ServiceUnavailable`: the request changed nothing and may be repeated.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }
}
