//! The rules of a port's bindings: where it is, and where else it is prepared to be.
//!
//! The active binding is the port's own `binding:` attributes. The others are kept beside it and shape
//! nothing: what a node does with a port follows from `binding:host_id` alone.

use api::{
    Answer, ApiError, BindingEdit, BindingRequest, InactiveBinding, JsonMap, Port, Status, VifType,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::revise::{check_revision, store};
use super::{Moment, binding, error, network, owner, port, routed};
use crate::model::{Draft, Model};

/// The document of all bindings, the active one first.
///
/// # Errors
/// 404 `PortNotFound`; 400 `BadRequest` for a port that no instance uses.
pub fn all(model: &Model, id: Uuid) -> Result<Json, ApiError> {
    let port = movable(model, id)?;
    let all = std::iter::once(active(&port)).chain(port.inactive_bindings.iter().cloned());
    let all: Vec<Json> = all.map(|b| document(model, &port, &b)).collect();
    Ok(json!({"bindings": all}))
}

/// The document of the binding on one host.
///
/// # Errors
/// As [`all`]; 404 `PortBindingNotFound`.
pub fn one(model: &Model, id: Uuid, host: &str) -> Result<Json, ApiError> {
    let port = movable(model, id)?;
    let binding = of_host(&port, host).ok_or_else(|| error::no_binding(id, host))?;
    Ok(json!({"binding": document(model, &port, &binding)}))
}

/// Changes a port's bindings.
///
/// # Errors
/// As [`one`]; 412; 409 `PortBindingAlreadyExists`, `PortBindingAlreadyActive`, `PortBindingError`
/// where the host cannot take the port; those of [`binding::check_profile`]
/// and [`routed::check_host`].
pub fn edit(
    draft: &mut Draft,
    moment: &Moment<'_>,
    id: Uuid,
    edit: BindingEdit,
    if_match: Option<u64>,
) -> Result<Answer, ApiError> {
    let before = movable(draft, id)?;
    check_revision(&*before, if_match)?;
    let mut after = Port::clone(&before);
    let host = match edit {
        BindingEdit::Create(request) => create(draft, &mut after, request)?,
        BindingEdit::Update(host, request) => update(draft, &before, &mut after, host, request)?,
        BindingEdit::Activate(host) => {
            activate(draft, &before, &mut after, &host)?;
            store(draft, &*before, after.clone(), moment.now);
            // Neutron's answer to this one is the bare binding.
            return Ok(Answer::Document(document(draft, &after, &active(&after))));
        }
        BindingEdit::Delete(host) => {
            delete(draft, &before, &mut after, &host)?;
            store(draft, &*before, after, moment.now);
            return Ok(Answer::Nothing);
        }
    };
    store(draft, &*before, after, moment.now);
    one(draft, id, &host).map(Answer::Document)
}

/// Only what an instance or a share uses moves between hosts.
fn movable(model: &Model, id: Uuid) -> Result<std::sync::Arc<Port>, ApiError> {
    let port = port::find(model, id)?;
    if owner::may_move(&port.device_owner) {
        return Ok(port);
    }
    Err(error::bad_resource(format!(
        "port {id} has device_owner '{}'; only ports of compute:… and manila:… have bindings to choose from",
        port.device_owner
    )))
}

fn active(port: &Port) -> InactiveBinding {
    InactiveBinding {
        host: port.host_id.clone(),
        vnic_type: port.vnic_type.clone(),
        vif_type: port.vif_type,
        profile: port.profile.clone(),
    }
}

fn of_host(port: &Port, host: &str) -> Option<InactiveBinding> {
    if port.host_id == host {
        return Some(active(port));
    }
    let mut others = port.inactive_bindings.iter();
    others.find(|other| other.host == host).cloned()
}

fn document(model: &Model, port: &Port, binding: &InactiveBinding) -> Json {
    let is_active = binding.host == port.host_id;
    let mut profile = binding.profile.clone();
    if binding.vif_type != VifType::Unbound {
        binding::note_trust(port.trusted, &mut profile);
    }
    json!({
        "host": binding.host,
        "vif_type": binding.vif_type,
        "vif_details": binding::details(model, &binding.host, binding.vif_type),
        "vnic_type": binding.vnic_type,
        "profile": profile,
        "status": if is_active { "ACTIVE" } else { "INACTIVE" },
    })
}

fn create(model: &Model, port: &mut Port, asked: BindingRequest) -> Result<String, ApiError> {
    let host = asked.host.unwrap_or_default();
    if of_host(port, &host).is_some() {
        return Err(error::binding_exists(port.id, &host));
    }
    let mut made = InactiveBinding {
        host: host.clone(),
        vnic_type: asked.vnic_type.unwrap_or_else(|| "normal".to_owned()),
        profile: asked.profile.unwrap_or_default(),
        vif_type: VifType::Unbound,
    };
    try_out(model, port, &mut made)?;
    port.inactive_bindings.push(made);
    port.inactive_bindings.sort_by(|a, b| a.host.cmp(&b.host));
    Ok(host)
}

/// Sees whether the host can take the port.
fn try_out(model: &Model, port: &Port, wish: &mut InactiveBinding) -> Result<(), ApiError> {
    binding::check_profile(&wish.profile)?;
    routed::check_host(model, port, &wish.host)?;
    let network = network::find(model, port.network_id)?;
    wish.vif_type = binding::vif_type(model, &network, wish);
    if wish.vif_type == VifType::BindingFailed {
        return Err(error::binding_failed(port.id, &wish.host));
    }
    Ok(())
}

fn update(
    model: &Model,
    before: &Port,
    port: &mut Port,
    host: String,
    asked: BindingRequest,
) -> Result<String, ApiError> {
    let mut wish = of_host(port, &host).ok_or_else(|| error::no_binding(port.id, &host))?;
    let new_host = asked.host.unwrap_or_else(|| host.clone());
    if new_host != host && of_host(port, &new_host).is_some() {
        return Err(error::binding_exists(port.id, &new_host));
    }
    wish.host.clone_from(&new_host);
    if let Some(vnic_type) = asked.vnic_type {
        wish.vnic_type = vnic_type;
    }
    if let Some(profile) = asked.profile {
        wish.profile = profile;
    }
    try_out(model, port, &mut wish)?;
    if before.host_id == host {
        move_to(model, before, port, wish)?;
    } else if let Some(slot) = port.inactive_bindings.iter_mut().find(|b| b.host == host) {
        *slot = wish;
    }
    Ok(new_host)
}

fn activate(model: &Model, before: &Port, port: &mut Port, host: &str) -> Result<(), ApiError> {
    if before.host_id == host {
        return Err(error::binding_active(port.id, host));
    }
    let mut others = port.inactive_bindings.iter();
    let Some(at) = others.position(|b| b.host == host) else {
        return Err(error::no_binding(port.id, host));
    };
    let mut chosen = port.inactive_bindings.remove(at);
    try_out(model, port, &mut chosen)?;
    if !before.host_id.is_empty() {
        port.inactive_bindings.push(InactiveBinding {
            vif_type: VifType::Unbound,
            ..active(before)
        });
        port.inactive_bindings.sort_by(|a, b| a.host.cmp(&b.host));
    }
    move_to(model, before, port, chosen)
}

fn delete(model: &Model, before: &Port, port: &mut Port, host: &str) -> Result<(), ApiError> {
    if before.host_id != host || host.is_empty() {
        let count = port.inactive_bindings.len();
        port.inactive_bindings.retain(|b| b.host != host);
        return match port.inactive_bindings.len() == count {
            true => Err(error::no_binding(port.id, host)),
            false => Ok(()),
        };
    }
    let nowhere = InactiveBinding {
        host: String::new(),
        profile: JsonMap::new(),
        ..active(before)
    };
    move_to(model, before, port, nowhere)
}

/// Makes `wish` the port's active binding. It is down until its switch has acknowledged it.
fn move_to(
    model: &Model,
    before: &Port,
    port: &mut Port,
    wish: InactiveBinding,
) -> Result<(), ApiError> {
    let network = network::find(model, port.network_id)?;
    port.host_id = wish.host;
    port.vnic_type = wish.vnic_type;
    port.profile = wish.profile;
    binding::settle(model, &network, Some(before), port);
    if port.host_id != before.host_id {
        port.status = Status::Down;
    }
    Ok(())
}
