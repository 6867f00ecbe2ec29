//! The model's laws over random sequences of changes: indexes kept up by change
//! are those made from scratch, every query says what a scan would, a snapshot
//! never changes, and a commit taken over gives the model its author had.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use api::{
    ACCESS_AS_EXTERNAL, ACCESS_AS_SHARED, AddressPair, AddressRange, EVERYONE, FixedIp, Kind, Mac,
    Network, NetworkType, Node, Port, Quota, RbacPolicy, Record, Subnet, SubnetPool,
};
use ipnet::IpNet;
use proptest::prelude::*;
use uuid::Uuid;
use weft::model::{Commit, Draft, Model, sample};

/// Few values of everything, so that records collide in every way they can.
const FEW: u8 = 4;

#[derive(Clone, Debug)]
enum Edit {
    Put(Record),
    Remove(Kind, Uuid),
}

fn id(kind: Kind, n: u8) -> Uuid {
    Uuid::from_u128(u128::from(kind.name().as_bytes()[0]) << 64 | u128::from(n))
}

fn word(n: u8) -> String {
    ["", "a", "b", "c"][usize::from(n)].to_owned()
}

fn address(n: u8) -> IpAddr {
    match n {
        0 => Ipv4Addr::new(10, 0, 0, 2).into(),
        1 => Ipv4Addr::new(10, 0, 0, 3).into(),
        2 => Ipv6Addr::from_bits(0xfd00 << 112 | 2).into(),
        _ => Ipv6Addr::from_bits(0xfd00 << 112 | 3).into(),
    }
}

fn network() -> impl Strategy<Value = Record> {
    let types = prop::sample::select(NetworkType::ALL);
    (
        0..FEW,
        prop::array::uniform3(0..FEW),
        types,
        0..FEW,
        prop::option::of(1u32..5),
        any::<bool>(),
    )
        .prop_map(
            |(n, [name, project, physnet], network_type, key, segmentation_id, external)| {
                Network {
                    id: id(Kind::Network, n),
                    name: word(name),
                    project_id: word(project),
                    network_type,
                    physical_network: (physnet > 0).then(|| word(physnet)),
                    segmentation_id,
                    external,
                    key: u32::from(key),
                    ..Network::default()
                }
                .into()
            },
        )
}

fn subnet() -> impl Strategy<Value = Record> {
    (0..FEW, prop::array::uniform3(0..FEW)).prop_map(|(n, [network, name, project])| {
        let (ip_version, cidr, pool) = if n < 2 {
            (4, "10.0.0.0/29", [address(0), address(1)])
        } else {
            (6, "fd00::/64", [address(2), address(3)])
        };
        let [start, end] = pool;
        Subnet {
            id: id(Kind::Subnet, n),
            network_id: id(Kind::Network, network),
            name: word(name),
            project_id: word(project),
            ip_version,
            cidr: cidr.parse().unwrap(),
            gateway_ip: Some(start).filter(|_| name == 0),
            allocation_pools: vec![AddressRange { start, end }],
            subnetpool_id: (n & 1 == 0).then(|| id(Kind::SubnetPool, n)),
            ..Subnet::default()
        }
        .into()
    })
}

fn subnet_pool() -> impl Strategy<Value = Record> {
    (0..FEW, prop::array::uniform4(0..FEW)).prop_map(|(n, [name, project, scope, size])| {
        let (ip_version, prefix, length) = if n < 2 {
            (4, "10.0.0.0", 27 + size)
        } else {
            (6, "fd00::", 62 + size)
        };
        SubnetPool {
            id: id(Kind::SubnetPool, n),
            name: word(name),
            project_id: word(project),
            ip_version,
            prefixes: vec![format!("{prefix}/{length}").parse().unwrap()],
            address_scope_id: (scope > 1).then(|| id(Kind::AddressScope, scope)),
            is_default: scope & 1 == 1,
            ..SubnetPool::default()
        }
        .into()
    })
}

/// For an address alone, or for its block.
fn pair((n, alone): (u8, bool)) -> AddressPair {
    let address = address(n);
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = if alone { longest } else { longest - 8 };
    AddressPair {
        mac_address: Mac([2, 0, 0, 0, 0, n]),
        ip_address: IpNet::new(address, length).unwrap(),
    }
}

