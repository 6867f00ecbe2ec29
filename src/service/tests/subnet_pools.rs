//! Subnet pools and address scopes: bounds, growth, what subnets get, who may be with whom.

use api::{
    AddressScopeCreate, PrefixEdit, PrefixLength, SubnetPool, SubnetPoolCreate, SubnetPoolUpdate,
};
use ipnet::IpNet;

use super::*;
use crate::service::prefix_ops;

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

fn pool_of(prefixes: &[&str]) -> SubnetPoolCreate {
    SubnetPoolCreate {
        name: "pool".into(),
        project_id: "p".into(),
        prefixes: nets(prefixes),
        ..SubnetPoolCreate::default()
    }
}

fn from_pool(network: Uuid, pool: &SubnetPool) -> SubnetCreate {
    SubnetCreate {
        network_id: network,
        project_id: "p".into(),
        ip_version: pool.ip_version,
        subnetpool_id: Some(pool.id),
        ..SubnetCreate::default()
    }
}

impl Cloud {
    fn pool(&mut self, asked: SubnetPoolCreate) -> Result<Arc<SubnetPool>, ApiError> {
        match self.create(asked)? {
            Record::SubnetPool(pool) => Ok(pool),
            other => panic!("{other:?}"),
        }
    }

    fn pool_now(&self, id: Uuid) -> Arc<SubnetPool> {
        Arc::clone(self.model.shelf().get(id).unwrap())
    }

    fn scope(&mut self, ip_version: u8) -> Uuid {
        let asked = AddressScopeCreate {
            project_id: "p".into(),
            ip_version,
            ..AddressScopeCreate::default()
        };
        self.create(asked).unwrap().id()
    }

    fn edit(&mut self, pool: Uuid, edit: PrefixEdit) -> Result<serde_json::Value, ApiError> {
        self.write(|draft, moment| prefix_ops::edit(draft, moment, pool, edit, None))
    }

    fn onboard(&mut self, pool: Uuid, network: Uuid) -> Result<serde_json::Value, ApiError> {
        self.write(|draft, moment| prefix_ops::onboard(draft, moment, pool, network, None))
    }

    fn new_network(&mut self) -> Uuid {
        self.network(NetworkCreate::default()).unwrap().id
    }
}

#[test]
fn prefixes_are_merged_and_lengths_have_their_defaults() {
    let mut cloud = Cloud::new();
    let pool = cloud
        .pool(pool_of(&["10.1.0.0/16", "10.0.3.4/16", "10.0.9.0/24"]))
        .unwrap();
    assert_eq!(pool.prefixes, nets(&["10.0.0.0/15"]));
    let lengths = |pool: &SubnetPool| {
        let [a, b, c] = [
            pool.min_prefixlen,
            pool.default_prefixlen,
            pool.max_prefixlen,
        ];
        (pool.ip_version, a.0, b.0, c.0)
    };
    assert_eq!(lengths(&pool), (4, 8, 8, 32));
    let pool = cloud.pool(pool_of(&["fd00::/48"])).unwrap();
    assert_eq!(lengths(&pool), (6, 64, 64, 128));
    let some = SubnetPoolCreate {
        min_prefixlen: Some(PrefixLength(20)),
        ..pool_of(&["10.0.0.0/8"])
    };
    assert_eq!(lengths(&cloud.pool(some).unwrap()), (4, 20, 20, 32));
}

