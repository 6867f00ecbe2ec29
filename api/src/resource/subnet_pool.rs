//! Subnet pools.

use ipnet::IpNet;
use uuid::Uuid;

use crate::value::{PrefixLength, Timestamp, changed_since};
use crate::{Check, declare::resource, tags};

resource! {
    /// Blocks of addresses that subnets are taken from.
    SubnetPool("subnetpool", "subnetpools", missing "SubnetPoolNotFound") = create SubnetPoolCreate, update SubnetPoolUpdate, derived SubnetPoolDerived, tagged by tags;

    stored {
        /// Identifier.
        id: Uuid = "id" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "core", post(required), put yes, Check::NonEmptyName(255), [filter sort] }
        /// Free text.
        description: String = "description" { "standard-attr-description", post(default String::new()), put yes, Check::Max(255), [filter] }
        /// The blocks, as few as hold the same addresses, ascending. A PUT can only add to them.
        prefixes: Vec<IpNet> = "prefixes" { "core", post(required), put yes, Check::Unique, [] }
        /// 4 or 6, as its prefixes are.
        ip_version: u8 = "ip_version" { "core", post(nobody), put no, Check::None, [filter sort] }
        /// Prefix length of a subnet that asks for none.
        default_prefixlen: PrefixLength = "default_prefixlen" { "core", post(optional), put yes, Check::None, [filter sort] }
        /// Shortest prefix length of a subnet; where a POST says nothing 8, or 64 for IPv6.
        min_prefixlen: PrefixLength = "min_prefixlen" { "core", post(optional), put yes, Check::None, [filter sort] }
        /// Longest prefix length of a subnet; where a POST says nothing 32, or 128 for IPv6.
        max_prefixlen: PrefixLength = "max_prefixlen" { "core", post(optional), put yes, Check::None, [filter sort] }
        /// How much one project may take: addresses, or blocks of /64 for IPv6; null and 0 for no limit.
        default_quota: Option<u32> = "default_quota" { "core", post(default None), put yes, Check::NotNull, [filter sort] }
        /// The address scope it is in.
        address_scope_id: Option<Uuid> = "address_scope_id" { "address-scope", post(default None), put yes, Check::None, [filter sort] }
        /// Whether subnets that ask for the default pool of its IP version are taken from it.
        is_default: bool = "is_default" { "core", post(default false), put yes, Check::None, [filter sort] }
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
        shared: bool = "shared" { "core", post(default false), put no, Check::None, [filter] }
    }
    derived {}
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |pool| pool.project_id, { "core", post(optional), [filter sort] }
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
