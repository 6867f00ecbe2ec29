//! The only door out of this crate: what serves the API's reads and writes.

use std::future::Future;
use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use crate::action::Action;
use crate::policy::Reach;
use crate::{ApiError, At, Context, Create, Derived, Filters, Kind, Record, Update};

/// The service behind the API. Every method is one atomic step.
pub trait Backend: Send + Sync + 'static {
    /// A consistent snapshot.
    type View: View;

    /// Whether requests can be served now, for those who send them somewhere else if not.
    ///
    /// # Errors
    /// What cannot be read, and why.
    fn health(&self) -> impl Future<Output = Result<(), ApiError>> + Send {
        std::future::ready(Ok(()))
    }

    /// A snapshot that holds at least everything that was answered before this call.
    ///
    /// # Errors
    /// 503 when no current snapshot can be had.
    fn view(
        &self,
        context: &Context,
    ) -> impl Future<Output = Result<Arc<Self::View>, ApiError>> + Send;

    /// The snapshot of a moment of the past, with what of it can still be known.
    ///
    /// # Errors
    /// 400 where the moment is yet to come, 410 where it is not remembered any more, 503 when it
    /// cannot be looked up.
    fn view_at(
        &self,
        context: &Context,
        at: At,
    ) -> impl Future<Output = Result<Arc<Self::View>, ApiError>> + Send;

    /// Creates all of `items` or none; the answer is in their order, with a snapshot that has them.
    ///
    /// # Errors
    /// The first rule that refuses, as an error document.
    fn create(
        &self,
        context: &Context,
        items: Vec<Create>,
    ) -> impl Future<Output = Result<(Arc<Self::View>, Vec<Record>), ApiError>> + Send;

    /// Changes what `change` names of the record `id` of kind `change.kind()`.
    ///
    /// # Errors
    /// 404 where there is none, 412 where `if_match` is not its revision, else the rule that refuses.
    fn update(
        &self,
        context: &Context,
        id: Uuid,
        change: Update,
        if_match: Option<u64>,
    ) -> impl Future<Output = Result<(Arc<Self::View>, Record), ApiError>> + Send;

    /// Removes a record.
    ///
    /// # Errors
    /// 404 where there is none, 412 where `if_match` is not its revision, 409 while it is in use.
    fn delete(
        &self,
        context: &Context,
        kind: Kind,
        id: Uuid,
        if_match: Option<u64>,
    ) -> impl Future<Output = Result<(), ApiError>> + Send;

    /// Carries out an operation.
    ///
    /// # Errors
    /// 404 where what it names is not there, 412 where `if_match` is not the record's revision, else
    /// the rule that refuses.
    fn act(
        &self,
        context: &Context,
        action: Action,
        if_match: Option<u64>,
    ) -> impl Future<Output = Result<(Arc<Self::View>, Answer), ApiError>> + Send;
}

/// What an operation answers with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nothing but its status.
    Nothing,
    /// This document.
    Document(Json),
    /// A record, as a GET shows it.
    Record(Record),
    /// Records of one kind, as a list shows them.
    Records(Kind, Vec<Record>),
}

/// A snapshot as the API reads it.
pub trait View: Send + Sync + 'static {
    /// The record of `kind` with this id.
    fn get(&self, kind: Kind, id: Uuid) -> Option<Record>;

    /// Records of `kind` within `reach` and no others, at least all of these that match `filters`
    /// (use an index where one serves; the API checks the filters again). Each once; ascending by id
    /// where that costs nothing.
    fn find<'a>(
        &'a self,
        kind: Kind,
        filters: &Filters,
        reach: Reach<'_>,
    ) -> Box<dyn Iterator<Item = Record> + Send + 'a>;

    /// Whether a record is within reach of `project` (empty for none): its own, or shared with it, or
    /// on something of its own where that is enough, or of a kind that belongs to nobody.
    fn reaches(&self, record: &Record, project: &str) -> bool;

    /// Whether a record of `kind` is shared with `project`, or with every project.
    fn shared_with(&self, kind: Kind, id: Uuid, project: &str) -> bool;

    /// What a document shows beyond the record itself: `Derived` of the record's own kind.
    fn derived(&self, record: &Record) -> Derived;
}
