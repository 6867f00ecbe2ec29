//! Resources that are only read, because they follow from others.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{AvailabilityZone, Filters, Kind, Record};
use uuid::Uuid;

use super::{availability, provider};
use crate::model::Model;

/// The records of a computed kind that the filters leave, at least; none for kinds that are stored.
pub fn records<'a>(
    model: &'a Model,
    kind: Kind,
    filters: &Filters,
) -> Box<dyn Iterator<Item = Record> + Send + 'a> {
    match kind {
        Kind::AvailabilityZone => Box::new(zones(model).into_iter()),
        Kind::ServiceProvider => Box::new(provider::records(provider::PROVIDERS).into_iter()),
        Kind::NetworkIpAvailability => {
            Box::new(availability::find(model, filters).map(Record::from))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// One record of a computed kind.
pub fn record(model: &Model, kind: Kind, id: Uuid) -> Option<Record> {
    if kind == Kind::NetworkIpAvailability {
        let network = model.network(id)?;
        return Some(availability::of(model, network, None).into());
    }
    records(model, kind, &Filters::none()).find(|record| record.id() == id)
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
