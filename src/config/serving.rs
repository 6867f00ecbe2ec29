//! Values that say how the API is served: certificates' fine print, the log's format, health.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use api::AccessLog;
use ipnet::IpNet;

use super::value::{Unaccepted, Value, unaccepted};

impl Value for SocketAddr {
    fn accepts() -> String {
        "ADDRESS:PORT".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse().map_err(|_| unaccepted(text))
    }
}

impl Value for IpNet {
    fn accepts() -> String {
        "a network address such as 192.0.2.0/24, or one address".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let single = || text.parse::<IpAddr>().map(IpNet::from).ok();
        let network = text.parse().ok().or_else(single);
        network.ok_or_else(|| unaccepted(text))
    }
}

impl Value for AccessLog {
    fn accepts() -> String {
        "text with %(client_ip)s, %(date_time)s, %(request_line)s, %(status_code)s, %(body_length)s, %(wall_seconds).7f and %%".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse()
            .map_err(|error: api::NoFormat| Unaccepted(error.0))
    }
}

/// What decides besides the ledger whether the API calls itself healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthBackend {
    /// It is not while the file `disable_by_file_path` is there.
    DisableByFile,
    /// It is not while the file is there that `disable_by_file_paths` has for its port.
    DisableByFilesPorts,
    /// It is only while all of `enable_by_file_paths` are there.
    EnableByFiles,
}

impl Value for HealthBackend {
    fn accepts() -> String {
        "disable_by_file, disable_by_files_ports, enable_by_files".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text {
            "disable_by_file" => Ok(Self::DisableByFile),
            "disable_by_files_ports" => Ok(Self::DisableByFilesPorts),
            "enable_by_files" => Ok(Self::EnableByFiles),
            _ => Err(unaccepted(text)),
        }
    }
}

/// A file that counts for one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFile {
    /// The port.
    pub port: u16,
    /// The file.
    pub path: PathBuf,
}

impl Value for PortFile {
    fn accepts() -> String {
        "PORT:PATH".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let file = || {
            let (port, path) = text.split_once(':')?;
            let (port, path) = (port.trim().parse().ok()?, path.trim());
            (!path.is_empty()).then(|| Self {
                port,
                path: path.into(),
            })
        };
        file().ok_or_else(|| unaccepted(text))
    }
}

/// Versions of TLS that a client may speak, in oslo.service's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    All,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
}

impl Value for TlsVersions {
    fn accepts() -> String {
        "TLSv1_2, TLSv1_3, SSLv23 (both; earlier ones are not spoken any more); or nothing, for both"
            .to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text.to_ascii_lowercase().as_str() {
            "" | "sslv23" => Ok(Self::All),
            "tlsv1_2" => Ok(Self::Tls12),
            "tlsv1_3" => Ok(Self::Tls13),
            _ => Err(unaccepted(text)),
        }
    }
}

/// Cipher suites of TLS 1.2, by OpenSSL's names; those of 1.3 are not chosen among, as in OpenSSL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphers(Vec<&'static str>);

/// The suites there are, best first, with the words of OpenSSL's cipher lists that mean them.
const SUITES: [(&str, &[&str]); 6] = [
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["ECDSA", "aECDSA", "AES", "AES256", "AESGCM", "SHA384"],
    ),
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["ECDSA", "aECDSA", "AES", "AES128", "AESGCM", "SHA256"],
    ),
    (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        &["ECDSA", "aECDSA", "CHACHA20"],
    ),
    (
        "ECDHE-RSA-AES256-GCM-SHA384",
        &["RSA", "aRSA", "AES", "AES256", "AESGCM", "SHA384"],
    ),
    (
        "ECDHE-RSA-AES128-GCM-SHA256",
        &["RSA", "aRSA", "AES", "AES128", "AESGCM", "SHA256"],
    ),
    ("ECDHE-RSA-CHACHA20-POLY1305", &["RSA", "aRSA", "CHACHA20"]),
];
/// Words that mean all of them.
const ALL: [&str; 7] = [
    "ALL", "DEFAULT", "HIGH", "ECDHE", "EECDH", "kECDHE", "TLSv1.2",
];

fn means(suite: &(&str, &[&str]), word: &str) -> bool {
    let (name, words) = suite;
    *name == word || words.contains(&word) || ALL.contains(&word)
}

impl Ciphers {
    /// OpenSSL's names, in the order in which the server prefers them.
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl Default for Ciphers {
    fn default() -> Self {
        Self(SUITES.iter().map(|(name, _)| *name).collect())
    }
}

impl Value for Ciphers {
    fn accepts() -> String {
        let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        format!(
            "a cipher list as OpenSSL reads it, of which something is left of: {}; or nothing, for all",
            names.join(", ")
        )
    }

    /// As OpenSSL: what a word means is added, with `!` or `-` taken away (and with `!` for good);
    /// words joined by `+` mean what all of them mean; unknown words mean nothing.
    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut chosen: Vec<&'static str> = Vec::new();
        let mut banned: Vec<&'static str> = Vec::new();
        for item in text.split([':', ',', ' ', '\n']) {
            let (sign, words) = match item.strip_prefix(['!', '-', '+', '@']) {
                Some(words) => (item.chars().next(), words),
                None => (None, item),
            };
            let meant = SUITES
                .iter()
                .filter(|suite| words.split('+').all(|word| means(suite, word)))
                .map(|(name, _)| *name);
            let meant: Vec<&'static str> = meant.filter(|name| !banned.contains(name)).collect();
            let taken_away = matches!(sign, Some('!' | '-'));
            chosen.retain(|name| !(taken_away && meant.contains(name)));
            match sign {
                None => {
                    let fresh = meant.into_iter().filter(|name| !chosen.contains(name));
                    let fresh: Vec<&'static str> = fresh.collect();
                    chosen.extend(fresh);
                }
                Some('!') => banned.extend(meant),
                // What orders the list, or sets a level: the server's own order stays.
                Some(_) => {}
            }
        }
        match chosen.is_empty() {
            true => Err(unaccepted(text)),
            false => Ok(Self(chosen)),
        }
    }
}

impl fmt::Display for Ciphers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(":"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cipher_lists_as_openssl_reads_them() {
        let names = |text: &str| Ciphers::read(text).map(|ciphers| ciphers.to_string());
        assert_eq!(Ciphers::read("").unwrap(), Ciphers::default());
        assert_eq!(
            Ciphers::read("HIGH:!aNULL:!MD5").unwrap(),
            Ciphers::default()
        );
        assert_eq!(
            names("ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-SHA").unwrap(),
            "ECDHE-RSA-AES128-GCM-SHA256"
        );
        assert_eq!(
            names("ECDHE+AESGCM:!RSA:RSA").unwrap(),
            "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
        );
        assert_eq!(
            names("ALL:-AES:@STRENGTH:+RSA").unwrap(),
            "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
        );
        for nothing in ["RC4", "ALL:!ALL", "kRSA", "eNULL,NULL"] {
            assert_eq!(names(nothing), Err(unaccepted(nothing)));
        }
    }

    #[test]
    fn files_of_ports_and_networks() {
        let file = PortFile::read("9696: /run/weft/away").unwrap();
        assert_eq!((file.port, file.path), (9696, "/run/weft/away".into()));
        for bad in ["/run/away", "x:/run", "9696:", "70000:/run"] {
            assert!(PortFile::read(bad).is_err(), "{bad}");
        }
        assert!(IpNet::read("192.0.2.0/24").is_ok() && IpNet::read("::1").is_ok());
        assert!(IpNet::read("192.0.2.0/33").is_err());
        assert!(TlsVersions::read("TLSv1").is_err());
    }
}
