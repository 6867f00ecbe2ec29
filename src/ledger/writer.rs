//! The single writer: its thread, its queue, and the group commit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use crate::model::{Commit, Model};

use super::checkpoint::Checkpoints;
use super::fault::{Fault, FaultKind};
use super::follow::{Board, Publisher};
use super::job::{Failure, Job, Ran};
use super::store::{Appended, CATCH_UP_MAX, Store};
use super::{Settings, clock, tally, thread};

/// How often another controller may be faster before the writers are told.
const OUTRUN_MAX: u32 = 50;
/// How many log entries one round of pruning looks at.
const PRUNE_MAX: u32 = 10_000;
/// How long to wait between two rounds of pruning.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

pub(super) type Answer<T> = oneshot::Sender<Result<T, Arc<Fault>>>;

/// What the writer can be asked.
pub(super) enum Request {
    Write(Box<dyn Job>),
    /// Answered with a model no older than the request.
    Refresh(Answer<Arc<Model>>),
    Close(oneshot::Sender<()>),
}

/// Starts the writer on a thread of its own; `None` when there can be no thread.
pub(super) async fn start(
    settings: Settings,
    requests: mpsc::Receiver<Request>,
) -> Option<Result<Board, Fault>> {
    let (ready, started) = oneshot::channel();
    thread::spawn("weft-ledger", async move || {
        match Writer::open(settings).await {
            Ok(writer) => {
                let _ = ready.send(Ok(writer.publisher.board()));
                writer.run(requests).await;
            }
            Err(fault) => {
                let _ = ready.send(Err(fault));
            }
        }
    })?;
    started.await.ok()
}

struct Writer {
    settings: Settings,
    store: Store,
    checkpoints: Option<Checkpoints>,
    model: Arc<Model>,
    publisher: Publisher,
    last_time_micros: i64,
    next_prune: Instant,
    /// The first commit that the log still holds; `None` while it holds none.
    oldest: Option<u64>,
    /// The database failed when it was last looked at.
    ails: bool,
}

/// The requests taken from the queue for one transaction.
#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    refreshes: Vec<Answer<Arc<Model>>>,
    close: Option<oneshot::Sender<()>>,
}

impl Writer {
    async fn open(settings: Settings) -> Result<Self, Fault> {
        let mut store = Store::open(
            settings.database.clone(),
            settings.busy_timeout,
            Uuid::new_v4(),
        )
        .await?;
        let model = Arc::new(store.load().await?);
        let log = store.extent().await?;
        Ok(Writer {
            publisher: Publisher::new(Arc::clone(&model), settings.follow_length.max(1)),
            checkpoints: Checkpoints::start(&settings),
            settings,
            store,
            model,
            last_time_micros: log.map_or(0, |log| log.newest.time_micros),
            next_prune: Instant::now(),
            oldest: log.map(|log| log.oldest.revision),
            ails: false,
        })
    }

    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut closing = Vec::new();
        let mut poll = interval(self.settings.poll_interval.max(Duration::from_millis(10)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let first = tokio::select! {
                request = requests.recv() => request,
                _ = poll.tick() => {
                    self.keep_house().await;
                    continue;
                }
            };
            let Some(first) = first else {
                break;
            };
            let batch = self.gather(first, &mut requests);
            if let Some(closed) = self.serve(batch).await {
                // What is queued by now is still done.
                requests.close();
                closing.push(closed);
            }
        }
        // The last connection that closes leaves an embedded database in one file.
        if let Some(checkpoints) = self.checkpoints.take() {
            checkpoints.close().await;
        }
        self.store.close().await;
        for closed in closing {
            let _ = closed.send(());
        }
    }

