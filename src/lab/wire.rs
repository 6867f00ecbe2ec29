//! A conversation with `lab/node/wire` on one node: frames out of instances, marked frames that arrive.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::{Lab, LabError};

/// A command is answered in less.
const ANSWER_SECONDS_MAX: u64 = 20;
/// Frames kept; beyond that a run has gone wrong and more would tell nothing.
const SEEN_MAX: usize = 100_000;
/// Commands on their way at one time.
const COMMANDS_MAX: usize = 1_000;

/// A marked frame, and the instance on whose wire it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Name of the instance.
    pub instance: String,
    /// The frame.
    pub frame: Vec<u8>,
}

/// The wires of the instances of one node.
#[derive(Debug)]
pub struct Wires {
    node: String,
    stdin: ChildStdin,
    answers: mpsc::Receiver<String>,
    seen: Arc<Mutex<Vec<Seen>>>,
    // Killed when dropped.
    _child: Child,
}

impl Wires {
    /// Starts watching these instances of a node.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if an instance is not there.
    pub async fn open(lab: &Lab, node: &str, instances: &[&str]) -> Result<Self, LabError> {
        let mut child = lab.containers.converse(node, &["wire"])?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(LabError::Malformed {
                what: "wire".to_owned(),
                found: "no streams".to_owned(),
            });
        };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sender, answers) = mpsc::channel(COMMANDS_MAX);
        tokio::spawn(read(stdout, Arc::clone(&seen), sender));
        let mut wires = Self {
            node: node.to_owned(),
            stdin,
            answers,
            seen,
            _child: child,
        };
        wires
            .tell(
                &instances
                    .iter()
                    .map(|name| format!("open {name}"))
                    .collect::<Vec<_>>(),
            )
            .await?;
        Ok(wires)
    }

    /// Sends frames out of instances, in this order; returns when the last has left.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if one could not be sent.
    pub async fn send(&mut self, frames: &[(String, Vec<u8>)]) -> Result<(), LabError> {
        let line = |(name, frame): &(String, Vec<u8>)| format!("send {name} {}", hex(frame));
        self.tell(&frames.iter().map(line).collect::<Vec<_>>())
            .await
    }

    /// All that has arrived so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn tell(&mut self, commands: &[String]) -> Result<(), LabError> {
        let malformed = |found: String| LabError::Malformed {
            what: format!("wire on {}", self.node),
            found,
        };
        for chunk in commands.chunks(COMMANDS_MAX) {
            let lines = chunk.join("\n") + "\n";
            let sent = self.stdin.write_all(lines.as_bytes()).await;
            sent.map_err(|error| malformed(error.to_string()))?;
            for command in chunk {
                let late = Duration::from_secs(ANSWER_SECONDS_MAX);
                match tokio::time::timeout(late, self.answers.recv()).await {
                    Ok(Some(answer)) if answer.starts_with("failed") => {
                        return Err(malformed(answer));
                    }
                    Ok(Some(_)) => {}
                    _ => return Err(malformed(format!("no answer to `{:.40}`", command))),
                }
            }
        }
        Ok(())
    }
}

async fn read(stdout: ChildStdout, seen: Arc<Mutex<Vec<Seen>>>, answers: mpsc::Sender<String>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Some((instance, frame)) = line
            .strip_prefix("seen ")
            .and_then(|rest| rest.split_once(' '))
        else {
            if answers.send(line).await.is_err() {
                return;
            }
            continue;
        };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < SEEN_MAX {
            seen.push(Seen {
                instance: instance.to_owned(),
                frame: unhex(frame),
            });
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .filter_map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_both_ways() {
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        assert_eq!(unhex("00ff10"), [0, 255, 16]);
    }
}
