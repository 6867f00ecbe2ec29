//! An instance of the lab: a port of the API plugged as a network namespace on one node.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use tokio::process::Child;

use super::rest::text;
use super::{Lab, LabError, until};

/// Tries that a target gets before it counts as unreachable, and the wait for each in milliseconds.
/// The first packet between two nodes may be lost while a tunnel's end is looked up.
const PING_RETRIES: &str = "2";
const PING_WAIT_MS: &str = "400";

/// What a DHCP client was told: option names as udhcpc spells them (`ip`, `router`, `mtu`, …).
pub type Lease = BTreeMap<String, String>;

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Name of its namespace.
    pub name: String,
    /// Its node.
    pub node: String,
    /// Id of its port.
    pub port: String,
    /// MAC address in canonical text.
    pub mac: String,
    /// Its fixed addresses.
    pub addresses: Vec<IpAddr>,
}

/// One target's answer to pings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ping {
    /// It answered, in this many milliseconds.
    Answered(f64),
    /// It did not.
    Silent,
}

impl Instance {
    /// Creates the port, bound to `node`, with the attributes in `more` on top.
    ///
    /// # Errors
    /// The API's.
    pub async fn create(
        lab: &Lab,
        network: &Value,
        node: &str,
        more: Value,
    ) -> Result<Self, LabError> {
        let mut document = json!({
            "network_id": text(network, "id")?,
            "binding:host_id": node,
            "device_owner": "compute:nova",
        });
        if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
            document.extend(more);
        }
        let port = lab.api.create("ports", document).await?;
        Self::of_port(&port)
    }

    /// The instance of a port document: its name is the port's, or `vm-` and the id's first digits.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if the document lacks what a port has.
    pub fn of_port(port: &Value) -> Result<Self, LabError> {
        let id = text(port, "id")?;
        let name = match text(port, "name")? {
            "" => format!("vm-{:.8}", id),
            name => name.to_owned(),
        };
        let fixed = port["fixed_ips"].as_array().into_iter().flatten();
        let addresses = fixed
            .filter_map(|ip| ip["ip_address"].as_str()?.parse().ok())
            .collect();
        Ok(Self {
            name,
            node: text(port, "binding:host_id")?.to_owned(),
            port: id.to_owned(),
            mac: text(port, "mac_address")?.to_owned(),
            addresses,
        })
    }

    /// Plugs it into its node's `br-int` and starts its DHCP client.
    ///
    /// # Errors
    /// The lab tool's.
    pub async fn plug(&self, lab: &Lab) -> Result<(), LabError> {
        let command = ["plug", &self.port, &self.mac, &self.name];
        lab.containers.exec(&self.node, &command).await.map(|_| ())
    }

    /// Unplugs it.
    ///
    /// # Errors
    /// The lab tool's.
    pub async fn unplug(&self, lab: &Lab) -> Result<(), LabError> {
        lab.containers
            .exec(&self.node, &["plug", "remove", &self.name])
            .await
            .map(|_| ())
    }

    /// Unplugs it and deletes its port.
    ///
    /// # Errors
    /// The lab tool's or the API's.
    pub async fn destroy(&self, lab: &Lab) -> Result<(), LabError> {
        self.unplug(lab).await?;
        lab.api.delete("ports", &self.port).await
    }

    /// Waits for its lease.
    ///
    /// # Errors
    /// [`LabError::Command`] if there is none within `seconds`.
    pub async fn lease(&self, lab: &Lab, seconds: u64) -> Result<Lease, LabError> {
        let seconds = seconds.to_string();
        let said = lab
            .containers
            .exec(&self.node, &["plug", "wait", &self.name, &seconds])
            .await?;
        Ok(said
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// Waits until its port has this status.
    ///
    /// # Errors
    /// [`LabError::TooLate`].
    pub async fn wait_for_status(
        &self,
        lab: &Lab,
        status: &str,
        seconds: u64,
    ) -> Result<(), LabError> {
        let what = format!("port {} of {} is {status}", self.port, self.name);
        until(&what, seconds, || async {
            lab.api
                .show("ports", &self.port)
                .await
                .is_ok_and(|port| port["status"] == status)
        })
        .await
    }

    /// Runs a command inside.
    ///
    /// # Errors
    /// The command's.
    pub async fn run(&self, lab: &Lab, command: &[&str]) -> Result<String, LabError> {
        let words = [&["plug", "exec", &self.name], command].concat();
        lab.containers.exec(&self.node, &words).await
    }

    /// Pings all targets at once; `size` is that of the ICMP payload in bytes, sent unfragmented.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if a target is not in the answer.
    pub async fn ping(
        &self,
        lab: &Lab,
        targets: &[IpAddr],
        size: u32,
    ) -> Result<Vec<Ping>, LabError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let size = size.to_string();
        let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
        let mut words = vec![
            "plug",
            "exec",
            &self.name,
            "fping",
            "-e",
            "-r",
            PING_RETRIES,
        ];
        words.extend(["-B", "1", "-t", PING_WAIT_MS, "-M", "-b", &size]);
        words.extend(names.iter().map(String::as_str));
        let said = lab.containers.exec_anyway(&self.node, &words).await?;
        names
            .iter()
            .map(|target| answer_of(target, &said))
            .collect()
    }

    /// Starts pings at `per_second` until `count` are sent; [`PingRun::finish`] tells how many came back.
    ///
    /// # Errors
    /// [`LabError::NoDocker`].
    pub fn keep_pinging(
        &self,
        lab: &Lab,
        target: IpAddr,
        per_second: u32,
        count: u32,
    ) -> Result<PingRun, LabError> {
        let interval = format!("{:.3}", 1.0 / f64::from(per_second.max(1)));
        let (count, target) = (count.to_string(), target.to_string());
        let words = [
            "plug", "exec", &self.name, "ping", "-q", "-W", "1", "-i", &interval, "-c", &count,
            &target,
        ];
        let child = lab.containers.converse(&self.node, &words)?;
        Ok(PingRun {
            child,
            from: self.name.clone(),
        })
    }
}