#[test]
fn pools_that_cannot_be() {
    let mut cloud = Cloud::new();
    assert_refused!(cloud.pool(pool_of(&[])), 400, "EmptySubnetPoolPrefixList");
    let mixed = pool_of(&["10.0.0.0/8", "fd00::/48"]);
    assert_refused!(cloud.pool(mixed), 400, "PrefixVersionMismatch");
    for (least, usual, most) in [
        (Some(24), None, Some(20)),
        (None, None, Some(33)),
        (Some(16), Some(15), None),
        (None, Some(29), Some(28)),
        (None, None, Some(4)),
    ] {
        let asked = SubnetPoolCreate {
            min_prefixlen: least.map(PrefixLength),
            default_prefixlen: usual.map(PrefixLength),
            max_prefixlen: most.map(PrefixLength),
            ..pool_of(&["10.0.0.0/8"])
        };
        assert_refused!(cloud.pool(asked), 400, "IllegalSubnetPoolPrefixBounds");
    }
    let asked = SubnetPoolCreate {
        address_scope_id: Some(Uuid::new_v4()),
        ..pool_of(&["10.0.0.0/8"])
    };
    assert_refused!(cloud.pool(asked), 404, "AddressScopeNotFound");
}

#[test]
fn a_put_only_adds_prefixes_and_keeps_lengths_in_order() {
    let mut cloud = Cloud::new();
    let pool = cloud.pool(pool_of(&["10.0.0.0/16"])).unwrap();
    let to = |prefixes: &[&str]| SubnetPoolUpdate {
        prefixes: Some(nets(prefixes)),
        ..SubnetPoolUpdate::default()
    };
    for less in [&["10.1.0.0/16"][..], &["10.0.0.0/17"], &[]] {
        let refused = cloud.update(pool.id, to(less));
        assert_refused!(refused, 400, "IllegalSubnetPoolPrefixUpdate");
    }
    let mixed = cloud.update(pool.id, to(&["10.0.0.0/16", "fd00::/48"]));
    assert_refused!(mixed, 400, "PrefixVersionMismatch");
    cloud
        .update(pool.id, to(&["10.1.0.0/16", "10.0.0.0/16"]))
        .unwrap();
    let now = cloud.pool_now(pool.id);
    assert_eq!(
        (now.revision_number, &now.prefixes),
        (1, &nets(&["10.0.0.0/15"]))
    );
    let short = SubnetPoolUpdate {
        max_prefixlen: Some(PrefixLength(7)),
        ..SubnetPoolUpdate::default()
    };
    assert_refused!(
        cloud.update(pool.id, short),
        400,
        "IllegalSubnetPoolPrefixBounds"
    );
}

#[test]
fn there_is_one_default_pool_of_each_version() {
    let mut cloud = Cloud::new();
    let default = |prefixes: &[&str]| SubnetPoolCreate {
        is_default: true,
        ..pool_of(prefixes)
    };
    let network = cloud.new_network();
    let asked = SubnetCreate {
        network_id: network,
        ip_version: 4,
        use_default_subnetpool: true,
        prefixlen: Some(24),
        ..SubnetCreate::default()
    };
    assert_refused!(cloud.subnet(asked.clone()), 400, "BadRequest");
    let four = cloud.pool(default(&["10.0.0.0/8"])).unwrap();
    cloud.pool(default(&["fd00::/48"])).unwrap();
    assert_refused!(cloud.pool(default(&["11.0.0.0/8"])), 400, "InvalidInput");
    let other = cloud.pool(pool_of(&["11.0.0.0/8"])).unwrap();
    let turn = |on: bool| SubnetPoolUpdate {
        is_default: Some(on),
        ..SubnetPoolUpdate::default()
    };
    assert_refused!(cloud.update(other.id, turn(true)), 400, "InvalidInput");
    let subnet = cloud.subnet(asked.clone()).unwrap();
    assert_eq!(subnet.subnetpool_id, Some(four.id));
    let both = SubnetCreate {
        subnetpool_id: Some(four.id),
        ..asked
    };
    assert_refused!(cloud.subnet(both), 400, "BadRequest");
    cloud.update(four.id, turn(false)).unwrap();
    cloud.update(other.id, turn(true)).unwrap();
}

