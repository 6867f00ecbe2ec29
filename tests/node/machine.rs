//! A machine with Open vSwitch on it, in memory: an OVSDB server and a switch that dial the controller,
//! again and again, as long as the machine is on.

use std::time::Duration;

use openflow::testing::{Shared, Switch};
use ovsdb::notation::Uuid as RowId;
use ovsdb::testing::{Server, ServerOptions};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;
use weft::compile::cookie::is_ours;
use weft::compile::group::GroupName;
use weft::compile::rows::Mark;
use weft::compile::{Facts, Output, build_all, difference};

use crate::controller::Controller;
use crate::eventually;

/// Between two attempts to connect.
const BACKOFF: Duration = Duration::from_millis(30);

/// A machine. It goes off when it is dropped.
pub struct Machine {
    pub host: String,
    pub database: Server,
    pub switch: Shared,
    /// Its two connections: whether there may be one, and which.
    on: [watch::Sender<(bool, u32)>; 2],
    /// End with it.
    _dialling: JoinSet<()>,
}

/// A connection of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Ovsdb = 0,
    OpenFlow = 1,
}

impl Machine {
    /// A machine called `host`, on, with its manager set to the controller.
    pub fn start(controller: &Controller, host: &str) -> Self {
        Self::start_as(controller, host, host)
    }

    /// The same with a system id of its own.
    pub fn start_as(controller: &Controller, host: &str, system_id: &str) -> Self {
        let database = Server::new(ServerOptions {
            vswitchd: true,
            ..ServerOptions::default()
        });
        let names = json!([
            ["system-id", system_id],
            ["hostname", host],
            ["ovn-encap-ip", format!("192.0.2.{}", host.len())],
        ]);
        let row = json!({"external_ids": ["map", names], "ovs_version": "3.5.0"});
        database
            .transact(json!([{"op": "update", "table": "Open_vSwitch", "where": [], "row": row}]));
        let switch = Shared::new(Switch::new(0));
        let on = [watch::Sender::new((true, 0)), watch::Sender::new((true, 0))];
        let mut dialling = JoinSet::new();
        dialling.spawn(dial_manager(
            database.clone(),
            controller.ovsdb.to_string(),
            on[0].subscribe(),
        ));
        dialling.spawn(dial_controller(
            database.clone(),
            switch.clone(),
            on[1].subscribe(),
        ));
        Machine {
            host: host.to_owned(),
            database,
            switch,
            on,
            _dialling: dialling,
        }
    }

    /// Ends a connection; a new one comes at once.
    pub fn cut(&self, link: Link) {
        self.on[link as usize].send_modify(|(_, number)| *number += 1);
    }

    /// Ends a connection and lets none come, or lets them come again.
    pub fn set(&self, link: Link, on: bool) {
        self.on[link as usize].send_modify(|(is_on, _)| *is_on = on);
    }

    /// Off: no connection.
    pub fn off(&self) {
        self.set(Link::Ovsdb, false);
        self.set(Link::OpenFlow, false);
    }

    /// On again.
    pub fn on(&self) {
        self.set(Link::Ovsdb, true);
        self.set(Link::OpenFlow, true);
    }

    /// An instance's interface is plugged in, as Nova does it.
    pub fn plug(&self, port: Uuid) {
        let name = format!("tap{}", &port.simple().to_string()[..11]);
        let ids = json!([["iface-id", port]]);
        self.database.transact(json!([
            {"op": "insert", "table": "Interface", "uuid-name": "i", "row": {"name": name, "external_ids": ["map", ids]}},
            {"op": "insert", "table": "Port", "uuid-name": "p", "row": {"name": name, "interfaces": ["named-uuid", "i"]}},
            {"op": "mutate", "table": "Bridge", "where": [["name", "==", "br-int"]],
             "mutations": [["ports", "insert", ["set", [["named-uuid", "p"]]]]]},
        ]));
    }

