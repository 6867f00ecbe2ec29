//! Commands that ask a running controller.

use std::time::Duration;

use clap::Args;
use reqwest::header::ACCEPT;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::login::{self, TokenError};
use super::say::SayError;
use crate::identity;

/// Which controller to ask.
#[derive(Debug, Args)]
pub struct Controller {
    /// The controller's API.
    #[arg(
        long,
        env = "WEFT_API",
        value_name = "URL",
        default_value = "http://127.0.0.1:9696"
    )]
    api: String,
    /// A token of Keystone's to show. Without one, a login by OS_AUTH_URL, OS_USERNAME, OS_PASSWORD
    /// and so on, where they are set.
    #[arg(long, env = "OS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No controller there.
    #[error("no controller answers at {url}; start it with `weft serve`, or name it with --api")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why it failed.
        source: reqwest::Error,
    },
    /// No token to show.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The controller wants another token, or one at all.
    #[error(
        "the controller at {url} does not know who asks: {message} (set OS_TOKEN, or OS_AUTH_URL with OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and their domains)"
    )]
    Unauthorized {
        /// What was asked.
        url: String,
        /// What it says.
        message: String,
    },
    /// The controller refuses.
    #[error("the controller answered {status} to {url}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// Something answers that is no controller.
    #[error("what answers at {url} is no weft controller")]
    Stranger {
        /// What was asked.
        url: String,
    },
    /// Nobody takes what there is to say.
    #[error("the answer cannot be told")]
    Say(#[from] SayError),
}

impl Controller {
    /// What `weft status` says.
    pub async fn status(&self) -> Result<String, AskError> {
        let status = self.document("/weft/v1/status").await?;
        Ok(table(&status))
    }

    /// What `weft flows NODE` says.
    pub async fn flows(&self, node: &str) -> Result<String, AskError> {
        let (_, text) = self.get(&format!("/weft/v1/nodes/{node}/flows")).await?;
        Ok(text)
    }

    /// What `weft audit NODE` says.
    pub async fn audit(&self, node: &str) -> Result<String, AskError> {
        let path = format!("/weft/v1/nodes/{node}/audit");
        self.ask(Method::POST, &path).await?;
        Ok(format!(
            "{node} is being compared; `weft status` tells what was repaired\n"
        ))
    }

    /// The document at `path`.
    pub(super) async fn document(&self, path: &str) -> Result<Value, AskError> {
        let (url, text) = self.get(path).await?;
        serde_json::from_str(&text).map_err(|_| AskError::Stranger { url })
    }

    async fn get(&self, path: &str) -> Result<(String, String), AskError> {
        self.ask(Method::GET, path).await
    }

    async fn ask(&self, method: Method, path: &str) -> Result<(String, String), AskError> {
        let (url, response) = self.open(method, path, None, login::PATIENCE).await?;
        let text = response.text().await;
        match text {
            Ok(text) => Ok((url, text)),
            Err(source) => Err(AskError::Unreachable { url, source }),
        }
    }

    /// An answer whose body is still to be read, within `patience` altogether; only one that is a
    /// success.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        accept: Option<&'static str>,
        patience: Duration,
    ) -> Result<(String, Response), AskError> {
        let url = format!("{}{path}", self.api.trim_end_matches('/'));
        let unreachable = |source| AskError::Unreachable {
            url: url.clone(),
            source,
        };
        let tls = login::tls(&login::environment);
        let client = identity::http(&tls, patience).map_err(TokenError::Tls)?;
        let mut request = client.request(method, &url);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(token) = login::token(self.token.as_deref(), &login::environment).await? {
            request = request.header("x-auth-token", token);
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok((url, response));
        }
        let text = response.text().await.map_err(unreachable)?;
        let document: Option<Value> = serde_json::from_str(&text).ok();
        let said = |error: &str| {
            let message = document.as_ref()?.get(error)?.get("message")?.as_str();
            message.map(str::to_owned)
        };
        let message = said("NeutronError").or_else(|| said("error"));
        let message = message.unwrap_or(text);
        if status == StatusCode::UNAUTHORIZED {
            return Err(AskError::Unauthorized { url, message });
        }
        Err(AskError::Refused {
            url,
            status: status.as_u16(),
            message,
        })
    }
}

/// The state as lines: the controller, then each node with what is wrong with it.
fn table(status: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    };
    let mut out = format!(
        "weft {}: revision {}, {} networks, {} subnets, {} ports\n",
        text(&status["version"]),
        text(&status["revision"]),
        text(&status["networks"]),
        text(&status["subnets"]),
        text(&status["ports"]),
    );
    let head = [
        "node", "ovsdb", "openflow", "in sync", "revision", "ports", "plugged", "flows", "mods",
        "repaired",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    let mut faults = String::new();
    for node in status["nodes"].as_array().into_iter().flatten() {
        let report = &node["report"];
        rows.push([
            text(&node["hostname"]),
            text(&report["ovsdb"]),
            text(&report["openflow"]),
            text(&report["synchronised"]),
            text(&report["revision"]),
            text(&node["ports"]),
            text(&report["plugged"]),
            text(&report["flows"]),
            text(&report["mods"]),
            text(&report["repaired"]),
        ]);
        for fault in report["faults"].as_array().into_iter().flatten() {
            faults.push_str(&format!("{}: {}\n", text(&node["hostname"]), text(fault)));
        }
    }
    for row in &rows {
        for (at, cell) in row.iter().enumerate() {
            let width = rows
                .iter()
                .map(|row| row.get(at).map_or(0, String::len))
                .max();
            out.push_str(&format!("{cell:<0$}  ", width.unwrap_or(0)));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out + &faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_shows_each_node_and_its_faults() {
        let status = json!({
            "version": "1.0.0", "revision": 7, "networks": 1, "subnets": 1, "ports": 2,
            "nodes": [{
                "hostname": "node1", "ports": 2,
                "report": {
                    "ovsdb": true, "openflow": false, "synchronised": false, "revision": 6,
                    "plugged": 1, "flows": 40, "mods": 44, "repaired": 0, "faults": ["physnet1 has no bridge"],
                },
            }],
        });
        let expected = "\
weft 1.0.0: revision 7, 1 networks, 1 subnets, 2 ports
node   ovsdb  openflow  in sync  revision  ports  plugged  flows  mods  repaired
node1  yes    no        no       6         2      1        40     44    0
node1: physnet1 has no bridge
";
        assert_eq!(table(&status), expected);
    }
}
