//! What provides services beyond layer 2, to be chosen by flavors. weft has no drivers to configure: a
//! service that it offers has one provider, weft itself.

use std::sync::Arc;

use api::{Record, ServiceProvider};
use uuid::Uuid;

/// Something that provides a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// Which service.
    pub service_type: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What service profiles name it by.
    pub driver: &'static str,
    /// Whether it provides the service to those who choose nothing.
    pub default: bool,
}

/// A row for each service that is offered. Layer 2, DHCP and port security are no services in this
/// sense: every network has them, and nobody chooses.
pub const PROVIDERS: &[Provider] = &[];

/// Providers as the API shows them.
pub fn records(providers: &[Provider]) -> Vec<Record> {
    let record = |provider: &Provider| {
        let Provider {
            service_type, name, ..
        } = provider;
        let of = format!("service provider {service_type} {name}");
        Record::from(Arc::new(ServiceProvider {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, of.as_bytes()),
            service_type: (*service_type).to_owned(),
            name: (*name).to_owned(),
            default: provider.default,
        }))
    };
    providers.iter().map(record).collect()
}
