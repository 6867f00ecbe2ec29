//! A switch's OVSDB session from its first word to its end: who it is, its node in the model, its
//! worker.
//!
//! A switch that gives itself the name of a node whose own switch is here is kept out until that one has
//! gone, or it has taken another name: two switches that are driven as one would get each other's flows.

use std::sync::Arc;
use std::time::Duration;

use ovsdb::vswitch::{self, OpenVSwitch};
use ovsdb::{Replica, Session, View};
use thiserror::Error;

use super::Fleet;
use super::handle::Handle;
use super::identity::{self, IdentityError};
use super::links::{self, Database, Origin};
use crate::service::Registration;

/// Between attempts to join.
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
    let schema = session.schema(vswitch::DATABASE).await?;
    let selection = vswitch::check(&schema)?;
    let mut monitor = session.monitor(&schema, &selection, None).await?;
    let mut guest = Guest::new(fleet, session, monitor.view());
    loop {
        let step = tokio::select! {
            step = monitor.next() => Some(step),
            () = tokio::time::sleep(RETRY), if guest.waits => None,
        };
        match step {
            None => {}
            Some(Ok(step)) => guest.hear(&step.replica),
            Some(Err(reason)) => {
                guest.leave();
                return Err(reason.into());
            }
        }
        guest.join().await;
    }
}

/// A switch on its way in.
struct Guest<'a> {
    fleet: &'a Fleet,
    session: &'a Session,
    view: View,
    /// Names it among those that are kept out.
    number: u64,
    /// What it says of itself, where that is fit to join with.
    wanted: Option<(Registration, ovsdb::Uuid)>,
    joined: Option<Joined>,
    /// The node whose name it has, and which has another switch.
    behind: Option<Arc<Handle>>,
    /// It has yet to join as what it says.
    waits: bool,
    /// What was said last of what keeps it from joining, to say each thing once.
    told: Option<String>,
}

/// A switch that is a node.
struct Joined {
    registration: Registration,
    handle: Arc<Handle>,
    link: u64,
}

impl<'a> Guest<'a> {
    fn new(fleet: &'a Fleet, session: &'a Session, view: View) -> Self {
        Guest {
            fleet,
            session,
            view,
            number: links::next(),
            wanted: None,
            joined: None,
            behind: None,
            waits: false,
            told: None,
        }
    }

    /// Its rows have changed.
    fn hear(&mut self, replica: &Replica) {
        match registration(replica) {
            Ok(wanted) => {
                self.waits = self
                    .joined
                    .as_ref()
                    .is_none_or(|joined| joined.registration != wanted.0);
                self.wanted = Some(wanted);
            }
            Err(error) => {
                (self.wanted, self.waits) = (None, false);
                self.tell(&format!("a switch cannot join: {error}"));
            }
        }
        if let Some(joined) = &self.joined {
            joined.handle.mailbox.nudge();
        }
    }

    /// Registers it, and gives its session to the worker of its node; later, where the controller cannot
    /// write or another switch is in its place.
    async fn join(&mut self) {
        let Some((registration, root)) = self.wanted.clone().filter(|_| self.waits) else {
            return;
        };
        let database = Database::new(self.session.clone(), self.view.clone(), root);
        // Before it is registered: what another switch said of itself is not for this one to change.
        let namesake = self.fleet.namesake(&registration);
        let occupied = namesake.and_then(|handle| {
            let other = handle.occupant().filter(|o| *o != database.origin)?;
            Some((handle, other))
        });
        if let Some((handle, other)) = occupied {
            return self.stay_behind(handle, &registration, &database, other);
        }
        let node = match self.fleet.register(registration.clone()).await {
            Ok(node) => node,
            Err(error) => {
                let hostname = &registration.hostname;
                return self.tell(&format!("switch '{hostname}' waits to join: {error}"));
            }
        };
        // The node may have been deleted since.
        let Some(handle) = self.fleet.employ(node) else {
            return;
        };
        self.enter(registration, handle, database);
    }

    fn enter(&mut self, registration: Registration, handle: Arc<Handle>, database: Database) {
        let mut link = database.number;
        match self.joined.take() {
            Some(before) if before.handle.node == handle.node => {
                link = before.link;
                handle.mailbox.nudge();
            }
            before => {
                if let Some(before) = before {
                    before.handle.detach_database(before.link);
                }
                if let Err(other) = handle.attach_database(database.clone()) {
                    return self.stay_behind(handle, &registration, &database, other);
                }
                tracing::info!(hostname = registration.hostname, node = %handle.node, "a switch joined");
            }
        }
        self.stand_alone();
        (self.waits, self.told) = (false, None);
        self.joined = Some(Joined {
            registration,
            handle,
            link,
        });
    }

    fn stay_behind(
        &mut self,
        handle: Arc<Handle>,
        registration: &Registration,
        database: &Database,
        other: Origin,
    ) {
        self.stand_alone();
        handle.keep_out(self.number, database.origin);
        self.behind = Some(handle);
        let Registration {
            system_id,
            hostname,
            ..
        } = registration;
        self.tell(&format!(
            "a switch with system-id {system_id} and hostname '{hostname}' is kept out: the one at {other} has them \
             already; give one of the two another system-id and hostname"
        ));
    }

    /// It is kept out by nobody.
    fn stand_alone(&mut self) {
        if let Some(handle) = self.behind.take() {
            handle.let_go(self.number);
        }
    }

    /// Its session is over.
    fn leave(&mut self) {
        self.stand_alone();
        if let Some(joined) = self.joined.take() {
            joined.handle.detach_database(joined.link);
        }
    }

    /// Once for each thing that is wrong, not for each change elsewhere.
    fn tell(&mut self, what: &str) {
        if self.told.as_deref() != Some(what) {
            tracing::warn!(peer = ?self.session.peer().address, "{what}");
            self.told = Some(what.to_owned());
        }
    }
}

fn registration(replica: &Replica) -> Result<(Registration, ovsdb::Uuid), IdentityError> {
    let root = replica.all::<OpenVSwitch>().next();
    match root {
        Some(Ok(root)) => Ok((identity::parse(&root.external_ids)?, root.uuid)),
        // No root row yet, or one that the schema check should have kept out.
        _ => Err(IdentityError::NoSystemId),
    }
}
