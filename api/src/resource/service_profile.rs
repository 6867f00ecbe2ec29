//! Service profiles: what flavors stand for.

use uuid::Uuid;

use crate::{Check, declare::resource};

resource! {
    /// A way to provide a service: which driver, and what it is told.
    ServiceProfile("service_profile", "service_profiles", missing "ServiceProfileNotFound")
        = create ServiceProfileCreate, update ServiceProfileUpdate, derived ServiceProfileDerived;

    stored {
        /// Identifier.
        id: Uuid = "id" { "flavors", post(nobody), put no, Check::None, [filter sort] }
        /// Free text.
        description: String = "description" { "flavors", post(default String::new()), put yes, Check::MaxOrNull(1024), [filter sort] }
        /// The driver, as a service provider names it; empty for none.
        driver: String = "driver" { "flavors", post(default String::new()), put yes, Check::Max(1024), [filter sort] }
        /// What the driver is told.
        metainfo: String = "metainfo" { "flavors", post(default String::new()), put yes, Check::Max(4096), [sort] }
        /// Whether flavors may use it.
        enabled: bool = "enabled" { "flavors", post(default true), put yes, Check::None, [filter sort] }
    }
    input {}
    derived {}
    computed {}
    filters {}
    private {}
}
