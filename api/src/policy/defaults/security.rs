//! Default rules of security groups.

use super::{
    ADMIN, ADMIN_OR_OWNER, ANY_READER, ANYBODY, GROUP_MEMBER, GROUP_READER, Group, MANAGER, MEMBER,
    READER, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "create_security_group",
            "update_security_group",
            "delete_security_group",
        ],
    ),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_security_group:tags",
            "update_security_group:tags",
            "delete_security_group:tags",
        ],
    ),
    changed(
        &[ADMIN, READER, "rule:shared_security_group"],
        &[ANYBODY],
        &["get_security_group"],
    ),
    group(
        &[ADMIN, READER, "rule:shared_security_group"],
        &["get_security_group:tags"],
    ),
    changed(
        &[ADMIN, GROUP_MEMBER],
        &[ADMIN_OR_OWNER],
        &["create_security_group_rule", "delete_security_group_rule"],
    ),
    changed(
        &[ADMIN, GROUP_READER],
        &["rule:admin_owner_or_sg_owner"],
        &["get_security_group_rule"],
    ),
    group(
        &[ADMIN],
        &[
            "create_default_security_group_rule",
            "delete_default_security_group_rule",
        ],
    ),
    changed(
        &[ANY_READER],
        &[ANYBODY],
        &["get_default_security_group_rule"],
    ),
    group(
        &[ADMIN, MANAGER],
        &[
            "create_security_groups_default_statefulness",
            "update_security_groups_default_statefulness",
            "delete_security_groups_default_statefulness",
        ],
    ),
    group(
        &[ADMIN, READER],
        &["get_security_groups_default_statefulness"],
    ),
];
