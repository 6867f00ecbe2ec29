//! Reading the log: on a connection and a thread of its own, so that whoever reads it, and however
//! much, holds up no write.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::entries::{Entry, Extent, Mark};
use super::store::Store;
use super::writer::Answer;
use super::{Settings, thread};

/// What can be asked of the log.
pub(super) enum Question {
    /// At most so many entries after a revision, ascending.
    After {
        revision: u64,
        limit: u32,
        reply: Answer<Vec<Entry>>,
    },
    /// Where it begins and ends.
    Extent(Answer<Option<Extent>>),
    /// The latest entry made at this time or before.
    LatestAt {
        time_micros: i64,
        reply: Answer<Option<Mark>>,
    },
    /// At most so many entries before a revision that may have touched a record, the latest first,
    /// and whether there may be more.
    Touching {
        id: Uuid,
        before: u64,
        limit: u32,
        reply: Answer<(Vec<Entry>, bool)>,
    },
    Close(oneshot::Sender<()>),
}

/// Starts the reader; `None` when there can be no thread. It connects when it is first asked.
pub(super) fn start(settings: &Settings, mut questions: mpsc::Receiver<Question>) -> Option<()> {
    let (database, busy_timeout) = (settings.database.clone(), settings.busy_timeout);
    thread::spawn("weft-log", async move || {
        // It commits nothing, so it signs nothing.
        let mut store = Store::later(database, busy_timeout, Uuid::nil());
        let mut closing = None;
        while let Some(question) = questions.recv().await {
            match question {
                Question::Close(closed) => {
                    closing = Some(closed);
                    break;
                }
                question => answer(&mut store, question).await,
            }
        }
        store.close().await;
        if let Some(closed) = closing {
            let _ = closed.send(());
        }
    })
}

/// Who asked may have gone; what nobody waits for any more is not looked up.
async fn answer(store: &mut Store, question: Question) {
    match question {
        Question::After {
            revision,
            limit,
            reply,
        } if !reply.is_closed() => {
            let entries = store.log_after(revision, limit).await;
            let _ = reply.send(entries.map_err(Arc::new));
        }
        Question::Extent(reply) if !reply.is_closed() => {
            let _ = reply.send(store.extent().await.map_err(Arc::new));
        }
        Question::LatestAt { time_micros, reply } if !reply.is_closed() => {
            let mark = store.latest_at(time_micros).await;
            let _ = reply.send(mark.map_err(Arc::new));
        }
        Question::Touching {
            id,
            before,
            limit,
            reply,
        } if !reply.is_closed() => {
            let entries = store.touching(id, before, limit).await;
            let _ = reply.send(entries.map_err(Arc::new));
        }
        _ => {}
    }
}
