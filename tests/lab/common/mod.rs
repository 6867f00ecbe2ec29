//! What the lab tests share: the one lab, a network of their own on it, and what its switches tell.

pub mod playground;
pub mod switch;

use std::sync::{Mutex, PoisonError};

use weft::lab::{Lab, LabError};

pub use playground::Playground;

/// Tests of one process run one after the other: there is one lab. (nextest is told in
/// `.config/nextest.toml`.)
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
/// The lab just brought up is ready within this.
const READY_SECONDS_MAX: u64 = 90;

/// What a lab test returns: anything it could not do is its failure.
pub type Outcome = Result<(), LabError>;

/// Runs a test on the lab, or says loudly that it was not run where there is none.
pub fn on_the_lab<T>(name: &str, test: T)
where
    T: AsyncFnOnce(&Lab) -> Outcome,
{
    if std::env::var("WEFT_LAB").as_deref() != Ok("1") {
        assert!(
            std::env::var_os("CI").is_none(),
            "{name}: WEFT_LAB=1 is not set, and CI must run it"
        );
        eprintln!("NOT RUN: {name}: no lab (make lab-up, then WEFT_LAB=1)");
        return;
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = runtime.unwrap().block_on(async {
        let lab = Lab::from_env();
        lab.wait_until_ready(READY_SECONDS_MAX).await?;
        test(&lab).await
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

/// Kills the controller with -9, as a crash or a power cut would.
pub async fn kill_controller(lab: &Lab) -> Outcome {
    lab.containers
        .control(&["kill", "--signal", "KILL"], "controller")
        .await
        .map(|_| ())
}

/// Starts the killed controller again; returns when it answers and all nodes are back.
pub async fn start_controller(lab: &Lab) -> Outcome {
    lab.containers.control(&["start"], "controller").await?;
    lab.wait_until_ready(READY_SECONDS_MAX).await
}

/// When the controller's process started, as Docker knows it: a restart shows.
pub async fn started_at(lab: &Lab) -> Result<String, LabError> {
    lab.containers
        .control(
            &[
                "inspect",
                "--format",
                "{{.State.Running}} {{.State.StartedAt}}",
            ],
            "controller",
        )
        .await
}
