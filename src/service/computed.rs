//! Resources that are only read, because they follow from others.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{AvailabilityZone, Kind, Record};
use uuid::Uuid;

use super::provider;
use crate::model::Model;

/// The records of a computed kind; none for kinds that are stored.
pub fn records(model: &Model, kind: Kind) -> Vec<Record> {
    match kind {
        Kind::AvailabilityZone => zones(model),
        Kind::ServiceProvider => provider::records(provider::PROVIDERS),
        _ => Vec::new(),
    }
}

/// The zones that nodes are in, by name.
fn zones(model: &Model) -> Vec<Record> {
    let mut open: BTreeMap<&str, bool> = BTreeMap::new();
    for node in model.nodes() {
        for zone in &node.availability_zones {
            *open.entry(zone).or_default() |= node.admin_state_up;
        }
    }
    let zone = |(name, open): (&str, bool)| {
        let state = if open { "available" } else { "unavailable" };
        Record::from(Arc::new(AvailabilityZone {
            id: Uuid::new_v5(
                &Uuid::NAMESPACE_OID,
                format!("network zone {name}").as_bytes(),
            ),
            name: name.to_owned(),
            resource: "network".to_owned(),
            state: state.to_owned(),
        }))
    };
    open.into_iter().map(zone).collect()
}
