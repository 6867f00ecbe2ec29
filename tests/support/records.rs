//! Records for tests: filled in as the service would, with keys from the draft.

use api::{Kind, Network, NetworkType};
use uuid::Uuid;
use weft::ledger::Author;
use weft::model::Model;

/// Somebody who writes.
pub fn author() -> Author {
    Author {
        who: "test".to_owned(),
        request_id: "req-1".to_owned(),
    }
}

/// A VXLAN network with the lowest free key and VNI.
pub fn network(model: &Model, name: &str) -> Network {
    Network {
        id: Uuid::new_v4(),
        name: name.to_owned(),
        project_id: "p".to_owned(),
        network_type: NetworkType::Vxlan,
        segmentation_id: model.lowest_free_segment(NetworkType::Vxlan, None, 1..=10_000),
        key: model.lowest_free_key(Kind::Network).unwrap_or_default(),
        ..Network::default()
    }
}
