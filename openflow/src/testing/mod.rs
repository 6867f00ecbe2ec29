//! An in-memory switch, for tests of whatever speaks to one.
//!
//! [`Switch`] takes the messages that Open vSwitch takes, refuses what the specification or Open
//! vSwitch refuses with the same error, answers dumps, and traces a packet through its tables
//! ([`Switch::trace`]): what matched, what was done, what comes out where. [`serve`] lets it speak
//! over a stream, with faults on demand ([`Shared::fail`]). Nothing in it knows the time or makes a random choice.
//!
//! Left out, and told in the trace where met: MPLS and PBB headers, NORMAL, samples, timeouts, the
//! rates of meters, fragments put together, and application helpers of the connection tracker.
//!
//! ```
//! use openflow::testing::{Packet, Switch};
//! let mut switch = Switch::new(1);
//! for port in [1, 2] {
//!     switch.add_port(port, &format!("port{port}"));
//! }
//! switch.add_flow("in_port=1 actions=set_field:0x5->reg0,resubmit(,9)").unwrap();
//! switch.add_flow("table=9,reg0=0x5 actions=output:2").unwrap();
//! let trace = switch.trace(Packet::new(1, vec![0; 60]));
//! assert_eq!(trace.output_ports(), [2]);
//! ```

mod answers;
mod change;
mod check;
mod checksum;
mod conntrack;
mod control;
mod fault;
mod flow_table;
mod groups;
mod headers;
mod packet;
mod server;
mod switch;
mod trace;

pub use fault::Effect;
pub use flow_table::{Flow, FlowTable};
pub use packet::{Packet, Tunnel};
pub use server::{Shared, serve};
pub use switch::{ConnectionId, Switch};
pub use trace::{Output, Step, Trace};