    /// What its database tells of its switch.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for row in self.database.rows("Interface").values() {
            let number = row
                .get("ofport")
                .and_then(|datum| datum.as_atom()?.as_integer());
            let Some(number) = number.and_then(|number| u32::try_from(number).ok()) else {
                continue;
            };
            let ids = row.get("external_ids").and_then(|ids| ids.as_map());
            let text = |key: &str| ids.and_then(|ids| ids.text(key));
            if let Some(port) = text("iface-id").and_then(|id| id.parse().ok()) {
                facts.ofports.insert(port, number);
            }
            match text("weft").and_then(|mark| mark.parse().ok()) {
                Some(Mark::Tunnel(kind)) => drop(facts.tunnel_ports.insert(kind, number)),
                Some(Mark::Patch(physical)) => drop(facts.patch_ports.insert(physical, number)),
                _ => {}
            }
        }
        facts
    }

    /// What its switch holds of the controller's.
    pub fn held(&self) -> Output {
        self.switch.with(|switch| {
            let flows = switch.flows().iter();
            let flows = flows.filter(|(_, flow)| is_ours(flow.entry.cookie));
            let groups = switch
                .groups()
                .filter(|group| GroupName::from_id(group.id).is_some());
            Output {
                flows: flows.map(|(key, flow)| (key, flow.entry.clone())).collect(),
                groups: groups.map(|group| (group.id, group.clone())).collect(),
                meters: switch
                    .meters()
                    .map(|meter| (meter.id, meter.clone()))
                    .collect(),
            }
        })
    }

    /// How many flow, group and meter mods its switch took.
    pub fn mods(&self) -> u64 {
        self.switch.with(|switch| switch.mods())
    }

    /// Whether its switch holds what it should.
    pub fn holds(&self, controller: &Controller) -> Result<(), String> {
        let model = controller.ledger.model();
        let node = model.node_by_hostname(&self.host);
        let node = node.ok_or_else(|| format!("{} has not joined", self.host))?;
        let wanted = build_all(node, &model, &self.facts());
        let delta = difference(&self.held(), &wanted);
        let report = controller.report(&self.host);
        match delta.is_empty() && !wanted.flows.is_empty() {
            true => Ok(()),
            false => Err(format!("{} changes are missing; {report:?}", delta.len())),
        }
    }

    /// Waits until its switch holds what it should, and every port that is plugged is active.
    pub async fn converges(&self, controller: &Controller) {
        eventually(async || {
            self.holds(controller)?;
            for port in self.facts().ofports.keys() {
                if controller.ledger.model().port(*port).is_none() {
                    continue;
                }
                let status = controller.status(*port).await;
                if status != "ACTIVE" {
                    return Err(format!("port {port} is {status}"));
                }
            }
            Ok(())
        })
        .await;
    }

    /// The rows of a table with this name.
    pub fn named(&self, table: &str, name: &str) -> Option<RowId> {
        let is_named = |row: &ovsdb::Columns| {
            row.get("name").and_then(|datum| datum.as_atom()?.as_str()) == Some(name)
        };
        let rows = self.database.rows(table);
        rows.into_iter()
            .find(|(_, row)| is_named(row))
            .map(|(id, _)| id)
    }
}

/// Waits until a connection may be made; which.
async fn may_connect(on: &mut watch::Receiver<(bool, u32)>) -> Option<u32> {
    on.wait_for(|(on, _)| *on).await.ok().map(|state| state.1)
}

/// Waits until connection `number` has to end.
async fn must_end(on: &mut watch::Receiver<(bool, u32)>, number: u32) {
    let _ = on.wait_for(|state| *state != (true, number)).await;
}

async fn dial_manager(database: Server, target: String, mut on: watch::Receiver<(bool, u32)>) {
    while let Some(number) = may_connect(&mut on).await {
        if let Ok(stream) = TcpStream::connect(&target).await {
            tokio::select! {
                () = database.serve(stream) => {}
                () = must_end(&mut on, number) => {}
            }
        }
        tokio::time::sleep(BACKOFF).await;
    }
}

async fn dial_controller(database: Server, switch: Shared, mut on: watch::Receiver<(bool, u32)>) {
    let mut known = None;
    while let Some(number) = may_connect(&mut on).await {
        tokio::time::sleep(BACKOFF).await;
        let Some((id, target)) = bridge(&database) else {
            continue;
        };
        if known.replace(id) != Some(id) {
            switch.with(|switch| *switch = Switch::new(id));
        }
        if let Ok(stream) = TcpStream::connect(&target).await {
            tokio::select! {
                _ = openflow::testing::serve(&switch, stream) => {}
                () = must_end(&mut on, number) => {}
            }
        }
    }
}

/// Datapath id of the integration bridge, and where its controller is.
fn bridge(database: &Server) -> Option<(u64, String)> {
    let text = |row: &ovsdb::Columns, column: &str| {
        let datum = row.get(column)?;
        datum.atoms().first()?.as_str().map(str::to_owned)
    };
    let bridges = database.rows("Bridge");
    let bridge = bridges
        .values()
        .find(|row| text(row, "name").as_deref() == Some("br-int"))?;
    let id = u64::from_str_radix(&text(bridge, "datapath_id")?, 16).ok()?;
    let controllers = database.rows("Controller");
    let target = controllers.values().find_map(|row| text(row, "target"))?;
    Some((id, target.strip_prefix("tcp:")?.to_owned()))
}
