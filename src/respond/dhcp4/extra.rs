//! Extra DHCP options of a port: names as dnsmasq and Neutron's users spell them, or bare codes.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use thiserror::Error;

use super::options::encode_routes;

/// Boot file name (RFC 2132 section 9.5).
pub(super) const BOOT_FILE: u8 = 67;

/// How the text of an option becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Address,
    Addresses,
    Text,
    Domains,
    Routes,
    U8,
    U16,
    U32,
    /// Codes without a name: addresses where the value is such a list, else text.
    Guess,
}

/// One row an option: name, code, encoding.
const NAMES: &[(&str, u8, Encoding)] = &[
    ("netmask", 1, Encoding::Address),
    ("time-offset", 2, Encoding::U32),
    ("router", 3, Encoding::Addresses),
    ("time-server", 4, Encoding::Addresses),
    ("dns-server", 6, Encoding::Addresses),
    ("domain-name-servers", 6, Encoding::Addresses),
    ("log-server", 7, Encoding::Addresses),
    ("lpr-server", 9, Encoding::Addresses),
    ("hostname", 12, Encoding::Text),
    ("host-name", 12, Encoding::Text),
    ("boot-file-size", 13, Encoding::U16),
    ("domain-name", 15, Encoding::Text),
    ("swap-server", 16, Encoding::Address),
    ("root-path", 17, Encoding::Text),
    ("extension-path", 18, Encoding::Text),
    ("ip-forward-enable", 19, Encoding::U8),
    ("non-local-source-routing", 20, Encoding::U8),
    ("max-datagram-reassembly", 22, Encoding::U16),
    ("default-ttl", 23, Encoding::U8),
    ("mtu", 26, Encoding::U16),
    ("interface-mtu", 26, Encoding::U16),
    ("all-subnets-local", 27, Encoding::U8),
    ("broadcast", 28, Encoding::Address),
    ("router-discovery", 31, Encoding::U8),
    ("router-solicitation", 32, Encoding::Address),
    ("trailer-encapsulation", 34, Encoding::U8),
    ("arp-timeout", 35, Encoding::U32),
    ("ethernet-encap", 36, Encoding::U8),
    ("tcp-ttl", 37, Encoding::U8),
    ("tcp-keepalive", 38, Encoding::U32),
    ("nis-domain", 40, Encoding::Text),
    ("nis-server", 41, Encoding::Addresses),
    ("ntp-server", 42, Encoding::Addresses),
    ("netbios-ns", 44, Encoding::Addresses),
    ("netbios-dd", 45, Encoding::Addresses),
    ("netbios-nodetype", 46, Encoding::U8),
    ("netbios-scope", 47, Encoding::Text),
    ("x-windows-fs", 48, Encoding::Addresses),
    ("x-windows-dm", 49, Encoding::Addresses),
    ("lease-time", 51, Encoding::U32),
    ("T1", 58, Encoding::U32),
    ("T2", 59, Encoding::U32),
    ("vendor-class", 60, Encoding::Text),
    ("nis+-domain", 64, Encoding::Text),
    ("nis+-server", 65, Encoding::Addresses),
    ("tftp-server", 66, Encoding::Text),
    ("tftp-server-name", 66, Encoding::Text),
    ("bootfile-name", BOOT_FILE, Encoding::Text),
    ("mobile-ip-home", 68, Encoding::Addresses),
    ("smtp-server", 69, Encoding::Addresses),
    ("pop3-server", 70, Encoding::Addresses),
    ("nntp-server", 71, Encoding::Addresses),
    ("irc-server", 74, Encoding::Addresses),
    ("user-class", 77, Encoding::Text),
    ("client-arch", 93, Encoding::U16),
    ("posix-timezone", 100, Encoding::Text),
    ("tzdb-timezone", 101, Encoding::Text),
    ("ipv6-only", 108, Encoding::U32),
    ("captive-portal", 114, Encoding::Text),
    ("domain-search", 119, Encoding::Domains),
    ("sip-server", 120, Encoding::Addresses),
    ("classless-static-route", 121, Encoding::Routes),
    ("tftp-server-address", 150, Encoding::Addresses),
    ("path-prefix", 210, Encoding::Text),
    ("wpad", 252, Encoding::Text),
];

/// Codes that the protocol itself sets; a port cannot ask for them.
const RESERVED: [u8; 9] = [0, 50, 52, 53, 54, 55, 57, 61, 255];

/// What an extra option turns into.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extra {
    /// An option of the message.
    Option {
        /// Code of the option.
        code: u8,
        /// Its bytes on the wire.
        data: Vec<u8>,
    },
    /// `siaddr` of the header.
    NextServer(Ipv4Addr),
}