#[test]
fn a_subnet_is_cut_from_the_smallest_free_block_that_has_room() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let pool = SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(26)),
        ..pool_of(&["10.96.0.0/16"])
    };
    let pool = cloud.pool(pool).unwrap();
    let mut take = |length: Option<u32>| {
        let asked = SubnetCreate {
            prefixlen: length,
            ..from_pool(network, &pool)
        };
        cloud
            .subnet(asked)
            .map(|s| (s.cidr.to_string(), s.gateway_ip.unwrap().to_string()))
    };
    let text = |cidr: &str, gateway: &str| (cidr.to_owned(), gateway.to_owned());
    assert_eq!(take(None).unwrap(), text("10.96.0.0/26", "10.96.0.1"));
    assert_eq!(take(Some(28)).unwrap(), text("10.96.0.64/28", "10.96.0.65"));
    assert_eq!(
        take(Some(17)).unwrap(),
        text("10.96.128.0/17", "10.96.128.1")
    );
    assert_eq!(take(Some(30)).unwrap(), text("10.96.0.80/30", "10.96.0.81"));
    assert_eq!(
        take(Some(25)).unwrap(),
        text("10.96.0.128/25", "10.96.0.129")
    );
    assert_refused!(take(Some(17)), 409, "SubnetAllocationError");
    assert_refused!(take(Some(4)), 400, "MinPrefixSubnetAllocationError");
    assert_refused!(take(Some(33)), 400, "MaxPrefixSubnetAllocationError");
    assert_refused!(take(Some(31)), 400, "InvalidInput");
}

#[test]
fn a_block_or_a_gateway_can_be_asked_for_by_name() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let pool = SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(24)),
        ..pool_of(&["10.0.0.0/16"])
    };
    let pool = cloud.pool(pool).unwrap();
    let named = |cidr: &str| SubnetCreate {
        cidr: Some(cidr.parse().unwrap()),
        ..from_pool(network, &pool)
    };
    let by_gateway = |gateway: &str| SubnetCreate {
        gateway_ip: Some(Some(gateway.parse().unwrap())),
        ..from_pool(network, &pool)
    };
    let subnet = cloud.subnet(named("10.0.3.9/24")).unwrap();
    assert_eq!(subnet.cidr.to_string(), "10.0.3.0/24");
    for taken in ["10.0.3.0/24", "10.0.3.128/25", "10.0.2.0/23", "10.1.0.0/24"] {
        assert_refused!(cloud.subnet(named(taken)), 409, "SubnetAllocationError");
    }
    let subnet = cloud.subnet(by_gateway("10.0.9.77")).unwrap();
    assert_eq!(subnet.cidr.to_string(), "10.0.9.0/24");
    assert_eq!(subnet.gateway_ip, Some("10.0.9.77".parse().unwrap()));
    assert_refused!(
        cloud.subnet(by_gateway("10.0.9.1")),
        409,
        "SubnetAllocationError"
    );
    assert_refused!(cloud.subnet(by_gateway("fd00::1")), 400, "InvalidInput");
    let pools = SubnetCreate {
        allocation_pools: Some(vec![]),
        ..from_pool(network, &pool)
    };
    assert_refused!(cloud.subnet(pools), 400, "BadRequest");
    let six = SubnetCreate {
        ip_version: 6,
        ..from_pool(network, &pool)
    };
    assert_refused!(cloud.subnet(six), 400, "BadRequest");
    let unknown = SubnetCreate {
        subnetpool_id: Some(Uuid::new_v4()),
        ..from_pool(network, &pool)
    };
    assert_refused!(cloud.subnet(unknown), 404, "SubnetPoolNotFound");
}

