//! The DHCPv4 server (RFC 2131): every answer is a function of the request, the port and the snapshot.
//!
//! There is no lease database: a port's address is its own for as long as the port exists, so a
//! lease is only a promise to ask again. The server identifier is the subnet's gateway, or
//! [`SERVER`] where there is none.

mod extra;
mod options;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use api::{Mac, Network, Port, Subnet};
use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode, UnknownOption};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use thiserror::Error;

use super::frame::{FrameError, UdpDatagram};
use crate::compile::{SERVER, SERVER_MAC};
use crate::model::Model;
use options::Options;

const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;
/// Fixed part of a message: header and magic cookie (RFC 2131 section 2).
const HEADER_BYTES: usize = 240;
const PAD: u8 = 0;
const END: u8 = 255;
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];

/// What the configuration says of every lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Lease time in seconds; `u32::MAX` never ends (RFC 2131 section 3.3).
    pub lease_seconds: u32,
    /// Domain name handed to instances, without a trailing dot; none when empty.
    pub domain: String,
}

/// Why a request gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Silence {
    /// Not a UDP datagram over IPv4.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Not a DHCP message, or one that contradicts itself.
    #[error("malformed DHCP message: {0}")]
    Malformed(String),
    /// Hardware address of the message is not the port's.
    #[error("client hardware address {client} is not the port's {port}")]
    OtherClient {
        /// What the message says.
        client: Mac,
        /// What the port has.
        port: Mac,
    },
    /// Came through a relay agent, which instances have no business to be.
    #[error("relayed by {0}")]
    Relayed(Ipv4Addr),
    /// The port has no IPv4 address in a subnet with DHCP.
    #[error("the port has no address in a subnet with DHCP")]
    NoAddress,
    /// The client accepted the offer of another server.
    #[error("meant for the DHCP server {0}")]
    OtherServer(Ipv4Addr),
    /// A message that is not answered: decline, release, or a server's own kind.
    #[error("{0} is not answered")]
    NotAnswered(&'static str),
}

/// One address that the server may hand out on a port, and where it comes from.
struct Lease<'a> {
    address: Ipv4Addr,
    subnet: &'a Subnet,
    network: &'a Network,
}

impl Lease<'_> {
    fn server(&self) -> Ipv4Addr {
        match self.subnet.gateway_ip {
            Some(std::net::IpAddr::V4(gateway)) => gateway,
            _ => SERVER,
        }
    }
}

/// Answers the DHCP message in `frame`, which came in by `port`, with the frame to send back to it.
///
/// # Errors
/// [`Silence`] says why there is no answer.
pub fn answer(
    frame: &[u8],
    port: &Port,
    model: &Model,
    settings: &Settings,
) -> Result<Vec<u8>, Silence> {
    let datagram = UdpDatagram::parse(frame)?;
    let request = decode(datagram.payload)?;
    check_client(&request, port)?;
    let network = model.network(port.network_id).ok_or(Silence::NoAddress)?;
    let leases: Vec<Lease<'_>> = port
        .fixed_ips
        .iter()
        .filter_map(|fixed| lease(fixed, model, network))
        .collect();
    let first = leases.first().ok_or(Silence::NoAddress)?;
    let wanted = requested_address(&request);
    let matching = leases.iter().find(|lease| Some(lease.address) == wanted);

    let reply = match request.opts().msg_type() {
        Some(MessageType::Discover) => {
            let lease = matching.unwrap_or(first);
            grant(&request, MessageType::Offer, lease, port, settings)
        }
        Some(MessageType::Request) => {
            check_server(&request, &leases)?;
            match matching {
                Some(lease) => grant(&request, MessageType::Ack, lease, port, settings),
                None => refuse(&request, first),
            }
        }
        Some(MessageType::Inform) => inform(&request, matching.unwrap_or(first), port, settings),
        Some(MessageType::Decline) => return Err(Silence::NotAnswered("DHCPDECLINE")),
        Some(MessageType::Release) => return Err(Silence::NotAnswered("DHCPRELEASE")),
        _ => return Err(Silence::NotAnswered("a message of this type")),
    };
    let server = matching.unwrap_or(first).server();
    envelope(&request, &reply, server, port.mac_address)
}

