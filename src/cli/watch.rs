//! `weft watch` and `weft history`: what changed, in words.

use std::time::Duration;

use api::Kind;
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value};

use super::ask::{AskError, Controller};
use super::say::say;

/// How long to wait before a stream that broke is taken up again.
const PAUSE: Duration = Duration::from_secs(1);
/// Longer than the controller keeps a stream up.
const STREAM: Duration = Duration::from_secs(2 * 3600);
/// A controller that says nothing for so long has gone: it says something every 15 seconds.
const SILENCE: Duration = Duration::from_secs(60);
/// Attributes that change with every other one, and so say nothing.
const SILENT: [&str; 3] = ["revision_number", "updated_at", "tenant_id"];

/// What of the changes is shown.
#[derive(Debug, Args)]
pub struct Wish {
    /// Begin after this revision instead of now.
    #[arg(long, value_name = "REVISION")]
    since: Option<u64>,
    /// Only records of this kind, e.g. port; may be given several times.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only records of this project; may be given several times.
    #[arg(long, value_name = "PROJECT")]
    project: Vec<String>,
    /// Only this record; may be given several times.
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
}

/// Prints a line for each change, until it is interrupted. A stream that breaks is taken up where it
/// broke.
///
/// # Errors
/// The controller refuses, or was never there.
pub async fn follow(controller: &Controller, wish: &Wish) -> Result<(), AskError> {
    let mut since = wish.since;
    let mut met = false;
    loop {
        let path = wish.path(since);
        let accept = Some("text/event-stream");
        let opened = controller.open(Method::GET, &path, accept, STREAM);
        match opened.await {
            Ok((url, response)) => {
                met = true;
                read(response, &url, &mut since).await?;
            }
            // One that was there comes back.
            Err(AskError::Unreachable { .. } | AskError::Refused { status: 503, .. }) if met => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Prints what a stream says until it breaks; `since` is then where it broke.
async fn read(
    mut response: reqwest::Response,
    url: &str,
    since: &mut Option<u64>,
) -> Result<(), AskError> {
    let mut lines = Lines::default();
    while let Ok(Ok(Some(bytes))) = tokio::time::timeout(SILENCE, response.chunk()).await {
        lines.0.extend_from_slice(&bytes);
        while let Some(line) = lines.next() {
            if let Some(id) = line.strip_prefix("id: ") {
                *since = id.parse().ok().or(*since);
            }
            let Some(data) = line.strip_prefix("data: ") else {
                continue;
            };
            let stranger = |_| AskError::Stranger { url: url.into() };
            let document: Value = serde_json::from_str(data).map_err(stranger)?;
            if let Some(message) = document["NeutronError"]["message"].as_str() {
                return Err(AskError::Refused {
                    url: url.into(),
                    status: 410,
                    message: message.to_owned(),
                });
            }
            for change in document["changes"].as_array().into_iter().flatten() {
                say(&sentence(&document, change))?;
            }
        }
    }
    Ok(())
}

/// Bytes of a stream, taken line by line.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn next(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let rest = self.0.split_off(end + 1);
        let line = std::mem::replace(&mut self.0, rest);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        Some(String::from_utf8_lossy(line).into_owned())
    }
}

impl Wish {
    fn path(&self, since: Option<u64>) -> String {
        let lists = [
            ("kind", &self.kind),
            ("project_id", &self.project),
            ("id", &self.id),
        ];
        let since = since.map(|since| ("since", since.to_string()));
        let listed = lists
            .into_iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value.clone())));
        let pairs: Vec<String> = since
            .into_iter()
            .chain(listed)
            .map(|(name, value)| format!("{name}={}", encoded(&value)))
            .collect();
        format!("/weft/v1/changes?{}", pairs.join("&"))
    }
}

/// What means something in a query is written in hexadecimal.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The life of a record, a line for each change, the oldest first.
///
/// # Errors
/// The controller refuses, or is not there.
pub async fn history(controller: &Controller, kind: &str, id: &str) -> Result<String, AskError> {
    let mut all = Kind::ALL.iter();
    let known = all.find(|known| [known.name(), known.plural(), known.path()].contains(&kind));
    let resource = known.map_or(kind, |known| known.path());
    let path = format!(
        "/weft/v1/history/{}/{}?limit=1000",
        encoded(resource),
        encoded(id)
    );
    let (mut entries, mut next) = (Vec::new(), Some(path.clone()));
    while let Some(page) = next {
        let document = controller.document(&page).await?;
        entries.extend(document["history"].as_array().cloned().unwrap_or_default());
        // The link names the controller as it calls itself; what counts is where it goes on.
        let href = document["history_links"][0]["href"].as_str();
        let marker = href.and_then(|href| href.rsplit_once("marker="));
        next = marker.map(|(_, marker)| format!("{path}&marker={marker}"));
    }
    if entries.is_empty() {
        let said = "the log says nothing of it: it is as it was when the log began\n";
        return Ok(said.to_owned());
    }
    let entries = entries.iter().rev();
    Ok(entries.map(|entry| sentence(entry, entry)).collect())
}

