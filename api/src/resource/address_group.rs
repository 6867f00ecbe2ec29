//! Address groups.

use ipnet::IpNet;
use uuid::Uuid;

use crate::value::{Timestamp, changed_since};
use crate::{Check, declare::resource};

resource! {
    /// A named set of blocks of addresses, for rules to refer to.
    AddressGroup("address_group", "address_groups" at "address-groups", missing "AddressGroupNotFound")
        = create AddressGroupCreate, update AddressGroupUpdate, derived AddressGroupDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "address-group", post(nobody), put no, Check::None, [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "address-group", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: String = "description" { "standard-attr-description", post(default String::new()), put yes, Check::Max(255), [filter] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// The blocks, ascending.
        addresses: Vec<IpNet> = "addresses" { "address-group", post(default Vec::new()), put no, Check::Unique, [] }
        /// Counts its changes.
        revision_number: u64 = "revision_number" { "standard-attr-revisions", post(nobody), put no, Check::None, [filter sort] }
        /// When it was made.
        created_at: Timestamp = "created_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
        /// When it was last changed.
        updated_at: Timestamp = "updated_at" { "standard-attr-timestamp", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {}
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |group| group.project_id, { "address-group", post(optional), [filter sort] }
    }
    filters {
        "changed_since" { "standard-attr-timestamp", updated_at by changed_since }
    }
    private {}
}
