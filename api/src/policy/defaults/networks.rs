//! Default rules of networks, their segments and what is told about them.

use super::{
    ADMIN, ADMIN_OR_OWNER, ADVSVC, ANYBODY, Group, MEMBER, READER, SERVICE, SHARED, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(
        &[ADMIN, MEMBER],
        &[ANYBODY],
        &["create_network", "create_network:port_security_enabled"],
    ),
    group(
        &[ADMIN],
        &[
            "create_network:shared",
            "create_network:router:external",
            "create_network:is_default",
            "create_network:segments",
            "create_network:provider:network_type",
            "create_network:provider:physical_network",
            "create_network:provider:segmentation_id",
            "get_network:segments",
            "get_network:provider:network_type",
            "get_network:provider:physical_network",
            "get_network:provider:segmentation_id",
            "update_network:segments",
            "update_network:shared",
            "update_network:provider:network_type",
            "update_network:provider:physical_network",
            "update_network:provider:segmentation_id",
            "update_network:router:external",
            "update_network:is_default",
        ],
    ),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_network:tags",
            "update_network:tags",
            "delete_network:tags",
        ],
    ),
    changed(
        &[ADMIN, READER, SERVICE, SHARED, "rule:external", ADVSVC],
        &[ADMIN_OR_OWNER, SHARED, "rule:external", ADVSVC],
        &["get_network"],
    ),
    changed(
        &[ADMIN, READER, SHARED, "rule:external", ADVSVC],
        &[ADMIN, READER],
        &["get_network:tags"],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "update_network",
            "update_network:port_security_enabled",
            "delete_network",
        ],
    ),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_port:pvlan_type",
            "create_port:pvlan_community",
            "update_port:pvlan_type",
            "update_port:pvlan_community",
            "create_network:pvlan",
            "update_network:pvlan",
        ],
    ),
    group(
        &[ADMIN, READER],
        &[
            "get_port:pvlan_type",
            "get_port:pvlan_community",
            "get_network:pvlan",
        ],
    ),
    changed(
        &[ADMIN, SERVICE],
        &[ADMIN],
        &["get_network_ip_availability"],
    ),
    group(
        &[ADMIN],
        &[
            "create_segment",
            "create_segment:tags",
            "get_segment",
            "get_segment:tags",
            "update_segment",
            "update_segment:tags",
            "delete_segment",
            "delete_segment:tags",
        ],
    ),
    group(
        &[ADMIN],
        &[
            "create_network_segment_range",
            "create_network_segment_range:tags",
            "get_network_segment_range",
            "get_network_segment_range:tags",
            "update_network_segment_range",
            "update_network_segment_range:tags",
            "delete_network_segment_range",
            "delete_network_segment_range:tags",
        ],
    ),
    changed(
        &[ADMIN, READER],
        &[ADMIN_OR_OWNER],
        &["get_auto_allocated_topology"],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["delete_auto_allocated_topology"],
    ),
];
