//! Listing 10,000 ports over a socket, the whole path: request, filter, sort, documents, bytes read.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/suite/memory.rs"]
mod memory;

use std::future::{Future, ready};
use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::{
    Context, FixedIp, Head, Identify, Mac, Network, Options, Port, Record, Refusal, Status, VifType,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memory::Memory;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

const PORTS: u32 = 10_000;

/// The project that owns them.
const OWNER: &str = "0123456789abcdef0123456789abcdef";

/// The project that owns the networks they are on.
const LANDLORD: &str = "fedcba9876543210fedcba9876543210";

/// A port as a cloud's are: bound, with an address, an owner and a tag.
fn port(n: u32, network_id: Uuid) -> Record {
    let [a, b, c, d] = n.to_be_bytes();
    let [.., e, f] = [b, c, d];
    Port {
        id: Uuid::new_v4(),
        project_id: OWNER.into(),
        name: format!("instance-{n}"),
        network_id,
        admin_state_up: true,
        status: Status::Active,
        mac_address: Mac([0xfa, 0x16, 0x3e, b, c, d]),
        fixed_ips: vec![FixedIp {
            subnet_id: network_id,
            ip_address: IpAddr::from([10, a, e, f]),
        }],
        device_id: Uuid::new_v4().to_string(),
        device_owner: "compute:nova".into(),
        host_id: format!("node-{}", n % 500),
        vnic_type: "normal".into(),
        vif_type: VifType::Ovs,
        port_security_enabled: true,
        tags: vec!["web".into()],
        revision_number: 3,
        key: n,
        ..Port::default()
    }
    .into()
}

/// Takes everybody for a reader of this project.
struct Reader(&'static str);

impl Identify for Reader {
    fn identify<'a>(
        &'a self,
        _: Head<'a>,
        request_id: String,
    ) -> Pin<Box<dyn Future<Output = Result<Context, Refusal>> + Send + 'a>> {
        Box::pin(ready(Ok(Context {
            project_id: self.0.into(),
            roles: vec!["reader".into()],
            request_id,
            ..Context::default()
        })))
    }
}

/// Ten networks with a tenth of the ports each.
fn cloud() -> Memory {
    let memory = Memory::default();
    let networks = (0..10).map(|n| Network {
        id: Uuid::from_u128(n),
        project_id: LANDLORD.into(),
        ..Network::default()
    });
    memory.put(networks.map(Record::from));
    memory.put((0..PORTS).map(|n| port(n, Uuid::from_u128(u128::from(n % 10)))));
    memory
}

/// One GET on a connection of its own: the length of all that came back.
async fn get(address: SocketAddr, path: &str) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(16 << 20);
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{path}");
    answer.len()
}

fn list(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let cloud = Arc::new(cloud());
    let serve = |identify: Option<Arc<dyn Identify>>| {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let mut options = Options::noauth(OWNER);
        options.identify = identify.unwrap_or(options.identify);
        let cloud = Arc::clone(&cloud);
        runtime.spawn(api::serve(listener, cloud, options, std::future::pending()));
        address
    };
    let address = serve(None);
    let readers = serve(Some(Arc::new(Reader(OWNER))));
    let landlords = serve(Some(Arc::new(Reader(LANDLORD))));
    let mut group = criterion.benchmark_group("list_10000_ports");
    group
        .measurement_time(Duration::from_secs(5))
        .sample_size(30);
    group.throughput(Throughput::Elements(u64::from(PORTS)));
    let fields = "?fields=id&fields=name&fields=fixed_ips";
    let network = "?network_id=00000000-0000-0000-0000-000000000003";
    for (name, address, query) in [
        ("all", address, ""),
        ("all_by_a_reader", readers, ""),
        ("three_fields", address, fields),
        ("three_fields_by_a_reader", readers, fields),
        ("ids", address, "?fields=id"),
        ("ids_by_a_reader", readers, "?fields=id"),
        ("ids_by_the_networks_owner", landlords, "?fields=id"),
        ("one_network", address, network),
        ("by_address", address, "?fixed_ips=ip_address%3D10.0.7.7"),
        (
            "sorted_page",
            address,
            "?sort_key=name&sort_dir=desc&limit=1000",
        ),
    ] {
        let path = format!("/v2.0/ports{query}");
        println!("{name}: {} bytes", runtime.block_on(get(address, &path)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(runtime.block_on(get(address, &path))));
        });
    }
    group.finish();
}

criterion_group!(benches, list);
criterion_main!(benches);
