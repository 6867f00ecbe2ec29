//! A switch's OVSDB session from its first word to its end: who it is, its node in the model, its
//! worker.

use std::time::Duration;

use ovsdb::vswitch::{self, OpenVSwitch};
use ovsdb::{Replica, Session};
use thiserror::Error;

use super::Fleet;
use super::identity::{self, IdentityError};
use super::links::Database;
use crate::service::Registration;

/// Between attempts to register while the database of the controller is away.
const RETRY: Duration = Duration::from_secs(1);

/// Why a session cannot be used.
#[derive(Debug, Error)]
enum Unfit {
    #[error(transparent)]
    Request(#[from] ovsdb::RequestError),
    #[error("its schema does not fit: {0}")]
    Schema(#[from] vswitch::SchemaMismatch),
    #[error("it is over: {0}")]
    Closed(#[from] ovsdb::CloseReason),
}

/// Serves a session until its end.
pub(super) async fn serve(fleet: Fleet, session: Session) {
    let peer = session.peer().address;
    if let Err(unfit) = follow(&fleet, &session).await {
        tracing::info!(?peer, "OVSDB session ended: {unfit}");
    }
    session.close();
}

async fn follow(fleet: &Fleet, session: &Session) -> Result<(), Unfit> {
    let peer = session.peer().address;
    let schema = session.schema(vswitch::DATABASE).await?;
    let selection = vswitch::check(&schema)?;
    let mut monitor = session.monitor(&schema, &selection, None).await?;
    let mut joined: Option<Joined> = None;
    let mut complaint = None;
    loop {
        let step = match monitor.next().await {
            Ok(step) => step,
            Err(reason) => {
                if let Some(joined) = joined {
                    joined.handle.detach_database(joined.link);
                }
                return Err(reason.into());
            }
        };
        let registration = match registration(&step.replica) {
            Ok(registration) => registration,
            Err(error) => {
                // Once for each thing that is wrong, not for each change elsewhere.
                if complaint.as_ref() != Some(&error) {
                    tracing::warn!(?peer, "a switch cannot join: {error}");
                    complaint = Some(error);
                }
                continue;
            }
        };
        match &joined {
            Some(joined) if joined.registration == registration => joined.handle.mailbox.nudge(),
            _ => {
                let database = Database::new(session.clone(), monitor.view());
                joined = join(fleet, registration, database, joined).await;
            }
        }
    }
}

/// A switch that is a node.
struct Joined {
    registration: Registration,
    handle: std::sync::Arc<super::handle::Handle>,
    link: u64,
}

/// Registers the switch, and gives its session to the worker of its node.
async fn join(
    fleet: &Fleet,
    registration: Registration,
    database: Database,
    before: Option<Joined>,
) -> Option<Joined> {
    let node = loop {
        match fleet.register(registration.clone()).await {
            Ok(node) => break node,
            Err(error) if error.status == 503 => {
                tracing::warn!(hostname = registration.hostname, %error, "a switch waits to join");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => {
                tracing::error!(hostname = registration.hostname, %error, "a switch cannot join");
                return before;
            }
        }
    };
    let handle = fleet.employ(node)?;
    if let Some(before) = before {
        if before.handle.node == node {
            handle.mailbox.nudge();
            return Some(Joined {
                registration,
                ..before
            });
        }
        before.handle.detach_database(before.link);
    }
    tracing::info!(hostname = registration.hostname, %node, "a switch joined");
    let link = database.number;
    handle.attach_database(database);
    Some(Joined {
        registration,
        handle,
        link,
    })
}

fn registration(replica: &Replica) -> Result<Registration, IdentityError> {
    let root = replica.all::<OpenVSwitch>().next();
    match root {
        Some(Ok(root)) => identity::parse(&root.external_ids),
        // No root row yet, or one that the schema check should have kept out.
        _ => Err(IdentityError::NoSystemId),
    }
}
