//! The command line: `weft serve` runs the controller, the other commands ask a running one.

mod api;
mod ask;
mod certificates;
mod check;
mod login;
mod policy;
mod say;
mod serve;
mod stop;
mod switches;
mod systemd;
mod tls;
mod watch;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::lab;

/// The network service of a cloud: the OpenStack Networking API on stock Open vSwitch.
#[derive(Debug, Parser)]
#[command(name = "weft", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the controller. With no file and no flag: on loopback, for everybody, with its ledger in
    /// ./weft.db.
    Serve(serve::Arguments),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(check::Command),
    /// Print the policies in force, as a policy file that would make them: Neutron's defaults, and
    /// what the files of the configuration put in their place.
    Policy(policy::Arguments),
    /// Print the state of a running controller and of its nodes.
    Status(ask::Controller),
    /// Print the flows of a node, with the names of tables and the object each flow belongs to.
    Flows {
        /// The node: its hostname, its system id, or its id.
        node: String,
        #[command(flatten)]
        controller: ask::Controller,
    },
    /// Compare a node's switch with what it should hold, now.
    Audit {
        /// The node: its hostname, its system id, or its id.
        node: String,
        #[command(flatten)]
        controller: ask::Controller,
    },
    /// Follow the changes of the cloud, a line for each.
    Watch {
        #[command(flatten)]
        wish: watch::Wish,
        #[command(flatten)]
        controller: ask::Controller,
    },
    /// Print the life of one record, also of one that is gone.
    History {
        /// What it is, e.g. port.
        kind: String,
        /// Its id.
        id: String,
        #[command(flatten)]
        controller: ask::Controller,
    },
    /// Drive the lab.
    #[command(subcommand)]
    Lab(lab::Command),
    /// Print the version.
    Version,
}

/// Runs the command; what went wrong is told on standard error.
pub async fn run(cli: Cli) -> ExitCode {
    if let Command::Lab(command) = cli.command {
        return lab::run(command).await;
    }
    let done = cli.command.run().await;
    match done.and_then(|text| say::say(&text).map_err(Into::into)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if say::is_deaf(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&*error);
            ExitCode::FAILURE
        }
    }
}

impl Command {
    /// Does what it is for; what there is to say at its end.
    async fn run(self) -> Result<String, Box<dyn Error + Send + Sync>> {
        let nothing = |()| String::new();
        Ok(match self {
            Command::Serve(arguments) => serve::run(arguments).await.map(nothing)?,
            Command::Config(command) => check::run(&command)?,
            Command::Policy(arguments) => policy::in_force(&arguments)?,
            Command::Status(controller) => controller.status().await?,
            Command::Flows { node, controller } => controller.flows(&node).await?,
            Command::Audit { node, controller } => controller.audit(&node).await?,
            Command::Watch { wish, controller } => {
                watch::follow(&controller, &wish).await.map(nothing)?
            }
            Command::History {
                kind,
                id,
                controller,
            } => watch::history(&controller, &kind, &id).await?,
            Command::Lab(_) => String::new(),
            Command::Version => format!("weft {}\n", env!("CARGO_PKG_VERSION")),
        })
    }
}

/// Prints an error, and indented below it what caused it.
fn tell(error: &(dyn Error + Send + Sync)) {
    eprintln!("weft: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        for line in error.to_string().lines() {
            eprintln!("  {line}");
        }
        cause = error.source();
    }
}
