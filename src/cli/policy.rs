//! Policy files: where they are, what they say, and reading them again when they change; and
//! `weft policy`, which prints the rules that come of them.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::policy::{
    Book, BookError, Notice, Policies, PolicyFile, PolicyOptions, PolicySwitch, Rule,
};
use clap::Args;
use tokio::signal::unix::Signal;

use crate::config::{self, ConfigError, Policy};

/// The file that is read where none is named and it is there.
const USUAL: &str = "policy.yaml";

/// The longest policy file, in bytes.
const LENGTH_MAX: u64 = 1 << 20;

/// Why policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file that is named and is not there.
    #[error("[oslo_policy] policy_file = {}: there is no such file{}", .name.display(), searched(.folders))]
    Missing {
        /// As it is named.
        name: PathBuf,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },
    /// A file or folder that cannot be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is too long.
    #[error("{} is longer than {LENGTH_MAX} bytes", .0.display())]
    TooLong(PathBuf),
    /// What the files say.
    #[error("the policies cannot be used")]
    Rules(#[from] BookError),
}

fn searched(folders: &[PathBuf]) -> String {
    let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    match folders.is_empty() {
        true => String::new(),
        false => format!(" in {}", folders.join(", ")),
    }
}

/// Where policies are read from.
#[derive(Debug, Clone)]
pub(super) struct PolicyFiles {
    settings: Policy,
    /// Where relative paths are looked for: beside each configuration file.
    folders: Vec<PathBuf>,
    /// As they were when they were last read.
    seen: Stamp,
}

/// What tells that files are not what they were: path, time of change, length and inode of each.
type Stamp = Vec<(PathBuf, i64, i64, u64, u64)>;