/// Pings under way.
#[derive(Debug)]
pub struct PingRun {
    child: Child,
    from: String,
}

impl PingRun {
    /// Waits for the last ping and tells how many were sent and how many answered.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if `ping` did not say so.
    pub async fn finish(self) -> Result<(u32, u32), LabError> {
        let malformed = |found: String| LabError::Malformed {
            what: format!("ping from {}", self.from),
            found,
        };
        let output = self
            .child
            .wait_with_output()
            .await
            .map_err(|e| malformed(e.to_string()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut counts = said
            .lines()
            .filter(|line| line.contains("packets transmitted"))
            .flat_map(|line| line.split(' '))
            .filter_map(|word| word.parse().ok());
        match (counts.next(), counts.next()) {
            (Some(sent), Some(answered)) => Ok((sent, answered)),
            _ => Err(malformed(said.into_owned())),
        }
    }
}

/// What `fping -e` said of one target: `A is alive (0.64 ms)` or `A is unreachable`.
fn answer_of(target: &str, said: &str) -> Result<Ping, LabError> {
    let words = |line: &'_ str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for line in said.lines().map(words) {
        match line
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [name, "is", "alive", time, ..] if *name == target => {
                return Ok(Ping::Answered(
                    time.trim_start_matches('(').parse().unwrap_or(0.0),
                ));
            }
            [name, "is", "unreachable", ..] if *name == target => return Ok(Ping::Silent),
            _ => {}
        }
    }
    // Without any route to the target nothing can be sent, which fping says in other words.
    match said.contains("unreachable") {
        true => Ok(Ping::Silent),
        false => Err(LabError::Malformed {
            what: format!("fping {target}"),
            found: said.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fping_is_understood() {
        let said = "10.0.0.2 is alive (0.64 ms)\n10.0.0.20 is unreachable\n\n";
        assert_eq!(answer_of("10.0.0.2", said).unwrap(), Ping::Answered(0.64));
        assert_eq!(answer_of("10.0.0.20", said).unwrap(), Ping::Silent);
        assert!(answer_of("10.0.0.2", "fping: not found").is_err());
    }
}
