//! What is compiled, on a real Open vSwitch: it takes all of it, shows again what it was sent, and does
//! with frames what it is meant to.

use api::{Kind, NetworkType};
use weft::compile::{Output, difference};

use crate::cloud::{Cloud, id};
use crate::ovs::{Ovs, carry_out, shown};
use crate::scenario;

async fn start(cloud: &Cloud) -> Option<Ovs> {
    start_node(cloud, 1).await
}

/// A switch that is node `n` of the cloud.
pub async fn start_node(cloud: &Cloud, n: u32) -> Option<Ovs> {
    let mut ovs = Ovs::start()?;
    let node = id(Kind::Node, n);
    ovs.plug(&cloud.facts[&node], &cloud.rows(node));
    let connection = ovs.connect().await;
    let wanted = cloud.output(node);
    carry_out(&connection, difference(&Output::default(), &wanted)).await;
    let delta = difference(&wanted, &shown(&connection).await);
    assert!(
        delta.is_empty(),
        "what is shown is not what was sent: {delta:#?}"
    );
    Some(ovs)
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_a_tunnelled_network() {
    if let Some(mut ovs) = start(&scenario::cloud(NetworkType::Vxlan)).await {
        scenario::in_a_tunnelled_network(&mut ovs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_a_vlan() {
    if let Some(mut ovs) = start(&scenario::cloud(NetworkType::Vlan)).await {
        scenario::on_a_physical_network(&mut ovs, Some(107));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_a_flat_network() {
    if let Some(mut ovs) = start(&scenario::cloud(NetworkType::Flat)).await {
        scenario::on_a_physical_network(&mut ovs, None);
    }
}

/// From each type of network to each other by difference, and to nothing: no foreign flow is lost.
#[tokio::test(flavor = "multi_thread")]
async fn differences_are_taken_in_any_order() {
    let Some(mut ovs) = Ovs::start() else {
        return;
    };
    let node = id(Kind::Node, 1);
    let clouds = NetworkType::ALL.iter().map(|kind| scenario::cloud(*kind));
    let clouds: Vec<Cloud> = clouds.chain([Cloud::default()]).collect();
    ovs.plug(&clouds[0].facts[&node], &clouds[0].rows(node));
    let connection = ovs.connect().await;
    let mut held = Output::default();
    for (at, cloud) in clouds.iter().enumerate() {
        let wanted = match cloud.model.node(node) {
            Some(_) => cloud.output(node),
            None => Output::default(),
        };
        carry_out(&connection, difference(&held, &wanted)).await;
        let delta = difference(&wanted, &shown(&connection).await);
        assert!(delta.is_empty(), "step {at}: {delta:#?}");
        held = wanted;
    }
}
