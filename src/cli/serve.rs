//! `weft serve`: reads the configuration, puts the rooms together, runs until it is told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::admin;
use crate::config::{self, AuthStrategy, ConfigError, Flag, Settings};
use crate::ledger::{self, Fault, Ledger};
use crate::node::Fleet;
use crate::service::Service;
use crate::telemetry;

use super::switches::{self, SwitchesError};

/// The project of requests that name none, where nobody is asked who they are.
const NOAUTH_PROJECT: &str = "default";

/// Flags; each overrides the option of the files that it names.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file in Neutron's format; may be given several times, later ones override earlier ones.
    #[arg(long, value_name = "FILE")]
    config_file: Vec<PathBuf>,
    /// A folder of such files, ending in .conf, read after --config-file in order of name.
    #[arg(long, value_name = "FOLDER")]
    config_dir: Vec<PathBuf>,
    /// Where the API listens ([DEFAULT] bind_host, bind_port).
    #[arg(long, value_name = "ADDRESS:PORT")]
    api_listen: Option<SocketAddr>,
    /// Where the nodes' OVSDB servers connect to ([weft] ovsdb_listen), e.g. tcp:0.0.0.0:6640.
    #[arg(long, value_name = "LISTENERS")]
    ovsdb_listen: Option<String>,
    /// Where the nodes' switches connect to ([weft] openflow_listen), e.g. tcp:0.0.0.0:6653.
    #[arg(long, value_name = "LISTENERS")]
    openflow_listen: Option<String>,
    /// Where the cloud is remembered ([database] connection): sqlite:PATH or mysql://….
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Who may use the API ([DEFAULT] auth_strategy).
    #[arg(long, value_name = "noauth|keystone")]
    auth: Option<String>,
    /// Let an API that takes everybody for an administrator listen beyond loopback.
    #[arg(long)]
    allow_noauth_beyond_loopback: bool,
    /// Log more ([DEFAULT] debug).
    #[arg(long)]
    debug: bool,
}

/// Why the controller did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The database.
    #[error(transparent)]
    Ledger(#[from] Fault),
    /// An address that is taken, or not ours.
    #[error("cannot listen on {address} for the {what}; end what listens there, or name another")]
    Listen {
        /// For what.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The listeners for switches.
    #[error("switches cannot be served")]
    Switches(#[from] SwitchesError),
    /// No way to be told to stop.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    /// A strategy that is not served.
    #[error(
        "auth_strategy = keystone cannot be served: this version does not ask Keystone who is calling; start with `--auth noauth`, which listens on loopback"
    )]
    Keystone,
}

/// Runs the controller until SIGINT or SIGTERM.
pub async fn run(arguments: Arguments) -> Result<(), ServeError> {
    let mut files = arguments.config_file.clone();
    for folder in &arguments.config_dir {
        files.extend(config::folder(folder)?);
    }
    let (settings, notices) = config::load(&files, &arguments.flags())?;
    telemetry::start(settings.general.debug, settings.general.use_json);
    for notice in notices {
        tracing::info!(place = %notice.source, "[{}] {} has no effect: {}", notice.section, notice.name, notice.reason);
    }
    if settings.general.auth_strategy == AuthStrategy::Keystone {
        return Err(ServeError::Keystone);
    }
    let stop = stop_signal()?;
    let address = SocketAddr::new(settings.api_address(), settings.general.bind_port);
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ServeError::Listen {
        what: "API",
        address,
        source,
    })?;
    let ledger = Ledger::open(ledger_settings(&settings)).await?;
    let service = Service::new(ledger.clone(), (&settings).into());
    let revision = ledger.model().revision();
    tracing::info!(api = %address, database = %settings.database.connection, revision, "serving");
    let fleet = Fleet::start(
        service.clone(),
        ledger.clone(),
        switches::settings(&settings),
    );
    switches::listen(&settings, &fleet).await?;
    let mut options = api_options(&settings);
    options.mounts.push(admin::mount(fleet, ledger.clone()));
    api::serve(listener, Arc::new(service), options, stop).await;
    ledger.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn ledger_settings(settings: &Settings) -> ledger::Settings {
    let weft = &settings.weft;
    ledger::Settings {
        queue_length: usize::try_from(weft.write_queue_length).unwrap_or(usize::MAX),
        busy_timeout: Duration::from_secs(weft.database_lock_timeout_seconds.into()),
        retention: Duration::from_secs(u64::from(weft.log_retention_days) * 24 * 3600),
        poll_interval: Duration::from_millis(weft.database_poll_interval_ms.into()),
        ..ledger::Settings::new(settings.database.connection.clone())
    }
}

fn api_options(settings: &Settings) -> api::Options {
    let mut options = api::Options::noauth(NOAUTH_PROJECT);
    let page_max = settings.general.pagination_max_limit.0;
    options.page_max = page_max.map_or(0, |most| usize::try_from(most).unwrap_or(usize::MAX));
    options
}

/// Ends when the process is asked to stop.
fn stop_signal() -> Result<impl Future<Output = ()> + Send, ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

impl Arguments {
    fn flags(&self) -> Vec<Flag> {
        let given = |flag, section, name, value: Option<String>| {
            value.map(|value| Flag {
                flag,
                section,
                name,
                value,
            })
        };
        let yes = |set: bool| set.then(|| "true".to_owned());
        let api = "--api-listen";
        let loopback = "--allow-noauth-beyond-loopback";
        let host = self.api_listen.map(|address| address.ip().to_string());
        let port = self.api_listen.map(|address| address.port().to_string());
        let loopback_name = "allow_noauth_beyond_loopback";
        let flags = [
            given(api, "DEFAULT", "bind_host", host),
            given(api, "DEFAULT", "bind_port", port),
            given(
                "--ovsdb-listen",
                "weft",
                "ovsdb_listen",
                self.ovsdb_listen.clone(),
            ),
            given(
                "--openflow-listen",
                "weft",
                "openflow_listen",
                self.openflow_listen.clone(),
            ),
            given(
                "--database",
                "database",
                "connection",
                self.database.clone(),
            ),
            given("--auth", "DEFAULT", "auth_strategy", self.auth.clone()),
            given(
                loopback,
                "weft",
                loopback_name,
                yes(self.allow_noauth_beyond_loopback),
            ),
            given("--debug", "DEFAULT", "debug", yes(self.debug)),
        ];
        flags.into_iter().flatten().collect()
    }
}
