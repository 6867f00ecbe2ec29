//! The way of an update: found in the stream, read, applied. `cargo bench -p weft-ovsdb`.
#![allow(clippy::unwrap_used, missing_docs)]

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ovsdb::rpc::{Limits, Scanner};
use ovsdb::testing::vswitch_schema;
use ovsdb::{Layout, Replica, Update, Uuid, vswitch};

/// The reply of `monitor_cond_since` for a bridge with this many ports, as a node has them.
fn dump(ports: u128) -> String {
    let uuid = |kind: u128, n: u128| Uuid::from_u128((kind << 64) + n);
    let mut tables = [String::new(), String::new(), String::new()];
    for n in 0..ports {
        let (port, interface) = (uuid(2, n), uuid(1, n));
        tables[0] += &format!(
            "\"{interface}\":{{\"initial\":{{\"name\":\"tap{n}\",\"ofport\":{n},\"mac_in_use\":\"fa:16:3e:00:00:01\",\"admin_state\":\"up\",\"link_state\":\"up\",\"mtu\":1450,\"external_ids\":[\"map\",[[\"attached-mac\",\"fa:16:3e:00:00:01\"],[\"iface-id\",\"{port}\"],[\"iface-status\",\"active\"],[\"vm-uuid\",\"{interface}\"]]]}}}},"
        );
        tables[1] += &format!(
            "\"{port}\":{{\"initial\":{{\"name\":\"tap{n}\",\"interfaces\":[\"uuid\",\"{interface}\"]}}}},"
        );
        tables[2] += &format!("[\"uuid\",\"{port}\"],");
    }
    let [interfaces, port_rows, list] = tables.each_ref().map(|t| t.trim_end_matches(','));
    let nil = Uuid::nil();
    format!(
        "[false,\"{nil}\",{{\"Interface\":{{{interfaces}}},\"Port\":{{{port_rows}}},\"Bridge\":{{\"{}\":{{\"initial\":{{\"name\":\"br-int\",\"ports\":[\"set\",[{list}]]}}}}}}}}]",
        uuid(3, 0)
    )
}

fn empty() -> Replica {
    let schema = vswitch_schema();
    let selection = vswitch::check(&schema).unwrap();
    Replica::new(Layout::new(&schema, &selection).unwrap())
}

fn update(criterion: &mut Criterion) {
    let text = dump(1000);
    let frame = format!("{{\"id\":1,\"error\":null,\"result\":{text}}}");
    let mut group = criterion.benchmark_group("dump of 1000 ports");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("find in the stream", |bencher| {
        bencher.iter_batched(
            || BytesMut::from(frame.as_bytes()),
            |mut buffer| Scanner::new(Limits::default()).next_frame(&mut buffer),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("read", |bencher| {
        bencher.iter(|| Update::from_since_reply(&text))
    });
    let (start, read) = (empty(), Update::from_since_reply(&text).unwrap());
    group.bench_function("apply", |bencher| {
        bencher.iter_batched(
            || (start.clone(), read.clone()),
            |(mut replica, update)| replica.apply(update).map(|_| replica),
            BatchSize::LargeInput,
        );
    });
    group.finish();

    for ports in [1000, 10_000] {
        let mut full = empty();
        full.apply(Update::from_since_reply(&dump(ports)).unwrap())
            .unwrap();
        let row = Uuid::from_u128((1 << 64) + 5);
        let nil = Uuid::nil();
        let text = format!(
            "[7,\"{nil}\",{{\"Interface\":{{\"{row}\":{{\"modify\":{{\"ofport\":77}}}}}}}}]"
        );
        criterion.bench_function(&format!("one change among {ports} ports"), |bencher| {
            bencher.iter(|| {
                let mut replica = full.clone();
                let (_, update) = Update::from_update3(&text).unwrap();
                replica.apply(update).unwrap()
            });
        });
    }
}

criterion_group!(benches, update);
criterion_main!(benches);
