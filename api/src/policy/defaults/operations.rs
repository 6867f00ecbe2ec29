//! Default rules of what operators run a cloud with: agents, quotas, flavors, sharing, metering, logs.

use super::{
    ADMIN, ADMIN_OR_OWNER, ANY_READER, ANYBODY, Group, MANAGER, MEMBER, READER, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    group(
        &[ADMIN],
        &[
            "create_agent",
            "get_agent",
            "update_agent",
            "delete_agent",
            "create_dhcp-network",
            "get_dhcp-networks",
            "delete_dhcp-network",
            "create_l3-router",
            "get_l3-routers",
            "update_l3-router",
            "delete_l3-router",
            "get_dhcp-agents",
            "get_l3-agents",
        ],
    ),
    changed(&[ANY_READER], &[ANYBODY], &["get_availability_zone"]),
    group(
        &[ADMIN],
        &[
            "create_flavor",
            "update_flavor",
            "delete_flavor",
            "create_service_profile",
            "get_service_profile",
            "update_service_profile",
            "delete_service_profile",
            "create_flavor_service_profile",
            "delete_flavor_service_profile",
        ],
    ),
    changed(&[ANY_READER], &[ANYBODY], &["get_flavor"]),
    changed(
        &[ADMIN, READER],
        &[ANYBODY],
        &["get_flavor_service_profile"],
    ),
    changed(&[ANY_READER], &[ANYBODY], &["get_service_provider"]),
    changed(&[ADMIN, MANAGER], &[ADMIN], &["get_quota"]),
    group(&[ADMIN], &["update_quota", "delete_quota"]),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_rbac_policy"]),
    changed(
        &[
            ADMIN,
            "not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*",
        ],
        &["rule:restrict_wildcard"],
        &["create_rbac_policy:target_tenant"],
    ),
    group(
        &[ADMIN, "not field:rbac_policy:target_project=*"],
        &[
            "create_rbac_policy:target_project",
            "update_rbac_policy:target_project",
        ],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["update_rbac_policy", "delete_rbac_policy"],
    ),
    changed(
        &[
            ADMIN,
            "not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*",
        ],
        &["rule:restrict_wildcard and rule:admin_or_owner"],
        &["update_rbac_policy:target_tenant"],
    ),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_rbac_policy"]),
    changed(
        &[ADMIN, MANAGER],
        &[ADMIN],
        &[
            "create_metering_label",
            "delete_metering_label",
            "create_metering_label_rule",
            "delete_metering_label_rule",
        ],
    ),
    changed(
        &[ADMIN, READER],
        &[ADMIN],
        &["get_metering_label", "get_metering_label_rule"],
    ),
    changed(
        &[ADMIN, MANAGER],
        &[ADMIN],
        &[
            "get_loggable_resource",
            "create_log",
            "get_log",
            "update_log",
            "delete_log",
        ],
    ),
];
