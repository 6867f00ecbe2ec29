//! Default rules of ports, their bindings, and trunks.

use super::{
    ADMIN, ADMIN_OR_NET_OWNER, ADMIN_OR_OWNER, ADMIN_OWNER_OR_NET_OWNER, ADVSVC, ANYBODY, Group,
    MEMBER, NET_MANAGER, NET_MEMBER, NET_READER, READER, SERVICE, SHARED, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(
        &[ADMIN, SERVICE, NET_MEMBER, SHARED],
        &[ANYBODY],
        &["create_port"],
    ),
    changed(
        &[ADMIN, MEMBER, SERVICE],
        &[ANYBODY],
        &[
            "create_port:device_id",
            "create_port:binding:vnic_type",
            "update_port:device_id",
        ],
    ),
    changed(
        &["not rule:network_device", ADMIN, SERVICE, NET_MEMBER],
        &["not rule:network_device", ADVSVC, ADMIN_OR_NET_OWNER],
        &["create_port:device_owner", "update_port:device_owner"],
    ),
    changed(
        &[ADMIN, SERVICE, NET_MEMBER],
        &[ADVSVC, ADMIN_OR_NET_OWNER],
        &[
            "create_port:mac_address",
            "create_port:fixed_ips:ip_address",
            "create_port:port_security_enabled",
            "update_port:fixed_ips",
            "update_port:fixed_ips:ip_address",
            "update_port:port_security_enabled",
        ],
    ),
    changed(
        &[ADMIN, SERVICE, NET_MEMBER, SHARED],
        &[ADVSVC, ADMIN_OR_NET_OWNER, SHARED],
        &[
            "create_port:fixed_ips",
            "create_port:fixed_ips:subnet_id",
            "update_port:fixed_ips:subnet_id",
        ],
    ),
    changed(
        &[ADMIN, SERVICE],
        &[ADMIN],
        &[
            "create_port:binding:host_id",
            "get_port:binding:vif_type",
            "get_port:binding:vif_details",
            "get_port:binding:host_id",
            "get_port:binding:profile",
            "update_port:binding:host_id",
        ],
    ),
    changed(
        &[SERVICE],
        &[ADMIN],
        &["create_port:binding:profile", "update_port:binding:profile"],
    ),
    changed(
        &[ADMIN, NET_MEMBER, SERVICE],
        &[ADMIN_OR_NET_OWNER],
        &[
            "create_port:allowed_address_pairs",
            "create_port:allowed_address_pairs:mac_address",
            "create_port:allowed_address_pairs:ip_address",
            "update_port:allowed_address_pairs",
            "update_port:allowed_address_pairs:mac_address",
            "update_port:allowed_address_pairs:ip_address",
        ],
    ),
    group(
        &[ADMIN],
        &[
            "create_port:hints",
            "create_port:trusted",
            "get_port:resource_request",
            "get_port:hints",
            "get_port:trusted",
            "update_port:hints",
            "update_port:trusted",
        ],
    ),
    group(
        &[ADMIN, MEMBER, ADVSVC],
        &["create_port:tags", "update_port:tags"],
    ),
    changed(
        &[ADMIN, SERVICE, NET_READER, READER],
        &[ADVSVC, ADMIN_OWNER_OR_NET_OWNER],
        &["get_port"],
    ),
    group(&[ADVSVC, ADMIN, NET_READER, READER], &["get_port:tags"]),
    changed(
        &[ADMIN, SERVICE, MEMBER],
        &[ADMIN_OR_OWNER, ADVSVC],
        &["update_port", "update_port:binding:vnic_type"],
    ),
    changed(
        &[ADMIN, SERVICE, NET_MANAGER],
        &[ADMIN, ADVSVC],
        &["update_port:mac_address"],
    ),
    changed(
        &[ADMIN, "role:data_plane_integrator"],
        &["rule:admin_or_data_plane_int"],
        &["update_port:data_plane_status"],
    ),
    changed(
        &[ADMIN, SERVICE, NET_MEMBER, MEMBER],
        &[ADVSVC, ADMIN_OWNER_OR_NET_OWNER],
        &["delete_port"],
    ),
    group(&[ADVSVC, MEMBER, ADMIN, NET_MEMBER], &["delete_port:tags"]),
    group(&[ADMIN, SERVICE], &["get_port_binding"]),
    group(
        &[SERVICE],
        &[
            "create_port_binding",
            "update_port_binding",
            "delete_port_binding",
            "activate",
        ],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_trunk"]),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_trunk:tags",
            "update_trunk:tags",
            "delete_trunk:tags",
        ],
    ),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_trunk"]),
    group(&[ADMIN, READER], &["get_trunk:tags"]),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "update_trunk",
            "delete_trunk",
            "add_subports",
            "remove_subports",
        ],
    ),
    changed(&[ADMIN, READER], &[ANYBODY], &["get_subports"]),
];