fn port() -> impl Strategy<Value = Record> {
    let fixed = prop::collection::vec((0..FEW, 0..FEW), 0..3);
    let pairs = prop::collection::vec((0..FEW, any::<bool>()), 0..3);
    (0..8u8, prop::array::uniform7(0..FEW), fixed, pairs, 0..FEW).prop_map(
        |(n, [network, name, project, device, owner, host, mac], fixed, pairs, key)| {
            let fixed_ips: BTreeSet<_> = fixed.into_iter().collect();
            let fixed_ips = fixed_ips.into_iter().map(|(subnet, ip)| FixedIp {
                subnet_id: id(Kind::Subnet, subnet),
                // An address of the subnet's own family, as the service makes sure.
                ip_address: address(subnet & 2 | ip & 1),
            });
            let mut fixed_ips: Vec<_> = fixed_ips.collect();
            fixed_ips.dedup();
            Port {
                id: id(Kind::Port, n),
                network_id: id(Kind::Network, network),
                name: word(name),
                project_id: word(project),
                device_id: word(device),
                device_owner: word(owner),
                host_id: word(host),
                mac_address: Mac([2, 0, 0, 0, 0, mac]),
                fixed_ips,
                allowed_address_pairs: pairs.into_iter().map(pair).collect(),
                key: u32::from(key),
                ..Port::default()
            }
            .into()
        },
    )
}

fn node() -> impl Strategy<Value = Record> {
    (0..FEW, prop::array::uniform3(0..FEW)).prop_map(|(n, [hostname, system_id, key])| {
        Node {
            id: id(Kind::Node, n),
            hostname: word(hostname),
            system_id: word(system_id),
            key: u32::from(key),
            ..Node::default()
        }
        .into()
    })
}

fn quota() -> impl Strategy<Value = Record> {
    (0..FEW, 0..FEW).prop_map(|(project, limit)| {
        Quota {
            limits: [("port".to_owned(), i64::from(limit))].into(),
            ..Quota::of_project(&word(project))
        }
        .into()
    })
}

fn policy() -> impl Strategy<Value = Record> {
    (prop::array::uniform4(0..FEW), any::<bool>()).prop_map(
        |([n, object, project, target], external)| {
            let action = match external {
                true => ACCESS_AS_EXTERNAL,
                false => ACCESS_AS_SHARED,
            };
            RbacPolicy {
                id: id(Kind::RbacPolicy, n),
                project_id: word(project),
                object_type: "network".into(),
                object_id: id(Kind::Network, object),
                action: action.into(),
                target_tenant: target_of(target),
            }
            .into()
        },
    )
}

