//! What a node's Open vSwitch itself tells: its flows, and every OpenFlow message that it got.

use std::time::{Duration, Instant};

use weft::lab::{Lab, LabError, until};

const LOG: &str = "/var/log/openvswitch/ovs-vswitchd.log";
/// A switch that does not change for so long is at rest: rows and flows follow one another faster.
const STEADY: Duration = Duration::from_secs(2);
const STEADY_MAX: Duration = Duration::from_secs(60);

/// The flows and groups of `br-int` without counters, sorted.
pub async fn state(lab: &Lab, node: &str) -> Result<Vec<String>, LabError> {
    let script = "ovs-ofctl -O OpenFlow13 --no-stats --no-names dump-flows br-int
                  ovs-ofctl -O OpenFlow13 dump-groups br-int";
    let said = lab.containers.exec(node, &["sh", "-ec", script]).await?;
    let mut lines: Vec<String> = said
        .lines()
        .filter(|line| line.contains('=') && !line.contains("reply"))
        .map(tidied)
        .collect();
    lines.sort();
    Ok(lines)
}

/// The same, once nothing changes any more: the tunnel port of a network that a test before this one took
/// away goes a moment after its ports, and the flows to it go with it.
pub async fn steady_state(lab: &Lab, node: &str) -> Result<Vec<String>, LabError> {
    let mut seen = state(lab, node).await?;
    let late = Instant::now() + STEADY_MAX;
    loop {
        tokio::time::sleep(STEADY).await;
        let now = state(lab, node).await?;
        if now == seen {
            return Ok(now);
        }
        if Instant::now() > late {
            return Err(LabError::TooLate {
                what: format!("{node} to be at rest"),
                seconds: STEADY_MAX.as_secs(),
            });
        }
        seen = now;
    }
}

/// Waits until a node's flows and groups are these again; what differs is in the error.
pub async fn restored(
    lab: &Lab,
    node: &str,
    before: &[String],
    seconds: u64,
) -> Result<(), LabError> {
    let waited = until("", seconds, || async {
        state(lab, node).await.is_ok_and(|now| now == before)
    });
    if waited.await.is_ok() {
        return Ok(());
    }
    let now = state(lab, node).await?;
    let missing = before.iter().filter(|line| !now.contains(line));
    let surplus = now.iter().filter(|line| !before.contains(line));
    let lines = missing
        .map(|l| format!("- {l}"))
        .chain(surplus.map(|l| format!("+ {l}")));
    let what = format!(
        "{node} as it was (missing -, surplus +):\n{}",
        lines.collect::<Vec<_>>().join("\n")
    );
    Err(LabError::TooLate { what, seconds })
}

fn tidied(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `ovs-ofctl` in OpenFlow 1.3 on a node.
pub async fn ofctl(lab: &Lab, node: &str, words: &[&str]) -> Result<String, LabError> {
    lab.containers
        .exec(node, &[&["ovs-ofctl", "-O", "OpenFlow13"], words].concat())
        .await
}

/// Runs `ovs-vsctl` on a node.
pub async fn vsctl(lab: &Lab, node: &str, words: &[&str]) -> Result<String, LabError> {
    lab.containers
        .exec(node, &[&["ovs-vsctl", "--no-wait"], words].concat())
        .await
}

/// The OpenFlow messages that a switch gets from now on, by its own log.
pub struct Messages {
    node: String,
    from: u64,
}

impl Messages {
    /// Starts listening.
    pub async fn listen(lab: &Lab, node: &str) -> Result<Self, LabError> {
        let script = format!("ovs-appctl vlog/set vconn:file:dbg; stat -c %s {LOG}");
        let said = lab.containers.exec(node, &["sh", "-ec", &script]).await?;
        let from = said
            .lines()
            .last()
            .and_then(|size| size.trim().parse().ok())
            .unwrap_or(0);
        Ok(Self {
            node: node.to_owned(),
            from,
        })
    }

    /// The messages since then that change flows, groups or meters, each as the switch prints it.
    pub async fn changes(&self, lab: &Lab) -> Result<Vec<String>, LabError> {
        let all = self.all(lab).await?;
        let changing = [
            "OFPT_FLOW_MOD",
            "OFPT_GROUP_MOD",
            "OFPT_METER_MOD",
            "BUNDLE_ADD_MESSAGE",
        ];
        let is_change = |line: &String| changing.iter().any(|kind| line.contains(kind));
        Ok(all.into_iter().filter(is_change).collect())
    }

    /// Every message from the controller since then (`ovs-ofctl` comes by a unix socket). The switch's log is limited to 600 a minute and says so when it
    /// dropped some.
    pub async fn all(&self, lab: &Lab) -> Result<Vec<String>, LabError> {
        let script = format!("tail -c +{} {LOG} | grep '|vconn|' || true", self.from + 1);
        let said = lab
            .containers
            .exec(&self.node, &["sh", "-ec", &script])
            .await?;
        Ok(said
            .lines()
            .filter(|line| line.contains("|tcp:") && line.contains("received:"))
            .map(str::to_owned)
            .collect())
    }
}
