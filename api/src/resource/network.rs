//! Networks.

use uuid::Uuid;

use super::{Segment, SegmentLabel};
use crate::value::{NetworkType, ProviderSegment, Status, Timestamp, changed_since};
use crate::{Check, declare::resource, tags};

resource! {
    /// A layer 2 broadcast domain.
    Network("network", "networks", missing "NetworkNotFound") = create NetworkCreate, update NetworkUpdate, derived NetworkDerived, tagged by tags;

    stored {
        /// Identifier.
        id: Uuid = "id" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "core", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: String = "description" { "standard-attr-description", post(default String::new()), put yes, Check::Max(255), [filter] }
        /// Whether it carries traffic, as its owner wishes.
        admin_state_up: bool = "admin_state_up" { "core", post(default true), put yes, Check::None, [filter sort] }
        /// Whether it carries traffic.
        status: Status = "status" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Whether it leads out of the cloud, so that routers may have gateways on it.
        external: bool = "router:external" { "external-net", post(default false), put yes, Check::None, [filter] }
        /// Largest IP packet, in bytes; 0 in a POST asks for the largest the network type carries.
        mtu: u32 = "mtu" { "net-mtu-writable", post(default 0), put yes, Check::AtLeast(0), [filter sort] }
        /// Whether its ports are protected from spoofing unless they say otherwise.
        port_security_enabled: bool = "port_security_enabled" { "port-security", post(default true), put yes, Check::None, [] }
        /// How its frames travel between nodes.
        network_type: NetworkType = "provider:network_type" { "provider", post(optional), put yes, Check::None, [filter]; only_if |network| !network.has_several_segments() }
        /// The physical network it lies on, for flat and VLAN networks.
        physical_network: Option<String> = "provider:physical_network" { "provider", post(default None), put yes, Check::Max(64), [filter]; only_if |network| !network.has_several_segments() }
        /// VLAN id, VNI or tunnel key.
        segmentation_id: Option<u32> = "provider:segmentation_id" { "provider", post(default None), put yes, Check::None, [filter]; only_if |network| !network.has_several_segments() }
        /// Whether instances may send tagged frames on it; never yet.
        vlan_transparent: bool = "vlan_transparent" { "vlan-transparent", post(default false), put no, Check::None, [filter] }
        /// Whether its VLANs are carried within a provider's (802.1ad); never yet.
        qinq: bool = "qinq" { "qinq", post(default false), put no, Check::None, [filter] }
        /// DNS domain of its ports, ending in a dot; empty for the cloud's own.
        dns_domain: String = "dns_domain" { "dns-integration", post(default String::new()), put yes, Check::DnsDomain(255), [] }
        /// Zones its services should be in.
        availability_zone_hints: Vec<String> = "availability_zone_hints" { "network_availability_zone", post(default Vec::new()), put no, Check::NonEmpty(255), [sort] }
        /// Whether it is the external network that automatic topologies use.
        is_default: bool = "is_default" { "auto-allocated-topology", post(default false), put yes, Check::None, [filter] shown_if |network| network.external }
        /// Tags.
        tags: Vec<String> = "tags" { "standard-attr-tag", post(nobody), put no, Check::Max(255), [] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    asked {
        /// Whether it is shared with the project that asks; to set it is to share it with every project.
        shared: bool = "shared" { "core", post(default false), put yes, Check::None, [filter] }
        /// The segments it consists of, where they are several.
        segments: Vec<ProviderSegment> = "segments" { "multi-provider", post(optional), put no, Check::None, []; only_if |network| network.has_several_segments() }
    }
    derived {
        /// Its subnets.
        subnets: Vec<Uuid> = "subnets" { "core", [] }
        /// Whether all its ports share one broadcast domain.
        l2_adjacency: bool = "l2_adjacency" { "l2_adjacency", [] }
        /// Zones its services are in: those of the nodes that it has ports on.
        availability_zones: Vec<String> = "availability_zones" { "network_availability_zone", [] }
        /// Address scope of its IPv4 subnets.
        ipv4_address_scope: Option<Uuid> = "ipv4_address_scope" { "address-scope", [] }
        /// Address scope of its IPv6 subnets.
        ipv6_address_scope: Option<Uuid> = "ipv6_address_scope" { "address-scope", [] }
    }
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |network| network.project_id, { "core", post(optional), [filter sort] }
    }
    filters {
        "tags" { "standard-attr-tag", tags by tags::all }
        "tags-any" { "standard-attr-tag", tags by tags::any }
        "not-tags" { "standard-attr-tag", tags by tags::not_all }
        "not-tags-any" { "standard-attr-tag", tags by tags::not_any }
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {
        /// Its key in the pipeline, 1 to 2^24 - 1.
        key: u32;
        /// What its first segment is called; its provider attributes say what carries it.
        first: SegmentLabel;
        /// Its further segments.
        more_segments: Vec<Segment>;
    }
}
