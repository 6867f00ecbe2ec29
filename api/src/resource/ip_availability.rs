//! How many addresses of a network are in use, as a resource that is only read.

use uuid::Uuid;

use crate::value::{AddressCounts, SubnetAvailability, availability};
use crate::{Check, declare::resource};

resource! {
    /// How many addresses the subnets of a network have and how many of them ports have.
    NetworkIpAvailability("network_ip_availability", "network_ip_availabilities" at "network-ip-availabilities", missing "NetworkNotFound")
        = derived NetworkIpAvailabilityDerived;

    stored {
        /// The network.
        network_id: Uuid = "network_id" { "network-ip-availability", post(nobody), put no, Check::None, [filter sort] }
        /// Name of the network.
        network_name: String = "network_name" { "network-ip-availability", post(nobody), put no, Check::None, [filter] }
        /// Project that owns the network.
        project_id: String = "project_id" { "project-id", post(nobody), put no, Check::None, [filter] }
        /// Its subnets, where the list is filtered by `ip_version` those of that version.
        subnets: Vec<SubnetAvailability> = "subnet_ip_availability" { "network-ip-availability", post(nobody), put no, Check::None, [] }
        /// Addresses of those subnets that ports have.
        used_ips: u128 = "used_ips" { "network-ip-availability", post(nobody), put no, Check::None, [] }
        /// Addresses of those subnets that there are.
        total_ips: u128 = "total_ips" { "network-ip-availability", post(nobody), put no, Check::None, [] }
        /// The same in more detail.
        details: AddressCounts = "ip_availability_details" { "network-ip-availability-details", post(nobody), put no, Check::None, [] }
    }
    input {}
    derived {}
    computed {
        /// Project that owns the network, under its older name.
        "tenant_id": String = |network| network.project_id, { "network-ip-availability", post(nobody), [filter] }
    }
    filters {
        "ip_version" { "network-ip-availability", subnets by availability::of_version }
    }
    private {
        /// That of the network.
        id: Uuid;
    }
}
