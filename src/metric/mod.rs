//! What weft counts for monitoring: the declarations, from which `docs/metrics.md` is printed, and
//! the recorder that the numbers go to.
//!
//! Each room counts where it does the work, by the macros of the crate `metrics`. Without a recorder,
//! as in most tests, the numbers are dropped. Labels hold what is bounded: never an id.

mod document;
mod process;
mod recorder;

pub use api::metrics::{Metric, MetricKind};

pub use document::document;
pub use process::Process;
pub use recorder::{InstalledTwice, Recorder};

pub(crate) const LEDGER_REVISION: Metric = Metric::gauge(
    "weft_ledger_revision",
    &[],
    "Revision of the model: that of the last commit this controller knows.",
);
pub(crate) const LEDGER_LOG: Metric = Metric::gauge(
    "weft_ledger_log_commits",
    &[],
    "Commits that the log holds: as far as the retention time goes back.",
);
pub(crate) const LEDGER_QUEUE: Metric = Metric::gauge(
    "weft_ledger_queue_writes",
    &[],
    "Writes and questions that wait for the writer.",
);
pub(crate) const LEDGER_QUEUE_MAX: Metric = Metric::gauge(
    "weft_ledger_queue_max_writes",
    &[],
    "Most that may wait; what comes then is answered 503.",
);
pub(crate) const LEDGER_GROUP: Metric = Metric::histogram(
    "weft_ledger_group_writes",
    &[],
    "Writes that one transaction was made of.",
);
pub(crate) const LEDGER_COMMIT_SECONDS: Metric = Metric::histogram(
    "weft_ledger_commit_duration_seconds",
    &[],
    "What making a group durable took, each attempt for itself.",
);
pub(crate) const LEDGER_COMMITS: Metric = Metric::counter(
    "weft_ledger_commits_total",
    &[],
    "Commits that this controller wrote.",
);
pub(crate) const LEDGER_CONFLICTS: Metric = Metric::counter(
    "weft_ledger_conflicts_total",
    &[],
    "Groups that another controller was faster than, and that ran again.",
);
pub(crate) const LEDGER_FAULTS: Metric = Metric::counter(
    "weft_ledger_faults_total",
    &[],
    "Groups that the database failed to write.",
);
pub(crate) const LEDGER_HEALTHY: Metric = Metric::gauge(
    "weft_ledger_healthy",
    &[],
    "1 while the database can be read, 0 while it cannot.",
);
pub(crate) const NODES: Metric = Metric::gauge("weft_nodes", &[], "Nodes that have joined.");
pub(crate) const NODE_SESSIONS: Metric = Metric::gauge(
    "weft_node_sessions",
    &["protocol", "state"],
    "Nodes whose session over `ovsdb` or `openflow` is `up` or `down`.",
);
pub(crate) const NODES_SYNCHRONISED: Metric = Metric::gauge(
    "weft_nodes_synchronised",
    &[],
    "Nodes whose switch holds what it should.",
);
pub(crate) const PORTS_PLUGGED: Metric = Metric::gauge(
    "weft_ports_plugged",
    &[],
    "Ports whose interface is there on their node.",
);
pub(crate) const NODE_MODS: Metric = Metric::counter(
    "weft_node_mods_total",
    &[],
    "Flow, group and meter mods that switches took.",
);
pub(crate) const NODE_REFUSED: Metric = Metric::counter(
    "weft_node_mods_refused_total",
    &[],
    "Flow, group and meter mods that switches refused.",
);
pub(crate) const NODE_APPLY_SECONDS: Metric = Metric::histogram(
    "weft_node_apply_duration_seconds",
    &[],
    "From the first message of a difference to the switch's acknowledgement of the last.",
);
pub(crate) const NODE_FAILURES: Metric = Metric::counter(
    "weft_node_failures_total",
    &[],
    "Attempts to bring a switch up to date that failed and were made again.",
);
pub(crate) const NODE_AUDITS: Metric = Metric::counter(
    "weft_node_audits_total",
    &[],
    "Comparisons of a switch with what it should hold.",
);
pub(crate) const NODE_REPAIRED: Metric = Metric::counter(
    "weft_node_repaired_mods_total",
    &[],
    "Mods by which audits repaired a switch that had drifted.",
);
pub(crate) const PUNTS: Metric = Metric::counter(
    "weft_punts_total",
    &["outcome"],
    "Packets that switches handed to the controller: `answered`, `unanswered` (understood, and not to be answered), `unknown` (from no port of the node, or for no responder), `limited` (beyond what a port may ask), `failed`.",
);
pub(crate) const TOKENS: Metric = Metric::counter(
    "weft_tokens_total",
    &["outcome"],
    "Tokens that callers showed: `remembered` (good, by what Keystone said before), `valid` and `invalid` (Keystone was asked, or said so lately), `unavailable` (Keystone could not tell), `limited` (beyond what may wait).",
);
pub(crate) const KEYSTONE_SECONDS: Metric = Metric::histogram(
    "weft_keystone_duration_seconds",
    &[],
    "What a question to Keystone about a token took.",
);
pub(crate) const CERTIFICATES: Metric = Metric::counter(
    "weft_certificate_reloads_total",
    &["outcome"],
    "Changed certificates that were taken into use (`used`) or could not be (`refused`).",
);

/// Every metric that weft declares beyond those of the API.
pub const OURS: &[Metric] = &[
    LEDGER_REVISION,
    LEDGER_LOG,
    LEDGER_QUEUE,
    LEDGER_QUEUE_MAX,
    LEDGER_GROUP,
    LEDGER_COMMIT_SECONDS,
    LEDGER_COMMITS,
    LEDGER_CONFLICTS,
    LEDGER_FAULTS,
    LEDGER_HEALTHY,
    NODES,
    NODE_SESSIONS,
    NODES_SYNCHRONISED,
    PORTS_PLUGGED,
    NODE_MODS,
    NODE_REFUSED,
    NODE_APPLY_SECONDS,
    NODE_FAILURES,
    NODE_AUDITS,
    NODE_REPAIRED,
    PUNTS,
    TOKENS,
    KEYSTONE_SECONDS,
    CERTIFICATES,
    process::MEMORY,
    process::CPU,
    process::OPEN_FILES,
    process::OPEN_FILES_MAX,
    process::THREADS,
    process::START,
];

/// Every metric there is.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    api::metrics::METRICS.iter().chain(OURS)
}
