//! Neutron's default policies, as facts: which rule each name has where nobody overrides it.
//!
//! A rule is given as its alternatives: one of them is enough. Personas are the first words of each
//! table. Names of attributes follow their action after a colon, `create_network:shared`, and parts
//! of attributes theirs, `create_port:fixed_ips:ip_address`.

mod helpers;
mod layer3;
mod networks;
mod operations;
mod ports;
mod qos;
mod security;
mod subnets;

pub(super) use helpers::HELPERS;

/// Names that share a rule.
pub(super) struct Group {
    /// The alternatives.
    pub(super) rule: &'static [&'static str],
    /// What holds besides it where `enforce_new_defaults` is false.
    pub(super) before: &'static [&'static str],
    /// What it allows.
    pub(super) names: &'static [&'static str],
}

/// Names whose rule was always this one.
const fn group(rule: &'static [&'static str], names: &'static [&'static str]) -> Group {
    changed(rule, &[], names)
}

/// Names that had another rule before there were personas.
const fn changed(
    rule: &'static [&'static str],
    before: &'static [&'static str],
    names: &'static [&'static str],
) -> Group {
    Group {
        rule,
        before,
        names,
    }
}

/// Every default, by family of resources.
pub(super) fn groups() -> impl Iterator<Item = &'static Group> {
    [
        networks::GROUPS,
        subnets::GROUPS,
        ports::GROUPS,
        operations::GROUPS,
        security::GROUPS,
        layer3::GROUPS,
        qos::GROUPS,
    ]
    .into_iter()
    .flatten()
}

/// Attributes that are asked about though they have no rule of their own: the default rule decides.
pub(super) const BY_DEFAULT_RULE: &[&str] = &[
    "create_network:mtu",
    "update_network:mtu",
    "create_network:qos_policy_id",
    "update_network:qos_policy_id",
    "create_port:qos_policy_id",
    "update_port:qos_policy_id",
    "create_port:hardware_offload_type",
    "create_floatingip:qos_policy_id",
    "update_floatingip:qos_policy_id",
    "create_local_ip:local_ip_address",
    "create_router:flavor_id",
    "create_trunk:sub_ports",
];

const ADMIN: &str = "rule:admin_only";
const SERVICE: &str = "rule:service_api";
const ADVSVC: &str = "rule:context_is_advsvc";
const MANAGER: &str = "role:manager and project_id:%(project_id)s";
const MEMBER: &str = "role:member and project_id:%(project_id)s";
const READER: &str = "role:reader and project_id:%(project_id)s";
const NET_MANAGER: &str = "role:manager and rule:network_owner";
const NET_MEMBER: &str = "role:member and rule:network_owner";
const NET_READER: &str = "role:reader and rule:network_owner";
const PARENT_MANAGER: &str = "role:manager and rule:ext_parent_owner";
const PARENT_MEMBER: &str = "role:member and rule:ext_parent_owner";
const PARENT_READER: &str = "role:reader and rule:ext_parent_owner";
const GROUP_MEMBER: &str = "role:member and rule:sg_owner";
const GROUP_READER: &str = "role:reader and rule:sg_owner";
const ANY_READER: &str = "role:reader";
const SHARED: &str = "rule:shared";

// Of the time before personas.
const ANYBODY: &str = "rule:regular_user";
const ADMIN_OR_OWNER: &str = "rule:admin_or_owner";
const ADMIN_OR_NET_OWNER: &str = "rule:admin_or_network_owner";
const ADMIN_OWNER_OR_NET_OWNER: &str = "rule:admin_owner_or_network_owner";
const ADMIN_OR_PARENT_OWNER: &str = "rule:admin_or_ext_parent_owner";
