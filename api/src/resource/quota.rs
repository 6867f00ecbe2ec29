//! Quotas: how much of each resource a project may have. Reached by the operations of
//! `action/quota.rs`, because their paths name projects.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{Check, declare::resource};

/// What is limited, by the name it has in a quota, in the order of documents. Where a resource has that
/// name, a project's records of it are what counts.
pub const QUOTAS: &[&str] = &[
    "network",
    "subnet",
    "subnetpool",
    "port",
    "router_route",
    "router",
    "floatingip",
    "rbac_policy",
    "security_group",
    "security_group_rule",
    "trunk",
];

resource! {
    /// The limits that were set for a project.
    Quota("quota", "quotas", missing "TenantQuotaNotFound") = derived QuotaDerived;

    stored {
        /// The project.
        project_id: String = "project_id" { "quotas", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {}
    computed {}
    filters {}
    private {
        /// Follows from the project.
        id: Uuid;
        /// Limits by what they limit; below zero for none. What is missing here has the cloud's own limit.
        limits: BTreeMap<String, i64>;
    }
}

impl Quota {
    /// The id of a project's quota.
    pub fn id_of(project: &str) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("quota {project}").as_bytes())
    }

    /// A quota that limits nothing beyond the cloud's own limits.
    pub fn of_project(project: &str) -> Self {
        Self {
            project_id: project.to_owned(),
            id: Self::id_of(project),
            limits: BTreeMap::new(),
        }
    }
}
