//! The extensions clients may rely on: a row for each whose behaviour is really there.
//!
//! Aliases, names and dates are Neutron's, because clients compare them.

use serde_json::{Value as Json, json};

/// An entry of `GET /v2.0/extensions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// What clients look for.
    pub alias: &'static str,
    /// Its title.
    pub name: &'static str,
    /// What it brings.
    pub description: &'static str,
    /// When its definition last changed.
    pub updated: &'static str,
}

impl Extension {
    /// Its document.
    pub(crate) fn document(&self) -> Json {
        json!({
            "name": self.name,
            "alias": self.alias,
            "description": self.description,
            "updated": self.updated,
            "links": [],
        })
    }

    /// The extension with this alias.
    pub fn by_alias(alias: &str) -> Option<&'static Self> {
        EXTENSIONS.iter().find(|extension| extension.alias == alias)
    }
}

const fn row(
    alias: &'static str,
    name: &'static str,
    updated: &'static str,
    description: &'static str,
) -> Extension {
    Extension {
        alias,
        name,
        description,
        updated,
    }
}

/// All that are served, by alias.
pub const EXTENSIONS: &[Extension] = &[
    row(
        "aap-reject-multicast",
        "Allowed address pairs reject multicast extension",
        "2026-04-01T00:00:00-00:00",
        "Allowed address pairs take unicast addresses only.",
    ),
    row(
        "address-group",
        "Address group",
        "2020-07-15T10:00:00-00:00",
        "Named sets of blocks of addresses.",
    ),
    row(
        "address-scope",
        "Address scope",
        "2015-07-26T10:00:00-00:00",
        "Spaces of addresses that do not overlap, made of subnet pools.",
    ),
    row(
        "agent",
        "agent",
        "2013-02-03T10:00:00-00:00",
        "Nodes and whether they are alive, as agents.",
    ),
    row(
        "agent_sort_key",
        "Agents Sort Key",
        "2013-02-03T10:00:00-00:00",
        "Agents can be sorted.",
    ),
    row(
        "allowed-address-pairs",
        "Allowed Address Pairs",
        "2013-07-23T10:00:00-00:00",
        "Addresses a port may send from besides its own.",
    ),
    row(
        "availability_zone",
        "Availability Zone",
        "2015-01-01T10:00:00-00:00",
        "The zones that nodes are in.",
    ),
    row(
        "availability_zone_filter",
        "Availability Zone Filter Extension",
        "2018-06-22T10:00:00-00:00",
        "Zones can be filtered by what they show.",
    ),
    row(
        "binding",
        "Port Binding",
        "2014-02-03T10:00:00-00:00",
        "Which node a port is on, and how it is attached there.",
    ),
    row(
        "binding-extended",
        "Port Bindings Extended",
        "2017-07-17T10:00:00-00:00",
        "A port can be prepared on other nodes and then moved there.",
    ),
    row(
        "data-plane-status",
        "Port data plane status extension",
        "2017-01-24T10:00:00-00:00",
        "What a monitor outside says of the wires below a port.",
    ),
    row(
        "default-subnetpools",
        "Default Subnetpools",
        "2016-02-18T18:00:00-00:00",
        "A subnet pool can be the default of its IP version.",
    ),
    row(
        "empty-string-filtering",
        "Empty String Filtering Extension",
        "2018-05-01T10:00:00-00:00",
        "A filter with an empty value matches empty attributes.",
    ),
    row(
        "external-net",
        "Neutron external network",
        "2013-01-14T10:00:00-00:00",
        "Networks that lead out of the cloud are marked.",
    ),
    row(
        "extra_dhcp_opt",
        "Neutron Extra DHCP options",
        "2013-03-17T12:00:00-00:00",
        "DHCP options of a port besides its subnet's.",
    ),
    row(
        "filter-validation",
        "Filter parameters validation",
        "2018-07-04T10:00:00-00:00",
        "Unknown filters are refused.",
    ),
    row(
        "flavors",
        "Neutron Service Flavors",
        "2015-09-17T10:00:00-00:00",
        "Ways to provide a service, to be chosen by name.",
    ),
    row(
        "ip-substring-filtering",
        "IP address substring filtering",
        "2017-11-28T09:00:00-00:00",
        "Ports can be found by a part of an address.",
    ),
    row(
        "ip_allocation",
        "IP Allocation",
        "2016-06-10T23:00:00-00:00",
        "Ports show when they get their addresses.",
    ),
    row(
        "l2_adjacency",
        "L2 Adjacency",
        "2016-04-12T16:00:00-00:00",
        "Whether all ports of a network share one broadcast domain.",
    ),
    row(
        "multi-provider",
        "Multi Provider Network",
        "2013-06-27T10:00:00-00:00",
        "A network can consist of several segments.",
    ),
    row(
        "net-mtu",
        "Network MTU",
        "2015-03-25T10:00:00-00:00",
        "Networks show their MTU.",
    ),
    row(
        "net-mtu-writable",
        "Network MTU (writable)",
        "2017-07-12T00:00:00-00:00",
        "The MTU of a network can be set.",
    ),
    row(
        "network-segment-range",
        "Neutron Network Segment Range",
        "2018-11-29T00:00:00-00:00",
        "Where the numbers of segments come from, and for which project.",
    ),
    row(
        "network_availability_zone",
        "Network Availability Zone",
        "2015-01-01T10:00:00-00:00",
        "Networks name zones, and show those they are in.",
    ),
    row(
        "network-ip-availability",
        "Network IP Availability",
        "2015-09-24T00:00:00-00:00",
        "How many addresses of each network and subnet are in use.",
    ),
    row(
        "network-ip-availability-details",
        "Network IP Availability Details Extension",
        "2025-10-31T00:00:00-00:00",
        "The same counted inside and outside of allocation pools.",
    ),
    row(
        "pagination",
        "Pagination support",
        "2016-06-12T00:00:00-00:00",
        "Lists come in pages where asked for.",
    ),
    row(
        "port-device-profile",
        "Port device profile",
        "2020-12-17T10:00:00-00:00",
        "Ports name the accelerator's profile they ask for.",
    ),
    row(
        "port-hardware-offload-type",
        "Port hardware offload",
        "2023-05-09T10:00:00-00:00",
        "Ports ask to be offloaded to a network card in switchdev mode.",
    ),
    row(
        "port-hint-ovs-tx-steering",
        "Port hint: Open vSwitch Tx steering",
        "2023-01-01T00:00:00-00:00",
        "The hint how Open vSwitch spreads a port's packets over its transmit queues is heeded.",
    ),
    row(
        "port-hints",
        "Port hints",
        "2023-01-01T00:00:00-00:00",
        "Ports carry hints for whoever carries them.",
    ),
    row(
        "port-mac-address-regenerate",
        "Neutron Port MAC address regenerate",
        "2018-05-03T10:00:00-00:00",
        "A MAC address of null asks for a new one.",
    ),
    row(
        "port-numa-affinity-policy",
        "Port NUMA affinity policy",
        "2020-07-08T10:00:00-00:00",
        "Ports say how near to their device an instance must be.",
    ),
    row(
        "port-numa-affinity-policy-socket",
        "Port NUMA affinity policy \"socket\"",
        "2024-02-09T10:00:00-00:00",
        "Also: on the same socket.",
    ),
    row(
        "port-security",
        "Port Security",
        "2012-07-23T10:00:00-00:00",
        "Protection from spoofing can be turned off by network and port.",
    ),
    row(
        "port-trusted-vif",
        "Port trusted vif",
        "2024-07-10T10:00:00-00:00",
        "Ports say whether their instance is trusted with its network card's settings.",
    ),
    row(
        "project-id",
        "project_id field enabled",
        "2016-09-09T09:09:09-09:09",
        "Owners are shown as project_id besides tenant_id.",
    ),
    row(
        "provider",
        "Provider Network",
        "2012-09-07T10:00:00-00:00",
        "How a network is carried: type, physical network, segmentation id.",
    ),
    row(
        "quota-check-limit",
        "Quota engine limit check",
        "2021-09-08T16:00:00-00:00",
        "A limit can be set on condition that the project has no more already.",
    ),
    row(
        "quota-check-limit-default",
        "Quota engine limit check by default",
        "2024-08-21T16:00:00-00:00",
        "A limit below what the project has must be forced.",
    ),
    row(
        "quota_details",
        "Quota details management support",
        "2017-02-10T10:00:00-00:00",
        "What each project has, beside its limits.",
    ),
    row(
        "quotas",
        "Quota management support",
        "2012-07-29T10:00:00-00:00",
        "How much of each resource a project may have.",
    ),
    row(
        "rbac-address-group",
        "Add address_group type to RBAC",
        "2021-01-20T00:00:00-00:00",
        "Address groups can be shared with single projects.",
    ),
    row(
        "rbac-address-scope",
        "Add address_scope type to RBAC",
        "2020-02-12T00:00:00-00:00",
        "Address scopes can be shared with single projects.",
    ),
    row(
        "rbac-policies",
        "RBAC Policies",
        "2015-06-17T12:15:12-00:00",
        "What a project owns can be shared with others.",
    ),
    row(
        "rbac-subnetpool",
        "Add subnetpool type to RBAC",
        "2020-02-05T00:00:00-00:00",
        "Subnet pools can be shared with single projects.",
    ),
    row(
        "revision-if-match",
        "If-Match constraints based on revision_number",
        "2016-12-11T00:00:00-00:00",
        "A change can be made conditional on the revision it was meant for.",
    ),
    row(
        "segment",
        "Segment",
        "2016-02-24T17:00:00-00:00",
        "The segments of networks, and which of them a subnet lies on.",
    ),
    row(
        "service-type",
        "Neutron Service Type Management",
        "2013-01-20T00:00:00-00:00",
        "What provides services.",
    ),
    row(
        "sort-key-validation",
        "Sort keys validation",
        "2018-07-04T10:00:00-00:00",
        "Unknown sort keys are refused.",
    ),
    row(
        "sorting",
        "Sorting support",
        "2016-06-12T00:00:00-00:00",
        "Lists can be sorted.",
    ),
    row(
        "standard-attr-description",
        "standard-attr-description",
        "2016-02-10T10:00:00-00:00",
        "Resources carry a description.",
    ),
    row(
        "standard-attr-revisions",
        "Resource revision numbers",
        "2016-04-11T10:00:00-00:00",
        "Resources count their changes.",
    ),
    row(
        "standard-attr-segment",
        "Standard Attribute Segment Extension",
        "2018-04-09T10:00:00-00:00",
        "Segments carry a description, a revision and times.",
    ),
    row(
        "standard-attr-tag",
        "Tag support for resources with standard attribute: network, subnet, port",
        "2017-01-01T00:00:00-00:00",
        "Resources carry tags, and are found by them.",
    ),
    row(
        "standard-attr-timestamp",
        "Resource timestamps",
        "2016-09-12T10:00:00-00:00",
        "Resources show when they were made and last changed.",
    ),
    row(
        "subnet-external-network",
        "Subnet belongs to an external network",
        "2024-02-05T18:00:00-00:00",
        "Subnets show whether their network leads out of the cloud.",
    ),
    row(
        "subnet-segmentid-enforce",
        "Subnet SegmentID (policy enforced)",
        "2018-09-04T00:00:00-00:00",
        "Who may say which segment a subnet lies on is a matter of policy.",
    ),
    row(
        "subnet-segmentid-writable",
        "Subnet SegmentID (writable)",
        "2018-03-12T00:00:00-00:00",
        "A subnet can be put on a segment later.",
    ),
    row(
        "subnet-service-types",
        "Subnet service types",
        "2016-03-15T18:00:00-00:00",
        "Subnets can be for the ports of certain device owners.",
    ),
    row(
        "subnet_allocation",
        "Subnet Allocation",
        "2015-03-30T10:00:00-00:00",
        "Subnets can be taken from subnet pools.",
    ),
    row(
        "subnet_onboard",
        "Subnet Onboard",
        "2018-12-18T09:00:00-00:00",
        "Subnets that are there can be brought into a subnet pool.",
    ),
    row(
        "subnetpool-prefix-ops",
        "Subnet Pool Prefix Operations",
        "2019-02-08T10:00:00-00:00",
        "Prefixes of subnet pools can be added and removed one by one.",
    ),
    row(
        "tag-creation",
        "Tag creation extension",
        "2024-23-07T10:00:00-00:00",
        "Several tags can be added by one POST.",
    ),
    row(
        "tag-ports-during-bulk-creation",
        "Tag Ports During Bulk Creation",
        "2019-12-29T19:00:00-00:00",
        "Ports can be given tags as they are made.",
    ),
    row(
        "uplink-status-propagation",
        "Uplink status propagation extension",
        "2018-05-31T18:00:00-00:00",
        "Ports say whether their link follows that of the card they are a function of.",
    ),
    row(
        "uplink-status-propagation-updatable",
        "Uplink status propagation updatable extension",
        "2024-09-03T18:00:00-00:00",
        "That can be changed.",
    ),
];