/// Every project, or one.
fn target_of(n: u8) -> String {
    match n {
        0 => EVERYONE.into(),
        n => word(n),
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let kinds = prop::sample::select(Kind::ALL);
    prop_oneof![
        1 => network().prop_map(Edit::Put),
        1 => subnet().prop_map(Edit::Put),
        1 => subnet_pool().prop_map(Edit::Put),
        4 => port().prop_map(Edit::Put),
        1 => node().prop_map(Edit::Put),
        1 => quota().prop_map(Edit::Put),
        2 => policy().prop_map(Edit::Put),
        1 => quota().prop_map(|quota| Edit::Remove(Kind::Quota, quota.id())),
        2 => (kinds, 0..8u8).prop_map(|(kind, n)| Edit::Remove(kind, id(kind, n))),
    ]
}

fn all_records(model: &Model) -> Vec<Record> {
    Kind::ALL
        .iter()
        .flat_map(|kind| model.records(*kind))
        .collect()
}

fn apply(draft: &mut Draft, edit: Edit) {
    match edit {
        Edit::Put(record) => {
            let before = draft.record(record.kind(), record.id());
            assert_eq!(draft.put(record), before);
        }
        Edit::Remove(kind, id) => {
            let before = draft.record(kind, id);
            assert_eq!(draft.remove(kind, id), before);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn indexes_kept_up_by_change_are_those_made_from_scratch(
        groups in prop::collection::vec(prop::collection::vec(edit(), 0..12), 1..12),
    ) {
        let mut model = Model::default();
        let mut followed = Model::default();
        let mut snapshots = Vec::new();
        for (at, edits) in groups.into_iter().enumerate() {
            snapshots.push((model.clone(), all_records(&model)));
            let mut draft = Draft::new(&model);
            for edit in edits {
                apply(&mut draft, edit);
            }
            let (after, changes) = draft.finish();
            let commit = Commit {
                revision: u64::try_from(at).unwrap() + 1,
                time_micros: 0,
                who: String::new(),
                request_id: String::new(),
                changes,
            };
            for change in &commit.changes {
                prop_assert_eq!(&change.before, &model.record(change.kind, change.id));
                prop_assert_eq!(&change.after, &after.record(change.kind, change.id));
            }
            followed = followed.after(&commit);
            prop_assert_eq!(all_records(&followed), all_records(&after));
            model = after;
            let scratch = Model::from_records(model.revision(), all_records(&model));
            prop_assert_eq!(&scratch, &model);
            compare_with_scans(&model);
        }
        for (snapshot, records) in snapshots {
            prop_assert_eq!(all_records(&snapshot), records.clone());
            prop_assert_eq!(&Model::from_records(snapshot.revision(), records), &snapshot);
        }
    }
}

/// Asserts that two sequences hold the same records, in whatever order.
fn same<'a, 'b>(
    what: &str,
    found: impl Iterator<Item = &'a std::sync::Arc<Port>>,
    scanned: impl Iterator<Item = &'b std::sync::Arc<Port>>,
) {
    let found: Vec<Uuid> = found.map(|port| port.id).collect();
    let once: BTreeSet<Uuid> = found.iter().copied().collect();
    assert_eq!(found.len(), once.len(), "{what}: a record twice");
    let scanned: BTreeSet<Uuid> = scanned.map(|port| port.id).collect();
    assert_eq!(once, scanned, "{what}");
}

fn compare_counts(model: &Model) {
    for project in (0..FEW).map(word) {
        for kind in Kind::ALL {
            let scanned = model
                .records(*kind)
                .filter(|r| r.project() == Some(&project));
            assert_eq!(model.owned(*kind, &project) as usize, scanned.count());
        }
        let quota = model.quota(&project).map(|quota| &quota.project_id);
        let mut quotas = model.quotas().map(|quota| &quota.project_id);
        assert_eq!(quota, quotas.find(|found| **found == project));
    }
}

fn compare_sharing(model: &Model) {
    let targets = (0..FEW).map(target_of);
    for (project, external) in targets.flat_map(|t| [(t.clone(), false), (t, true)]) {
        let policies = model.rbac_policies().filter(|policy| {
            let target = &policy.target_tenant;
            policy.is_external() == external && (target == EVERYONE || *target == project)
        });
        let scanned: BTreeSet<Uuid> = policies.map(|policy| policy.object_id).collect();
        let found = match external {
            true => model.external_ids(&project),
            false => model.shared_ids(Kind::Network, &project),
        };
        assert_eq!(found, scanned);
        for network in (0..FEW).map(|n| id(Kind::Network, n)) {
            let found = match external {
                true => model.external_for(network, &project),
                false => model.shared_with(Kind::Network, network, &project),
            };
            assert_eq!(found, scanned.contains(&network));
        }
    }
    for n in 0..FEW {
        let network = id(Kind::Network, n);
        let on = |policy: &&Arc<RbacPolicy>| policy.object_id == network;
        let scanned: Vec<_> = model.rbac_policies().filter(on).collect();
        assert_eq!(
            model.policies_of_object(network).collect::<Vec<_>>(),
            scanned
        );
        let project = word(n);
        let of = |policy: &&Arc<RbacPolicy>| policy.project_id == project && n > 0;
        let scanned: Vec<_> = model.rbac_policies().filter(of).collect();
        assert_eq!(
            model.policies_of_project(&project).collect::<Vec<_>>(),
            scanned
        );
    }
}

fn compare_with_scans(model: &Model) {
    compare_counts(model);
    compare_sharing(model);
    let ports = |test: fn(&Port, u8) -> bool, n: u8| model.ports().filter(move |p| test(p, n));
    for n in 0..FEW {
        let network = id(Kind::Network, n);
        let mac = Mac([2, 0, 0, 0, 0, n]);
        same(
            "network",
            model.ports_of_network(network),
            ports(|p, n| p.network_id == id(Kind::Network, n), n),
        );
        same(
            "mac",
            model.ports_by_mac(mac),
            ports(|p, n| p.mac_address.0[5] == n, n),
        );
        same(
            "address",
            model.ports_with_address(address(n)),
            ports(
                |p, n| p.fixed_ips.iter().any(|f| f.ip_address == address(n)),
                n,
            ),
        );
        compare_texts(model, n);
        let hosts: BTreeSet<&str> = ports(|p, n| p.network_id == id(Kind::Network, n), n)
            .map(|port| port.host_id.as_str())
            .filter(|host| !host.is_empty())
            .collect();
        assert!(model.hosts_of_network(network).eq(hosts.iter().copied()));
        for host in hosts {
            let there = model
                .ports()
                .filter(|p| p.network_id == network && p.host_id == host);
            same("place", model.ports_on(network, host), there);
        }
        let owner = model.port_by_mac(network, mac);
        let scanned = model
            .ports()
            .any(|p| p.network_id == network && p.mac_address == mac);
        assert_eq!(owner.is_some(), scanned);
        compare_addresses(model, n);
    }
    compare_numbers(model);
}

fn compare_texts(model: &Model, n: u8) {
    let ports = |test: fn(&Port, u8) -> bool, n: u8| model.ports().filter(move |p| test(p, n));
    let text = word(n);
    if text.is_empty() {
        return;
    }
    same(
        "host",
        model.ports_of_host(&text),
        ports(|p, n| p.host_id == word(n), n),
    );
    same(
        "device",
        model.ports_of_device(&text),
        ports(|p, n| p.device_id == word(n), n),
    );
    same(
        "owner",
        model.ports_by_device_owner(&text),
        ports(|p, n| p.device_owner == word(n), n),
    );
    same(
        "name",
        model.ports_by_name(&text),
        ports(|p, n| p.name == word(n), n),
    );
    same(
        "project",
        model.ports_of_project(&text),
        ports(|p, n| p.project_id == word(n), n),
    );
}

fn compare_pairs(model: &Model, network: Uuid) {
    for n in 0..FEW {
        let pair = |p: &&std::sync::Arc<Port>| {
            let mut pairs = p.allowed_address_pairs.iter();
            pairs.any(|pair| pair.ip_address == IpNet::from(address(n)))
        };
        let ports = model.ports().filter(|p| p.network_id == network);
        same(
            "pair",
            model.ports_with_pair(network, address(n)),
            ports.filter(pair),
        );
    }
}

fn compare_addresses(model: &Model, n: u8) {
    compare_pairs(model, id(Kind::Network, n));
    let subnet_id = id(Kind::Subnet, n);
    let used = |ip: IpAddr| {
        let has = |p: &&std::sync::Arc<Port>| {
            p.fixed_ips
                .iter()
                .any(|f| f.subnet_id == subnet_id && f.ip_address == ip)
        };
        model.ports().find(has)
    };
    for ip in (0..FEW).map(address) {
        assert_eq!(
            model.address_owner_in(subnet_id, ip).is_some(),
            used(ip).is_some()
        );
    }
    let in_use = model
        .ports()
        .any(|p| p.fixed_ips.iter().any(|f| f.subnet_id == subnet_id));
    assert_eq!(model.subnet_in_use(subnet_id), in_use);
    let Some(subnet) = model.subnet(subnet_id) else {
        return;
    };
    assert!(
        model
            .subnets_of(subnet.network_id)
            .any(|s| s.id == subnet_id)
    );
    let pool = &subnet.allocation_pools[0];
    let free = [pool.start, pool.end]
        .into_iter()
        .find(|ip| used(*ip).is_none() && subnet.gateway_ip != Some(*ip));
    assert_eq!(model.lowest_free_address(subnet), free);
    let has = |p: &&std::sync::Arc<Port>| {
        // Addresses of one owner each: what two ports have is found under one of them.
        let own = |f: &FixedIp| {
            let owner = model.address_owner_in(subnet_id, f.ip_address);
            f.subnet_id == subnet_id && owner.is_some_and(|owner| owner.id == p.id)
        };
        let lowest = p.fixed_ips.iter().filter(|f| f.subnet_id == subnet_id);
        let lowest = lowest.min_by_key(|f| f.ip_address);
        lowest.is_some_and(own)
    };
    same(
        "subnet",
        model.ports_of_subnet(subnet_id),
        model.ports().filter(has),
    );
}

fn compare_numbers(model: &Model) {
    let free = |taken: BTreeSet<u32>| (1..).find(|n| !taken.contains(n));
    let keys = model.ports().map(|p| p.key).collect();
    assert_eq!(model.lowest_free_key(Kind::Port), free(keys));
    let keys = model.networks().map(|n| n.key).collect();
    assert_eq!(model.lowest_free_key(Kind::Network), free(keys));
    let keys = model.nodes().map(|n| n.key).collect();
    assert_eq!(model.lowest_free_key(Kind::Node), free(keys));
    for network_type in [NetworkType::Vlan, NetworkType::Vxlan] {
        for physnet in [None, Some("a")] {
            let of = |n: &&std::sync::Arc<Network>| {
                n.network_type == network_type && n.physical_network.as_deref() == physnet
            };
            let taken: BTreeSet<u32> = model
                .networks()
                .filter(of)
                .filter_map(|n| n.segmentation_id)
                .collect();
            let scanned = (1..=4).find(|n| !taken.contains(n));
            assert_eq!(
                model.lowest_free_segment(network_type, physnet, 1..=4),
                scanned
            );
            for number in 1..=4 {
                let found = model.network_by_segment(network_type, physnet, Some(number));
                assert_eq!(found.is_some(), taken.contains(&number));
            }
        }
    }
    for network in model.networks() {
        assert!(
            model
                .network_by_key(network.key)
                .is_some_and(|n| n.key == network.key)
        );
        if !network.name.is_empty() {
            assert!(
                model
                    .networks_by_name(&network.name)
                    .any(|n| n.id == network.id)
            );
        }
        assert_eq!(
            model.shared_with(Kind::Network, network.id, EVERYONE),
            model.shared_networks().any(|n| n.id == network.id)
        );
        assert_eq!(
            network.external,
            model.external_networks().any(|n| n.id == network.id)
        );
    }
    for node in model.nodes().filter(|node| !node.hostname.is_empty()) {
        let found = model.node_by_hostname(&node.hostname).unwrap();
        assert_eq!(found.hostname, node.hostname);
    }
}

#[test]
fn a_full_subnet_and_an_endless_one_are_searched_alike() {
    let mut draft = Draft::new(&Model::default());
    let network = sample::network(&draft, "n");
    let small = sample::subnet(&network, "10.1.0.0/16".parse().unwrap());
    let endless = sample::subnet(&network, "fd00::/64".parse().unwrap());
    draft.put(network);
    draft.put(small.clone());
    draft.put(endless.clone());
    for _ in 0..65_533 {
        let port = sample::port(&draft, &small, "");
        assert_eq!(port.fixed_ips.len(), 1);
        draft.put(port);
    }
    assert_eq!(draft.lowest_free_address(&small), None);
    let middle: IpAddr = Ipv4Addr::new(10, 1, 77, 7).into();
    let port = draft
        .address_owner(small.network_id, middle)
        .unwrap()
        .clone();
    draft.remove(Kind::Port, port.id);
    assert_eq!(draft.lowest_free_address(&small), Some(middle));
    assert_eq!(draft.lowest_free_key(Kind::Port), Some(port.key));
    let first: IpAddr = "fd00::2".parse().unwrap();
    assert_eq!(draft.lowest_free_address(&endless), Some(first));
}

#[test]
fn a_record_that_comes_and_goes_in_one_draft_leaves_no_change() {
    let mut draft = Draft::new(&Model::default());
    let network = sample::network(&draft, "n");
    let id = network.id;
    draft.put(network);
    draft.remove(Kind::Network, id);
    let (model, changes) = draft.finish();
    assert!(changes.is_empty());
    assert_eq!(model, Model::default());
}