/// Why an extra option cannot be sent.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum ExtraError {
    #[error("no DHCP option is called {0:?}; use dnsmasq's name or the option's number")]
    UnknownName(String),
    #[error("option {0} is set by the protocol itself")]
    Reserved(u8),
    #[error("{value:?} does not fit the option; {wanted} is needed")]
    BadValue { value: String, wanted: &'static str },
}

/// The option called `name` with the value written as `value`.
pub(super) fn parse(name: &str, value: &str) -> Result<Extra, ExtraError> {
    let name = name.strip_prefix("option:").unwrap_or(name);
    if matches!(name, "server-ip-address" | "next-server") {
        return address(value).map(Extra::NextServer);
    }
    let (code, encoding) = match name.parse::<u8>() {
        Ok(code) => (code, by_code(code)),
        Err(_) => by_name(name).ok_or_else(|| ExtraError::UnknownName(name.to_owned()))?,
    };
    if RESERVED.contains(&code) {
        return Err(ExtraError::Reserved(code));
    }
    let data = encode(encoding, value)?;
    Ok(Extra::Option { code, data })
}

fn by_name(name: &str) -> Option<(u8, Encoding)> {
    NAMES
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(name))
        .map(|(_, code, encoding)| (*code, *encoding))
}

fn by_code(code: u8) -> Encoding {
    NAMES
        .iter()
        .find(|(_, known, _)| *known == code)
        .map_or(Encoding::Guess, |(.., encoding)| *encoding)
}

fn encode(encoding: Encoding, value: &str) -> Result<Vec<u8>, ExtraError> {
    match encoding {
        Encoding::Address => address(value).map(|address| address.octets().to_vec()),
        Encoding::Addresses => addresses(value),
        Encoding::Text => Ok(value.as_bytes().to_vec()),
        Encoding::Domains => domains(value),
        Encoding::Routes => routes(value),
        Encoding::U8 => number(value, u8::MAX.into()).map(|n| vec![n as u8]),
        Encoding::U16 => number(value, u16::MAX.into()).map(|n| (n as u16).to_be_bytes().to_vec()),
        Encoding::U32 => number(value, u32::MAX).map(|n| n.to_be_bytes().to_vec()),
        Encoding::Guess => Ok(addresses(value).unwrap_or_else(|_| value.as_bytes().to_vec())),
    }
}

fn bad(value: &str, wanted: &'static str) -> ExtraError {
    let value = value.to_owned();
    ExtraError::BadValue { value, wanted }
}

fn address(value: &str) -> Result<Ipv4Addr, ExtraError> {
    value
        .trim()
        .parse()
        .map_err(|_| bad(value, "an IPv4 address"))
}

fn addresses(value: &str) -> Result<Vec<u8>, ExtraError> {
    let mut bytes = Vec::new();
    for item in value.split(',') {
        let address = address(item).map_err(|_| bad(value, "a list of IPv4 addresses"))?;
        bytes.extend(address.octets());
    }
    Ok(bytes)
}

fn number(value: &str, max: u32) -> Result<u32, ExtraError> {
    value
        .trim()
        .parse()
        .ok()
        .filter(|number| *number <= max)
        .ok_or_else(|| bad(value, "a number within the option's width"))
}

/// Domain names in DNS form (RFC 3397), not compressed.
fn domains(value: &str) -> Result<Vec<u8>, ExtraError> {
    const LABEL_BYTES: usize = 63;
    let mut bytes = Vec::new();
    for domain in value
        .split(',')
        .map(|name| name.trim().trim_end_matches('.'))
    {
        for label in domain.split('.') {
            let length = u8::try_from(label.len())
                .ok()
                .filter(|length| (1..=LABEL_BYTES).contains(&usize::from(*length)))
                .ok_or_else(|| bad(value, "a list of domain names"))?;
            bytes.push(length);
            bytes.extend(label.as_bytes());
        }
        bytes.push(0);
    }
    Ok(bytes)
}

/// `destination,router` pairs, as dnsmasq takes them.
fn routes(value: &str) -> Result<Vec<u8>, ExtraError> {
    let wanted = "destination,router pairs";
    let items: Vec<&str> = value.split(',').map(str::trim).collect();
    let mut routes = Vec::new();
    for pair in items.chunks(2) {
        let [destination, router] = pair else {
            return Err(bad(value, wanted));
        };
        let destination: Ipv4Net = destination.parse().map_err(|_| bad(value, wanted))?;
        routes.push((
            destination,
            address(router).map_err(|_| bad(value, wanted))?,
        ));
    }
    Ok(encode_routes(&routes))
}
