//! Being told to stop: once in good order, twice at once.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What closing sessions and the database may take beyond the time that requests have.
const REST: Duration = Duration::from_secs(15);

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub(super) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

/// Why the end was not in good order. What was answered is kept all the same.
#[derive(Debug, thiserror::Error)]
pub enum Hurried {
    /// A second signal.
    #[error("told twice to stop: ended at once, with requests unanswered")]
    Twice,
    /// It took too long.
    #[error("what was under way did not end within {0:?}: ended with requests unanswered")]
    TooLong(Duration),
}

impl Stop {
    /// From now on signals are heard.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal.
    pub(super) async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Runs `ending` to its end, unless told again, or longer than `graceful` and a rest; a `graceful`
    /// of zero waits for ever.
    ///
    /// # Errors
    /// Why it was cut short.
    pub(super) async fn within(
        &mut self,
        graceful: Duration,
        ending: impl Future<Output = ()>,
    ) -> Result<(), Hurried> {
        let limit = graceful + REST;
        let patience = async {
            match graceful.is_zero() {
                true => std::future::pending().await,
                false => tokio::time::sleep(limit).await,
            }
        };
        tokio::select! {
            () = ending => Ok(()),
            () = self.told() => Err(Hurried::Twice),
            () = patience => Err(Hurried::TooLong(limit)),
        }
    }
}
