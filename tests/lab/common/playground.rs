//! A network of one test's own, with instances on chosen nodes.

use serde_json::{Value, json};
use weft::lab::rest::text;
use weft::lab::{Instance, Lab, LabError};

/// Seconds that a DHCP lease may take.
const LEASE_SECONDS_MAX: u64 = 20;

/// A network with one IPv4 subnet and its instances.
pub struct Playground {
    /// The network's document.
    pub network: Value,
    /// The subnet's document.
    pub subnet: Value,
    /// Instances in the order in which they were asked for.
    pub instances: Vec<Instance>,
}

impl Playground {
    /// A network of this type with an instance, addressed by DHCP and ACTIVE, on each of `nodes`.
    /// What a failed run of the same test left behind goes first.
    pub async fn new(lab: &Lab, name: &str, kind: &str, nodes: &[&str]) -> Result<Self, LabError> {
        Self::with_subnet(lab, name, kind, nodes, json!({})).await
    }

    /// The same with more attributes of the subnet.
    pub async fn with_subnet(
        lab: &Lab,
        name: &str,
        kind: &str,
        nodes: &[&str],
        more: Value,
    ) -> Result<Self, LabError> {
        let name = format!("test-{name}");
        remove_leftovers(lab, &name).await?;
        let mut document = json!({"name": name, "provider:network_type": kind});
        if matches!(kind, "flat" | "vlan") {
            document["provider:physical_network"] = "provider".into();
        }
        let network = lab.api.create("networks", document).await?;
        let mut document = json!({
            "name": name,
            "network_id": text(&network, "id")?,
            "ip_version": 4,
            "cidr": "10.77.0.0/24",
        });
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let subnet = lab.api.create("subnets", document).await?;
        let mut playground = Self {
            network,
            subnet,
            instances: Vec::new(),
        };
        for node in nodes {
            playground.add(lab, node, json!({})).await?;
        }
        Ok(playground)
    }

    /// One more instance; returns its place among the instances.
    pub async fn add(&mut self, lab: &Lab, node: &str, more: Value) -> Result<usize, LabError> {
        let instance = Instance::create(lab, &self.network, node, more).await?;
        instance.plug(lab).await?;
        instance.lease(lab, LEASE_SECONDS_MAX).await?;
        instance.wait_for_status(lab, "ACTIVE", 10).await?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    /// Takes all of it away again.
    pub async fn remove(self, lab: &Lab) -> Result<(), LabError> {
        for instance in &self.instances {
            instance.destroy(lab).await?;
        }
        remove_leftovers(lab, text(&self.network, "name")?).await
    }
}

async fn remove_leftovers(lab: &Lab, name: &str) -> Result<(), LabError> {
    for network in lab
        .api
        .list(&format!("/v2.0/networks?name={name}"), "networks")
        .await?
    {
        let id = text(&network, "id")?;
        for port in lab
            .api
            .list(&format!("/v2.0/ports?network_id={id}"), "ports")
            .await?
        {
            if let Ok(instance) = Instance::of_port(&port) {
                // An instance that was never plugged, or that a restart of the lab took away.
                let _ = instance.unplug(lab).await;
            }
            lab.api.delete("ports", text(&port, "id")?).await?;
        }
        lab.api.delete("networks", id).await?;
    }
    Ok(())
}
