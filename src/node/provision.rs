//! Rows of a node's OVSDB as they should be, turned into one transaction against its replica. Rows
//! without our mark are left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use ovsdb::Replica;
use ovsdb::vswitch::{
    Bridge, Controller, Edit, EditError, Interface, Port, RowError, RowRef, Values,
};
use thiserror::Error;

use super::facts;
use crate::compile::Rows;
use crate::compile::rows::{BridgeRow, ControllerRow, HINTED_KEY, MARK_KEY, Mark, PortRow};

/// The key of an interface's `other_config` that says how packets are spread over its transmit queues.
const TX_STEERING: &str = "tx-steering";

/// Why a node's rows cannot be made as they should be.
#[derive(Debug, Error)]
pub(super) enum ProvisionError {
    /// A row that is not as the schema says.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The database is not fit for the edit.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// What [`edit`] found: the transaction, and what it could not do.
#[derive(Debug)]
pub(super) struct Provision<'a> {
    /// What is to be done; maybe nothing.
    pub(super) edit: Edit<'a>,
    /// Provider bridges that the node names and does not have.
    pub(super) missing_bridges: Vec<String>,
}

/// The transaction that makes `wanted` true on `replica`.
///
/// # Errors
/// [`ProvisionError`]; then nothing is to be sent.
pub(super) fn edit<'a>(
    replica: &'a Replica,
    wanted: &Rows,
) -> Result<Provision<'a>, ProvisionError> {
    let mut edit = Edit::new(replica)?;
    let bridge = integration_bridge(&mut edit, replica, &wanted.bridge)?;
    let mut missing_bridges = Vec::new();
    for row in wanted.ports.values() {
        let on = match row.bridge == wanted.bridge.name {
            true => Some(bridge.clone()),
            false => provider_bridge(replica, &row.bridge)?,
        };
        match on {
            Some(on) if !leads_nowhere(replica, row, wanted)? => match port(&mut edit, &on, row) {
                // The mapping names another bridge than before; the next step makes it there.
                Err(EditError::Elsewhere { name }) => edit.delete_port(&name),
                other => other?,
            },
            Some(_) => {}
            None => missing_bridges.push(row.bridge.clone()),
        }
    }
    stale_ports(&mut edit, replica, &wanted.ports)?;
    hints(&mut edit, replica, wanted)?;
    Ok(Provision {
        edit,
        missing_bridges,
    })
}

fn provider_bridge(replica: &Replica, name: &str) -> Result<Option<RowRef>, RowError> {
    let row = replica.named::<Bridge>(name)?;
    Ok(row.map(|row| row.uuid.into()))
}

/// A patch whose peer's bridge is missing: half a patch is an error in the switch's log.
fn leads_nowhere(replica: &Replica, row: &PortRow, wanted: &Rows) -> Result<bool, RowError> {
    let Some(peer) = row
        .options
        .get("peer")
        .and_then(|name| wanted.ports.get(name))
    else {
        return Ok(false);
    };
    let here = peer.bridge == wanted.bridge.name;
    Ok(!here && provider_bridge(replica, &peer.bridge)?.is_none())
}

fn integration_bridge(
    edit: &mut Edit<'_>,
    replica: &Replica,
    wanted: &BridgeRow,
) -> Result<RowRef, ProvisionError> {
    let present = replica.named::<Bridge>(&wanted.name)?;
    let mut values = Values::new().set(Bridge::FAIL_MODE, Some(wanted.fail_mode.clone()));
    for (key, value) in &wanted.other_config {
        values = values.key(Bridge::OTHER_CONFIG, key.as_str(), value.as_str());
    }
    for (key, value) in &wanted.external_ids {
        values = values.key(Bridge::EXTERNAL_IDS, key.as_str(), value.as_str());
    }
    match &present {
        // Another datapath type would make the bridge anew: only where the node asks for one.
        Some(_) if wanted.datapath_type.is_empty() => {}
        _ => values = values.set(Bridge::DATAPATH_TYPE, wanted.datapath_type.clone()),
    }
    // No list means all versions, ours among them.
    if let Some(bridge) = &present
        && !bridge.protocols.is_empty()
    {
        let all = bridge.protocols.iter().chain(&wanted.protocols);
        let all: BTreeSet<String> = all.cloned().collect();
        values = values.set(Bridge::PROTOCOLS, all);
    }
    let bridge = edit.bridge(&wanted.name, &values)?;
    for row in wanted.controllers.values() {
        edit.controller(&bridge, &row.target, &controller(row))?;
    }
    if let Some(present) = present {
        stale_controllers(edit, replica, &present, &wanted.controllers)?;
    }
    Ok(bridge)
}

