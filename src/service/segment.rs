//! Which segment a network lies on: the one asked for, or the lowest free one.

use api::{ApiError, Network, NetworkCreate, NetworkType, NetworkUpdate};

use std::ops::RangeInclusive;

use super::settings::Settings;
use super::{error, segment_range};
use crate::config::PhysicalNetworks;
use crate::model::Model;

/// What one network needs on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// How frames travel.
    pub network_type: NetworkType,
    /// Where, for flat and VLAN networks.
    pub physical_network: Option<String>,
    /// Under which number; none for local and flat networks.
    pub segmentation_id: Option<u32>,
}

/// The VLAN ids there are (IEEE 802.1Q).
const VLANS: RangeInclusive<u32> = 1..=4094;

/// The segment of a new network.
///
/// # Errors
/// 400 `InvalidInput` for what the configuration does not allow; 409 `FlatNetworkInUse`,
/// `VlanIdInUse`, `TunnelIdInUse`; 503 `NoNetworkAvailable`.
pub fn choose(
    model: &Model,
    settings: &Settings,
    asked: &NetworkCreate,
) -> Result<Segment, ApiError> {
    let physical_network = asked.physical_network.as_deref().filter(|p| !p.is_empty());
    match asked.network_type {
        Some(network_type) => {
            let wish = Wish {
                project: &asked.project_id,
                physical_network,
                id: asked.segmentation_id,
            };
            named(model, settings, wish, network_type)
        }
        None if physical_network.is_some() || asked.segmentation_id.is_some() => {
            Err(ApiError::invalid_input(
                "provider:physical_network and provider:segmentation_id need provider:network_type",
            ))
        }
        None => tenant(model, settings, &asked.project_id, asked.external),
    }
}

/// What is asked of a segment beside its type.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The project it is for.
    pub project: &'a str,
    /// On which physical network.
    pub physical_network: Option<&'a str>,
    /// Under which number.
    pub id: Option<u32>,
}

/// The segment of this type that is asked for.
///
/// # Errors
/// As [`choose`].
pub fn named(
    model: &Model,
    settings: &Settings,
    wish: Wish<'_>,
    network_type: NetworkType,
) -> Result<Segment, ApiError> {
    check(
        model,
        settings,
        network_type,
        wish.physical_network,
        wish.id,
    )?;
    reserve(model, settings, wish, network_type)
}

/// The first segment of `network` after an update. Only the VLAN of a VLAN network can change.
///
/// # Errors
/// 400 `InvalidInput`; 409 `VlanIdInUse`.
pub fn change(
    model: &Model,
    settings: &Settings,
    network: &Network,
    asked: &NetworkUpdate,
) -> Result<Segment, ApiError> {
    let current = Segment {
        network_type: network.network_type,
        physical_network: network.physical_network.clone(),
        segmentation_id: network.segmentation_id,
    };
    let asks = asked.network_type.is_some()
        || asked.physical_network.is_some()
        || asked.segmentation_id.is_some();
    if asks && network.has_several_segments() {
        return Err(ApiError::invalid_input(
            "a network of several segments has no provider attributes of its own; see /v2.0/segments",
        ));
    }
    let fixed = |what: &str, now: &str| {
        Err(ApiError::invalid_input(format!(
            "{what} of a network cannot change; it is {now}"
        )))
    };
    if asked
        .network_type
        .is_some_and(|t| t != network.network_type)
    {
        return fixed("provider:network_type", network.network_type.as_str());
    }
    if let Some(Some(asked)) = &asked.physical_network
        && Some(asked) != network.physical_network.as_ref()
    {
        let now = network.physical_network.as_deref().unwrap_or("null");
        return fixed("provider:physical_network", now);
    }
    let Some(Some(id)) = asked.segmentation_id else {
        return Ok(current);
    };
    if id == 0 || Some(id) == network.segmentation_id {
        return Ok(current);
    }
    if network.network_type != NetworkType::Vlan {
        return Err(ApiError::invalid_input(format!(
            "provider:segmentation_id can change on VLAN networks only; this one is {}",
            network.network_type
        )));
    }
    let wish = Wish {
        project: &network.project_id,
        physical_network: network.physical_network.as_deref(),
        id: Some(id),
    };
    named(model, settings, wish, NetworkType::Vlan)
}

/// The numbers that segments of this type have.
pub fn numbers(network_type: NetworkType) -> RangeInclusive<u32> {
    match network_type {
        NetworkType::Vlan => VLANS,
        other => tunnel_ids(other),
    }
}

/// Whether the configuration allows such a segment.
fn check(
    model: &Model,
    settings: &Settings,
    network_type: NetworkType,
    physical_network: Option<&str>,
    id: Option<u32>,
) -> Result<(), ApiError> {
    let refuse = |text: String| Err(ApiError::invalid_input(text));
    if !settings.types.contains(&network_type) {
        let types: Vec<&str> = settings.types.iter().map(|t| t.as_str()).collect();
        return refuse(format!(
            "network type {network_type} is not enabled here; choose one of {}",
            types.join(", ")
        ));
    }
    let id =
        id.filter(|id| *id != 0 || !matches!(network_type, NetworkType::Local | NetworkType::Flat));
    match (network_type, physical_network, id) {
        (NetworkType::Local, None, None) => Ok(()),
        (NetworkType::Local, ..) => refuse(
            "a local network has neither provider:physical_network nor provider:segmentation_id"
                .into(),
        ),
        (NetworkType::Flat, None, _) => {
            refuse("a flat network needs provider:physical_network".into())
        }
        (NetworkType::Flat, Some(_), Some(_)) => {
            refuse("a flat network has no provider:segmentation_id".into())
        }
        (NetworkType::Flat, Some(physical_network), None) => check_flat(settings, physical_network),
        (NetworkType::Vlan, None, Some(id)) => refuse(format!(
            "VLAN {id} needs provider:physical_network to say of which network"
        )),
        (NetworkType::Vlan, None, None) => Ok(()),
        (NetworkType::Vlan, Some(physical_network), id) => {
            check_vlan(model, settings, physical_network, id)
        }
        (_, Some(physical_network), _) => refuse(format!(
            "a {network_type} network lies on no physical network, so not on '{physical_network}'"
        )),
        (_, None, None) => Ok(()),
        (_, None, Some(id)) => {
            let all = tunnel_ids(network_type);
            if !all.contains(&id) {
                return refuse(format!(
                    "{network_type} ids are {} to {}, not {id}",
                    all.start(),
                    all.end()
                ));
            }
            Ok(())
        }
    }
}

