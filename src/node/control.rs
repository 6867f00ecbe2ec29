//! A switch's OpenFlow connection: to which node it belongs, and the packets that come over it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openflow::Message;
use openflow::connection::{Config, Events, Incoming};
use openflow::session::{CloseReason, Notice};

use tokio::sync::OwnedSemaphorePermit;

use super::Fleet;
use super::links::Switch;
use super::punt::Punts;

/// How long a bridge may be connected before its OVSDB says whose it is.
const UNKNOWN: Duration = Duration::from_secs(60);

/// Serves a connection from its handshake to its end; `place` is held until it is known whose it is.
pub(super) async fn serve(fleet: Fleet, incoming: Incoming, place: OwnedSemaphorePermit) {
    let peer = incoming.address();
    let config = Config {
        session: fleet.shared.settings.openflow.clone(),
        ..Config::default()
    };
    let (connection, events) = match incoming.open(config).await {
        Ok(opened) => opened,
        Err(reason) => {
            tracing::info!(%peer, "OpenFlow connection not made: {reason}");
            return;
        }
    };
    let id = connection.datapath_id();
    let known = tokio::time::timeout(UNKNOWN, fleet.shared.datapaths.node_of(id)).await;
    let Ok(node) = known else {
        tracing::warn!(
            %peer,
            "bridge {id:016x} belongs to no node; point its switch here with ovs-vsctl set-manager"
        );
        connection.close();
        return;
    };
    let Some(handle) = fleet.handle(node) else {
        connection.close();
        return;
    };
    drop(place);
    let switch = Switch::new(connection.clone());
    let link = switch.number;
    handle.attach_switch(switch);
    tracing::info!(%peer, %node, "switch {id:016x} is connected");
    let reason = hear(&fleet, &handle, &connection, events).await;
    tracing::info!(%peer, %node, "switch {id:016x} is disconnected: {reason}");
    handle.detach_switch(link);
}

/// Answers packets until the connection ends.
async fn hear(
    fleet: &Fleet,
    handle: &super::handle::Handle,
    connection: &openflow::Connection,
    mut events: Events,
) -> CloseReason {
    let settings = fleet.shared.settings.dhcp.clone();
    let mut punts = Punts::new(handle.node, settings, Arc::clone(&handle.punts));
    loop {
        match events.next().await {
            Err(reason) => return reason,
            Ok(Notice::PacketIn(packet)) => {
                let model = fleet.shared.ledger.model();
                let answer = punts.answer(&packet, &model, Instant::now());
                if let Some(answer) = answer
                    && let Err(error) = connection.try_send(Message::PacketOut(answer))
                {
                    tracing::debug!(%error, "answer not sent");
                }
            }
            Ok(Notice::Error { error, .. }) => {
                tracing::warn!(node = %handle.node, %error, "the switch refused an answer");
            }
            // Ports and flows are told by OVSDB and by comparisons.
            Ok(_) => {}
        }
    }
}
