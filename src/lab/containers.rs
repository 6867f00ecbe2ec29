//! Containers of the lab, driven by the `docker` program: run a command in one, kill, start, cut off.

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::LabError;

/// `docker` processes at one time: a wait for a lease in each instance fits, a runaway loop does not.
const AT_ONCE_MAX: usize = 24;
/// No command in the lab takes longer.
const COMMAND_SECONDS_MAX: u64 = 60;

/// The containers of one lab.
#[derive(Clone, Debug)]
pub struct Containers {
    docker: Vec<String>,
    prefix: String,
    turns: Arc<Semaphore>,
}

impl Containers {
    /// `docker` is the command with its leading words (`sudo docker`), `prefix` the lab's name.
    #[must_use]
    pub fn new(docker: String, prefix: String) -> Self {
        let docker = docker.split_whitespace().map(str::to_owned).collect();
        Self {
            docker,
            prefix,
            turns: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        }
    }

    /// The container's name as Docker knows it.
    #[must_use]
    pub fn full_name(&self, container: &str) -> String {
        format!("{}-{container}", self.prefix)
    }

    /// Runs a command in a container and returns what it printed.
    ///
    /// # Errors
    /// [`LabError::Command`] if it fails or takes longer than a minute.
    pub async fn exec(&self, container: &str, command: &[&str]) -> Result<String, LabError> {
        self.exec_with_input(container, command, b"").await
    }

    /// As [`Self::exec`], with `input` on its standard input.
    ///
    /// # Errors
    /// As [`Self::exec`].
    pub async fn exec_with_input(
        &self,
        container: &str,
        command: &[&str],
        input: &[u8],
    ) -> Result<String, LabError> {
        let name = self.full_name(container);
        let mut words = vec!["exec", "-i", &name];
        words.extend(command);
        let output = self.docker(&words, input).await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(container, &command.join(" "), &output))
    }

    /// As [`Self::exec`], but returns both streams whatever the exit status: for commands such as
    /// `fping` whose status is a result.
    ///
    /// # Errors
    /// [`LabError::NoDocker`] if docker itself cannot be run.
    pub async fn exec_anyway(&self, container: &str, command: &[&str]) -> Result<String, LabError> {
        let name = self.full_name(container);
        let mut words = vec!["exec", &name];
        words.extend(command);
        let output = self.docker(&words, b"").await?;
        let both = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&both).into_owned())
    }

    /// A docker command on a container as a whole: `verb` with its options, then the container's name.
    ///
    /// # Errors
    /// [`LabError::Command`] if docker refuses.
    pub async fn control(&self, verb: &[&str], container: &str) -> Result<String, LabError> {
        let name = self.full_name(container);
        let mut words = verb.to_vec();
        words.push(&name);
        let output = self.docker(&words, b"").await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(
            container,
            &format!("docker {}", verb.join(" ")),
            &output,
        ))
    }

    /// Takes a container off a network of the lab, or puts it back with the address it had.
    ///
    /// # Errors
    /// As [`Self::control`].
    pub async fn connect(
        &self,
        network: &str,
        container: &str,
        address: Option<&str>,
    ) -> Result<(), LabError> {
        let network = format!("{}_{network}", self.prefix);
        let verb: &[&str] = match address {
            Some(address) => &["network", "connect", "--ip", address, &network],
            None => &["network", "disconnect", &network],
        };
        self.control(verb, container).await.map(|_| ())
    }

    /// The container's address on a network of the lab.
    ///
    /// # Errors
    /// As [`Self::control`].
    pub async fn address(&self, network: &str, container: &str) -> Result<String, LabError> {
        let field = format!(
            "{{{{(index .NetworkSettings.Networks \"{}_{network}\").IPAddress}}}}",
            self.prefix
        );
        let address = self
            .control(&["inspect", "--format", &field], container)
            .await?;
        Ok(address.trim().to_owned())
    }

    /// Starts a command that stays and talks over its standard streams; it is killed when dropped.
    ///
    /// # Errors
    /// [`LabError::NoDocker`] if docker cannot be run.
    pub fn converse(&self, container: &str, command: &[&str]) -> Result<Child, LabError> {
        let name = self.full_name(container);
        let mut words = vec!["exec", "-i", &name];
        words.extend(command);
        self.start(&words)
    }

    async fn docker(&self, words: &[&str], input: &[u8]) -> Result<Output, LabError> {
        let _turn = self.turns.acquire().await;
        let mut child = self.start(words)?;
        let late = Duration::from_secs(COMMAND_SECONDS_MAX);
        let work = async {
            if let Some(mut stdin) = child.stdin.take() {
                // A command that does not read what it is given is no fault of ours to report here.
                let _ = stdin.write_all(input).await;
            }
            child.wait_with_output().await
        };
        match tokio::time::timeout(late, work).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(source)) => Err(LabError::NoDocker {
                program: self.docker.join(" "),
                source,
            }),
            Err(_) => Err(LabError::TooLate {
                what: format!("`{}`", words.join(" ")),
                seconds: COMMAND_SECONDS_MAX,
            }),
        }
    }

    fn start(&self, words: &[&str]) -> Result<Child, LabError> {
        let program = self.docker.first().map_or("docker", String::as_str);
        Command::new(program)
            .args(self.docker.iter().skip(1))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| LabError::NoDocker {
                program: self.docker.join(" "),
                source,
            })
    }
}

fn failed(container: &str, command: &str, output: &Output) -> LabError {
    let both = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    LabError::Command {
        container: container.to_owned(),
        command: command.to_owned(),
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&both).trim().to_owned(),
    }
}
