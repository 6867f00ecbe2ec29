//! Service providers: what provides a service, as a resource that is only read.

use uuid::Uuid;

use crate::{Check, declare::resource};

resource! {
    /// Something that provides a service.
    ServiceProvider("service_provider", "service_providers" at "service-providers", missing "ServiceProviderNotFound")
        = derived ServiceProviderDerived;

    stored {
        /// Which service, e.g. `L3_ROUTER_NAT`.
        service_type: String = "service_type" { "service-type", post(nobody), put no, Check::None, [filter sort] }
        /// Its name.
        name: String = "name" { "service-type", post(nobody), put no, Check::None, [filter sort] }
        /// Whether it provides the service to those who choose nothing.
        default: bool = "default" { "service-type", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {}
    computed {}
    filters {}
    private {
        /// Follows from service and name.
        id: Uuid;
    }
}
