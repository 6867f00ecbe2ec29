//! Default rules of subnets, subnet pools, address scopes and address groups.

use super::{
    ADMIN, ADMIN_OR_NET_OWNER, ADMIN_OR_OWNER, ANYBODY, Group, MEMBER, NET_MEMBER, NET_READER,
    READER, SERVICE, SHARED, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(
        &[ADMIN, NET_MEMBER],
        &[ADMIN_OR_NET_OWNER],
        &["create_subnet"],
    ),
    group(
        &[ADMIN],
        &[
            "create_subnet:segment_id",
            "create_subnet:service_types",
            "get_subnet:segment_id",
            "update_subnet:segment_id",
            "update_subnet:service_types",
        ],
    ),
    group(
        &[MEMBER, ADMIN, NET_MEMBER],
        &[
            "create_subnet:tags",
            "update_subnet:tags",
            "delete_subnet:tags",
        ],
    ),
    changed(
        &[
            READER,
            SHARED,
            "rule:external_network",
            ADMIN,
            NET_READER,
            SERVICE,
        ],
        &[SHARED, "rule:external_network", ADMIN_OR_OWNER],
        &["get_subnet"],
    ),
    group(
        &[READER, SHARED, "rule:external_network", ADMIN, NET_READER],
        &["get_subnet:tags"],
    ),
    changed(
        &[MEMBER, ADMIN, NET_MEMBER],
        &[ADMIN_OR_NET_OWNER],
        &["update_subnet", "delete_subnet"],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_subnetpool"]),
    group(
        &[ADMIN],
        &[
            "create_subnetpool:shared",
            "create_subnetpool:is_default",
            "update_subnetpool:is_default",
        ],
    ),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_subnetpool:tags",
            "update_subnetpool:tags",
            "delete_subnetpool:tags",
        ],
    ),
    changed(
        &[ADMIN, READER, "rule:shared_subnetpools"],
        &[ADMIN_OR_OWNER, "rule:shared_subnetpools"],
        &["get_subnetpool"],
    ),
    group(
        &[ADMIN, READER, "rule:shared_subnetpools"],
        &["get_subnetpool:tags"],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "update_subnetpool",
            "delete_subnetpool",
            "onboard_network_subnets",
            "add_prefixes",
            "remove_prefixes",
        ],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_address_scope"]),
    group(
        &[ADMIN],
        &["create_address_scope:shared", "update_address_scope:shared"],
    ),
    changed(
        &[ADMIN, READER, "rule:shared_address_scopes"],
        &[ADMIN_OR_OWNER, "rule:shared_address_scopes"],
        &["get_address_scope"],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["update_address_scope", "delete_address_scope"],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_address_group"]),
    changed(
        &[ADMIN, READER, "rule:shared_address_groups"],
        &[ADMIN_OR_OWNER, "rule:shared_address_groups"],
        &["get_address_group"],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "update_address_group",
            "delete_address_group",
            "add_addresses",
            "remove_addresses",
        ],
    ),
];
