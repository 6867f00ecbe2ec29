//! A node in memory, its OVSDB and its switch, that joins the real binary.

use openflow::testing::{Shared, Switch, serve};
use ovsdb::testing::{Server, ServerOptions};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::weft::{PATIENCE, Weft, curl, waited, with};

/// The node. It outlives the controllers that it is connected to.
struct Node {
    database: Server,
    switch: Option<Shared>,
}

/// The sessions of one node with one controller.
struct Sessions(Vec<JoinHandle<()>>);

impl Node {
    fn new() -> Self {
        let database = Server::new(ServerOptions {
            vswitchd: true,
            ..ServerOptions::default()
        });
        let ids = [["system-id", "s1"], ["hostname", "node1"]];
        database.transact(json!([{
            "op": "update", "table": "Open_vSwitch", "where": [],
            "row": {"external_ids": ["map", ids]},
        }]));
        Self {
            database,
            switch: None,
        }
    }

    /// The datapath id that `br-int` has, once the controller has made it.
    fn datapath(&self) -> Option<u64> {
        let found = self.database.transact(json!([{
            "op": "select", "table": "Bridge", "where": [["name", "==", "br-int"]],
            "columns": ["datapath_id"],
        }]));
        let id = found[0]["rows"][0]["datapath_id"].as_str()?;
        u64::from_str_radix(id, 16).ok()
    }

    fn switch(&self) -> &Shared {
        self.switch.as_ref().unwrap()
    }

    async fn join(&mut self, weft: &Weft) -> Sessions {
        let database = self.database.clone();
        let stream = listener(weft, "OVSDB listens").await;
        let ovsdb = tokio::spawn(async move { database.serve(stream).await });
        let datapath = waited("the bridge is made", || self.datapath());
        let switch = self
            .switch
            .get_or_insert_with(|| Shared::new(Switch::new(datapath)));
        let (switch, stream) = (switch.clone(), listener(weft, "OpenFlow listens").await);
        let openflow = tokio::spawn(async move {
            // However it ends, it has ended.
            let _ = serve(&switch, stream).await;
        });
        waited("the switch is brought up to date", || {
            metric(weft, "weft_nodes_synchronised").filter(|nodes| *nodes == 1.0)
        });
        Sessions(vec![ovsdb, openflow])
    }

    /// The flows of the switch, and how many messages changed it so far.
    fn state(&self) -> (usize, u64) {
        self.switch()
            .with(|switch| (switch.flows().len(), switch.mods()))
    }
}

impl Sessions {
    /// Waits until the controller has ended them.
    async fn ended(self) {
        for session in self.0 {
            tokio::time::timeout(PATIENCE, session)
                .await
                .unwrap()
                .unwrap();
        }
    }
}

async fn listener(weft: &Weft, message: &str) -> TcpStream {
    let address = weft.said(message)["address"].as_str().unwrap().to_owned();
    TcpStream::connect(address).await.unwrap()
}

/// The number of a series.
fn metric(weft: &Weft, series: &str) -> Option<f64> {
    let said = curl(&[&weft.url("/metrics")]).body;
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_sessions_and_leaves_the_flows() {
    let mut weft = with("").start();
    let mut node = Node::new();
    let sessions = node.join(&weft).await;
    for protocol in ["ovsdb", "openflow"] {
        let up = format!("weft_node_sessions{{protocol=\"{protocol}\",state=\"up\"}}");
        assert_eq!(metric(&weft, &up), Some(1.0), "{protocol}");
    }
    let (flows, mods) = node.state();
    assert!(flows > 0 && mods > 0);
    assert_eq!(metric(&weft, "weft_node_mods_total"), Some(mods as f64));
    assert_eq!(
        metric(&weft, "weft_node_apply_duration_seconds_count"),
        Some(1.0)
    );
    weft.stop();
    sessions.ended().await;
    assert_eq!(node.state(), (flows, mods));
    // The next controller finds everything as it should be, and sends nothing.
    let mut again = with("");
    again.folder = std::mem::replace(&mut weft.folder, tempfile::tempdir().unwrap());
    let mut again = again.start();
    let sessions = node.join(&again).await;
    assert_eq!(node.state(), (flows, mods));
    assert_eq!(metric(&again, "weft_node_audits_total"), Some(1.0));
    again.stop();
    sessions.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_audit_repairs_is_counted() {
    let weft = with("").start();
    let mut node = Node::new();
    let _sessions = node.join(&weft).await;
    let (flows, _) = node.state();
    let stray = "cookie=0x7765000000000000,table=0,priority=7,ip,actions=drop";
    node.switch().with(|switch| switch.add_flow(stray)).unwrap();
    let asked = curl(&["-X", "POST", &weft.url("/weft/v1/nodes/node1/audit")]);
    assert_eq!(asked.status, 202, "{asked:?}");
    waited("the audit", || {
        metric(&weft, "weft_node_audits_total").filter(|audits| *audits == 2.0)
    });
    assert_eq!(metric(&weft, "weft_node_repaired_mods_total"), Some(1.0));
    assert_eq!(node.state().0, flows);
}
