//! Ports.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::value::{
    AddressPair, DataPlaneStatus, DnsAssignment, ExtraDhcpOpt, FixedIp, Hints, IpAllocation,
    JsonMap, Mac, NumaPolicy, OffloadType, Status, Timestamp, VifType, changed_since,
};
use crate::{Check, declare::resource, tags};

/// `binding:vnic_type`: how an instance wishes to be attached.
pub(crate) const VNIC_TYPES: &[&str] = &[
    "normal",
    "direct",
    "macvtap",
    "baremetal",
    "direct-physical",
    "virtio-forwarder",
    "smart-nic",
    "vdpa",
    "accelerator-direct",
    "accelerator-direct-physical",
    "remote-managed",
];

/// A binding that was prepared on a host where the port is not, e.g. for a migration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InactiveBinding {
    /// The node.
    pub host: String,
    /// How the port wishes to be attached there.
    pub vnic_type: String,
    /// How it can be attached there; `unbound` once another binding was activated in its place.
    pub vif_type: VifType,
    /// Whatever the compute service wants the binding to know.
    pub profile: JsonMap,
}

resource! {
    /// The attachment of one interface to a network.
    Port("port", "ports", missing "PortNotFound") = create PortCreate, update PortUpdate, derived PortDerived, tagged by tags;

    stored {
        /// Identifier.
        id: Uuid = "id" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "core", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: String = "description" { "standard-attr-description", post(default String::new()), put yes, Check::Max(255), [filter] }
        /// The network it is on.
        network_id: Uuid = "network_id" { "core", post(required), put no, Check::None, [filter sort] }
        /// Whether it carries traffic, as its owner wishes.
        admin_state_up: bool = "admin_state_up" { "core", post(default true), put yes, Check::None, [filter sort] }
        /// Whether it carries traffic.
        status: Status = "status" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Its Ethernet address; null, or nothing in a POST, asks for one that is made up.
        mac_address: Mac = "mac_address" { "core", post(optional), put yes, Check::None, [filter sort] }
        /// Its addresses; where a POST says nothing it gets one of each family the network has.
        fixed_ips: Vec<FixedIp> = "fixed_ips" { "core", post(optional), put yes, Check::Unique, [filter] }
        /// When it gets its addresses.
        ip_allocation: IpAllocation = "ip_allocation" { "ip_allocation", post(nobody), put no, Check::None, [filter sort] }
        /// What uses it, e.g. an instance's id.
        device_id: String = "device_id" { "core", post(default String::new()), put yes, Check::Max(255), [filter sort] }
        /// What kind of thing uses it, e.g. `compute:nova`.
        device_owner: String = "device_owner" { "core", post(default String::new()), put yes, Check::Max(255), [filter sort] }
        /// The node it is on; empty for none.
        host_id: String = "binding:host_id" { "binding", post(default String::new()), put yes, Check::MaxOrNull(255), [filter] }
        /// How it wishes to be attached.
        vnic_type: String = "binding:vnic_type" { "binding", post(default "normal".to_owned()), put yes, Check::Words(VNIC_TYPES), [] }
        /// How it is attached.
        vif_type: VifType = "binding:vif_type" { "binding", post(nobody), put no, Check::None, [filter] }
        /// Whatever the compute service wants the binding to know.
        profile: JsonMap = "binding:profile" { "binding", post(default JsonMap::new()), put yes, Check::None, [] }
        /// Whether its instance is trusted with settings of its network card; shown in the profile too.
        trusted: Option<bool> = "trusted" { "port-trusted-vif", post(default None), put yes, Check::None, [] }
        /// Which hardware it asks to be offloaded to; noted in the profile's capabilities.
        hardware_offload_type: Option<OffloadType> = "hardware_offload_type" { "port-hardware-offload-type", post(default None), put no, Check::None, [] }
        /// How near to its device an instance must be placed.
        numa_affinity_policy: Option<NumaPolicy> = "numa_affinity_policy" { "port-numa-affinity-policy", post(default None), put yes, Check::None, [] }
        /// The accelerator's profile it asks for.
        device_profile: Option<String> = "device_profile" { "port-device-profile", post(default None), put no, Check::Max(255), [] }
        /// Whether its link follows that of the card it is a function of.
        propagate_uplink_status: bool = "propagate_uplink_status" { "uplink-status-propagation", post(default true), put yes, Check::None, [] }
        /// What a monitor outside says of the wires below it.
        data_plane_status: Option<DataPlaneStatus> = "data_plane_status" { "data-plane-status", post(nobody), put yes, Check::None, [] }
        /// How whoever carries it might do so.
        hints: Option<Hints> = "hints" { "port-hints", post(default None), put yes, Check::None, [] }
        /// Whether it is protected from spoofing; where a POST says nothing its network decides.
        port_security_enabled: bool = "port_security_enabled" { "port-security", post(optional), put yes, Check::None, [] }
        /// Addresses it may send from besides its own.
        allowed_address_pairs: Vec<AddressPair> = "allowed_address_pairs" { "allowed-address-pairs", post(default Vec::new()), put yes, Check::None, [] }
        /// DHCP options its instance gets besides the subnet's. A PUT changes the options it names.
        extra_dhcp_opts: Vec<ExtraDhcpOpt> = "extra_dhcp_opts" { "extra_dhcp_opt", post(default Vec::new()), put yes, Check::None, [] }
        /// Its security groups.
        security_groups: Vec<Uuid> = "security_groups" { "security-group", post(optional), put yes, Check::Unique, [filter] }
        /// First label of its name in DNS.
        dns_name: String = "dns_name" { "dns-integration", post(default String::new()), put yes, Check::DnsName(255), [] }
        /// DNS domain of its own; empty for its network's.
        dns_domain: String = "dns_domain" { "dns-domain-ports", post(default String::new()), put yes, Check::DnsDomain(255), [] }
        /// Tags.
        tags: Vec<String> = "tags" { "standard-attr-tag", post(default Vec::new()), put no, Check::UniqueText(255), [] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {
        /// What the compute service needs to attach it.
        vif_details: JsonMap = "binding:vif_details" { "binding", [] }
        /// Names its addresses have in DNS.
        dns_assignment: Vec<DnsAssignment> = "dns_assignment" { "dns-integration", [] }
    }
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |port| port.project_id, { "core", post(optional), [filter sort] }
        /// What a scheduler must find room for; nothing, as no rule promises bandwidth yet.
        "resource_request": Option<JsonMap> = |_port| None::<JsonMap>, { "port-resource-request", post(nobody), [] }
    }
    filters {
        "tags" { "standard-attr-tag", tags by tags::all }
        "tags-any" { "standard-attr-tag", tags by tags::any }
        "not-tags" { "standard-attr-tag", tags by tags::not_all }
        "not-tags-any" { "standard-attr-tag", tags by tags::not_any }
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {
        /// Where else it may be bound; it carries traffic on `binding:host_id` alone.
        inactive_bindings: Vec<InactiveBinding>;
        /// Its key in the pipeline.
        key: u32;
    }
}
