//! What `prove` measures on a built lab: leases, pings between all pairs, and frames, honest and not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};

use super::plan::{LEASE_SECONDS_MAX, Lane};
use super::report::{MustBe, Reach, Row};
use crate::lab::frame::{self, BROADCAST, End, Nonce};
use crate::lab::instance::{Lease, Ping};
use crate::lab::wire::{Seen, Wires};
use crate::lab::{Instance, Lab, LabError, NODES};

/// Bytes of an ICMP echo around its payload: IPv4 header and ICMP header.
const ECHO_OVERHEAD: u32 = 28;
/// An ordinary ping's payload.
const ECHO_PAYLOAD: u32 = 56;
/// Frames on their way arrive within this.
const SETTLE: Duration = Duration::from_millis(700);

/// An instance's place in the plan: lane and number within it.
pub type Place = (usize, usize);

/// Leases and port status, one row each.
///
/// # Errors
/// The API's.
pub async fn addresses(lab: &Lab, lanes: &[Lane]) -> Result<Vec<Row>, LabError> {
    let mut leased = Row::new("leases by DHCP", MustBe::All, lanes.len());
    let mut right = Row::new("  with all that the API says", MustBe::All, lanes.len());
    let mut active = Row::new("ports ACTIVE", MustBe::All, lanes.len());
    let all: Vec<_> = places(lanes).collect();
    let leases = join_all(
        all.iter()
            .map(|(_, instance)| instance.lease(lab, LEASE_SECONDS_MAX)),
    );
    for (((lane, _), instance), lease) in all.iter().zip(leases.await) {
        leased.add(*lane, lease.is_ok());
        let what_is_wrong = lease.map_or_else(
            |error| vec![error.to_string()],
            |lease| {
                lanes
                    .get(*lane)
                    .map_or_else(Vec::new, |lane| disagreements(lane, instance, &lease))
            },
        );
        for wrong in &what_is_wrong {
            eprintln!("weft lab: lease of {}: {wrong}", instance.name);
        }
        right.add(*lane, what_is_wrong.is_empty());
    }
    let states = join_all(
        all.iter()
            .map(|(_, instance)| instance.wait_for_status(lab, "ACTIVE", 5)),
    );
    for (((lane, _), _), state) in all.iter().zip(states.await) {
        active.add(*lane, state.is_ok());
    }
    Ok(vec![leased, right, active])
}

