//! What a project can reach: what the indexes give is what each record by itself says.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{AddressGroup, AddressScope, EVERYONE, Kind, Network, Port, RbacPolicy, Record, Subnet};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::reach::{of_project, reaches, shared_with};
use crate::model::Model;

const PROJECTS: [&str; 4] = ["p0", "p1", "p2", ""];

fn id(kind: u128, n: u8) -> Uuid {
    Uuid::from_u128(kind << 64 | u128::from(n))
}

fn project(n: u8) -> String {
    format!("p{}", n % 3)
}

/// Records of every kind that has owners, over few networks and three projects.
fn record() -> impl Strategy<Value = Record> {
    (0u8..6, any::<u8>(), 0u8..4, any::<u8>()).prop_map(|(kind, n, network, bits)| {
        let (n, owner, network_id) = (n % 16, project(bits), id(1, network));
        match kind {
            0 => Record::from(Network {
                id: network_id,
                project_id: owner,
                external: bits & 4 != 0,
                key: u32::from(network) + 1,
                ..Network::default()
            }),
            1 => Record::from(Subnet {
                id: id(2, n),
                project_id: owner,
                network_id,
                ..Subnet::default()
            }),
            2 => Record::from(Port {
                id: id(3, n),
                project_id: owner,
                network_id,
                key: u32::from(n) + 1,
                ..Port::default()
            }),
            3 => Record::from(AddressScope {
                id: id(4, n),
                project_id: owner,
                ..AddressScope::default()
            }),
            4 => Record::from(AddressGroup {
                id: id(5, n),
                project_id: owner,
                ..AddressGroup::default()
            }),
            _ => Record::from(policy(n, owner, network, bits)),
        }
    })
}

/// A policy on a network, an address scope or an address group.
fn policy(n: u8, owner: String, network: u8, bits: u8) -> RbacPolicy {
    let (kind, object) = match bits >> 6 {
        0 => ("address_scope", id(4, n)),
        1 => ("address_group", id(5, n)),
        _ => ("network", id(1, network)),
    };
    let target = match bits >> 3 & 3 {
        3 => EVERYONE.to_owned(),
        n => project(n),
    };
    let external = kind == "network" && bits & 32 != 0;
    RbacPolicy {
        id: id(6, n),
        project_id: owner,
        object_type: kind.to_owned(),
        object_id: object,
        action: if external {
            "access_as_external"
        } else {
            "access_as_shared"
        }
        .to_owned(),
        target_tenant: target,
    }
}

proptest! {
    #[test]
    fn indexes_give_what_each_record_says(records in proptest::collection::vec(record(), 0..60)) {
        let model = Model::from_records(1, records);
        for kind in [Kind::Network, Kind::Subnet, Kind::Port, Kind::AddressScope, Kind::AddressGroup, Kind::RbacPolicy] {
            for project in PROJECTS {
                let found = of_project(&model, kind, project).unwrap();
                let ids: BTreeSet<Uuid> = found.iter().map(Record::id).collect();
                prop_assert_eq!(ids.len(), found.len(), "{:?} of {:?}: each once", kind, project);
                let within = model.records(kind).filter(|record| reaches(&model, record, project));
                let expected: BTreeSet<Uuid> = within.map(|record| record.id()).collect();
                prop_assert_eq!(ids, expected, "{:?} of {:?}", kind, project);
            }
        }
    }

    #[test]
    fn what_is_shared_is_within_reach(records in proptest::collection::vec(record(), 0..60)) {
        let model = Model::from_records(1, records);
        for kind in [Kind::Network, Kind::Subnet, Kind::AddressScope, Kind::AddressGroup] {
            for record in model.records(kind) {
                for project in PROJECTS {
                    let shared = shared_with(&model, kind, record.id(), project);
                    prop_assert!(!shared || reaches(&model, &record, project));
                }
            }
        }
    }
}

#[test]
fn a_port_is_reached_by_the_owner_of_its_network() {
    let own = |id: Uuid, project: &str| Network {
        id,
        project_id: project.to_owned(),
        ..Network::default()
    };
    let port = Arc::new(Port {
        id: id(3, 1),
        project_id: "p1".into(),
        network_id: id(1, 1),
        ..Port::default()
    });
    let records = [
        Record::from(own(id(1, 1), "p0")),
        Record::from(Arc::clone(&port)),
    ];
    let model = Model::from_records(1, records);
    let record = Record::from(port);
    let reached = PROJECTS.map(|project| reaches(&model, &record, project));
    assert_eq!(reached, [true, true, false, false]);
}
