//! Many who want the same thing at once, through the real ledger: exactly one gets it.
//!
//! Each race for an address, a MAC address or a VLAN is run `WEFT_RACE_ROUNDS` times, the prize being
//! given back in between; 20 times where the variable is not set.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use api::{
    Action, ApiError, Backend, Context, Create, FixedIpRequest, Kind, NetworkCreate, NetworkType,
    PortCreate, PrefixLength, QuotaEdit, Record, SubnetCreate, SubnetPoolCreate,
};
use tempfile::TempDir;
use uuid::Uuid;
use weft::ledger::{self, Database, Ledger};
use weft::service::{Registration, Service, Settings};

/// So many ask at once.
const CROWD: usize = 64;

/// A service over a ledger in a file that goes with it.
struct House {
    service: Service,
    ledger: Ledger,
    _folder: TempDir,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("weft.db"));
    let ledger = Ledger::open(ledger::Settings::new(database)).await.unwrap();
    let settings = Settings {
        tenant_types: vec![NetworkType::Vxlan],
        vlan_ranges: [("public".into(), vec![7..=7])].into(),
        ..Settings::default()
    };
    let service = Service::new(ledger.clone(), settings);
    House {
        service,
        ledger,
        _folder: folder,
    }
}

async fn create(service: &Service, item: impl Into<Create>) -> Result<Record, ApiError> {
    let context = Context::admin("p", "req-1");
    let (_, mut records) = service.create(&context, vec![item.into()]).await?;
    Ok(records.remove(0))
}

/// How often a race is run.
fn rounds() -> usize {
    let asked = std::env::var("WEFT_RACE_ROUNDS").ok();
    asked.map_or(20, |text| text.parse().unwrap())
}

/// Races for `item` over and over: each time one gets it, and the others are told this.
async fn races(house: &House, item: impl Into<Create>, status: u16, kind: &str) {
    let item = item.into();
    let context = Context::admin("p", "req-1");
    for _ in 0..rounds() {
        let before = house.ledger.model();
        let outcome = rush(&house.service, item.clone()).await;
        assert_eq!(outcome, one(status, kind));
        let after = house.ledger.model();
        let mut won = after
            .records(item.kind())
            .filter(|record| before.record(item.kind(), record.id()).is_none());
        let prize = won.next().unwrap().id();
        assert!(won.next().is_none());
        let back = house.service.delete(&context, item.kind(), prize, None);
        back.await.unwrap();
    }
}

/// All ask for `item` at once; how many got it, and what the others were told.
async fn rush(service: &Service, item: impl Into<Create>) -> (usize, BTreeSet<(u16, String)>) {
    rush_for(service, vec![item.into(); CROWD]).await
}

/// Each of `items` is asked for at once; how many came, and what the others were told.
async fn rush_for(service: &Service, items: Vec<Create>) -> (usize, BTreeSet<(u16, String)>) {
    let asking: Vec<_> = items
        .into_iter()
        .map(|item| {
            let service = service.clone();
            tokio::spawn(async move { create(&service, item).await })
        })
        .collect();
    let (mut won, mut refused) = (0, BTreeSet::new());
    for asked in asking {
        match asked.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => {
                refused.insert((error.status, error.kind.into_owned()));
            }
        }
    }
    (won, refused)
}

/// A network with room for one port.
async fn narrow(service: &Service) -> (Uuid, Uuid) {
    let network = create(service, NetworkCreate::default())
        .await
        .unwrap()
        .id();
    let subnet = SubnetCreate {
        network_id: network,
        ip_version: 4,
        cidr: Some("10.0.0.0/30".parse().unwrap()),
        ..SubnetCreate::default()
    };
    (network, create(service, subnet).await.unwrap().id())
}