/// The message in a datagram, refused before the decoder sees what it cannot bear.
fn decode(payload: &[u8]) -> Result<Message, Silence> {
    let malformed = |what: &str| Silence::Malformed(what.to_owned());
    let header = payload
        .get(..HEADER_BYTES)
        .ok_or_else(|| malformed("shorter than a DHCP header"))?;
    if header[236..] != MAGIC_COOKIE {
        return Err(malformed("no DHCP magic cookie"));
    }
    // The decoder trusts hlen when it is asked for the hardware address.
    if header[1..3] != [1, 6] {
        return Err(malformed("hardware type and length are not Ethernet's"));
    }
    let payload = with_read_options(payload)?;
    let message = Message::decode(&mut Decoder::new(&payload))
        .map_err(|error| Silence::Malformed(error.to_string()))?;
    if message.opcode() != Opcode::BootRequest {
        return Err(malformed("a reply where a request should be"));
    }
    Ok(message)
}

/// The header and of the options (RFC 2132) only those that are read here, each of its right length:
/// the decoder trusts the lengths of many others.
fn with_read_options(payload: &[u8]) -> Result<Vec<u8>, Silence> {
    let (header, mut rest) = payload.split_at(HEADER_BYTES);
    let mut kept = header.to_vec();
    while let [code, after @ ..] = rest {
        let code = *code;
        if code == END {
            break;
        }
        if code == PAD {
            rest = after;
            continue;
        }
        let body = after.split_first().and_then(|(length, after)| {
            let (body, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            Some(body)
        });
        let body = body.ok_or_else(|| Silence::Malformed(format!("option {code} is cut short")))?;
        let wanted = match OptionCode::from(code) {
            OptionCode::MessageType => 1..=1,
            OptionCode::RequestedIpAddress | OptionCode::ServerIdentifier => 4..=4,
            OptionCode::MaxMessageSize => 2..=2,
            OptionCode::ParameterRequestList => 1..=255,
            _ => continue,
        };
        if !wanted.contains(&body.len()) {
            let length = body.len();
            return Err(Silence::Malformed(format!(
                "option {code} has {length} bytes"
            )));
        }
        kept.extend([code, u8::try_from(body.len()).unwrap_or(u8::MAX)]);
        kept.extend(body);
    }
    kept.push(END);
    Ok(kept)
}

fn check_client(request: &Message, port: &Port) -> Result<(), Silence> {
    let mut client = Mac([0; 6]);
    client.0.copy_from_slice(request.chaddr());
    if client != port.mac_address {
        let port = port.mac_address;
        return Err(Silence::OtherClient { client, port });
    }
    match request.giaddr() {
        Ipv4Addr::UNSPECIFIED => Ok(()),
        relay => Err(Silence::Relayed(relay)),
    }
}

fn lease<'a>(fixed: &api::FixedIp, model: &'a Model, network: &'a Network) -> Option<Lease<'a>> {
    let std::net::IpAddr::V4(address) = fixed.ip_address else {
        return None;
    };
    let subnet = model.subnet(fixed.subnet_id)?;
    subnet.enable_dhcp.then_some(Lease {
        address,
        subnet,
        network,
    })
}

/// The address that the client asks for: option 50, or its own when it renews (RFC 2131 section 4.3.2).
fn requested_address(request: &Message) -> Option<Ipv4Addr> {
    match request.opts().get(OptionCode::RequestedIpAddress) {
        Some(DhcpOption::RequestedIpAddress(address)) => Some(*address),
        _ => (!request.ciaddr().is_unspecified()).then(|| request.ciaddr()),
    }
}

fn check_server(request: &Message, leases: &[Lease<'_>]) -> Result<(), Silence> {
    match request.opts().get(OptionCode::ServerIdentifier) {
        Some(DhcpOption::ServerIdentifier(server))
            if leases.iter().all(|lease| lease.server() != *server) =>
        {
            Err(Silence::OtherServer(*server))
        }
        _ => Ok(()),
    }
}

fn grant(
    request: &Message,
    kind: MessageType,
    lease: &Lease<'_>,
    port: &Port,
    settings: &Settings,
) -> Message {
    let mut options = Options::of_lease(lease, port, settings);
    options.lease_times(settings.lease_seconds);
    let mut reply = reply_to(request, kind, lease.server());
    reply.set_yiaddr(lease.address);
    fill(&mut reply, request, &options);
    reply
}

/// Configuration without a lease (RFC 2131 section 4.3.5).
fn inform(request: &Message, lease: &Lease<'_>, port: &Port, settings: &Settings) -> Message {
    let options = Options::of_lease(lease, port, settings);
    let mut reply = reply_to(request, MessageType::Ack, lease.server());
    fill(&mut reply, request, &options);
    reply
}

fn refuse(request: &Message, lease: &Lease<'_>) -> Message {
    let mut reply = reply_to(request, MessageType::Nak, lease.server());
    reply.set_ciaddr(Ipv4Addr::UNSPECIFIED);
    reply.opts_mut().insert(DhcpOption::Message(
        "this address is not the port's".to_owned(),
    ));
    reply
}

fn reply_to(request: &Message, kind: MessageType, server: Ipv4Addr) -> Message {
    let mut reply = Message::default();
    reply
        .set_opcode(Opcode::BootReply)
        .set_xid(request.xid())
        .set_flags(request.flags())
        .set_ciaddr(request.ciaddr())
        .set_chaddr(request.chaddr());
    reply.opts_mut().insert(DhcpOption::MessageType(kind));
    reply
        .opts_mut()
        .insert(DhcpOption::ServerIdentifier(server));
    reply
}

/// Puts into the reply what the client asked for and then the rest, as far as its buffer reaches.
fn fill(reply: &mut Message, request: &Message, options: &Options) {
    let wanted: Vec<u8> = match request.opts().get(OptionCode::ParameterRequestList) {
        Some(DhcpOption::ParameterRequestList(codes)) => {
            codes.iter().map(|code| u8::from(*code)).collect()
        }
        _ => Vec::new(),
    };
    let room = match request.opts().get(OptionCode::MaxMessageSize) {
        Some(DhcpOption::MaxMessageSize(bytes)) => *bytes,
        _ => 0,
    };
    if let Some(next_server) = options.next_server() {
        reply.set_siaddr(next_server);
    }
    if let Some(file) = options.boot_file() {
        reply.set_fname(file);
    }
    for (code, data) in options.chosen(&wanted, room) {
        let option = UnknownOption::new(OptionCode::from(code), data.to_vec());
        reply.opts_mut().insert(DhcpOption::Unknown(option));
    }
}

/// Where the answer goes (RFC 2131 section 4.1): to the client's address where it has one, else to
/// the offered one, or to everybody when it asked for that or is refused.
fn envelope(
    request: &Message,
    reply: &Message,
    server: Ipv4Addr,
    client: Mac,
) -> Result<Vec<u8>, Silence> {
    let refused = reply.opts().msg_type() == Some(MessageType::Nak);
    let everybody = (Mac([0xff; 6]), Ipv4Addr::BROADCAST);
    let (target_mac, target) = if refused {
        everybody
    } else if !request.ciaddr().is_unspecified() {
        (client, request.ciaddr())
    } else if request.flags().broadcast() {
        everybody
    } else {
        (client, reply.yiaddr())
    };
    let mut payload = Vec::with_capacity(576);
    reply
        .encode(&mut Encoder::new(&mut payload))
        .map_err(|error| Silence::Malformed(error.to_string()))?;
    // BOOTP messages are never shorter than 300 bytes, and some clients insist (RFC 1542 section 2.1).
    payload.resize(payload.len().max(300), 0);
    let datagram = UdpDatagram {
        source_mac: SERVER_MAC,
        target_mac,
        source: server,
        target,
        source_port: SERVER_PORT,
        target_port: CLIENT_PORT,
        payload: &payload,
    };
    Ok(datagram.to_frame()?)
}
