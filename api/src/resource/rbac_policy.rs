//! RBAC policies: what the owner of something lets other projects do with it.

use uuid::Uuid;

use crate::{Check, Kind, declare::resource};

/// The target that stands for every project.
pub const EVERYONE: &str = "*";

/// May be used as if it were one's own.
pub const ACCESS_AS_SHARED: &str = "access_as_shared";

/// Routers may have gateways on it.
pub const ACCESS_AS_EXTERNAL: &str = "access_as_external";

/// What can be shared, and the actions there are for it.
pub const SHAREABLE: &[(Kind, &[&str])] = &[
    (Kind::Network, &[ACCESS_AS_SHARED, ACCESS_AS_EXTERNAL]),
    (Kind::AddressScope, &[ACCESS_AS_SHARED]),
    (Kind::AddressGroup, &[ACCESS_AS_SHARED]),
    (Kind::SubnetPool, &[ACCESS_AS_SHARED]),
];

resource! {
    /// Lets a project, or every project, use something that another project owns.
    RbacPolicy("rbac_policy", "rbac_policies" at "rbac-policies", missing "RbacPolicyNotFound")
        = create RbacPolicyCreate, update RbacPolicyUpdate, derived RbacPolicyDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "rbac-policies", post(nobody), put no, Check::None, [filter sort] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// What sort of thing it shares, e.g. `network`.
        object_type: String = "object_type" { "rbac-policies", post(required), put no, Check::Max(255), [filter] }
        /// What it shares.
        object_id: Uuid = "object_id" { "rbac-policies", post(required), put no, Check::None, [filter] }
        /// What the target may do: `access_as_shared`, or `access_as_external` for a network.
        action: String = "action" { "rbac-policies", post(required), put no, Check::Max(255), [filter] }
        /// The project it lets in; `*` for every project.
        target_tenant: String = "target_tenant" { "rbac-policies", post(required), put yes, Check::Max(255), [filter] }
    }
    input {}
    derived {}
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |policy| policy.project_id, { "rbac-policies", post(optional), [filter sort] }
    }
    filters {}
    private {}
}

impl RbacPolicy {
    /// Of what kind the object is; `None` for what cannot be shared.
    pub fn object_kind(&self) -> Option<Kind> {
        let mut kinds = SHAREABLE.iter().map(|(kind, _)| *kind);
        kinds.find(|kind| kind.name() == self.object_type)
    }

    /// Whether it lets routers have gateways there, rather than share the whole.
    pub fn is_external(&self) -> bool {
        self.action == ACCESS_AS_EXTERNAL
    }
}
