//! How long a new port takes from its POST until every switch of its network has acknowledged its flows,
//! with few and with many ports there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rest::text;
use super::{Lab, LabError, NODES};

/// Ports created one by one, to time them.
const SAMPLES: usize = 300;
/// Ports created by one request, to have them there.
const BULK: usize = 500;
/// Ports that are already there in the second round.
const MANY: usize = 10_000;

/// Measures with no port of the network there and with 10,000 there, prints both, and cleans up.
///
/// # Errors
/// What the API or the containers refuse.
pub async fn run(lab: &Lab) -> Result<(), LabError> {
    lab.wait_until_ready(60).await?;
    let network = lab
        .api
        .create("networks", json!({"name": "latency"}))
        .await?;
    let id = text(&network, "id")?.to_owned();
    let measured = rounds(lab, &id).await;
    clean(lab, &id).await?;
    measured
}

async fn rounds(lab: &Lab, network: &str) -> Result<(), LabError> {
    let subnet = json!({"network_id": network, "ip_version": 4, "cidr": "10.96.0.0/16"});
    lab.api.create("subnets", subnet).await?;
    // The network is on every node before the clock runs.
    for node in NODES {
        lab.api.create("ports", port(network, node)).await?;
    }
    println!("ports there   p50 ms   p99 ms   max ms   (POST to acknowledged flows on all nodes)");
    println!("{:>11}   {}", NODES.len(), sample(lab, network).await?);
    for batch in 0..MANY / BULK {
        let ports: Vec<Value> = (0..BULK)
            .map(|at| port(network, NODES[(batch + at) % NODES.len()]))
            .collect();
        lab.api.bulk("ports", ports).await?;
    }
    lab.api.get("/weft/v1/settled").await?;
    println!("{:>11}   {}", MANY + SAMPLES, sample(lab, network).await?);
    Ok(())
}

fn port(network: &str, node: &str) -> Value {
    json!({"network_id": network, "name": "latency", "binding:host_id": node})
}

async fn sample(lab: &Lab, network: &str) -> Result<String, LabError> {
    let mut times = Vec::with_capacity(SAMPLES);
    for at in 0..SAMPLES {
        let begun = Instant::now();
        let node = NODES[at % NODES.len()];
        lab.api.create("ports", port(network, node)).await?;
        lab.api.get("/weft/v1/settled").await?;
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied();
    let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1000.0;
    Ok(format!(
        "{:6.2}   {:6.2}   {:6.2}",
        ms(at(50)),
        ms(at(99)),
        ms(at(100))
    ))
}

async fn clean(lab: &Lab, network: &str) -> Result<(), LabError> {
    let path = format!("/v2.0/ports?network_id={network}&fields=id");
    for port in lab.api.list(&path, "ports").await? {
        lab.api.delete("ports", text(&port, "id")?).await?;
    }
    lab.api.delete("networks", network).await
}
