//! Default rules of QoS policies and their rules.

use super::{
    ADMIN, ANY_READER, ANYBODY, Group, MANAGER, PARENT_MANAGER, PARENT_READER, READER, changed,
    group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(
        &[ADMIN, READER, "rule:shared_qos_policy"],
        &[ANYBODY],
        &["get_policy"],
    ),
    group(
        &[ADMIN, READER, "rule:shared_qos_policy"],
        &["get_policy:tags"],
    ),
    changed(
        &[ADMIN, MANAGER],
        &[ADMIN],
        &["create_policy", "update_policy", "delete_policy"],
    ),
    group(
        &[ADMIN, MANAGER],
        &[
            "create_policy:tags",
            "update_policy:tags",
            "delete_policy:tags",
        ],
    ),
    changed(&[ANY_READER], &[ANYBODY], &["get_rule_type"]),
    changed(
        &[ADMIN, PARENT_READER],
        &[ANYBODY],
        &[
            "get_policy_bandwidth_limit_rule",
            "get_policy_dscp_marking_rule",
            "get_policy_minimum_bandwidth_rule",
            "get_alias_bandwidth_limit_rule",
            "get_alias_dscp_marking_rule",
            "get_alias_minimum_bandwidth_rule",
        ],
    ),
    changed(
        &[ADMIN, PARENT_MANAGER],
        &[ADMIN],
        &[
            "create_policy_bandwidth_limit_rule",
            "update_policy_bandwidth_limit_rule",
            "delete_policy_bandwidth_limit_rule",
            "create_policy_dscp_marking_rule",
            "update_policy_dscp_marking_rule",
            "delete_policy_dscp_marking_rule",
            "create_policy_minimum_bandwidth_rule",
            "update_policy_minimum_bandwidth_rule",
            "delete_policy_minimum_bandwidth_rule",
            "update_alias_bandwidth_limit_rule",
            "delete_alias_bandwidth_limit_rule",
            "update_alias_dscp_marking_rule",
            "delete_alias_dscp_marking_rule",
            "update_alias_minimum_bandwidth_rule",
            "delete_alias_minimum_bandwidth_rule",
        ],
    ),
    group(
        &[ADMIN, PARENT_READER],
        &[
            "get_policy_packet_rate_limit_rule",
            "get_policy_minimum_packet_rate_rule",
        ],
    ),
    group(
        &[ADMIN, PARENT_MANAGER],
        &[
            "create_policy_packet_rate_limit_rule",
            "update_policy_packet_rate_limit_rule",
            "delete_policy_packet_rate_limit_rule",
            "create_policy_minimum_packet_rate_rule",
            "update_policy_minimum_packet_rate_rule",
            "delete_policy_minimum_packet_rate_rule",
        ],
    ),
    group(
        &["rule:get_policy_minimum_packet_rate_rule"],
        &["get_alias_minimum_packet_rate_rule"],
    ),
    group(
        &["rule:update_policy_minimum_packet_rate_rule"],
        &["update_alias_minimum_packet_rate_rule"],
    ),
    group(
        &["rule:delete_policy_minimum_packet_rate_rule"],
        &["delete_alias_minimum_packet_rate_rule"],
    ),
];
