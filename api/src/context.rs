//! Who is asking: the identity behind a request.

/// The caller of one request, as its token describes it. In `noauth` mode it is an administrator of
/// the project named by the `X-Project-Id` header.
///
/// At most one of project, domain and system is the scope; a token without scope has none of them.
/// What policies say of a caller is filled in once it has come in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The project the token is for, and owner of what this request creates unless the body names
    /// another; empty where the token is for no project.
    pub project_id: String,
    /// The domain of that project.
    pub project_domain_id: Option<String>,
    /// The domain the token is for.
    pub domain_id: Option<String>,
    /// `all` where the token is for the whole system.
    pub system_scope: Option<String>,
    /// The user, empty where nobody authenticated.
    pub user_id: String,
    /// The domain of the user.
    pub user_domain_id: Option<String>,
    /// Keystone role names, lower case, implied ones included.
    pub roles: Vec<String>,
    /// The user of the service that passes the request on with a token of its own.
    pub service_user_id: Option<String>,
    /// The domain of the service's user.
    pub service_user_domain_id: Option<String>,
    /// The project of the service's token.
    pub service_project_id: Option<String>,
    /// The domain of that project.
    pub service_project_domain_id: Option<String>,
    /// Roles of the service's token, lower case; empty where no service passed the request on.
    pub service_roles: Vec<String>,
    /// The token is for the project that Keystone calls its administrative one. Keystone says so of
    /// every token where it names no such project.
    pub is_admin_project: bool,
    /// An administrator by the policy `context_is_admin`, who reaches every project.
    pub is_admin: bool,
    /// Reaches what belongs to any project: administrators, services, and whom the policy
    /// `context_with_global_access` names.
    pub reaches_all: bool,
    /// May make things that belong to other projects: administrators, services, and whom the policy
    /// `context_can_set_project_id` names.
    pub can_set_project_id: bool,
    /// `req-<uuid>`: stands in logs, in the answer's `X-Openstack-Request-Id`, and in the commit.
    pub request_id: String,
    /// The id under which the caller follows one action through several services, in the same form:
    /// what it sent as `X-Openstack-Request-Id`.
    pub global_request_id: Option<String>,
}

impl Context {
    /// An administrator of `project_id`, as every caller is in `noauth` mode and as the
    /// controller itself is: with every role that Neutron's default policies know.
    pub fn admin(project_id: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            project_id: project_id.into(),
            roles: ["admin", "manager", "member", "reader", "service"]
                .map(str::to_owned)
                .to_vec(),
            is_admin_project: true,
            is_admin: true,
            reaches_all: true,
            can_set_project_id: true,
            request_id: request_id.into(),
            ..Self::default()
        }
    }
}