/// Where a lease differs from what the API says of the port, its subnet and its network.
fn disagreements(lane: &Lane, instance: &Instance, lease: &Lease) -> Vec<String> {
    let word = |value: &serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let servers: Vec<String> = lane.subnet["dns_nameservers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(word)
        .collect();
    let gateway = word(&lane.subnet["gateway_ip"]);
    let route = &lane.subnet["host_routes"][0];
    let routes = format!(
        "{} {}",
        word(&route["destination"]),
        word(&route["nexthop"])
    );
    let expected = [
        (
            "ip",
            instance
                .addresses
                .first()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        ("subnet", "255.255.255.0".to_owned()),
        ("router", gateway.clone()),
        ("dns", servers.join(" ")),
        ("mtu", word(&lane.network["mtu"])),
    ];
    let said = |name: &str| {
        lease
            .get(name)
            .cloned()
            .unwrap_or_else(|| "nothing".to_owned())
    };
    let mut wrong: Vec<String> = expected
        .iter()
        .filter(|(name, value)| said(name) != *value)
        .map(|(name, value)| format!("{name} is {}, the API says {value}", said(name)))
        .collect();
    for part in [routes, format!("0.0.0.0/0 {gateway}")] {
        if !said("staticroutes").contains(&part) {
            wrong.push(format!(
                "classless routes are {}, without {part}",
                said("staticroutes")
            ));
        }
    }
    wrong
}

/// Who answered whom.
#[derive(Debug, Default)]
pub struct Pings {
    /// Pairs of instances that answered, with the time in milliseconds.
    pub answered: BTreeMap<(Place, Place), f64>,
    /// Pairs that were tried.
    pub tried: BTreeSet<(Place, Place)>,
    /// Pairs that answered to packets of the network's full MTU.
    pub full_size: BTreeSet<(Place, Place)>,
}

/// Pings from every instance to every other. Instances of another network that share an address with
/// one of the own cannot be pinged: their isolation shows in the frames.
///
/// # Errors
/// The lab tool's.
pub async fn pings(lab: &Lab, lanes: &[Lane]) -> Result<Pings, LabError> {
    let answers = try_join_all(places(lanes).map(|(from, instance)| async move {
        let own: BTreeSet<IpAddr> = addresses_of(lanes, |lane| lane == from.0)
            .map(|(_, ip)| ip)
            .collect();
        let targets: Vec<(Place, IpAddr)> = addresses_of(lanes, |_| true)
            .filter(|(to, ip)| *to != from && (to.0 == from.0 || !own.contains(ip)))
            .collect();
        let addresses: Vec<IpAddr> = targets.iter().map(|(_, ip)| *ip).collect();
        let near: Vec<(Place, IpAddr)> = targets
            .iter()
            .filter(|(to, _)| to.0 == from.0)
            .copied()
            .collect();
        let near_addresses: Vec<IpAddr> = near.iter().map(|(_, ip)| *ip).collect();
        let mtu = lanes
            .get(from.0)
            .and_then(|lane| lane.network["mtu"].as_u64())
            .unwrap_or(1500) as u32;
        let small = instance.ping(lab, &addresses, ECHO_PAYLOAD).await?;
        let full = instance
            .ping(lab, &near_addresses, mtu.saturating_sub(ECHO_OVERHEAD))
            .await?;
        Ok::<_, LabError>((from, targets, small, near, full))
    }))
    .await?;
    let mut pings = Pings::default();
    for (from, targets, small, near, full) in answers {
        for ((to, _), answer) in targets.iter().zip(small) {
            pings.tried.insert((from, *to));
            if let Ping::Answered(time) = answer {
                pings.answered.insert((from, *to), time);
            }
        }
        let big = near
            .iter()
            .zip(full)
            .filter(|(_, answer)| *answer != Ping::Silent);
        pings.full_size.extend(big.map(|((to, _), _)| (from, *to)));
    }
    Ok(pings)
}

/// Kinds of frames, in the order of their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Honest,
    Broadcast,
    SpoofedMac,
    SpoofedIp,
    SpoofedArp,
    DhcpServer,
    Router,
}

const KINDS: [(Kind, &str, MustBe); 7] = [
    (
        Kind::Honest,
        "frames to the others' MAC addresses arrived",
        MustBe::All,
    ),
    (Kind::Broadcast, "broadcasts arrived", MustBe::All),
    (
        Kind::SpoofedMac,
        "frames with a spoofed MAC arrived",
        MustBe::None,
    ),
    (
        Kind::SpoofedIp,
        "frames with a spoofed IP arrived",
        MustBe::None,
    ),
    (
        Kind::SpoofedArp,
        "spoofed ARP replies arrived",
        MustBe::None,
    ),
    (
        Kind::DhcpServer,
        "answers of a rogue DHCP server arrived",
        MustBe::None,
    ),
    (
        Kind::Router,
        "advertisements of a rogue router arrived",
        MustBe::None,
    ),
];

/// A frame that was sent: what it was, from whom, and who was to see it.
struct Probe {
    kind: Kind,
    from: Place,
    to: Place,
    frame: Vec<u8>,
}

/// What the frames showed.
pub struct Frames {
    /// One row per kind of frame, and one for frames of one network seen in another.
    pub rows: Vec<Row>,
    /// Honest frames that reached the instance they were sent to.
    pub arrived: BTreeSet<(Place, Place)>,
}

/// Sends every kind of frame and looks where each arrives.
///
/// # Errors
/// The lab tool's.
pub async fn frames(lab: &Lab, lanes: &[Lane]) -> Result<Frames, LabError> {
    let probes = probes(lanes)?;
    let mut wires = try_join_all(NODES.iter().map(|node| async move {
        let here = places(lanes).filter(|(_, instance)| instance.node == *node);
        let names: Vec<&str> = here.map(|(_, instance)| instance.name.as_str()).collect();
        Wires::open(lab, node, &names).await
    }))
    .await?;
    try_join_all(wires.iter_mut().zip(NODES).map(|(wires, node)| {
        let outgoing: Vec<(String, Vec<u8>)> = probes
            .iter()
            .filter_map(|probe| Some((instance_at(lanes, probe.from)?, probe.frame.clone())))
            .filter(|(instance, _)| instance.node == node)
            .map(|(instance, frame)| (instance.name.clone(), frame))
            .collect();
        async move { wires.send(&outgoing).await }
    }))
    .await?;
    tokio::time::sleep(SETTLE).await;
    let seen: Vec<Seen> = wires.iter().flat_map(Wires::seen).collect();
    Ok(judge(lanes, &probes, &seen))
}

fn judge(lanes: &[Lane], probes: &[Probe], seen: &[Seen]) -> Frames {
    let by_name: BTreeMap<&str, Place> =
        places(lanes).map(|(at, i)| (i.name.as_str(), at)).collect();
    let sightings: BTreeSet<(usize, Place)> = seen
        .iter()
        .filter_map(|seen| {
            let probe = Nonce::of(&seen.frame)?.0 as usize;
            Some((probe, *by_name.get(seen.instance.as_str())?))
        })
        .collect();
    let mut frames = Frames {
        rows: Vec::new(),
        arrived: BTreeSet::new(),
    };
    for (kind, what, must_be) in KINDS {
        let mut row = Row::new(what, must_be, lanes.len());
        for (index, probe) in probes
            .iter()
            .enumerate()
            .filter(|(_, probe)| probe.kind == kind)
        {
            let arrived = sightings.contains(&(index, probe.to));
            if probe.from.0 == probe.to.0 {
                row.add(probe.from.0, arrived);
            }
            if kind == Kind::Honest && arrived {
                frames.arrived.insert((probe.from, probe.to));
            }
        }
        frames.rows.push(row);
    }
    let mut leaked = Row::new("frames seen in another network", MustBe::None, lanes.len());
    for (index, probe) in probes.iter().enumerate() {
        let strangers = sightings.range((index, (0, 0))..(index + 1, (0, 0)));
        leaked.add(
            probe.from.0,
            strangers
                .into_iter()
                .any(|(_, (lane, _))| *lane != probe.from.0),
        );
    }
    frames.rows.push(leaked);
    frames
}

fn probes(lanes: &[Lane]) -> Result<Vec<Probe>, LabError> {
    let mut probes: Vec<Probe> = Vec::new();
    let ends: BTreeMap<Place, End> = places(lanes)
        .map(|(at, _)| Ok((at, lanes[at.0].end(at.1)?)))
        .collect::<Result<_, LabError>>()?;
    for (from, source) in &ends {
        for (to, target) in ends.iter().filter(|(to, _)| *to != from) {
            let near = to.0 == from.0;
            let next = near && to.1 == (from.1 + 1) % NODES.len();
            let wanted = KINDS
                .iter()
                .map(|(kind, ..)| *kind)
                .filter(|kind| match kind {
                    Kind::Honest => true,
                    Kind::Broadcast => near,
                    _ => next,
                });
            for kind in wanted {
                let nonce = Nonce(probes.len() as u32);
                probes.push(Probe {
                    kind,
                    from: *from,
                    to: *to,
                    frame: made(kind, *source, *target, nonce),
                });
            }
        }
    }
    Ok(probes)
}

fn made(kind: Kind, source: End, target: End, nonce: Nonce) -> Vec<u8> {
    let [.., x, y] = source.mac;
    let [a, b, c, _] = source.ip.octets();
    let stolen = End {
        mac: [0xfa, 0x16, 0x3e, 0xee, x, y],
        ip: Ipv4Addr::new(a, b, c, 200),
    };
    match kind {
        Kind::Honest => frame::datagram(source, target, nonce),
        Kind::Broadcast => frame::datagram(
            source,
            End {
                mac: BROADCAST,
                ip: Ipv4Addr::BROADCAST,
            },
            nonce,
        ),
        Kind::SpoofedMac => frame::datagram(
            End {
                mac: stolen.mac,
                ..source
            },
            target,
            nonce,
        ),
        Kind::SpoofedIp => frame::datagram(
            End {
                ip: stolen.ip,
                ..source
            },
            target,
            nonce,
        ),
        Kind::SpoofedArp => frame::arp_reply(
            source.mac,
            End {
                ip: stolen.ip,
                ..source
            },
            target,
            nonce,
        ),
        Kind::DhcpServer => frame::dhcp_offer(source, target, nonce),
        Kind::Router => frame::router_advertisement(source, nonce),
    }
}

/// The rows and the matrix that pings and frames give together.
#[must_use]
pub fn reach(lanes: &[Lane], pings: &Pings, frames: &Frames) -> (Vec<Row>, Vec<Vec<Reach>>) {
    let mut near = Row::new(
        "pings answered within the network",
        MustBe::All,
        lanes.len(),
    );
    let mut full = Row::new("  with packets of the full MTU", MustBe::All, lanes.len());
    let mut far = Row::new(
        "pings answered from other networks",
        MustBe::None,
        lanes.len(),
    );
    for (from, to) in &pings.tried {
        let answered = pings.answered.contains_key(&(*from, *to));
        if from.0 == to.0 {
            near.add(from.0, answered);
            full.add(from.0, pings.full_size.contains(&(*from, *to)));
        } else {
            far.add(from.0, answered);
        }
    }
    let all: Vec<Place> = places(lanes).map(|(at, _)| at).collect();
    let cell = |from: Place, to: Place| {
        let pair = (from, to);
        let must = from.0 == to.0;
        let (ping, frame) = (
            pings.answered.contains_key(&pair),
            frames.arrived.contains(&pair),
        );
        match from == to {
            true => Reach::Same,
            false => Reach::Measured {
                did: if must { ping && frame } else { ping || frame },
                must,
            },
        }
    };
    let matrix = all
        .iter()
        .map(|from| all.iter().map(|to| cell(*from, *to)).collect())
        .collect();
    (vec![near, full, far], matrix)
}

/// The median round trip within each lane.
#[must_use]
pub fn round_trips(lanes: &[Lane], pings: &Pings) -> Vec<f64> {
    let of_lane = |lane: usize| {
        let near = pings
            .answered
            .iter()
            .filter(|((from, to), _)| from.0 == lane && to.0 == lane);
        let mut times: Vec<f64> = near.map(|(_, time)| *time).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    (0..lanes.len()).map(of_lane).collect()
}

/// Every instance with its place.
pub fn places(lanes: &[Lane]) -> impl Iterator<Item = (Place, &Instance)> {
    let in_lane = |(lane, of): (usize, &'_ Lane)| (lane, of.instances.len());
    let counts: Vec<(usize, usize)> = lanes.iter().enumerate().map(in_lane).collect();
    counts
        .into_iter()
        .flat_map(|(lane, count)| (0..count).map(move |number| (lane, number)))
        .filter_map(|at| Some((at, instance_at(lanes, at)?)))
}

fn instance_at(lanes: &[Lane], (lane, number): Place) -> Option<&Instance> {
    lanes.get(lane)?.instances.get(number)
}

fn addresses_of(
    lanes: &[Lane],
    of: impl Fn(usize) -> bool,
) -> impl Iterator<Item = (Place, IpAddr)> {
    places(lanes)
        .filter(move |(at, _)| of(at.0))
        .filter_map(|(at, instance)| Some((at, *instance.addresses.first()?)))
}
