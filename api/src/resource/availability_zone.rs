//! Availability zones: what the nodes say of where they are, as a resource that is only read.

use uuid::Uuid;

use crate::{Check, declare::resource};

resource! {
    /// A zone that at least one node is in, once for each resource that can be placed there.
    AvailabilityZone("availability_zone", "availability_zones", missing "AvailabilityZoneNotFound")
        = derived AvailabilityZoneDerived;

    stored {
        /// Its name.
        name: String = "name" { "availability_zone", post(nobody), put no, Check::None, [filter sort] }
        /// What can be placed there: `network` or `router`.
        resource: String = "resource" { "availability_zone", post(nobody), put no, Check::None, [filter sort] }
        /// `available` while one of its nodes takes new ports, else `unavailable`.
        state: String = "state" { "availability_zone", post(nobody), put no, Check::None, [filter sort] }
    }
    input {}
    derived {}
    computed {}
    filters {}
    private {
        /// Follows from name and resource.
        id: Uuid;
    }
}