#[test]
fn a_project_takes_no_more_than_the_quota() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let pool = SubnetPoolCreate {
        default_quota: Some(256),
        ..pool_of(&["10.0.0.0/8"])
    };
    let pool = cloud.pool(pool).unwrap();
    let take = |length: u32, project: &str| SubnetCreate {
        prefixlen: Some(length),
        project_id: project.into(),
        ..from_pool(network, &pool)
    };
    assert_refused!(cloud.subnet(take(23, "p")), 409, "SubnetPoolQuotaExceeded");
    let first = cloud.subnet(take(25, "p")).unwrap();
    cloud.subnet(take(25, "p")).unwrap();
    assert_refused!(cloud.subnet(take(30, "p")), 409, "SubnetPoolQuotaExceeded");
    cloud.subnet(take(24, "q")).unwrap();
    cloud.delete(Kind::Subnet, first.id).unwrap();
    cloud.subnet(take(30, "p")).unwrap();

    let network = cloud.new_network();
    let six = SubnetPoolCreate {
        default_quota: Some(2),
        ..pool_of(&["fd00::/48"])
    };
    let six = cloud.pool(six).unwrap();
    cloud.subnet(from_pool(network, &six)).unwrap();
    let small = SubnetCreate {
        prefixlen: Some(72),
        ..from_pool(network, &six)
    };
    cloud.subnet(small).unwrap();
    assert_refused!(
        cloud.subnet(from_pool(network, &six)),
        409,
        "SubnetPoolQuotaExceeded"
    );
}

#[test]
fn subnets_of_a_network_are_of_one_pool_or_of_none() {
    let mut cloud = Cloud::new();
    let small = |prefixes: &[&str]| SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(24)),
        ..pool_of(prefixes)
    };
    let a = cloud.pool(small(&["10.0.0.0/8"])).unwrap();
    let b = cloud.pool(small(&["11.0.0.0/8"])).unwrap();
    let six = cloud.pool(pool_of(&["fd00::/48"])).unwrap();
    let network = cloud.new_network();
    cloud.subnet(from_pool(network, &a)).unwrap();
    cloud.subnet(from_pool(network, &a)).unwrap();
    cloud.subnet(from_pool(network, &six)).unwrap();
    let other = cloud.subnet(from_pool(network, &b));
    assert_refused!(other, 400, "NetworkSubnetPoolAffinityError");
    let none = cloud.subnet(subnet_of(network, "192.0.2.0/24"));
    assert_refused!(none, 400, "NetworkSubnetPoolAffinityError");
    let plain = cloud.new_network();
    cloud.subnet(subnet_of(plain, "192.0.2.0/24")).unwrap();
    let pooled = cloud.subnet(from_pool(plain, &a));
    assert_refused!(pooled, 400, "NetworkSubnetPoolAffinityError");
    let used = cloud.delete(Kind::SubnetPool, a.id);
    assert_refused!(used, 400, "SubnetPoolDeleteError");
}

/// Two pools of one scope, and one of none.
fn scoped(cloud: &mut Cloud) -> (Uuid, [Arc<SubnetPool>; 3]) {
    let scope = cloud.scope(4);
    let asked = |prefix: &str, scope: Option<Uuid>| SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(24)),
        address_scope_id: scope,
        ..pool_of(&[prefix])
    };
    let a = cloud.pool(asked("10.0.0.0/16", Some(scope))).unwrap();
    let b = cloud.pool(asked("10.1.0.0/16", Some(scope))).unwrap();
    let c = cloud.pool(asked("10.0.128.0/17", None)).unwrap();
    (scope, [a, b, c])
}

fn to_scope(scope: Option<Uuid>) -> SubnetPoolUpdate {
    SubnetPoolUpdate {
        address_scope_id: Some(scope),
        ..SubnetPoolUpdate::default()
    }
}

