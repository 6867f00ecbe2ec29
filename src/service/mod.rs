//! The rules of the network: what may be, who gets which number, what a change brings with it.
//!
//! One file per resource. A write is a closure over a draft of the model: it checks, allocates and
//! edits, and may be run again on a later model, so it draws on nothing but the draft and what it
//! was given (ids and time are made before). The ledger runs writes one after another, which is why
//! no rule here needs a lock.

mod act;
mod address;
mod address_group;
mod address_scope;
mod availability;
mod backend;
mod binding;
mod bindings;
mod computed;
mod dhcp;
mod error;
mod flavor;
mod ipam;
mod liveness;
mod mac;
mod mtu;
mod network;
mod node;
mod owner;
mod past;
mod pool_error;
mod port;
mod port_parts;
mod prefix_ops;
mod provider;
mod quota;
mod reach;
mod revise;
mod routed;
mod segment;
mod segment_range;
mod segments;
mod service_profile;
mod settings;
mod sharing;
mod status;
mod subnet;
mod subnet_block;
mod subnet_check;
mod subnet_pool;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use backend::Service;
pub use liveness::{Liveness, Pulse};
pub use node::Registration;
pub use settings::Settings;
pub use status::PortReport;
pub use view::View;

use api::{ApiError, Context, Kind, Record, Timestamp};

use crate::model::Model;

/// What a rule may know beside the model.
#[derive(Debug, Clone, Copy)]
struct Moment<'a> {
    settings: &'a Settings,
    now: Timestamp,
    /// Who asks.
    caller: &'a Context,
    liveness: &'a Liveness,
}

impl Moment<'_> {
    /// Whether the caller may use a record: it is theirs, or shared with them.
    fn may_use(&self, model: &Model, record: &Record) -> bool {
        self.caller.reaches_all || reach::reaches(model, record, &self.caller.project_id)
    }
}

/// The pipeline key of a new record.
fn lowest_free_key(model: &Model, kind: Kind) -> Result<u32, ApiError> {
    model.lowest_free_key(kind).ok_or_else(|| {
        ApiError::unavailable(format!(
            "all 2^24 - 1 pipeline keys of {} are taken; delete some first",
            kind.plural()
        ))
    })
}
