//! Default rules of routers, floating IPs and what belongs to them.

use super::{
    ADMIN, ADMIN_OR_OWNER, ADMIN_OR_PARENT_OWNER, ANYBODY, Group, MANAGER, MEMBER, PARENT_MEMBER,
    PARENT_READER, READER, changed, group,
};

pub(super) const GROUPS: &[Group] = &[
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_router"]),
    group(
        &[ADMIN],
        &[
            "create_router:distributed",
            "create_router:ha",
            "create_router:external_gateway_info:enable_snat",
            "create_router:external_gateway_info:external_fixed_ips",
            "create_router:enable_default_route_bfd",
            "create_router:enable_default_route_ecmp",
            "get_router:distributed",
            "get_router:ha",
            "update_router:distributed",
            "update_router:ha",
            "update_router:external_gateway_info:enable_snat",
            "update_router:external_gateway_info:external_fixed_ips",
            "update_router:enable_default_route_bfd",
            "update_router:enable_default_route_ecmp",
            "add_external_gateways:external_gateways:enable_snat",
            "add_external_gateways:external_gateways:external_fixed_ips",
            "update_external_gateways:external_gateways:enable_snat",
            "update_external_gateways:external_gateways:external_fixed_ips",
        ],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &[
            "create_router:external_gateway_info",
            "create_router:external_gateway_info:network_id",
            "update_router",
            "update_router:external_gateway_info",
            "update_router:external_gateway_info:network_id",
            "delete_router",
            "add_router_interface",
            "remove_router_interface",
            "add_extraroutes",
            "remove_extraroutes",
        ],
    ),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN, MANAGER],
        &[
            "create_router:tags",
            "update_router:tags",
            "delete_router:tags",
        ],
    ),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_router"]),
    group(&[ADMIN, READER], &["get_router:tags"]),
    group(
        &[ADMIN, MEMBER],
        &[
            "add_external_gateways",
            "add_external_gateways:external_gateways",
            "add_external_gateways:external_gateways:network_id",
            "update_external_gateways",
            "update_external_gateways:external_gateways",
            "update_external_gateways:external_gateways:network_id",
            "remove_external_gateways",
            "remove_external_gateways:external_gateways",
        ],
    ),
    group(&[ADMIN], &["create_router:evpn_vni"]),
    group(&[ADMIN, READER], &["get_router:evpn_vni"]),
    changed(
        &[ADMIN, PARENT_MEMBER],
        &[ADMIN_OR_PARENT_OWNER],
        &[
            "create_router_conntrack_helper",
            "update_router_conntrack_helper",
            "delete_router_conntrack_helper",
        ],
    ),
    changed(
        &[ADMIN, PARENT_READER],
        &[ADMIN_OR_PARENT_OWNER],
        &["get_router_conntrack_helper"],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_floatingip"]),
    changed(
        &[ADMIN, MANAGER],
        &[ADMIN],
        &["create_floatingip:floating_ip_address"],
    ),
    group(
        &[ADMIN, MEMBER],
        &[
            "create_floatingip:tags",
            "update_floatingip:tags",
            "delete_floatingip:tags",
        ],
    ),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_floatingip"]),
    group(&[ADMIN, READER], &["get_floatingip:tags"]),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["update_floatingip", "delete_floatingip"],
    ),
    changed(&[ADMIN, READER], &[ANYBODY], &["get_floatingip_pool"]),
    changed(
        &[ADMIN, PARENT_MEMBER],
        &[ADMIN_OR_PARENT_OWNER],
        &[
            "create_floatingip_port_forwarding",
            "update_floatingip_port_forwarding",
            "delete_floatingip_port_forwarding",
        ],
    ),
    changed(
        &[ADMIN, PARENT_READER],
        &[ADMIN_OR_PARENT_OWNER],
        &["get_floatingip_port_forwarding"],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_local_ip"]),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_local_ip"]),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["update_local_ip", "delete_local_ip"],
    ),
    changed(
        &[ADMIN, PARENT_MEMBER],
        &[ADMIN_OR_PARENT_OWNER],
        &[
            "create_local_ip_port_association",
            "delete_local_ip_port_association",
        ],
    ),
    changed(
        &[ADMIN, PARENT_READER],
        &[ADMIN_OR_PARENT_OWNER],
        &["get_local_ip_port_association"],
    ),
    changed(&[ADMIN, MEMBER], &[ANYBODY], &["create_ndp_proxy"]),
    changed(&[ADMIN, READER], &[ADMIN_OR_OWNER], &["get_ndp_proxy"]),
    changed(
        &[ADMIN, MEMBER],
        &[ADMIN_OR_OWNER],
        &["update_ndp_proxy", "delete_ndp_proxy"],
    ),
];
