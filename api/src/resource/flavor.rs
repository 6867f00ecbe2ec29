//! Flavors: what a user may choose a service by.

use uuid::Uuid;

use crate::{Check, declare::resource};

resource! {
    /// A choice of how a service is provided.
    Flavor("flavor", "flavors", missing "FlavorNotFound") = create FlavorCreate, update FlavorUpdate, derived FlavorDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "flavors", post(nobody), put no, Check::None, [filter sort] }
        /// Name, not necessarily unique.
        name: String = "name" { "flavors", post(default String::new()), put yes, Check::Name(255), [filter sort] }
        /// Free text.
        description: String = "description" { "flavors", post(default String::new()), put yes, Check::MaxOrNull(1024), [filter sort] }
        /// Which service, e.g. `L3_ROUTER_NAT`.
        service_type: String = "service_type" { "flavors", post(required), put no, Check::Max(255), [filter sort] }
        /// Whether it can be chosen.
        enabled: bool = "enabled" { "flavors", post(default true), put yes, Check::None, [filter sort] }
        /// The profiles it stands for, in the order in which they are tried.
        service_profiles: Vec<Uuid> = "service_profiles" { "flavors", post(default Vec::new()), put yes, Check::Unique, [] }
    }
    input {}
    derived {}
    computed {}
    filters {}
    private {}
}