impl PolicyFiles {
    /// As the configuration that these files make says.
    pub(super) fn of(settings: &Policy, files: &[PathBuf]) -> Self {
        let mut folders: Vec<PathBuf> = Vec::new();
        for folder in files.iter().filter_map(|file| file.parent()) {
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
        Self {
            settings: settings.clone(),
            folders,
            seen: Stamp::new(),
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// Everything that is wrong with the rules, or the first file that cannot be read.
    pub(super) fn read(&mut self) -> Result<(Policies, Vec<Notice>), PolicyError> {
        self.seen = self.stamp();
        let files: Result<Vec<_>, _> = self.paths()?.iter().map(|path| text(path)).collect();
        Ok(Policies::open(&files?, self.options())?)
    }

    fn options(&self) -> PolicyOptions {
        PolicyOptions {
            enforce_scope: self.settings.enforce_scope,
            enforce_new_defaults: self.settings.enforce_new_defaults,
            default_rule: self.settings.policy_default_rule.clone(),
        }
    }

    /// The files that are there, in the order in which they override.
    fn paths(&self) -> Result<Vec<PathBuf>, PolicyError> {
        let named = self.settings.policy_file.as_deref();
        let file = self.find(named.unwrap_or(Path::new(USUAL)));
        if let (None, Some(name)) = (&file, named) {
            return Err(PolicyError::Missing {
                name: name.to_owned(),
                folders: self.folders.clone(),
            });
        }
        let mut paths: Vec<PathBuf> = file.into_iter().collect();
        for folder in self
            .settings
            .policy_dirs
            .0
            .iter()
            .filter_map(|name| self.find(name))
        {
            paths.extend(files_in(&folder)?);
        }
        Ok(paths)
    }

    fn find(&self, name: &Path) -> Option<PathBuf> {
        if name.is_absolute() {
            return name.exists().then(|| name.to_owned());
        }
        let mut places = self.folders.iter().map(|folder| folder.join(name));
        places.find(|place| place.exists())
    }

    fn stamp(&self) -> Stamp {
        let paths = self.paths().unwrap_or_default();
        let one = |path: PathBuf| {
            let found = fs::metadata(&path).ok()?;
            Some((
                path,
                found.mtime(),
                found.mtime_nsec(),
                found.len(),
                found.ino(),
            ))
        };
        paths.into_iter().filter_map(one).collect()
    }

    /// Reads them again whenever they change, and at SIGHUP. Files that cannot be used change nothing.
    pub(super) async fn watch(
        mut self,
        policies: PolicySwitch,
        interval: Duration,
        mut hangup: Signal,
    ) {
        let mut ticks = tokio::time::interval(interval);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                received = hangup.recv() => match received {
                    Some(()) => self.seen.clear(),
                    None => return,
                },
            }
            if self.stamp() == self.seen {
                continue;
            }
            match self.read() {
                Ok((read, notices)) => {
                    tell(&notices);
                    policies.set(read);
                    tracing::info!("policies were read again and are in force");
                }
                Err(error) => {
                    let why = error_text(&error);
                    tracing::error!("policies cannot be used, the old ones stay in force: {why}");
                }
            }
        }
    }
}

/// Writes what there is to say of the files in the log.
pub(super) fn tell(notices: &[Notice]) {
    for notice in notices {
        tracing::warn!("{notice}");
    }
}

fn error_text(error: &PolicyError) -> String {
    match error {
        PolicyError::Rules(faults) => faults.to_string(),
        PolicyError::Unreadable { path, source } => format!("{}: {source}", path.display()),
        other => other.to_string(),
    }
}

fn text(path: &Path) -> Result<PolicyFile, PolicyError> {
    let unreadable = |source| PolicyError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let length = file
        .take(LENGTH_MAX + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if u64::try_from(length).is_ok_and(|length| length > LENGTH_MAX) {
        return Err(PolicyError::TooLong(path.to_owned()));
    }
    Ok(PolicyFile {
        name: path.display().to_string(),
        text,
    })
}

/// The files of a folder in order of name, without hidden ones.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let unreadable = |source| PolicyError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Why `weft policy` printed nothing.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The configuration.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The policies.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// The configuration whose policies to print.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file in Neutron's format, as `weft serve` takes it; may be given several times.
    #[arg(long, value_name = "FILE")]
    config_file: Vec<PathBuf>,
    /// A folder of such files, ending in .conf, read after --config-file in order of name.
    #[arg(long, value_name = "FOLDER")]
    config_dir: Vec<PathBuf>,
    /// Leave out what is as by default.
    #[arg(long)]
    changed: bool,
}

/// The rules in force, as a policy file that would make them.
///
/// # Errors
/// Everything that is wrong with the configuration or the policies.
pub fn in_force(arguments: &Arguments) -> Result<String, PrintError> {
    let mut files = arguments.config_file.clone();
    for folder in &arguments.config_dir {
        files.extend(config::folder(folder)?);
    }
    let (settings, _) = config::load(&files, &[])?;
    let (policies, notices) = PolicyFiles::of(&settings.policy, &files).read()?;
    for notice in notices {
        eprintln!("{notice}");
    }
    Ok(listed(policies.book(), arguments.changed))
}

/// The rules as a policy file; a text in double quotes of JSON is one of YAML as well.
fn listed(book: &Book, changed: bool) -> String {
    let defaults = Book::default();
    let wanted = |(name, rule): &(&str, &Rule)| !changed || defaults.rule(name) != Some(*rule);
    let line = |(name, rule): (&str, &Rule)| {
        let text = match rule {
            Rule::Always => String::new(),
            rule => rule.to_string(),
        };
        format!("{}: {}\n", serde_json::json!(name), serde_json::json!(text))
    };
    book.rules().filter(wanted).map(line).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Folders;
    use std::time::Instant;
    use tokio::signal::unix::{SignalKind, signal};

    fn settings() -> Policy {
        config::load(&[], &[]).unwrap().0.policy
    }

    /// A configuration file's place in a folder of its own, with policy files beside it.
    fn place(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let config = vec![folder.path().join("neutron.conf")];
        (folder, config)
    }

    fn rule(policies: &Policies, name: &str) -> String {
        policies.book().rule(name).unwrap().to_string()
    }

    #[test]
    fn files_are_found_beside_the_configuration_and_override_in_order() {
        let (_folder, config) = place(&[
            ("policy.yaml", "get_port: role:a\nget_subnet: role:a\n"),
            ("policy.d/2.yaml", "get_port: role:c\n"),
            (
                "policy.d/1.json",
                "{\"get_port\": \"role:b\", \"get_network\": \"role:b\"}",
            ),
            ("policy.d/.hidden", "not: [a, policy"),
        ]);
        let (policies, _) = PolicyFiles::of(&settings(), &config).read().unwrap();
        let rules = ["get_subnet", "get_network", "get_port"].map(|name| rule(&policies, name));
        assert_eq!(rules, ["role:a", "role:b", "role:c"]);
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let (folder, config) = place(&[]);
        let (policies, _) = PolicyFiles::of(&settings(), &config).read().unwrap();
        assert_eq!(policies, Policies::default());
        let named = Policy {
            policy_file: Some("mine.yaml".into()),
            ..settings()
        };
        let error = PolicyFiles::of(&named, &config)
            .read()
            .unwrap_err()
            .to_string();
        let said = format!(
            "[oslo_policy] policy_file = mine.yaml: there is no such file in {}",
            folder.path().display()
        );
        assert_eq!(error, said);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let (folder, config) = place(&[("policy.yaml", "get_port: rule:none\n"), ("x", "")]);
        let error = PolicyFiles::of(&settings(), &config).read().unwrap_err();
        let path = folder.path().join("policy.yaml");
        assert!(error_text(&error).starts_with(&format!("{}: line 1: ", path.display())));
        fs::write(&path, "#".repeat(LENGTH_MAX as usize + 1)).unwrap();
        let error = PolicyFiles::of(&settings(), &config).read().unwrap_err();
        assert!(matches!(error, PolicyError::TooLong(_)), "{error}");
        let dirs = Policy {
            policy_file: Some(folder.path().join("x")),
            policy_dirs: Folders(vec![folder.path().join("x")]),
            ..settings()
        };
        let error = PolicyFiles::of(&dirs, &config).read().unwrap_err();
        assert!(matches!(error, PolicyError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn what_is_printed_makes_the_same_rules() {
        let (_folder, config) = place(&[("policy.yaml", "get_port: ''\nmine: 'not rule:owner'\n")]);
        let (policies, _) = PolicyFiles::of(&settings(), &config).read().unwrap();
        let whole = listed(policies.book(), false);
        let file = |text: String| PolicyFile {
            name: "printed".into(),
            text,
        };
        let again = Policies::open(&[file(whole)], PolicyOptions::default())
            .unwrap()
            .0;
        assert_eq!(again, policies);
        let changed = listed(policies.book(), true);
        assert_eq!(
            changed,
            "\"get_port\": \"\"\n\"mine\": \"not rule:owner\"\n"
        );
    }

    #[tokio::test]
    async fn a_changed_file_is_in_force_and_a_broken_one_is_not() {
        let (folder, config) = place(&[]);
        let mut files = PolicyFiles::of(&settings(), &config);
        let switch = PolicySwitch::new(files.read().unwrap().0);
        let hangup = signal(SignalKind::hangup()).unwrap();
        let watch = files.watch(switch.clone(), Duration::from_millis(5), hangup);
        let watch = tokio::spawn(watch);
        let path = folder.path().join("policy.yaml");
        let until = async |wanted: &str| {
            let started = Instant::now();
            while rule(&switch.now(), "get_port") != wanted {
                assert!(started.elapsed() < Duration::from_secs(10), "{wanted}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        fs::write(&path, "get_port: role:a\n").unwrap();
        until("role:a").await;
        fs::write(&path, "get_port: role:b and\n").unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        until("role:a").await;
        fs::write(&path, "get_port: role:bc\n").unwrap();
        until("role:bc").await;
        watch.abort();
    }
}
