//! A difference on its way into a switch: in which bundles, and what to do with what the switch
//! refuses.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use openflow::meter::MeterMod;
use openflow::session::{BundleError, RequestError};
use openflow::text::FlowLine;
use openflow::{Connection, Message};
use thiserror::Error;

use crate::compile::cookie::{Cookie, Object};
use crate::compile::{Delta, order};

/// Messages in one bundle. Open vSwitch is silent while it commits one, and takes some 100,000 flows
/// a second.
const BUNDLE: usize = 20_000;
/// Meter mods under way at once; they cannot be bundled.
const METERS_AT_ONCE: usize = 256;
/// So many refusals in one go are no matter of single flows any more.
const REFUSALS_MAX: usize = 32;

/// What became of a difference.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Flow, group and meter mods that the switch took.
    pub(super) messages: usize,
    /// What it refused; the rest is in place.
    pub(super) refused: Vec<Refusal>,
}

/// Something that the switch will not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Cookie of the flow; 0 for groups and meters.
    pub(super) cookie: u64,
    /// What it was and what the switch said, for people.
    pub(super) text: String,
}

/// Why a difference did not get into the switch. What part of it did is unknown: compare again.
#[derive(Debug, Error)]
pub(super) enum ApplyError {
    /// A request outside of bundles failed.
    #[error(transparent)]
    Request(RequestError),
    /// A bundle failed as a whole.
    #[error(transparent)]
    Bundle(BundleError),
    /// Nearly everything is refused.
    #[error("the switch refused {REFUSALS_MAX} messages in a row, the last: {0}")]
    Refused(String),
}

impl ApplyError {
    /// The switch owed an answer and gave none.
    pub(super) fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::Request(RequestError::Timeout { .. }) | Self::Bundle(BundleError::Timeout { .. })
        )
    }
}

/// Brings the switch forward by `delta`, in the order of [`order`]. What the switch refuses is left
/// out and told.
///
/// # Errors
/// [`ApplyError`].
pub(super) async fn apply(connection: &Connection, delta: Delta) -> Result<Applied, ApplyError> {
    let mut applied = Applied::default();
    let steps = order(delta);
    send_meters(connection, steps.meters, &mut applied).await?;
    let mut messages = steps.bundle;
    while !messages.is_empty() {
        let rest = messages.split_off(messages.len().min(BUNDLE));
        send_bundle(connection, messages, &mut applied).await?;
        messages = rest;
    }
    send_meters(connection, steps.unused_meters, &mut applied).await?;
    Ok(applied)
}

async fn send_meters(
    connection: &Connection,
    mods: Vec<MeterMod>,
    applied: &mut Applied,
) -> Result<(), ApplyError> {
    for some in mods.chunks(METERS_AT_ONCE) {
        let requests = some
            .iter()
            .map(|meter| connection.request(Message::MeterMod(meter.clone())));
        for (outcome, meter) in join_all(requests).await.into_iter().zip(some) {
            match outcome {
                Ok(_) => applied.messages += 1,
                Err(RequestError::Refused { error, .. }) => applied.refused.push(Refusal {
                    cookie: 0,
                    text: format!("meter {}: {error}", meter.meter.id),
                }),
                Err(error) => return Err(ApplyError::Request(error)),
            }
        }
    }
    Ok(())
}

/// Commits a bundle; when the switch refuses one of its messages, all but that one.
async fn send_bundle(
    connection: &Connection,
    mut messages: Vec<Message>,
    applied: &mut Applied,
) -> Result<(), ApplyError> {
    for _ in 0..=REFUSALS_MAX {
        if messages.is_empty() {
            return Ok(());
        }
        let (index, text) = match connection.bundle(messages.clone()).await {
            Ok(()) => {
                applied.messages += messages.len();
                return Ok(());
            }
            Err(BundleError::Message { index, error }) => (index, error.to_string()),
            Err(BundleError::Encode { index, error }) => (index, error.to_string()),
            Err(error) => return Err(ApplyError::Bundle(error)),
        };
        if index >= messages.len() {
            return Err(ApplyError::Refused(text));
        }
        let message = messages.remove(index);
        applied.refused.push(refusal(&message, &text));
    }
    let last = applied.refused.last().map(|refusal| refusal.text.clone());
    Err(ApplyError::Refused(last.unwrap_or_default()))
}

fn refusal(message: &Message, error: &str) -> Refusal {
    match message {
        Message::FlowMod(flow) => Refusal {
            cookie: flow.entry.cookie,
            text: format!(
                "flow {}: {error}",
                FlowLine {
                    key: &flow.key,
                    entry: &flow.entry
                }
            ),
        },
        Message::GroupMod(group) => Refusal {
            cookie: 0,
            text: format!("group {}: {error}", group.group.id),
        },
        other => Refusal {
            cookie: 0,
            text: format!("{}: {error}", other.name()),
        },
    }
}

/// The pipeline keys of ports of which some flow was refused.
pub(super) fn broken_ports(refused: &[Refusal]) -> BTreeSet<u32> {
    let cookies = refused
        .iter()
        .filter_map(|refusal| Cookie::from_bits(refusal.cookie));
    cookies
        .filter_map(|cookie| match cookie.object {
            Object::Port(key) => Some(key),
            _ => None,
        })
        .collect()
}
