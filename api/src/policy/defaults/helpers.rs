//! Rules that other rules refer to. They name personas and owners, and allow nothing by themselves.

/// Name and text of each.
pub(in crate::policy) const HELPERS: &[(&str, &str)] = &[
    // Who the caller is.
    ("context_is_admin", "role:admin"),
    ("context_with_global_access", "!"),
    ("context_can_set_project_id", "!"),
    ("context_is_advsvc", "role:advsvc"),
    ("service_api", "role:service"),
    ("admin_only", "rule:context_is_admin"),
    ("regular_user", ""),
    // Whose the target is.
    ("owner", "project_id:%(project_id)s"),
    ("admin_or_owner", "rule:context_is_admin or rule:owner"),
    ("default", "rule:admin_or_owner"),
    ("network_owner", "project_id:%(network:project_id)s"),
    (
        "admin_or_network_owner",
        "rule:context_is_admin or project_id:%(network:project_id)s",
    ),
    (
        "admin_owner_or_network_owner",
        "rule:owner or rule:admin_or_network_owner",
    ),
    ("ext_parent_owner", "project_id:%(ext_parent:project_id)s"),
    (
        "admin_or_ext_parent_owner",
        "rule:context_is_admin or project_id:%(ext_parent:project_id)s",
    ),
    ("sg_owner", "project_id:%(security_group:project_id)s"),
    (
        "admin_or_sg_owner",
        "rule:context_is_admin or project_id:%(security_group:project_id)s",
    ),
    (
        "admin_owner_or_sg_owner",
        "rule:owner or rule:admin_or_sg_owner",
    ),
    // Who may see it besides.
    ("shared", "field:networks:shared=True"),
    ("external", "field:networks:router:external=True"),
    ("external_network", "field:subnets:router:external=True"),
    ("shared_subnetpools", "field:subnetpools:shared=True"),
    ("shared_address_scopes", "field:address_scopes:shared=True"),
    ("shared_address_groups", "field:address_groups:shared=True"),
    ("shared_security_group", "field:security_groups:shared=True"),
    ("shared_qos_policy", "field:policies:shared=True"),
    // What it is.
    ("network_device", "field:port:device_owner=~^network:"),
    (
        "admin_or_data_plane_int",
        "rule:context_is_admin or role:data_plane_integrator",
    ),
    (
        "rule_default_sg",
        "field:security_group_rules:belongs_to_default_sg=True",
    ),
    (
        "restrict_wildcard",
        "(not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*) or rule:admin_only",
    ),
];
