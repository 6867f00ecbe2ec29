//! What a connection is at: whether a head is on its way, requests are being answered, or nothing
//! happens; and its stream, which comes back when HTTP is done with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::request_id;
use crate::metrics::UNDER_WAY;

/// A connection's doings, shared by its stream, its requests and its watch.
#[derive(Debug)]
pub(super) struct Activity {
    accepted: Instant,
    /// When the last answer was out, in milliseconds after `accepted`.
    last: AtomicU64,
    /// When the first byte of a head came, in milliseconds after `accepted`; `NO_HEAD` while none is
    /// on its way.
    head_since: AtomicU64,
    /// Requests whose answer is not out.
    under_way: AtomicUsize,
    /// Requests so far.
    served: AtomicUsize,
    /// Speaks HTTP/2, where a byte that comes need not be one of a head.
    multiplexed: AtomicBool,
    /// Pieces of answers that the client has yet to make room for.
    untaken: AtomicUsize,
    /// Bytes of answers that it has taken.
    taken: AtomicU64,
    /// Any byte came at all.
    heard: AtomicBool,
    /// The client will send no more.
    ended: AtomicBool,
    /// Status with which HTTP itself refused what came, before there was a request; 0 for none.
    refusal: AtomicU16,
}

const NO_HEAD: u64 = u64::MAX;
/// What a client that speaks HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may go on as it is for so long.
    Patience(Duration),
    /// A request's head takes too long.
    HeadOverdue,
    /// Nothing has been asked for too long.
    Idle,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            accepted: Instant::now(),
            last: AtomicU64::new(0),
            head_since: AtomicU64::new(NO_HEAD),
            under_way: AtomicUsize::new(0),
            served: AtomicUsize::new(0),
            multiplexed: AtomicBool::new(false),
            untaken: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            heard: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            refusal: AtomicU16::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.accepted.elapsed().as_millis()).unwrap_or(NO_HEAD - 1)
    }

    /// Counts a request until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, multiplexed: bool) -> UnderWay {
        gauge!(UNDER_WAY.name).increment(1);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.served.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(NO_HEAD, Ordering::Relaxed);
        self.multiplexed.store(multiplexed, Ordering::Relaxed);
        UnderWay {
            activity: Arc::clone(self),
            untaken: false,
        }
    }

    /// How the connection stands, with so long for a head and so long for doing nothing.
    pub(super) fn standing(&self, head: Duration, idle: Duration) -> Standing {
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return Standing::Patience(idle);
        }
        let age = self.accepted.elapsed();
        let left = |since: u64, limit: Duration, over: Standing| {
            let left = limit.saturating_sub(age.saturating_sub(Duration::from_millis(since)));
            match left.is_zero() {
                true => over,
                false => Standing::Patience(left),
            }
        };
        if self.served.load(Ordering::Relaxed) == 0 {
            return left(0, head, Standing::HeadOverdue);
        }
        let head_since = self.head_since.load(Ordering::Relaxed);
        if head_since != NO_HEAD && !self.multiplexed.load(Ordering::Relaxed) {
            return left(head_since, head, Standing::HeadOverdue);
        }
        // A head may begin to arrive meanwhile, so idle time is looked at in steps of that.
        match left(self.last.load(Ordering::Relaxed), idle, Standing::Idle) {
            Standing::Patience(left) => Standing::Patience(left.min(head)),
            over => over,
        }
    }

    /// Whether the client has yet to take something, and the bytes of answers it has taken so far.
    pub(super) fn reading(&self) -> (bool, u64) {
        let waits = self.untaken.load(Ordering::Relaxed) > 0;
        (waits, self.taken.load(Ordering::Relaxed))
    }

    /// The status with which HTTP refused what came before there was a request.
    pub(super) fn refusal(&self) -> Option<u16> {
        Some(self.refusal.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }

    /// It speaks HTTP/2.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Relaxed)
    }

    /// Something came that is no HTTP/2: the beginning of a request.
    pub(super) fn has_begun(&self) -> bool {
        self.heard.load(Ordering::Relaxed) && !self.is_multiplexed()
    }

    /// The client will send no more.
    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn read(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.ended.store(true, Ordering::Relaxed);
            return;
        }
        if !self.heard.swap(true, Ordering::Relaxed) && bytes.starts_with(PREFACE) {
            self.multiplexed.store(true, Ordering::Relaxed);
        }
        if self.under_way.load(Ordering::Relaxed) == 0
            && self.head_since.load(Ordering::Relaxed) == NO_HEAD
        {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// Whether what is written is HTTP's own refusal of what came, which bears no id of a request and
    /// no document; the connection's watch says it better.
    fn holds_back(&self, bytes: &[u8]) -> bool {
        if self.refusal.load(Ordering::Relaxed) != 0 {
            return true;
        }
        let Some(status) = bytes.strip_prefix(b"HTTP/1.1 ") else {
            return false;
        };
        let status = status
            .get(..3)
            .and_then(|digits| str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse::<u16>().ok());
        let ours = request_id::HEADER;
        let ours = ours.as_str().as_bytes();
        match status {
            Some(status @ 400..=499)
                if self.under_way.load(Ordering::Relaxed) == 0
                    && !bytes.windows(ours.len()).any(|window| window == ours) =>
            {
                self.refusal.store(status, Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }
}

/// A request whose answer is not out.
#[derive(Debug)]
pub(super) struct UnderWay {
    activity: Arc<Activity>,
    untaken: bool,
}

impl UnderWay {
    /// A piece of the answer was handed out, of so many bytes.
    pub(super) fn gave(&mut self, bytes: usize) {
        self.asked();
        self.untaken = true;
        self.activity.untaken.fetch_add(1, Ordering::Relaxed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.activity.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    /// There is room for the next piece.
    pub(super) fn asked(&mut self) {
        if std::mem::take(&mut self.untaken) {
            self.activity.untaken.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.asked();
        self.activity
            .last
            .store(self.activity.now(), Ordering::Relaxed);
        self.activity.under_way.fetch_sub(1, Ordering::Relaxed);
        gauge!(UNDER_WAY.name).decrement(1);
    }
}

/// A stream whose doings are noted. It comes back when this is dropped.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: Option<S>,
    activity: Arc<Activity>,
    back: Option<oneshot::Sender<S>>,
}

impl<S> Watched<S> {
    /// The stream to give away, and where it comes back.
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> (Self, oneshot::Receiver<S>) {
        let (back, receiver) = oneshot::channel();
        let watched = Self {
            stream: Some(stream),
            activity,
            back: Some(back),
        };
        (watched, receiver)
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            // Who waits for it may have gone.
            let _ = back.send(stream);
        }
    }
}

/// The stream, which is there until this is dropped.
fn pinned<S: Unpin>(stream: &mut Option<S>) -> io::Result<Pin<&mut S>> {
    let gone = || io::Error::from(io::ErrorKind::NotConnected);
    stream.as_mut().map(Pin::new).ok_or_else(gone)
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = pinned(&mut self.stream)?.poll_read(cx, buf);
        if matches!(poll, Poll::Ready(Ok(()))) {
            self.activity
                .read(buf.filled().get(before..).unwrap_or_default());
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.activity.holds_back(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        pinned(&mut self.stream)?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|buf| !buf.is_empty());
        if first.is_some_and(|first| self.activity.holds_back(first)) {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        pinned(&mut self.stream)?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(S::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pinned(&mut self.stream)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.activity.refusal().is_some() {
            return Poll::Ready(Ok(()));
        }
        pinned(&mut self.stream)?.poll_shutdown(cx)
    }
}
