//! What `prove` builds: a network of every type, one of them twice with the same addresses, and an
//! instance of each on every node.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::lab::frame::{self, End};
use crate::lab::rest::text;
use crate::lab::{Instance, Lab, LabError, NODES};

/// Every object that `prove` makes has a name that begins so.
pub const PREFIX: &str = "prove-";
/// The provider network of the lab's nodes.
const PHYSICAL: &str = "provider";
/// Seconds for a lease, and for a port to become ACTIVE.
pub const LEASE_SECONDS_MAX: u64 = 20;

/// A network to make.
struct Recipe {
    title: &'static str,
    kind: &'static str,
    /// Third byte of its subnet and fifth of its MAC addresses: the twins share theirs.
    number: u8,
}

const RECIPES: [Recipe; 6] = [
    Recipe {
        title: "flat",
        kind: "flat",
        number: 1,
    },
    Recipe {
        title: "vlan",
        kind: "vlan",
        number: 2,
    },
    Recipe {
        title: "vxlan",
        kind: "vxlan",
        number: 3,
    },
    Recipe {
        title: "twin",
        kind: "vxlan",
        number: 3,
    },
    Recipe {
        title: "gre",
        kind: "gre",
        number: 4,
    },
    Recipe {
        title: "geneve",
        kind: "geneve",
        number: 5,
    },
];

/// A network with its subnet and instances: one column of the table.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its heading.
    pub title: &'static str,
    /// The network's document.
    pub network: Value,
    /// The subnet's document.
    pub subnet: Value,
    /// One instance per node.
    pub instances: Vec<Instance>,
}

impl Lane {
    /// The wire address of one of its instances.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if the port has no MAC and IPv4 address.
    pub fn end(&self, index: usize) -> Result<End, LabError> {
        let found = self.instances.get(index);
        let both = found
            .and_then(|instance| Some((frame::mac(&instance.mac)?, instance.addresses.first()?)));
        match both {
            Some((mac, IpAddr::V4(ip))) => Ok(End { mac, ip: *ip }),
            _ => Err(LabError::Malformed {
                what: format!("the port of {}-{}", self.title, index + 1),
                found: format!("{found:?}"),
            }),
        }
    }
}

/// Makes everything and plugs every instance; returns when all are plugged, with or without a lease.
///
/// # Errors
/// The API's or the lab tool's.
pub async fn build(lab: &Lab) -> Result<Vec<Lane>, LabError> {
    // One after the other: which network gets which key and segment is then the same in every run.
    let mut lanes = Vec::new();
    for recipe in &RECIPES {
        lanes.push(build_lane(lab, recipe).await?);
    }
    for node in NODES {
        let here = |instance: &&Instance| instance.node == node;
        let plugs = lanes
            .iter()
            .flat_map(|lane| lane.instances.iter().filter(here));
        let lines: String = plugs
            .map(|i| format!("plug {} {} {} </dev/null\n", i.port, i.mac, i.name))
            .collect();
        // All of a node in one go: eighteen times `docker exec` costs seconds.
        lab.containers
            .exec_with_input(node, &["sh", "-e"], lines.as_bytes())
            .await?;
    }
    Ok(lanes)
}

async fn build_lane(lab: &Lab, recipe: &Recipe) -> Result<Lane, LabError> {
    let mut document = json!({
        "name": format!("{PREFIX}{}", recipe.title),
        "provider:network_type": recipe.kind,
    });
    if matches!(recipe.kind, "flat" | "vlan") {
        document["provider:physical_network"] = PHYSICAL.into();
    }
    let network = lab.api.create("networks", document).await?;
    let base = |last: u8| Ipv4Addr::new(10, 61, recipe.number, last).to_string();
    let subnet = json!({
        "name": format!("{PREFIX}{}", recipe.title),
        "network_id": text(&network, "id")?,
        "ip_version": 4,
        "cidr": format!("{}/24", base(0)),
        "gateway_ip": base(1),
        "dns_nameservers": ["192.0.2.53", "192.0.2.54"],
        "host_routes": [{"destination": "198.51.100.0/24", "nexthop": base(2)}],
    });
    let subnet = lab.api.create("subnets", subnet).await?;
    let ports = NODES.iter().zip(11u8..).map(|(node, last)| {
        let more = json!({
            "name": format!("{}-{}", recipe.title, last - 10),
            "mac_address": format!("fa:16:3e:61:{:02x}:{last:02x}", recipe.number),
            "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": base(last)}],
            "device_id": format!("{PREFIX}{}-{}", recipe.title, last - 10),
        });
        Instance::create(lab, &network, node, more)
    });
    let instances = try_join_all(ports).await?;
    Ok(Lane {
        title: recipe.title,
        network,
        subnet,
        instances,
    })
}

/// Unplugs every instance on the lab's nodes and deletes what [`build`] made, in this run or another.
///
/// # Errors
/// The API's or the lab tool's.
pub async fn clean(lab: &Lab) -> Result<(), LabError> {
    let command = [
        "sh",
        "-ec",
        "plug list | while read -r name _; do plug remove \"$name\"; done",
    ];
    try_join_all(NODES.iter().map(|node| lab.containers.exec(node, &command))).await?;
    for network in lab.api.list("/v2.0/networks", "networks").await? {
        if !text(&network, "name")?.starts_with(PREFIX) {
            continue;
        }
        let id = text(&network, "id")?;
        let ports = lab
            .api
            .list(&format!("/v2.0/ports?network_id={id}"), "ports")
            .await?;
        let ids = ports
            .iter()
            .map(|port| text(port, "id"))
            .collect::<Result<Vec<_>, _>>()?;
        try_join_all(ids.iter().map(|port| lab.api.delete("ports", port))).await?;
        lab.api.delete("networks", id).await?;
    }
    Ok(())
}
