//! The lab: drives the containers of `compose.yaml` from outside, over Docker and the REST API, as an
//! operator would, and measures what the network really does. `weft lab …` and `tests/lab` stand on it.

pub mod containers;
pub mod frame;
pub mod instance;
pub mod latency;
pub mod prove;
pub mod rest;
pub mod wire;

use std::process::ExitCode;
use std::time::Duration;

pub use containers::Containers;
pub use instance::Instance;
pub use rest::Client;

/// The three nodes, by the hostname under which the controller knows them.
pub const NODES: [&str; 3] = ["node1", "node2", "node3"];

/// What can go wrong while driving the lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The `docker` program could not be started.
    #[error(
        "`{program}` could not be started ({source}): is Docker installed? `make lab` installs it"
    )]
    NoDocker {
        /// What was to be run.
        program: String,
        /// Why it could not.
        source: std::io::Error,
    },
    /// A command in a container failed.
    #[error("in {container}: `{command}` failed ({status}): {output}")]
    Command {
        /// The container's name without the lab's prefix.
        container: String,
        /// The command line.
        command: String,
        /// Its exit status in words.
        status: String,
        /// What it said.
        output: String,
    },
    /// The API could not be reached.
    #[error("{method} {url}: {source}; is the lab up? `make lab-up` brings it up")]
    Unreachable {
        /// HTTP method.
        method: &'static str,
        /// Whole address.
        url: String,
        /// What the client said.
        source: reqwest::Error,
    },
    /// The API answered with an error.
    #[error("{method} {path} answered {status}: {body}")]
    Refused {
        /// HTTP method.
        method: &'static str,
        /// Path below the endpoint.
        path: String,
        /// HTTP status.
        status: u16,
        /// The error document.
        body: String,
    },
    /// Something answered, but not what was agreed.
    #[error("{what} lacks what it must have: {found}")]
    Malformed {
        /// Which answer.
        what: String,
        /// What there was.
        found: String,
    },
    /// Something did not happen in time.
    #[error("{what} did not happen within {seconds} s")]
    TooLate {
        /// What was waited for.
        what: String,
        /// How long, in seconds.
        seconds: u64,
    },
}

/// One lab: its containers and its API.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Its containers.
    pub containers: Containers,
    /// Its API.
    pub api: Client,
}

/// `weft lab …`
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Make networks of all five types with instances on three nodes, and measure who reaches whom.
    Prove,
    /// Plug one more instance: a port on a network, bound to a node, with a DHCP client inside.
    Plug {
        /// Name or id of the network.
        network: String,
        /// The node: node1, node2 or node3.
        node: String,
    },
    /// Measure how long a new port takes until its flows are acknowledged everywhere.
    Latency,
    /// Unplug every instance and delete what `prove` and `plug` made.
    Clean,
}

impl Lab {
    /// The lab that the environment names: `WEFT_LAB_NAME` (prefix of the containers, `weft`),
    /// `WEFT_LAB_API_PORT` (9696), `WEFT_DOCKER` (the docker command, `docker`).
    #[must_use]
    pub fn from_env() -> Self {
        let or =
            |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let port = or("WEFT_LAB_API_PORT", "9696");
        Self {
            containers: Containers::new(or("WEFT_DOCKER", "docker"), or("WEFT_LAB_NAME", "weft")),
            api: Client::new(format!("http://127.0.0.1:{port}")),
        }
    }

    /// Waits until the API answers and the agents of all three nodes are alive.
    ///
    /// # Errors
    /// [`LabError::TooLate`] naming what is missing, after `seconds`.
    pub async fn wait_until_ready(&self, seconds: u64) -> Result<(), LabError> {
        until("the API answers", seconds, || async {
            self.api.get("/v2.0/networks?limit=1").await.is_ok()
        })
        .await?;
        for node in NODES {
            let what = format!("node {node} is alive in GET /v2.0/agents");
            until(&what, seconds, || self.is_alive(node)).await?;
        }
        Ok(())
    }

    /// Whether `GET /v2.0/agents` shows an agent of this node alive.
    pub async fn is_alive(&self, node: &str) -> bool {
        let path = format!("/v2.0/agents?host={node}");
        let Ok(agents) = self.api.list(&path, "agents").await else {
            return false;
        };
        agents.iter().any(|agent| agent["alive"] == true)
    }
}

/// Asks `is_so` every 100 ms until it says yes.
///
/// # Errors
/// [`LabError::TooLate`] after `seconds`.
pub async fn until<F, Answer>(what: &str, seconds: u64, mut is_so: F) -> Result<(), LabError>
where
    F: FnMut() -> Answer,
    Answer: Future<Output = bool>,
{
    let late = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while !is_so().await {
        if tokio::time::Instant::now() >= late {
            return Err(LabError::TooLate {
                what: what.to_owned(),
                seconds,
            });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Runs one `weft lab` command; a measured disagreement is a failure as much as an error is.
pub async fn run(command: Command) -> ExitCode {
    let lab = Lab::from_env();
    let outcome = match command {
        Command::Prove => prove::run(&lab).await,
        Command::Latency => latency::run(&lab).await.map(|()| true),
        Command::Plug { network, node } => plug(&lab, &network, &node).await.map(|()| true),
        Command::Clean => prove::clean(&lab).await.map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("weft lab: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn plug(lab: &Lab, network: &str, node: &str) -> Result<(), LabError> {
    if !NODES.contains(&node) {
        let found = format!("`{node}`; there are {}", NODES.join(", "));
        return Err(LabError::Malformed {
            what: "the node's name".to_owned(),
            found,
        });
    }
    let network = lab.api.find("networks", network).await?;
    let instance = Instance::create(lab, &network, node, serde_json::json!({})).await?;
    instance.plug(lab).await?;
    let lease = instance.lease(lab, 15).await?;
    let address = lease.get("ip").map_or("no address", String::as_str);
    println!(
        "{} on {node} has {address}; a command inside:",
        instance.name
    );
    println!(
        "  docker exec -it {} plug exec {} bash",
        lab.containers.full_name(node),
        instance.name
    );
    Ok(())
}
