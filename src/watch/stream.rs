//! Changes as server-sent events (the WHATWG's HTML standard, "Server-sent events").
//!
//! The stream is pulled: nothing is rendered that the client does not take, and a client that is slow
//! costs one piece of memory and its place in the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::reply::Reply;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Watch;
use super::event::{Event, Sight};
use super::feed::{Cursor, Next};
use super::wish::Filter;

/// Asks a proxy to pass on what it gets as it gets it.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Content type of the streams.
const EVENTS: &str = "text/event-stream";
/// Whoever has just been told something is told the next thing after this time: a busy ledger costs
/// each reader some fifty pieces a second, however many commits are in them.
const PACE: Duration = Duration::from_millis(20);
/// A piece is about this long.
const PIECE: usize = 64 * 1024;

/// One client.
struct Reader {
    watch: Watch,
    sight: Sight,
    filter: Filter,
    cursor: Cursor,
    pending: VecDeque<Arc<Event>>,
    /// When it was last told something.
    told: Instant,
    /// When it ends, whatever there is to tell.
    end: Instant,
    stage: Stage,
    /// Its place among all readers.
    _slot: OwnedSemaphorePermit,
}

/// How far a stream has come.
enum Stage {
    /// It has been told nothing.
    Begun,
    Going,
    /// It has been told everything.
    Ended,
}

/// The stream of what this reader may see and asked for.
pub(super) fn stream(
    watch: Watch,
    sight: Sight,
    filter: Filter,
    cursor: Cursor,
    slot: OwnedSemaphorePermit,
) -> Reply {
    let now = Instant::now();
    let reader = Reader {
        told: now,
        end: now + watch.settings.stream_max,
        watch,
        sight,
        filter,
        cursor,
        pending: VecDeque::new(),
        stage: Stage::Begun,
        _slot: slot,
    };
    let pieces = stream::unfold(reader, async |mut reader| {
        let piece = reader.piece().await?;
        reader.told = Instant::now();
        Some((Ok(Bytes::from(piece)), reader))
    });
    Reply::endless(EVENTS, Box::pin(pieces))
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        // nginx collects answers before it passes them on, unless it is told not to.
        .with(UNBUFFERED, HeaderValue::from_static("no"))
}

impl Reader {
    /// What it is told next; `None` at the end.
    async fn piece(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            Stage::Begun => {
                self.stage = Stage::Going;
                let at = self.cursor.at();
                return Some(format!(": changes after revision {at}\nid: {at}\n\n").into());
            }
            Stage::Going => {}
            Stage::Ended => return None,
        }
        let alive = self.told + self.watch.settings.keep_alive;
        loop {
            let piece = self.render();
            if !piece.is_empty() {
                return Some(piece);
            }
            if self.end <= Instant::now() {
                return None;
            }
            sleep_until(self.told + PACE).await;
            match timeout_at(alive.min(self.end), self.cursor.next()).await {
                Ok(Ok(Next::Events(events))) => self.pending.extend(events),
                Ok(Ok(Next::Closed)) => return None,
                Ok(Ok(Next::Gone)) => {
                    self.stage = Stage::Ended;
                    let (_, document) = self.watch.gone(self.cursor.at()).await;
                    return Some(format!("event: gone\ndata: {document}\n\n").into());
                }
                Ok(Err(error)) => {
                    // It comes back by itself, and learns then whether the log can be read.
                    self.stage = Stage::Ended;
                    return Some(format!(": {error}\n\n").into());
                }
                // With what was passed over: who comes back need not begin before it.
                Err(_) => return Some(format!(":\nid: {}\n\n", self.cursor.at()).into()),
            }
        }
    }

    /// The events that are due, as many as a piece holds.
    fn render(&mut self) -> Vec<u8> {
        let mut piece = Vec::new();
        while piece.len() < PIECE
            && let Some(event) = self.pending.pop_front()
        {
            let start = piece.len();
            let head = format!("id: {}\nevent: commit\ndata: ", event.revision());
            piece.extend_from_slice(head.as_bytes());
            match self.sight.write(&event, &self.filter, &mut piece) {
                true => piece.extend_from_slice(b"\n\n"),
                false => piece.truncate(start),
            }
        }
        piece
    }
}