/// One change of a commit as a line: when, who, which record, what.
fn sentence(commit: &Value, change: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let latest = [&change["after"], &change["before"]];
    let name = latest.iter().find_map(|body| body["name"].as_str());
    let name = name.filter(|name| !name.is_empty());
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    let (done, what) = match (&change["before"], &change["after"]) {
        (Value::Object(before), Value::Object(after)) => ("changed", differences(before, after)),
        (_, Value::Object(_)) => ("created", String::new()),
        (Value::Object(_), _) => ("deleted", String::new()),
        _ => ("changed", told(&change["changed"])),
    };
    format!(
        "{} #{} {}: {done} {}{name} {}{what}\n",
        text(&commit["time"]),
        commit["revision"],
        text(&commit["who"]),
        text(&change["kind"]),
        text(&change["id"]),
    )
}

/// `: name a → b, …` for the attributes that differ.
fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let changed = after
        .iter()
        .filter(|(name, to)| before.get(*name) != Some(to));
    let none = Value::Null;
    listed(changed.map(|(name, to)| (name, before.get(name).unwrap_or(&none), to)))
}

/// The same from what the history tells.
fn told(changed: &Value) -> String {
    let changed = changed.as_object().into_iter().flatten();
    listed(changed.map(|(name, both)| (name, &both["from"], &both["to"])))
}

fn listed<'a>(changed: impl Iterator<Item = (&'a String, &'a Value, &'a Value)>) -> String {
    let told = changed.filter(|(name, ..)| !SILENT.contains(&name.as_str()));
    let told: Vec<String> = told
        .map(|(name, from, to)| format!("{name} {} → {}", short(from), short(to)))
        .collect();
    match told.is_empty() {
        true => String::new(),
        false => format!(": {}", told.join(", ")),
    }
}

/// A value as it fits in a line.
fn short(value: &Value) -> String {
    const LENGTH: usize = 80;
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LENGTH {
        return text;
    }
    let beginning: String = text.chars().take(LENGTH).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn commit(before: Value, after: Value) -> (Value, Value) {
        let change = json!({"kind": "port", "id": "7", "before": before, "after": after});
        let commit = json!({"time": "2026-11-27T03:00:00Z", "revision": 42, "who": "alice"});
        (commit, change)
    }

    #[test]
    fn a_change_is_a_sentence() {
        let web = json!({"name": "web", "status": "DOWN", "revision_number": 1, "tags": []});
        let up = json!({"name": "web", "status": "ACTIVE", "revision_number": 2, "tags": ["a"]});
        for (before, after, said) in [
            (Value::Null, web.clone(), "created port web 7"),
            (
                web.clone(),
                up,
                "changed port web 7: status DOWN → ACTIVE, tags [] → [\"a\"]",
            ),
            (web, Value::Null, "deleted port web 7"),
        ] {
            let (commit, change) = commit(before, after);
            let line = sentence(&commit, &change);
            assert_eq!(line, format!("2026-11-27T03:00:00Z #42 alice: {said}\n"));
        }
    }

    #[test]
    fn an_entry_of_a_history_is_a_sentence_too() {
        let entry = json!({
            "time": "2026-11-27T03:00:00Z", "revision": 42, "who": "alice", "kind": "port", "id": "7",
            "action": "changed", "changed": {"name": {"from": "", "to": null}},
        });
        let said = "2026-11-27T03:00:00Z #42 alice: changed port 7: name \"\" → none\n";
        assert_eq!(sentence(&entry, &entry), said);
    }

    #[test]
    fn lines_are_taken_as_they_are_complete() {
        let mut lines = Lines(b"id: 1\n\ndata".to_vec());
        assert_eq!(lines.next().as_deref(), Some("id: 1"));
        assert_eq!(lines.next().as_deref(), Some(""));
        assert_eq!(lines.next(), None);
        assert_eq!(lines.0, b"data");
    }

    #[test]
    fn what_is_asked_for_stands_in_the_query() {
        let wish = Wish {
            since: Some(7),
            kind: vec!["port".into()],
            project: vec!["a b".into()],
            id: Vec::new(),
        };
        let path = "/weft/v1/changes?since=9&kind=port&project_id=a%20b";
        assert_eq!(wish.path(Some(9)), path);
    }
}
