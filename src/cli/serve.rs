//! `weft serve`: reads the configuration, puts the rooms together, runs until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::policy::PolicySwitch;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::admin::{self, Metrics};
use crate::config::{self, AuthStrategy, ConfigError, Flag, Settings};
use crate::identity::{self, Keystone};
use crate::ledger::{self, Fault, Ledger};
use crate::metric::{InstalledTwice, Recorder};
use crate::node::Fleet;
use crate::service::Service;
use crate::telemetry;
use crate::watch::{self as changed, Watch, mounts};

use super::api as serving;
use super::certificates;
use super::policy::{self, PolicyError, PolicyFiles};
use super::stop::{Hurried, Stop};
use super::switches::{self, SwitchesError};
use super::systemd;
use super::tls::TlsError;

/// How long switches may take, at a stop, to be told what has been committed.
const FAREWELL: Duration = Duration::from_secs(3);

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
    /// Certificates of the API.
    #[error("the API cannot be served")]
    Tls(#[from] TlsError),
    /// Who may do what.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Another server in this process.
    #[error(transparent)]
    Metrics(#[from] InstalledTwice),
    /// The end was not in good order.
    #[error(transparent)]
    Hurried(#[from] Hurried),
    /// No way to be told to stop.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    /// What is said of Keystone.
    #[error(transparent)]
    Keystone(#[from] identity::SettingsError),
    /// The certificates for Keystone.
    #[error("Keystone cannot be asked")]
    Certificates(#[from] identity::TlsFault),
}

/// Runs the controller until SIGINT or SIGTERM, and ends in good order; at once when told twice.
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
    let policy_files = PolicyFiles::of(&settings.policy, &files);
    House::open(settings, policy_files).await?.serve().await
}

/// Everything that runs, and how to end it.
struct House {
    settings: Settings,
    stop: Stop,
    ledger: Ledger,
    service: Service,
    fleet: Fleet,
    changes: Watch,
    listeners: Vec<(tokio::net::TcpListener, api::Options)>,
}

impl House {
    /// Listens and opens the ledger; nobody is answered yet.
    async fn open(settings: Settings, mut policy_files: PolicyFiles) -> Result<Self, ServeError> {
        let stop = Stop::listen().map_err(ServeError::Signals)?;
        let hangup = signal(SignalKind::hangup()).map_err(ServeError::Signals)?;
        let recorder = Recorder::install()?;
        let identify = identify(&settings)?;
        let (policies, notices) = policy_files.read()?;
        policy::tell(&notices);
        let address = SocketAddr::new(settings.api_address(), settings.general.bind_port);
        let backlog = settings.general.backlog;
        let listener = serving::listener(address, backlog).map_err(taken("API", address))?;
        let address = listener.local_addr().unwrap_or(address);
        let certificates = serving::tls(&settings)?;
        let ledger = Ledger::open(ledger_settings(&settings)).await?;
        let service = Service::new(ledger.clone(), (&settings).into());
        let revision = ledger.model().revision();
        tracing::info!(api = %address, tls = settings.general.use_ssl, database = %settings.database.connection, revision, "serving");
        let fleet = Fleet::start(
            service.clone(),
            ledger.clone(),
            switches::settings(&settings),
        );
        let mut watched = switches::listen(&settings, &fleet).await?;
        let metrics = Metrics::new(recorder, fleet.clone(), ledger.clone());
        let mut options = serving::options(&settings);
        options.identify = identify;
        options.policies = PolicySwitch::new(policies);
        let seconds = settings.weft.policy_check_interval_seconds;
        tokio::spawn(policy_files.watch(
            options.policies.clone(),
            Duration::from_secs(seconds.into()),
            signal(SignalKind::hangup()).map_err(ServeError::Signals)?,
        ));
        let changes = Watch::start(service.clone(), ledger.clone(), watch_settings(&settings));
        options.mounts.extend(mounts(&changes));
        options
            .mounts
            .push(admin::mount(fleet.clone(), ledger.clone()));
        let public = settings.weft.metrics_public;
        let mounts = match public {
            true => &mut options.open_mounts,
            false => &mut options.mounts,
        };
        mounts.push(metrics.mount(public));
        if let Some(certificates) = certificates {
            options.tls = Some(serving::server(&settings, &certificates)?);
            watched.push(certificates);
        }
        let mut listeners = vec![(listener, options)];
        if let Some(address) = settings.weft.metrics_listen {
            let listener = serving::bind(address, backlog).map_err(taken("metrics", address))?;
            let mut options = serving::options(&settings);
            options.open_mounts.push(metrics.mount(true));
            options.only_open = true;
            tracing::info!(address = %listener.local_addr().unwrap_or(address), "metrics listen");
            listeners.push((listener, options));
        }
        let seconds = settings.weft.certificate_check_interval_seconds;
        let interval = Duration::from_secs(seconds.into());
        tokio::spawn(certificates::watch(watched, interval, hangup));
        Ok(Self {
            settings,
            stop,
            ledger,
            service,
            fleet,
            changes,
            listeners,
        })
    }

    /// Answers until told to stop; then ends what it began: requests, streams of events, sessions,
    /// the ledger, in this order.
    async fn serve(mut self) -> Result<(), ServeError> {
        let (stopping, stopped) = watch::channel(false);
        let backend = Arc::new(self.service);
        let mut serving = tokio::task::JoinSet::new();
        for (listener, options) in self.listeners {
            let mut stopped = stopped.clone();
            let until = async move {
                // A stop that nobody can announce any more is one.
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            serving.spawn(api::serve(listener, Arc::clone(&backend), options, until));
        }
        systemd::notify("READY=1");
        self.stop.told().await;
        tracing::info!("stopping");
        systemd::notify("STOPPING=1");
        self.changes.close();
        stopping.send_replace(true);
        let (fleet, ledger) = (self.fleet, self.ledger);
        let ending = async move {
            while serving.join_next().await.is_some() {}
            fleet.close(FAREWELL).await;
            ledger.close().await;
        };
        let graceful = self.settings.general.graceful_shutdown_timeout;
        let graceful = Duration::from_secs(graceful.into());
        self.stop.within(graceful, ending).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Who tells who is calling.
fn identify(settings: &Settings) -> Result<Arc<dyn api::Identify>, ServeError> {
    match settings.general.auth_strategy {
        AuthStrategy::NoAuth => Ok(serving::noauth()),
        AuthStrategy::Keystone => {
            let keystone = Keystone::start(identity::Settings::try_from(settings)?)?;
            Ok(Arc::new(keystone))
        }
    }
}

fn taken(what: &'static str, address: SocketAddr) -> impl FnOnce(io::Error) -> ServeError {
    move |source| ServeError::Listen {
        what,
        address,
        source,
    }
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

fn watch_settings(settings: &Settings) -> changed::Settings {
    let readers = settings.weft.change_readers_max;
    changed::Settings {
        readers_max: usize::try_from(readers).unwrap_or(usize::MAX),
        ..changed::Settings::default()
    }
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
