//! The service as the API and the node room call it: each call is one write of the ledger.

use std::fmt::Display;
use std::sync::Arc;

use api::{
    Action, Answer, ApiError, At, Backend, Context, Create, Kind, Node, Record, Timestamp, Update,
};
use uuid::Uuid;

use super::node::{self, Registration};
use super::past::Past;
use super::status::{self, PortReport};
use super::{Liveness, Moment, Settings, View, act, write};
use crate::ledger::{Author, Ledger, ReadError, WriteError};
use crate::model::{Draft, Model};

/// The rules over a ledger. Clones are of the same service.
#[derive(Debug, Clone)]
pub struct Service {
    ledger: Ledger,
    settings: Arc<Settings>,
    liveness: Liveness,
    past: Past,
}

impl Service {
    /// A service that keeps its records in `ledger`.
    pub fn new(ledger: Ledger, settings: Settings) -> Self {
        Self {
            past: Past::new(ledger.clone()),
            ledger,
            settings: Arc::new(settings),
            liveness: Liveness::default(),
        }
    }

    /// Where the node room notes which nodes it hears of, and the API reads it.
    pub fn liveness(&self) -> &Liveness {
        &self.liveness
    }

    /// Makes the node of a switch that joins, or brings it up to date; writes nothing where it is.
    /// Ports that wait for the node are bound. Safe to repeat.
    ///
    /// # Errors
    /// 400 without a system id or hostname; 409 where another switch has the hostname; 503 when
    /// nothing can be written now.
    pub async fn register_node(
        &self,
        asked: Registration,
    ) -> Result<(Arc<Model>, Arc<Node>), ApiError> {
        let id = Uuid::new_v4();
        let author = Author {
            who: format!("node {}", asked.system_id),
            request_id: String::new(),
        };
        self.write(author, Context::default(), move |draft, moment| {
            node::register(draft, moment, id, &asked)
        })
        .await
    }

    /// Takes note of what nodes say of their ports, in one commit; returns how many changed.
    ///
    /// # Errors
    /// 503 when nothing can be written now.
    pub async fn set_port_status(&self, reports: Vec<PortReport>) -> Result<usize, ApiError> {
        let author = Author {
            who: "port status".into(),
            request_id: String::new(),
        };
        let (_, changed) = self
            .write(author, Context::default(), move |draft, moment| {
                Ok(status::report(draft, moment, &reports))
            })
            .await?;
        Ok(changed)
    }

    /// Runs `edit` in its place in the order of all writes. The time is that of the request, so
    /// that a write run again says the same.
    async fn write<T: Send + 'static>(
        &self,
        author: Author,
        caller: Context,
        mut edit: impl FnMut(&mut Draft, &Moment<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<(Arc<Model>, T), ApiError> {
        let (settings, liveness) = (Arc::clone(&self.settings), self.liveness.clone());
        let now = Timestamp::now();
        let closure = move |draft: &mut Draft| {
            let moment = Moment {
                settings: &settings,
                now,
                caller: &caller,
                liveness: &liveness,
            };
            edit(draft, &moment)
        };
        self.ledger.write(author, closure).await.map_err(refused)
    }

    /// The latest model that this process knows, without asking whether there is a later one.
    pub fn latest(&self, context: &Context) -> Arc<View> {
        self.view_of(self.ledger.model(), context)
    }

    fn view_of(&self, model: Arc<Model>, context: &Context) -> Arc<View> {
        let (settings, liveness) = (Arc::clone(&self.settings), self.liveness.clone());
        Arc::new(View::new(model, settings, liveness, &context.project_id))
    }
}

impl Backend for Service {
    type View = View;

    async fn health(&self) -> Result<(), ApiError> {
        let health = self.ledger.health();
        health.map_err(|error| ApiError::unavailable(error.for_clients()))
    }

    async fn view(&self, context: &Context) -> Result<Arc<View>, ApiError> {
        let model = self.ledger.fresh().await.map_err(|error| unread(&error))?;
        Ok(self.view_of(model, context))
    }

    /// In the past no node is alive, and all were last heard of when they were made.
    async fn view_at(&self, context: &Context, at: At) -> Result<Arc<View>, ApiError> {
        let (model, present) = (self.past.model(at).await?, self.ledger.model());
        let settings = Arc::clone(&self.settings);
        let view = View::past(model, present, settings, &context.project_id);
        Ok(Arc::new(view))
    }

    async fn create(
        &self,
        context: &Context,
        items: Vec<Create>,
    ) -> Result<(Arc<View>, Vec<Record>), ApiError> {
        let items: Vec<(Uuid, Create)> = items
            .into_iter()
            .map(|item| (Uuid::new_v4(), item))
            .collect();
        let (model, records) = self
            .write(author(context), context.clone(), move |draft, moment| {
                write::create(draft, moment, &items)
            })
            .await?;
        Ok((self.view_of(model, context), records))
    }

    async fn update(
        &self,
        context: &Context,
        id: Uuid,
        change: Update,
        if_match: Option<u64>,
    ) -> Result<(Arc<View>, Record), ApiError> {
        let (model, record) = self
            .write(author(context), context.clone(), move |draft, moment| {
                write::update(draft, moment, id, change.clone(), if_match)
            })
            .await?;
        Ok((self.view_of(model, context), record))
    }

    async fn act(
        &self,
        context: &Context,
        action: Action,
        if_match: Option<u64>,
    ) -> Result<(Arc<View>, Answer), ApiError> {
        if let Action::Read(question) = &action {
            let view = self.view(context).await?;
            let moment = Moment {
                settings: &self.settings,
                now: Timestamp::now(),
                caller: context,
                liveness: &self.liveness,
            };
            let answer = act::read(view.model(), &moment, question)?;
            return Ok((view, answer));
        }
        let (model, answer) = self
            .write(author(context), context.clone(), move |draft, moment| {
                act::write(draft, moment, action.clone(), if_match)
            })
            .await?;
        Ok((self.view_of(model, context), answer))
    }

    async fn delete(
        &self,
        context: &Context,
        kind: Kind,
        id: Uuid,
        if_match: Option<u64>,
    ) -> Result<(), ApiError> {
        let alive = self.liveness.of(id).is_some_and(|pulse| pulse.alive);
        self.write(author(context), context.clone(), move |draft, moment| {
            write::delete(draft, moment, kind, id, if_match, alive)
        })
        .await?;
        self.liveness.forget(id);
        Ok(())
    }
}

fn author(context: &Context) -> Author {
    let who = match context.user_id.as_str() {
        "" => "noauth",
        user => user,
    };
    Author {
        who: who.to_owned(),
        request_id: context.request_id.clone(),
    }
}

/// Why a write was not answered well, for the client.
fn refused(error: WriteError<ApiError>) -> ApiError {
    match error {
        WriteError::Refused(error) => error,
        WriteError::Panicked => ApiError::internal("the request failed inside; see the log"),
        WriteError::Unknown(fault) => {
            tracing::error!(%fault, "a write's outcome is not known");
            ApiError::internal(
                "the database failed while writing; read again to see whether it was done",
            )
        }
        other => unwritten(&other),
    }
}

/// Why a write was not done.
fn unwritten<E: Display>(error: &WriteError<E>) -> ApiError {
    tracing::warn!(%error, "a request could not be served");
    ApiError::unavailable(format!("nothing was changed: {}", error.for_clients()))
}

/// Why something could not be looked up.
pub(super) fn unread(error: &ReadError) -> ApiError {
    tracing::warn!(%error, "a request could not be served");
    ApiError::unavailable(error.for_clients())
}
