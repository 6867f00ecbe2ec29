//! Against a real Open vSwitch, started for each test in a directory of its own. Where it is not
//! installed that is told, and it is a failure if `CI` or `WEFT_REQUIRE_OVS` is set.
#![allow(clippy::unwrap_used)]

mod bundles;
mod events;
mod handling;
mod requests;
mod roles;
mod sandbox;
#[cfg(feature = "testing")]
mod twin;

use std::time::Duration;

use openflow::connection::{Config, Connection, Events, dial};
use openflow::message::Message;
use openflow::session::Notice;
use openflow::text::parse_flow;
use openflow::{FlowEntry, FlowKey, FlowMod};
use sandbox::Sandbox;

/// A flow as `ovs-ofctl` writes it.
fn flow(text: &str) -> (FlowKey, FlowEntry) {
    parse_flow(text).unwrap()
}

/// Adds a flow as `ovs-ofctl` writes it.
fn add(text: &str) -> Message {
    let (key, entry) = flow(text);
    Message::FlowMod(FlowMod::add(key, entry))
}

/// A connection to the bridge, as a controller that hears of packets.
async fn connect(sandbox: &Sandbox) -> (Connection, Events) {
    connect_with(sandbox, Config::default()).await
}

async fn connect_with(sandbox: &Sandbox, mut config: Config) -> (Connection, Events) {
    // On its management socket a bridge sends packets only to who says how long they may be.
    config.session.miss_send_len = Some(u16::MAX);
    dial(&sandbox.target(), None, config).await.unwrap()
}

/// The next thing the switch says for which `pick` gives something.
async fn next<T>(events: &mut Events, mut pick: impl FnMut(Notice) -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = pick(events.next().await.unwrap()) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), search)
        .await
        .unwrap()
}