#[test]
fn pools_of_a_scope_do_not_overlap() {
    let mut cloud = Cloud::new();
    let (scope, [a, b, c]) = scoped(&mut cloud);
    let refused = cloud.update(c.id, to_scope(Some(scope)));
    assert_refused!(refused, 409, "AddressScopePrefixConflict");
    let inside = SubnetPoolCreate {
        address_scope_id: Some(scope),
        ..pool_of(&["10.0.7.0/24"])
    };
    assert_refused!(cloud.pool(inside), 409, "AddressScopePrefixConflict");
    let around = cloud.edit(b.id, PrefixEdit::Add(nets(&["10.0.0.0/8"])));
    assert_refused!(around, 409, "AddressScopePrefixConflict");
    let six = SubnetPoolCreate {
        address_scope_id: Some(scope),
        ..pool_of(&["fd00::/48"])
    };
    let kind = "IllegalSubnetPoolIpVersionAssociationToAddressScope";
    assert_refused!(cloud.pool(six), 400, kind);
    let used = cloud.delete(Kind::AddressScope, scope);
    assert_refused!(used, 409, "AddressScopeInUse");
    cloud.delete(Kind::SubnetPool, a.id).unwrap();
    cloud.update(c.id, to_scope(Some(scope))).unwrap();
    cloud.update(c.id, to_scope(None)).unwrap();
    cloud.delete(Kind::SubnetPool, b.id).unwrap();
    cloud.delete(Kind::AddressScope, scope).unwrap();
}

#[test]
fn subnets_of_a_network_are_of_one_scope() {
    let mut cloud = Cloud::new();
    let (scope, [a, b, c]) = scoped(&mut cloud);
    let network = cloud.new_network();
    cloud.subnet(from_pool(network, &a)).unwrap();
    cloud.subnet(from_pool(network, &b)).unwrap();
    assert_eq!(cloud.model.scope_of_network(network, 4), Some(scope));
    assert_eq!(cloud.model.scope_of_network(network, 6), None);
    let refused = cloud.subnet(from_pool(network, &c));
    assert_refused!(refused, 400, "NetworkAddressScopeAffinityError");
    let other = cloud.scope(4);
    for to in [None, Some(other)] {
        let refused = cloud.update(a.id, to_scope(to));
        assert_refused!(refused, 400, "NetworkAddressScopeAffinityError");
    }
    let name = SubnetPoolUpdate {
        name: Some("n".into()),
        ..SubnetPoolUpdate::default()
    };
    cloud.update(a.id, name).unwrap();
    let alone = cloud.new_network();
    cloud.subnet(from_pool(alone, &c)).unwrap();
    cloud.update(c.id, to_scope(Some(other))).unwrap();
    assert_eq!(cloud.model.scope_of_network(alone, 4), Some(other));
}

#[test]
fn prefixes_go_while_no_subnet_has_any_of_them() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let pool = SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(24)),
        ..pool_of(&["10.0.0.0/16"])
    };
    let pool = cloud.pool(pool).unwrap();
    let subnet = cloud.subnet(from_pool(network, &pool)).unwrap();
    for used in ["10.0.0.0/16", "10.0.0.128/32", "10.0.0.0/8"] {
        let refused = cloud.edit(pool.id, PrefixEdit::Remove(nets(&[used])));
        assert_refused!(refused, 400, "IllegalSubnetPoolPrefixUpdate");
    }
    let same = cloud
        .edit(pool.id, PrefixEdit::Remove(nets(&["192.0.2.0/24"])))
        .unwrap();
    assert_eq!(same["prefixes"], serde_json::json!(["10.0.0.0/16"]));
    let less = cloud
        .edit(pool.id, PrefixEdit::Remove(nets(&["10.0.64.0/18"])))
        .unwrap();
    assert_eq!(
        less["prefixes"],
        serde_json::json!(["10.0.0.0/18", "10.0.128.0/17"])
    );
    let more = PrefixEdit::Add(nets(&["10.0.64.0/18", "10.1.0.0/16"]));
    assert_eq!(
        cloud.edit(pool.id, more).unwrap()["prefixes"],
        serde_json::json!(["10.0.0.0/15"])
    );
    let six = cloud.edit(pool.id, PrefixEdit::Add(nets(&["fd00::/48"])));
    assert_refused!(six, 400, "PrefixVersionMismatch");
    cloud.delete(Kind::Subnet, subnet.id).unwrap();
    let none = cloud
        .edit(pool.id, PrefixEdit::Remove(nets(&["10.0.0.0/8"])))
        .unwrap();
    assert_eq!(none["prefixes"], serde_json::json!([]));
    assert_refused!(
        cloud.subnet(from_pool(network, &pool)),
        409,
        "SubnetAllocationError"
    );
}