    fn gather(&self, first: Request, requests: &mut mpsc::Receiver<Request>) -> Batch {
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                // Nobody is left to be told: as if it had never been asked.
                Request::Write(job) if job.is_abandoned() => {}
                Request::Write(job) => batch.jobs.push(job),
                Request::Refresh(reply) => batch.refreshes.push(reply),
                Request::Close(reply) => {
                    batch.close = Some(reply);
                    break;
                }
            }
            if batch.jobs.len() >= self.settings.group_length.max(1) {
                break;
            }
            next = requests.try_recv().ok();
        }
        batch
    }

    async fn serve(&mut self, batch: Batch) -> Option<oneshot::Sender<()>> {
        if !batch.jobs.is_empty() {
            self.commit(batch.jobs).await;
            self.check_point().await;
        }
        if !batch.refreshes.is_empty() {
            let refreshed = self.catch_up().await.map_err(Arc::new);
            for reply in batch.refreshes {
                let answer = refreshed.clone().map(|()| Arc::clone(&self.model));
                let _ = reply.send(answer);
            }
        }
        batch.close
    }

    /// Between two groups: sees to it that the database's own log stays short.
    async fn check_point(&mut self) {
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.between_groups(&mut self.store).await;
        }
    }

    /// Runs the jobs and makes what they did durable, all of them or none.
    async fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        for times in 1..=OUTRUN_MAX {
            let group = self.run_group(&mut jobs);
            let started = Instant::now();
            let appended = self.make_durable(&group.commits).await;
            tally::attempt(&appended, jobs.len(), started.elapsed());
            let failure = match appended {
                Appended::Done => {
                    self.finish(group, jobs);
                    return;
                }
                Appended::Conflict => None,
                Appended::Failed(fault) => Some(Failure::Fault(Arc::new(fault))),
                Appended::Unknown(fault) => match self.was_done(&group).await {
                    Some(true) => {
                        self.finish(group, jobs);
                        return;
                    }
                    Some(false) => Some(Failure::Fault(Arc::new(fault))),
                    None => Some(Failure::Unknown(Arc::new(fault))),
                },
            };
            let failure = match failure {
                Some(failure) => Some(failure),
                None if times == OUTRUN_MAX => Some(Failure::Outrun(times)),
                None => self.caught_up(times).await,
            };
            if let Some(failure) = failure {
                if jobs.len() > 1 && self.may_be_one_job(&failure).await {
                    for job in jobs {
                        Box::pin(self.commit(vec![job])).await;
                    }
                    return;
                }
                if let Failure::Fault(fault) | Failure::Unknown(fault) = &failure {
                    tracing::error!(error = %fault, cause = ?fault.source, writes = jobs.len(), "writes failed");
                }
                for job in jobs {
                    job.fail(failure.clone());
                }
                return;
            }
        }
    }

    /// Whether the database works, so that a group may have failed because of
    /// one job in it, such as one whose documents are too large for a statement.
    async fn may_be_one_job(&mut self, failure: &Failure) -> bool {
        let Failure::Fault(fault) = failure else {
            return false;
        };
        let odd = matches!(fault.kind, FaultKind::Other(_) | FaultKind::Unreachable);
        odd && self.catch_up().await.is_ok()
    }

    /// Runs every job on the model that the one before it left.
    fn run_group(&mut self, jobs: &mut [Box<dyn Job>]) -> Group {
        let mut group = Group {
            commits: Vec::new(),
            models: Vec::with_capacity(jobs.len()),
        };
        let mut model = Arc::clone(&self.model);
        for job in jobs {
            if let Ran::Changed(changed, changes) = job.run(&model) {
                let revision = model.revision() + 1;
                model = Arc::new(changed.at_revision(revision));
                // The log's times never run backwards, whatever the clock does.
                self.last_time_micros = self.last_time_micros.max(clock::now_micros());
                let author = job.author().clone();
                group.commits.push(Arc::new(Commit {
                    revision,
                    time_micros: self.last_time_micros,
                    who: author.who,
                    request_id: author.request_id,
                    changes,
                }));
            }
            group.models.push(Arc::clone(&model));
        }
        group
    }

    /// A group that changes nothing is still only right if its model is the latest.
    async fn make_durable(&mut self, commits: &[Arc<Commit>]) -> Appended {
        let base = self.model.revision();
        if !commits.is_empty() {
            return self.store.append(base, commits).await;
        }
        match self.store.head().await {
            Ok(head) if head == base => Appended::Done,
            Ok(_) => Appended::Conflict,
            Err(fault) => Appended::Failed(fault),
        }
    }

    /// Whether a transaction whose end was lost was done after all.
    async fn was_done(&mut self, group: &Group) -> Option<bool> {
        let first = group.commits.first()?.revision;
        self.store.is_ours(first).await.ok()
    }

    fn finish(&mut self, group: Group, jobs: Vec<Box<dyn Job>>) {
        if let Some(model) = group.models.last()
            && !group.commits.is_empty()
        {
            tally::commits(group.commits.len());
            if let Some(checkpoints) = &mut self.checkpoints {
                checkpoints.grown(&group.commits);
            }
            let first = group.commits.first().map(|commit| commit.revision);
            self.oldest = self.oldest.or(first);
            self.model = Arc::clone(model);
            self.publisher.commits(Arc::clone(model), group.commits);
            tally::log(self.oldest, self.model.revision());
        }
        for (job, model) in jobs.into_iter().zip(group.models) {
            job.answer(model);
        }
    }

    /// After a conflict: takes over the others' commits, and gives way a little
    /// longer each time.
    async fn caught_up(&mut self, times: u32) -> Option<Failure> {
        if times > 3 {
            let spread = Uuid::new_v4().as_u128() % u128::from(times);
            let millis = u64::try_from(spread).unwrap_or(1);
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let caught_up = self.catch_up().await;
        caught_up.err().map(|fault| Failure::Fault(Arc::new(fault)))
    }

    /// Brings the model up to the head of the database.
    async fn catch_up(&mut self) -> Result<(), Fault> {
        let head = self.store.head().await?;
        if head < self.model.revision() {
            let kind = FaultKind::Rewound {
                found: head,
                known: self.model.revision(),
            };
            return Err(Fault::new(self.store.database(), kind));
        }
        while self.model.revision() < head {
            let entries = self
                .store
                .log_after(self.model.revision(), CATCH_UP_MAX)
                .await?;
            let commits = entries.into_iter().map(|entry| entry.whole());
            let commits: Vec<_> = commits
                .collect::<Result<_, _>>()
                .map_err(|kind| Fault::new(self.store.database(), kind))?;
            let next = commits.first().map(|commit| commit.revision);
            if next != Some(self.model.revision() + 1) {
                // Pruned from the log before we saw them.
                self.model = Arc::new(self.store.load().await?);
                let log = self.store.extent().await?;
                let last = log.map_or(0, |log| log.newest.time_micros);
                self.last_time_micros = self.last_time_micros.max(last);
                self.publisher.jump(Arc::clone(&self.model));
                return Ok(());
            }
            self.oldest = self.oldest.or(next);
            let mut model = Arc::clone(&self.model);
            let commits: Vec<_> = commits.into_iter().map(Arc::new).collect();
            for commit in &commits {
                model = Arc::new(model.after(commit));
                self.last_time_micros = self.last_time_micros.max(commit.time_micros);
            }
            self.model = Arc::clone(&model);
            self.publisher.commits(model, commits);
        }
        Ok(())
    }

    /// What is done when nobody asks: following the others, pruning the log.
    async fn keep_house(&mut self) {
        self.check_point().await;
        match self.catch_up().await {
            Err(fault) => {
                if !std::mem::replace(&mut self.ails, true) {
                    tracing::error!(error = %fault, cause = ?fault.source, "the database fails");
                }
                self.publisher.ails(Some(Arc::new(fault)));
            }
            Ok(()) => {
                if std::mem::take(&mut self.ails) {
                    tracing::info!(database = %self.store.database(), "the database is back");
                    self.publisher.ails(None);
                }
                tally::log(self.oldest, self.model.revision());
            }
        }
        if self.ails || self.settings.retention.is_zero() || Instant::now() < self.next_prune {
            return;
        }
        let retention = i64::try_from(self.settings.retention.as_micros()).unwrap_or(i64::MAX);
        let expired = clock::now_micros().saturating_sub(retention);
        match self.store.prune(expired, PRUNE_MAX).await {
            // More may have expired: the next round comes at the next tick.
            Ok(1..) => {
                let log = self.store.extent().await.ok().flatten();
                self.oldest = log.map_or(self.oldest, |log| Some(log.oldest.revision));
            }
            Ok(0) => self.next_prune = Instant::now() + PRUNE_INTERVAL,
            Err(fault) => {
                tracing::warn!(error = %fault, cause = ?fault.source, "the log cannot be pruned");
                self.next_prune = Instant::now() + PRUNE_INTERVAL;
            }
        }
    }
}

/// What running the jobs of a batch came to.
struct Group {
    /// One for each job that changed something.
    commits: Vec<Arc<Commit>>,
    /// For each job, the model after it.
    models: Vec<Arc<Model>>,
}
