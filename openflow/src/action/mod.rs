//! Actions: what is done to packets.

mod bundle;
mod controller;
mod ct;
mod learn;
mod nat;
mod nicira;
mod sample;
mod wire;

pub use bundle::{Bundle, BundleAlgorithm, HashFields, Multipath, MultipathAlgorithm};
pub use controller::Controller;
pub use ct::{Ct, Zone};
pub use learn::{Learn, LearnSource, LearnSpec, LearnTarget};
pub use nat::{Nat, NatAddresses, NatDirection, NatRange};
pub use sample::{Sample, SampleDirection, SampleValue};

use crate::oxm::{Field, Subfield};

/// An action of OpenFlow 1.3 or of Open vSwitch.
///
/// Order in a list is meaning. What this crate does not know is kept as bytes, so that a flow made
/// by another controller can be read and shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Sends the packet out.
    Output {
        /// The port.
        port: u32,
        /// Bytes of it that a controller gets, where the port is [`ports::CONTROLLER`].
        ///
        /// [`ports::CONTROLLER`]: crate::number::ports::CONTROLLER
        max_len: u16,
    },
    /// Sends the first bytes of the packet out.
    OutputTrunc {
        /// The port.
        port: u32,
        /// How many bytes, 14 at least.
        max_len: u32,
    },
    /// Sends the packet out by the port that a field names.
    OutputReg {
        /// Where the port's number is.
        source: Subfield,
        /// Bytes of it that a controller gets.
        max_len: u16,
    },
    /// Sends the packet to a controller, with more to say than [`Action::Output`] can.
    Controller(Box<Controller>),
    /// Gives the packet to a group.
    Group(u32),
    /// Sends it out by one of a list of ports.
    Bundle(Box<Bundle>),
    /// Chooses the queue of outputs that follow.
    SetQueue(u32),
    /// Back to the queue that was set at first.
    PopQueue,
    /// Writes bits of a field (`set_field`).
    SetField {
        /// The field.
        field: Field,
        /// The bits in `mask`; others are 0.
        value: u128,
        /// Which bits: [`Field::full_mask`] for all.
        mask: u128,
    },
    /// Writes up to 64 bits of a field (`load`).
    Load {
        /// Where to.
        target: Subfield,
        /// What.
        value: u64,
    },
    /// Copies bits between fields (`move`).
    Move {
        /// From where.
        source: Subfield,
        /// Where to: as many bits.
        target: Subfield,
    },
    /// Copies bits between fields, as ONF's extension 320 says it (`copy_field`).
    CopyField {
        /// From where.
        source: Subfield,
        /// Where to: as many bits.
        target: Subfield,
    },
    /// Pushes bits of a field on the stack.
    StackPush(Subfield),
    /// Pops bits of a field off the stack.
    StackPop(Subfield),
    /// Takes a field of the tunnel's metadata away.
    DeleteField(Field),
    /// Puts a VLAN tag of this Ethernet type in front.
    PushVlan(u16),
    /// Takes the outermost VLAN tag away.
    PopVlan,
    /// Puts an MPLS header of this Ethernet type in front.
    PushMpls(u16),
    /// Takes an MPLS header away; what is left is of this Ethernet type.
    PopMpls(u16),
    /// Puts a PBB service tag of this Ethernet type in front. Open vSwitch does not know it.
    PushPbb(u16),
    /// Takes a PBB service tag away. Open vSwitch does not know it.
    PopPbb,
    /// Writes the time to live of the outermost MPLS header.
    SetMplsTtl(u8),
    /// Takes one from it.
    DecMplsTtl,
    /// Writes the time to live or hop limit.
    SetNwTtl(u8),
    /// Takes one from it; at 0 the packet goes to the controllers instead.
    DecTtl,
    /// The same, with the controllers named.
    DecTtlIds(Vec<u16>),
    /// Copies the time to live outwards. Open vSwitch does not know it.
    CopyTtlOut,
    /// Copies the time to live inwards. Open vSwitch does not know it.
    CopyTtlIn,
    /// Writes the tunnel key, 32 bits.
    SetTunnel(u32),
    /// Writes the tunnel key, 64 bits.
    SetTunnel64(u64),
    /// Goes through a table, then on with the next action.
    Resubmit {
        /// The port to look up as `in_port`; [`ports::IN_PORT`] for the one it is.
        ///
        /// [`ports::IN_PORT`]: crate::number::ports::IN_PORT
        port: u32,
        /// The table; `None` for this one.
        table: Option<u8>,
        /// Whether to look the connection's original addresses up in place of the packet's.
        ct: bool,
    },
    /// Makes a flow from the packet.
    Learn(Box<Learn>),
    /// This flow is one of the alternatives in one dimension of a conjunction.
    Conjunction {
        /// Which conjunction: what `conj_id` matches when it holds.
        id: u32,
        /// Which dimension, from 0.
        clause: u8,
        /// How many dimensions, 2 to 64.
        clauses: u8,
    },
    /// Writes a choice among links, made by a hash of the packet.
    Multipath(Box<Multipath>),
    /// Gives the packet to the connection tracker.
    Ct(Box<Ct>),
    /// Translates addresses: within [`Action::Ct`] only.
    Nat(Box<Nat>),
    /// Forgets what the connection tracker said.
    CtClear,
    /// Writes one bit: whether the packet is longer than so many bytes.
    CheckPktLarger {
        /// Where to: one bit.
        target: Subfield,
        /// Bytes.
        length: u16,
    },
    /// Does these to a copy.
    Clone(Vec<Action>),
    /// Sends samples to a collector.
    Sample(Box<Sample>),
    /// Shortens the flow's timeouts when a TCP connection ends.
    FinTimeout {
        /// New idle timeout in seconds; 0: leave it.
        idle: u16,
        /// New hard timeout in seconds; 0: leave it.
        hard: u16,
    },
    /// Does nothing; carries bytes for whoever reads the flow.
    Note(Vec<u8>),
    /// Ends the list, and those it was called from.
    Exit,
    /// An action that this crate does not know.
    Unknown {
        /// Its type.
        kind: u16,
        /// What follows the length.
        body: Vec<u8>,
    },
}

