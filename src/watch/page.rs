//! Changes as one document: a page of commits at once, or as soon as there is one.

use api::ApiError;
use api::reply::Reply;
use tokio::time::{Instant, timeout_at};

use super::Watch;
use super::event::Sight;
use super::feed::{Cursor, Next};
use super::wish::Wish;

/// Most commits that are looked at for one page, which a filter may have left empty.
const LOOKED_AT_MAX: usize = 10_000;
/// A page has about this many bytes at most.
const BYTES_MAX: usize = 8 << 20;

/// The commits after the cursor that this reader may see and asked for, `since` to go on from, and
/// whether there are more already.
///
/// # Errors
/// 503 where the log cannot be read.
pub(super) async fn page(
    watch: &Watch,
    sight: &Sight,
    wish: &Wish,
    mut cursor: Cursor,
) -> Result<Reply, ApiError> {
    let mut out = b"{\"commits\":[".to_vec();
    let late = Instant::now() + wish.wait;
    let (mut since, mut found, mut looked_at) = (cursor.at(), 0, 0);
    'pages: while found < wish.limit && looked_at < LOOKED_AT_MAX && out.len() < BYTES_MAX {
        let next = match cursor.goes_beyond(since) {
            true => cursor.next().await?,
            false if found > 0 => break,
            false => match timeout_at(late, cursor.next()).await {
                Ok(next) => next?,
                Err(_) => break,
            },
        };
        let events = match next {
            Next::Events(events) => events,
            Next::Closed => break,
            // The page after this one will say so.
            Next::Gone if found > 0 => break,
            Next::Gone => return Ok(watch.gone_reply(cursor.at()).await),
        };
        for event in events {
            if found == wish.limit || out.len() >= BYTES_MAX {
                break 'pages;
            }
            if found > 0 {
                out.push(b',');
            }
            match sight.write(&event, &wish.filter, &mut out) {
                true => found += 1,
                false if found > 0 => {
                    out.pop();
                }
                false => {}
            }
            since = event.revision();
            looked_at += 1;
        }
    }
    let more = cursor.goes_beyond(since);
    out.extend_from_slice(format!("],\"since\":{since},\"more\":{more}}}").as_bytes());
    Ok(Reply::json_bytes(200, out))
}