fn check_flat(settings: &Settings, physical_network: &str) -> Result<(), ApiError> {
    match &settings.flat_networks {
        PhysicalNetworks::Any => Ok(()),
        PhysicalNetworks::Only(names) if names.iter().any(|n| n == physical_network) => Ok(()),
        PhysicalNetworks::Only(names) if names.is_empty() => Err(ApiError::invalid_input(
            "flat networks are disabled here (flat_networks is empty)",
        )),
        PhysicalNetworks::Only(names) => Err(ApiError::invalid_input(format!(
            "physical network '{physical_network}' takes no flat network; choose one of {names:?}"
        ))),
    }
}

fn check_vlan(
    model: &Model,
    settings: &Settings,
    physical_network: &str,
    id: Option<u32>,
) -> Result<(), ApiError> {
    let known = settings.vlan_ranges.contains_key(physical_network)
        || segment_range::has_vlans(model, physical_network);
    if !known {
        let names: Vec<&String> = settings.vlan_ranges.keys().collect();
        return Err(ApiError::invalid_input(format!(
            "physical network '{physical_network}' takes no VLAN network; choose one of {names:?}"
        )));
    }
    match id {
        Some(id) if !VLANS.contains(&id) => Err(ApiError::invalid_input(format!(
            "VLAN ids are {} to {}, not {id}",
            VLANS.start(),
            VLANS.end()
        ))),
        _ => Ok(()),
    }
}

/// The ids an encapsulation has room for: 24 bits of VNI, 32 bits of GRE key.
fn tunnel_ids(network_type: NetworkType) -> RangeInclusive<u32> {
    let last = if network_type == NetworkType::Gre {
        u32::MAX
    } else {
        (1 << 24) - 1
    };
    1..=last
}

/// The segment as asked for, its number chosen where it was left open.
fn reserve(
    model: &Model,
    settings: &Settings,
    wish: Wish<'_>,
    network_type: NetworkType,
) -> Result<Segment, ApiError> {
    let Wish {
        physical_network,
        id,
        ..
    } = wish;
    let taken = |id| {
        model
            .network_by_segment(network_type, physical_network, id)
            .is_some()
    };
    let segment = |id| Segment {
        network_type,
        physical_network: physical_network.map(str::to_owned),
        segmentation_id: id,
    };
    match (network_type, id) {
        (NetworkType::Local, _) => Ok(segment(None)),
        (NetworkType::Flat, _) if taken(None) => {
            Err(error::flat_in_use(physical_network.unwrap_or_default()))
        }
        (NetworkType::Flat, _) => Ok(segment(None)),
        (NetworkType::Vlan, Some(id)) if taken(Some(id)) => {
            Err(error::vlan_in_use(physical_network.unwrap_or_default(), id))
        }
        (_, Some(id)) if taken(Some(id)) => Err(error::tunnel_in_use(network_type, id)),
        (_, Some(id)) => Ok(segment(Some(id))),
        (_, None) => lowest_free(model, settings, wish, network_type)
            .ok_or_else(|| error::no_segment(network_type.as_str())),
    }
}

/// The segment of a network that names none.
fn tenant(
    model: &Model,
    settings: &Settings,
    project: &str,
    external: bool,
) -> Result<Segment, ApiError> {
    let anywhere = Wish {
        project,
        physical_network: None,
        id: None,
    };
    let types = match settings.external_type {
        Some(external_type) if external => vec![external_type],
        _ => settings.tenant_types.clone(),
    };
    types
        .iter()
        .find_map(|network_type| match network_type {
            NetworkType::Local => Some(Segment {
                network_type: NetworkType::Local,
                physical_network: None,
                segmentation_id: None,
            }),
            // Which physical network a tenant gets is never guessed.
            NetworkType::Flat => None,
            other => lowest_free(model, settings, anywhere, *other),
        })
        .ok_or_else(|| {
            let names: Vec<&str> = types.iter().map(|t| t.as_str()).collect();
            error::no_segment(&names.join(", "))
        })
}

/// The lowest free number of the ranges that are for the project; VLANs of `physical_network`, or of
/// the first that has one where none is named.
fn lowest_free(
    model: &Model,
    settings: &Settings,
    wish: Wish<'_>,
    network_type: NetworkType,
) -> Option<Segment> {
    let ranges = segment_range::given_out(model, settings, network_type, wish.project);
    let mut fitting = ranges
        .into_iter()
        .filter(|(name, _)| wish.physical_network.is_none_or(|p| p == name));
    fitting.find_map(|(name, range)| {
        let physical_network = Some(name).filter(|name| !name.is_empty());
        let id = model.lowest_free_segment(network_type, physical_network.as_deref(), range)?;
        Some(Segment {
            network_type,
            physical_network,
            segmentation_id: Some(id),
        })
    })
}
