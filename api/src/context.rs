//! Who is asking: the identity behind a request.

/// The caller of one request. In `noauth` mode it is an administrator of the project named by the
/// `X-Project-Id` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The project that owns what this request creates, unless the body names another.
    pub project_id: String,
    /// The user, empty where nobody authenticated.
    pub user_id: String,
    /// Keystone role names, lower case.
    pub roles: Vec<String>,
    /// May see and change everything, in every project.
    pub is_admin: bool,
    /// `req-<uuid>`: stands in logs, in the answer's `X-Openstack-Request-Id`, and in the commit.
    pub request_id: String,
}

impl Context {
    /// An administrator of `project_id`, as every caller is in `noauth` mode and as the
    /// controller itself is.
    pub fn admin(project_id: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            project_id: project_id.into(),
            user_id: String::new(),
            roles: vec!["admin".into()],
            is_admin: true,
            request_id: request_id.into(),
        }
    }
}
