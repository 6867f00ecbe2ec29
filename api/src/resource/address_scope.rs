//! Address scopes.

use uuid::Uuid;

use crate::{Check, declare::resource};

resource! {
    /// A space of addresses that do not overlap: subnets of one scope are routed among each other
    /// without translation.
    AddressScope("address_scope", "address_scopes" at "address-scopes", missing "AddressScopeNotFound")
        = create AddressScopeCreate, update AddressScopeUpdate, derived AddressScopeDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "address-scope", post(nobody), put no, Check::None, [filter sort] }
        /// Project that owns it.
        project_id: String = "project_id" { "project-id", post(required), put no, Check::Max(255), [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "address-scope", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// 4 or 6.
        ip_version: u8 = "ip_version" { "address-scope", post(required), put no, Check::OneOf(&[4, 6]), [filter sort] }
    }
    input {}
    asked {
        /// Whether it is shared with the project that asks; to set it is to share it with every project.
        shared: bool = "shared" { "address-scope", post(default false), put yes, Check::None, [filter] }
    }
    derived {}
    computed {
        /// Project that owns it, under its older name.
        "tenant_id": String = |scope| scope.project_id, { "address-scope", post(optional), [filter sort] }
    }
    filters {}
    private {}
}