fn controller(row: &ControllerRow) -> Values<Controller> {
    let mut values = Values::new()
        .set(
            Controller::CONNECTION_MODE,
            Some(row.connection_mode.clone()),
        )
        .set(Controller::MAX_BACKOFF, Some(row.max_backoff));
    for (key, value) in &row.external_ids {
        values = values.key(Controller::EXTERNAL_IDS, key.as_str(), value.as_str());
    }
    values
}

fn stale_controllers(
    edit: &mut Edit<'_>,
    replica: &Replica,
    bridge: &Bridge,
    wanted: &BTreeMap<String, ControllerRow>,
) -> Result<(), RowError> {
    // Without a single address of ours the present ones are the best there is.
    if wanted.is_empty() {
        return Ok(());
    }
    for uuid in &bridge.controller {
        let Some(row) = replica.typed::<Controller>(*uuid)? else {
            continue;
        };
        let ours = row.external_ids.contains_key(MARK_KEY);
        if ours && !wanted.contains_key(&row.target) {
            edit.delete_controller(bridge.uuid, &row.target);
        }
    }
    Ok(())
}

fn port(edit: &mut Edit<'_>, bridge: &RowRef, row: &PortRow) -> Result<(), EditError> {
    let mut port = Values::<Port>::new();
    let mut interface = Values::<Interface>::new()
        .set(Interface::KIND, row.interface_type.clone())
        .set(Interface::OPTIONS, row.options.clone());
    for (key, value) in &row.external_ids {
        port = port.key(Port::EXTERNAL_IDS, key.as_str(), value.as_str());
        interface = interface.key(Interface::EXTERNAL_IDS, key.as_str(), value.as_str());
    }
    edit.port(bridge, &row.name, &port, &interface).map(drop)
}

/// What ports hint at, on the interfaces that are plugged for them. A key that stands there for a port
/// that hints at it no more is taken away; one that somebody else has set stays.
fn hints(edit: &mut Edit<'_>, replica: &Replica, wanted: &Rows) -> Result<(), ProvisionError> {
    for row in replica.all::<Interface>() {
        let row = row?;
        let port = facts::plugged_for(&row);
        let hinted = port.and_then(|port| wanted.tx_steering.get(&port));
        let values = match hinted {
            Some(steering) => Values::new()
                .key(Interface::OTHER_CONFIG, TX_STEERING, steering.as_str())
                .key(Interface::EXTERNAL_IDS, HINTED_KEY, TX_STEERING),
            None if row.external_ids.contains_key(HINTED_KEY) => Values::new()
                .no_key(Interface::OTHER_CONFIG, TX_STEERING)
                .no_key(Interface::EXTERNAL_IDS, HINTED_KEY),
            None => continue,
        };
        edit.row(row.uuid, &values)?;
    }
    Ok(())
}

/// Ports of ours, of any version of ours, that are no longer wanted.
fn stale_ports(
    edit: &mut Edit<'_>,
    replica: &Replica,
    wanted: &BTreeMap<String, PortRow>,
) -> Result<(), RowError> {
    for row in replica.all::<Port>() {
        let row = row?;
        let mark = row
            .external_ids
            .get(MARK_KEY)
            .map(|mark| Mark::from_str(mark));
        let ours = matches!(
            mark,
            Some(Ok(Mark::Tunnel(_) | Mark::Patch(_) | Mark::PatchPeer(_)))
        );
        if ours && !wanted.contains_key(&row.name) {
            edit.delete_port(&row.name);
        }
    }
    Ok(())
}