fn one(status: u16, kind: &str) -> (usize, BTreeSet<(u16, String)>) {
    (1, [(status, kind.to_owned())].into())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_address_goes_to_one() {
    let house = house().await;
    let (network_id, _) = narrow(&house.service).await;
    let asked = PortCreate {
        network_id,
        ..PortCreate::default()
    };
    races(&house, asked, 409, "IpAddressGenerationFailure").await;
    assert_eq!(house.ledger.model().count(Kind::Port), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_asked_for_by_many_goes_to_one() {
    let house = house().await;
    let (network_id, subnet) = narrow(&house.service).await;
    let asked = PortCreate {
        network_id,
        fixed_ips: Some(vec![FixedIpRequest {
            subnet_id: Some(subnet),
            ip_address: Some("10.0.0.2".parse().unwrap()),
        }]),
        ..PortCreate::default()
    };
    races(&house, asked, 409, "IpAddressAlreadyAllocated").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mac_asked_for_by_many_goes_to_one() {
    let house = house().await;
    let (network_id, _) = narrow(&house.service).await;
    let asked = PortCreate {
        network_id,
        mac_address: Some(Some("02:00:00:00:00:01".parse().unwrap())),
        fixed_ips: Some(Vec::new()),
        ..PortCreate::default()
    };
    races(&house, asked, 409, "MacAddressInUse").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vlan_goes_to_one_whether_asked_for_or_chosen() {
    let house = house().await;
    let asked = NetworkCreate {
        network_type: Some(NetworkType::Vlan),
        physical_network: Some("public".into()),
        ..NetworkCreate::default()
    };
    let named = NetworkCreate {
        segmentation_id: Some(9),
        ..asked.clone()
    };
    races(&house, named, 409, "VlanIdInUse").await;
    races(&house, asked, 503, "NoNetworkAvailable").await;
}

/// A pool with room for one subnet of its default size.
async fn narrow_pool(service: &Service) -> Uuid {
    let asked = SubnetPoolCreate {
        prefixes: vec!["10.0.0.0/24".parse().unwrap()],
        default_prefixlen: Some(PrefixLength(24)),
        ..SubnetPoolCreate::default()
    };
    create(service, asked).await.unwrap().id()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_of_a_pool_goes_to_one_whether_asked_for_or_chosen() {
    let house = house().await;
    for cidr in [None, Some("10.0.0.128/25".parse().unwrap())] {
        let pool = narrow_pool(&house.service).await;
        // Each has a network of its own, so that nothing but the pool stands between them.
        let mut items = Vec::new();
        for _ in 0..CROWD {
            let network = NetworkCreate {
                project_id: pool.to_string(),
                ..NetworkCreate::default()
            };
            let network = create(&house.service, network);
            let asked = SubnetCreate {
                network_id: network.await.unwrap().id(),
                ip_version: 4,
                subnetpool_id: Some(pool),
                cidr,
                ..SubnetCreate::default()
            };
            items.push(asked.into());
        }
        let outcome = rush_for(&house.service, items).await;
        assert_eq!(outcome, one(409, "SubnetAllocationError"));
        assert_eq!(house.ledger.model().subnets_of_pool(pool).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_a_pools_quota_goes_to_one() {
    let house = house().await;
    let asked = SubnetPoolCreate {
        project_id: "p".into(),
        prefixes: vec!["10.0.0.0/8".parse().unwrap()],
        default_prefixlen: Some(PrefixLength(24)),
        default_quota: Some(256),
        ..SubnetPoolCreate::default()
    };
    let pool = create(&house.service, asked).await.unwrap().id();
    let network = create(&house.service, NetworkCreate::default());
    let asked = SubnetCreate {
        network_id: network.await.unwrap().id(),
        project_id: "p".into(),
        ip_version: 4,
        subnetpool_id: Some(pool),
        ..SubnetCreate::default()
    };
    let outcome = rush(&house.service, asked).await;
    assert_eq!(outcome, one(409, "SubnetPoolQuotaExceeded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_a_quota_goes_to_one() {
    let house = house().await;
    let network_id = create(&house.service, NetworkCreate::default())
        .await
        .unwrap()
        .id();
    let limit = |limit| {
        let limits = [("port".to_owned(), limit)].into();
        let edit = QuotaEdit {
            limits,
            force: false,
        };
        Action::SetQuota("q".into(), edit)
    };
    let asked = PortCreate {
        network_id,
        project_id: "q".into(),
        ..PortCreate::default()
    };
    for last in 1..=4_u32 {
        let context = Context::admin("p", "req-1");
        house
            .service
            .act(&context, limit(last.into()), None)
            .await
            .unwrap();
        let outcome = rush(&house.service, asked.clone()).await;
        assert_eq!(outcome, one(409, "OverQuota"));
        assert_eq!(house.ledger.model().owned(Kind::Port, "q"), last);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_joins_often_at_once_is_one_node() {
    let house = house().await;
    let joining: Vec<_> = (0..CROWD)
        .map(|_| {
            let service = house.service.clone();
            let asked = Registration {
                system_id: "s1".into(),
                hostname: "one".into(),
                ..Registration::default()
            };
            tokio::spawn(async move { service.register_node(asked).await.unwrap().1.id })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for joined in joining {
        ids.insert(joined.await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(house.ledger.model().revision(), 1);
}
