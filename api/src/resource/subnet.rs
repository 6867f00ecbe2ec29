//! Subnets.

use std::net::IpAddr;

use ipnet::IpNet;
use uuid::Uuid;

use crate::value::{AddressRange, HostRoute, Ipv6Mode, Timestamp, changed_since};
use crate::{Check, declare::resource, tags};

resource! {
    /// A block of addresses on a network.
    Subnet("subnet", "subnets", missing "SubnetNotFound") = create SubnetCreate, update SubnetUpdate, derived SubnetDerived, tagged by tags;

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
        /// 4 or 6.
        ip_version: u8 = "ip_version" { "core", post(required), put no, Check::OneOf(&[4, 6]), [filter sort] }
        /// The block.
        cidr: IpNet = "cidr" { "core", post(optional), put no, Check::None, [filter sort] }
        /// The router's address; null for none. Where a POST says nothing it is the block's first.
        gateway_ip: Option<IpAddr> = "gateway_ip" { "core", post(optional), put yes, Check::None, [filter sort] }
        /// Addresses that ports are given unless they ask for others.
        allocation_pools: Vec<AddressRange> = "allocation_pools" { "core", post(optional), put yes, Check::None, [] }
        /// DNS servers hosts are told, in this order.
        dns_nameservers: Vec<IpAddr> = "dns_nameservers" { "core", post(default Vec::new()), put yes, Check::Unique, [] }
        /// Routes hosts are told.
        host_routes: Vec<HostRoute> = "host_routes" { "core", post(default Vec::new()), put yes, Check::Unique, [] }
        /// Whether hosts get their configuration by DHCP.
        enable_dhcp: bool = "enable_dhcp" { "core", post(default true), put yes, Check::None, [filter sort] }
        /// How routers advertise it.
        ipv6_ra_mode: Option<Ipv6Mode> = "ipv6_ra_mode" { "core", post(default None), put no, Check::None, [filter sort] }
        /// How hosts get their address.
        ipv6_address_mode: Option<Ipv6Mode> = "ipv6_address_mode" { "core", post(default None), put no, Check::None, [filter sort] }
        /// The subnet pool it was taken from.
        subnetpool_id: Option<Uuid> = "subnetpool_id" { "core", post(default None), put no, Check::None, [filter sort] }
        /// Owners of ports that may have addresses of it; empty for all.
        service_types: Vec<String> = "service_types" { "subnet-service-types", post(default Vec::new()), put yes, Check::NonEmpty(255), [] }
        /// The segment it lies on.
        segment_id: Option<Uuid> = "segment_id" { "segment", post(default None), put yes, Check::None, [filter sort] }
        /// Whether names of fixed IPs are published in DNS.
        dns_publish_fixed_ip: bool = "dns_publish_fixed_ip" { "subnet-dns-publish-fixed-ip", post(default false), put yes, Check::None, [] }
        /// Tags.
        tags: Vec<String> = "tags" { "standard-attr-tag", post(nobody), put no, Check::Max(255), [] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {
        /// Length of the block to take from the subnet pool.
        prefixlen: u32 = "prefixlen" { "core", post(optional), Check::AtLeast(0) }
        /// Whether to take it from the default pool of its IP version.
        use_default_subnetpool: bool = "use_default_subnetpool" { "default-subnetpools", post(default false), Check::None }
    }
    derived {
        /// Whether its network leads out of the cloud.
        external: bool = "router:external" { "subnet-external-network", [filter] }
        /// Whether its network is shared with the project that asks.
        shared: bool = "shared" { "core", [filter hidden] }
    }
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |subnet| subnet.project_id, { "core", post(optional), [filter sort] }
    }
    filters {
        "tags" { "standard-attr-tag", tags by tags::all }
        "tags-any" { "standard-attr-tag", tags by tags::any }
        "not-tags" { "standard-attr-tag", tags by tags::not_all }
        "not-tags-any" { "standard-attr-tag", tags by tags::not_any }
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {}
}
