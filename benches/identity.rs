//! What it costs to know who is calling: with noauth, and with a token that is remembered.
#![allow(clippy::unwrap_used)]

#[path = "support/keystone.rs"]
mod keystone;

use api::{Head, Identify, NoAuth};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use tokio::runtime::Runtime;
use weft::config;
use weft::identity::{Keystone, Settings};

fn known(runtime: &Runtime, identify: &dyn Identify, headers: &HeaderMap) {
    let head = Head {
        method: &Method::GET,
        path: "/v2.0/ports",
        headers,
    };
    let id = "req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d".to_owned();
    runtime.block_on(identify.identify(head, id)).unwrap();
}

/// The door of a weft that asks a Keystone. To be called within a runtime.
fn door() -> Keystone {
    openflow::tls::install_crypto();
    let text = format!(
        "[keystone_authtoken]\nauth_url = {}\nusername = neutron\npassword = neutron\nuser_domain_id = default\n",
        keystone::start()
    );
    let (read, _) = config::read(&[("bench", &text)], &[]).unwrap();
    Keystone::start(Settings::try_from(&read).unwrap()).unwrap()
}

fn callers(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-auth-token", keystone::TOKEN.parse().unwrap());
    let noauth = NoAuth::new("bench");
    c.bench_function("a caller with noauth", |b| {
        b.iter(|| known(&runtime, &noauth, &headers));
    });
    let door = runtime.block_on(async { door() });
    c.bench_function("a caller whose token is remembered", |b| {
        b.iter(|| known(&runtime, &door, &headers));
    });
}

criterion_group!(benches, callers);
criterion_main!(benches);