#[test]
fn subnets_are_onboarded_with_their_blocks() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let subnet = cloud.subnet(subnet_of(network, "10.5.0.0/24")).unwrap();
    let six = cloud.subnet(subnet_of(network, "fd00::/64")).unwrap();
    let pool = SubnetPoolCreate {
        default_prefixlen: Some(PrefixLength(24)),
        ..pool_of(&["10.4.255.0/24"])
    };
    let pool = cloud.pool(pool).unwrap();
    let answer = cloud.onboard(pool.id, network).unwrap();
    assert_eq!(
        answer,
        serde_json::json!([{"id": subnet.id, "cidr": "10.5.0.0/24"}])
    );
    assert_eq!(
        cloud.pool_now(pool.id).prefixes,
        nets(&["10.4.255.0/24", "10.5.0.0/24"])
    );
    let now = cloud.model.subnet(subnet.id).unwrap();
    assert_eq!((now.subnetpool_id, now.revision_number), (Some(pool.id), 1));
    assert_eq!(cloud.model.subnet(six.id).unwrap().subnetpool_id, None);
    let again = cloud.onboard(pool.id, network);
    assert_refused!(again, 400, "IllegalSubnetPoolUpdate");
    let next = cloud.subnet(from_pool(network, &pool)).unwrap();
    assert_eq!(next.cidr.to_string(), "10.4.255.0/24");

    let rival = cloud.new_network();
    cloud.subnet(subnet_of(rival, "10.5.0.0/25")).unwrap();
    let refused = cloud.onboard(pool.id, rival);
    assert_refused!(refused, 400, "IllegalSubnetPoolUpdate");
    assert_refused!(
        cloud.onboard(pool.id, Uuid::new_v4()),
        404,
        "NetworkNotFound"
    );
    assert_refused!(
        cloud.onboard(Uuid::new_v4(), rival),
        404,
        "SubnetPoolNotFound"
    );
}

#[test]
fn what_is_another_projects_and_not_shared_is_not_there() {
    let mut cloud = Cloud::new();
    let network = cloud.new_network();
    let open = NetworkCreate {
        shared: true,
        ..NetworkCreate::default()
    };
    let open = cloud.network(open).unwrap().id;
    let (scope, [a, _, c]) = scoped(&mut cloud);
    cloud.caller = Context {
        project_id: "q".into(),
        ..Context::default()
    };
    assert_refused!(
        cloud.subnet(from_pool(network, &c)),
        404,
        "SubnetPoolNotFound"
    );
    let used = SubnetPoolCreate {
        project_id: "q".into(),
        address_scope_id: Some(scope),
        ..pool_of(&["192.0.2.0/24"])
    };
    assert_refused!(cloud.pool(used.clone()), 404, "AddressScopeNotFound");
    let asked = api::AddressScopeUpdate {
        shared: Some(true),
        ..api::AddressScopeUpdate::default()
    };
    cloud.update(scope, asked).unwrap();
    let pool = cloud.pool(used).unwrap();
    let refused = cloud.update(pool.id, to_scope(None));
    assert_refused!(refused, 400, "IllegalSubnetPoolUpdate");
    assert_refused!(cloud.onboard(a.id, network), 404, "SubnetPoolNotFound");
    assert_refused!(cloud.onboard(pool.id, network), 404, "NetworkNotFound");
    assert_refused!(cloud.onboard(pool.id, open), 403, "NotAuthorized");
}
