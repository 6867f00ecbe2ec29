//! The model as it was: made from the nearest model there is and the log in between.
//!
//! Every commit in the log has the bodies before and after, so the way goes back from a later model
//! as well as forward from an earlier one. The last few models made are kept for a while: who looks
//! at a moment looks more than once, and pages through it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{ApiError, At, Timestamp};
use tokio::sync::Mutex;

use super::backend::unread;
use crate::ledger::{Ledger, Mark, ReadError};
use crate::model::Model;

/// The furthest way that is gone for one question, in commits.
const WAY_MAX: u64 = 1_000_000;
/// How many models are kept.
const KEPT_MAX: usize = 4;
/// How long a model is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_secs(300);
/// How many commits are read at a time on the way forward.
const STEP: u32 = 500;

/// The past of one ledger. Clones share what they keep.
#[derive(Debug, Clone)]
pub(super) struct Past {
    ledger: Ledger,
    /// Held while a model is made, so that there is never more than one in the making.
    kept: Arc<Mutex<Vec<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    model: Arc<Model>,
    used: Instant,
}

impl Past {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self {
            ledger,
            kept: Arc::default(),
        }
    }

    /// The model as it was at that moment.
    ///
    /// # Errors
    /// 400 `HTTPBadRequest` where the moment is yet to come; 410 `MomentNotKept` where the log does
    /// not go back so far, or too far for one question; 503 where it cannot be read.
    pub(super) async fn model(&self, at: At) -> Result<Arc<Model>, ApiError> {
        let now_micros = Timestamp::now_micros();
        let named = match at {
            At::Revision(revision) => revision,
            At::TimeMicros(_) => 0,
        };
        let present = self.ledger.fresh_at(named).await;
        let present = present.map_err(|e| unread(&e))?;
        let revision = match at {
            At::Revision(revision) => revision,
            At::TimeMicros(time) if time > now_micros => {
                return Err(ApiError::bad_request(format!(
                    "at: {at} is yet to come; now it is {}",
                    Timestamp::exact(now_micros)
                )));
            }
            At::TimeMicros(time) => self.revision_at(at, time, present.revision()).await?,
        };
        if revision > present.revision() {
            return Err(ApiError::bad_request(format!(
                "at: revision {revision} is yet to come; the last is {}",
                present.revision()
            )));
        }
        let mut kept = self.kept.lock().await;
        kept.retain(|kept| kept.used.elapsed() < KEPT_FOR);
        let found = kept.iter_mut().find(|k| k.model.revision() == revision);
        if let Some(found) = found {
            found.used = Instant::now();
            return Ok(Arc::clone(&found.model));
        }
        let known = kept.iter().map(|kept| &kept.model).chain([&present]);
        let nearest = known.min_by_key(|model| model.revision().abs_diff(revision));
        let nearest = Arc::clone(nearest.unwrap_or(&present));
        if nearest.revision() == revision {
            return Ok(nearest);
        }
        let model = Arc::new(self.way(&nearest, revision, at).await?);
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.used));
        kept.truncate(KEPT_MAX - 1);
        kept.push(Kept {
            model: Arc::clone(&model),
            used: Instant::now(),
        });
        drop(kept);
        self.forget_later();
        Ok(model)
    }

    /// The revision the model had at `time`; `head` is its present one.
    async fn revision_at(&self, at: At, time: i64, head: u64) -> Result<u64, ApiError> {
        let latest = self.ledger.latest_at(time).await;
        if let Some(mark) = latest.map_err(|e| unread(&e))? {
            // Another controller's commit may be in the log and not yet in our model.
            return Ok(mark.revision.min(head));
        }
        match self.oldest().await? {
            // Nothing is missing before it: there was nothing.
            None => Ok(0),
            Some(Mark { revision: 1, .. }) => Ok(0),
            Some(oldest) => Err(too_old(at, oldest)),
        }
    }

    /// The model at `revision`, by way of the commits between it and `from`.
    async fn way(&self, from: &Model, revision: u64, at: At) -> Result<Model, ApiError> {
        let way = from.revision().abs_diff(revision);
        if way > WAY_MAX {
            return Err(gone(format!(
                "at: {at} is {way} commits away; at most {WAY_MAX} are gone back: ask for a later moment"
            )));
        }
        let model = if revision < from.revision() {
            let former = self.ledger.former(revision, from.revision()).await;
            let former = former.map_err(|e| unread(&e))?;
            former.map(|former| from.with(revision, former))
        } else {
            self.forward(from, revision).await.map_err(|e| unread(&e))?
        };
        match model {
            Some(model) => Ok(model),
            None => match self.oldest().await? {
                Some(oldest) => Err(too_old(at, oldest)),
                None => Err(gone(format!("at: nothing is kept of {at}"))),
            },
        }
    }

    /// As [`Ledger::former`], the other way round.
    async fn forward(&self, from: &Model, revision: u64) -> Result<Option<Model>, ReadError> {
        let mut model = from.clone();
        while model.revision() < revision {
            let left = u32::try_from(revision - model.revision()).unwrap_or(u32::MAX);
            let commits = self.ledger.log(model.revision(), STEP.min(left)).await?;
            if commits.is_empty() {
                return Ok(None);
            }
            for commit in commits {
                if commit.revision != model.revision() + 1 {
                    return Ok(None);
                }
                model = model.after(&commit);
            }
        }
        Ok(Some(model))
    }

    async fn oldest(&self) -> Result<Option<Mark>, ApiError> {
        let extent = self.ledger.extent().await.map_err(|e| unread(&e))?;
        Ok(extent.map(|extent| extent.oldest))
    }

    /// Lets go of what is kept once nobody has asked for it for long enough.
    fn forget_later(&self) {
        let kept = Arc::downgrade(&self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            if let Some(kept) = kept.upgrade() {
                let mut kept = kept.lock().await;
                kept.retain(|kept| kept.used.elapsed() < KEPT_FOR);
            }
        });
    }
}

fn too_old(at: At, oldest: Mark) -> ApiError {
    gone(format!(
        "at: {at} is older than the log, which goes back to {} (revision {})",
        Timestamp::exact(oldest.time_micros),
        oldest.revision
    ))
}

fn gone(message: String) -> ApiError {
    ApiError::new(410, "MomentNotKept", message)
}
