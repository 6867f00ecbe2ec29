//! Where the ledger is kept: reading and printing database URLs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A database that the ledger can be kept in.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file of the embedded engine.
    Sqlite(PathBuf),
    /// A MySQL or MariaDB server, Galera included: `mysql://user:password@host:port/name`.
    MySql(String),
}

/// A database URL that names no engine weft has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no database; use sqlite:PATH or mysql://USER:PASSWORD@HOST/NAME")]
pub struct NoDatabase(String);

impl FromStr for Database {
    type Err = NoDatabase;

    /// Reads SQLAlchemy's spelling too: `sqlite:///relative`, `sqlite:////absolute`,
    /// `mysql+pymysql://…`; the driver after the plus sign has no meaning here.
    fn from_str(text: &str) -> Result<Self, NoDatabase> {
        let none = || NoDatabase(redacted(text));
        let (scheme, rest) = text.split_once(':').ok_or_else(none)?;
        let engine = scheme.split_once('+').map_or(scheme, |(engine, _)| engine);
        match engine {
            "sqlite" => {
                let path = rest.strip_prefix("///").unwrap_or(rest);
                // In memory, nothing answered would survive the process.
                if path.is_empty() || path.starts_with("//") || path == ":memory:" {
                    return Err(none());
                }
                Ok(Database::Sqlite(PathBuf::from(path)))
            }
            "mysql" | "mariadb" if rest.len() > 2 && rest.starts_with("//") => {
                Ok(Database::MySql(format!("mysql:{rest}")))
            }
            _ => Err(none()),
        }
    }
}

impl Database {
    /// A URL, readable or not, with its password left out.
    pub fn without_password(url: &str) -> String {
        redacted(url)
    }

    /// The URL that sqlx connects to.
    pub(super) fn url(&self) -> String {
        match self {
            Database::Sqlite(path) => format!("sqlite:{}?mode=rwc", escaped(path)),
            Database::MySql(url) => url.clone(),
        }
    }
}

impl fmt::Display for Database {
    /// For people: the path, or the URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite(path) => write!(f, "{}", path.display()),
            Database::MySql(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

/// The URL with its password, if it has one, left out.
fn redacted(url: &str) -> String {
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (login, place) = rest.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{place}"))
    });
    hidden.unwrap_or_else(|| url.to_owned())
}

/// What has a meaning in a URL is written in hexadecimal.
fn escaped(path: &Path) -> String {
    let mut out = String::new();
    for c in path.to_string_lossy().chars() {
        match c {
            '%' | '?' | '#' => out.push_str(&format!("%{:02x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sqlalchemy_urls_are_understood() {
        let sqlite = |path: &str| Database::Sqlite(path.into());
        let mysql = |url: &str| Database::MySql(url.into());
        let cases = [
            ("sqlite:weft.db", sqlite("weft.db")),
            ("sqlite:/var/lib/weft.db", sqlite("/var/lib/weft.db")),
            ("sqlite:///weft.db", sqlite("weft.db")),
            ("sqlite:////var/lib/weft.db", sqlite("/var/lib/weft.db")),
            (
                "mysql+pymysql://n:p@node1/neutron",
                mysql("mysql://n:p@node1/neutron"),
            ),
            (
                "mariadb://n:p@node1:3307/neutron",
                mysql("mysql://n:p@node1:3307/neutron"),
            ),
        ];
        for (text, database) in cases {
            assert_eq!(text.parse(), Ok(database), "{text}");
        }
        for text in [
            "",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "postgresql://x/y",
            "mysql:",
        ] {
            assert!(text.parse::<Database>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let database: Database = "mysql+pymysql://neutron:s3:c@ret@node1/neutron"
            .parse()
            .unwrap();
        assert_eq!(database.to_string(), "mysql://neutron:***@node1/neutron");
        assert_eq!(
            format!("{database:?}"),
            "Database(mysql://neutron:***@node1/neutron)"
        );
        let error = "oracle://neutron:secret@node1/x"
            .parse::<Database>()
            .unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn a_path_may_hold_what_means_something_in_a_url() {
        assert_eq!(
            Database::Sqlite("a?b#c%d".into()).url(),
            "sqlite:a%3fb%23c%25d?mode=rwc"
        );
    }
}