impl Action {
    /// Sends the packet out by a port.
    pub fn output(port: u32) -> Self {
        Action::Output { port, max_len: 0 }
    }

    /// Sends so many bytes of the packet to the controllers; 0xffff for all.
    pub fn controller(max_len: u16) -> Self {
        let port = crate::number::ports::CONTROLLER;
        Action::Output { port, max_len }
    }

    /// Writes a whole field. Bits that it does not have are dropped.
    pub fn set(field: Field, value: u128) -> Self {
        Action::set_masked(field, value, field.full_mask())
    }

    /// Writes the bits of `mask`. Bits that the field does not have are dropped. The port a packet
    /// came in by is written in its 16-bit form: Open vSwitch refuses the other.
    pub fn set_masked(field: Field, value: u128, mask: u128) -> Self {
        let field = match field {
            Field::InPort => Field::InPort16,
            field => field,
        };
        let mask = mask & field.full_mask();
        let value = value & mask;
        Action::SetField { field, value, mask }
    }

    /// Bytes for whoever reads the flow, filled up with zeros to a whole action.
    pub fn note(bytes: &[u8]) -> Self {
        let mut note = bytes.to_vec();
        // Ten bytes of header stand before them.
        note.resize((bytes.len() + 10).next_multiple_of(8) - 10, 0);
        Action::Note(note)
    }

    /// Copies a field or a part of one to another of the same width.
    pub fn copy(source: impl Into<Subfield>, target: impl Into<Subfield>) -> Self {
        let (source, target) = (source.into(), target.into());
        Action::Move { source, target }
    }

    /// Writes up to 64 bits of a field. Bits that do not fit are dropped.
    pub fn load(target: impl Into<Subfield>, value: u64) -> Self {
        let target = target.into();
        let value = target.cut(value.into()) as u64;
        Action::Load { target, value }
    }

    /// Goes through a table, then on with the next action.
    pub fn resubmit(table: u8) -> Self {
        Action::Resubmit {
            port: crate::number::ports::IN_PORT,
            table: Some(table),
            ct: false,
        }
    }
}
