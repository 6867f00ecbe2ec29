//! OVSDB: RFC 7047 and the `monitor_cond_since` dialect of Open vSwitch.
//!
//! The layers, each over the ones before it:
//!
//! | module | what it knows |
//! |---|---|
//! | [`notation`] | atoms, sets, maps and their JSON |
//! | [`schema`] | tables and columns, and which values a column takes |
//! | [`operation`], [`transaction`] | what can be asked to change, and what came of it |
//! | [`update`], [`replica`] | what a monitor tells, and the tables in memory |
//! | [`rpc`], [`session`] | messages in a byte stream; a session without I/O |
//! | [`handle`], [`monitor`] | what a program holds: [`Session`], [`Monitor`] |
//! | [`connection`] | sockets: [`connect`], [`Listener`] |
//! | [`vswitch`] | the `Open_vSwitch` database: typed rows and edits |
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ovsdb::vswitch::{self, Bridge, Edit, Interface, Values};
//!
//! let target = "unix:/var/run/openvswitch/db.sock".parse()?;
//! let session = ovsdb::connect(&target, None, &ovsdb::Settings::default()).await?;
//! let schema = session.schema(vswitch::DATABASE).await?;
//! let selection = vswitch::check(&schema)?;
//! let mut monitor = session.monitor(&schema, &selection, None).await?;
//!
//! let step = monitor.next().await?;
//! let mut edit = Edit::new(&step.replica)?;
//! let secure = Values::new().set(Bridge::FAIL_MODE, "secure".to_owned());
//! let bridge = edit.bridge("br-int", &secure)?;
//! let vxlan = Values::new()
//!     .set(Interface::KIND, "vxlan")
//!     .key(Interface::OPTIONS, "remote_ip", "flow");
//! edit.port(&bridge, "vxlan0", &Values::new(), &vxlan)?;
//! if let Some(commit) = vswitch::commit(&session, edit).await? {
//!     vswitch::carried_out(&monitor.view(), commit.next_cfg).await?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod cache;
pub mod connection;
mod driver;
pub mod error;
pub mod handle;
pub mod monitor;
pub mod notation;
pub mod operation;
pub mod replica;
pub mod rpc;
pub mod schema;
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;
pub mod update;
pub mod vswitch;

pub use cache::SchemaCache;
pub use connection::{ListenOptions, ListenTarget, Listener, Settings, Target, connect};
pub use error::{
    ApplyError, CloseReason, DecodeError, ErrorKind, FrameError, PeerError, RequestError,
    SchemaError, TransactError, TypeError,
};
pub use handle::{Peer, Session};
pub use monitor::{Monitor, Step, View};
pub use notation::{Atom, Datum, Map, NamedUuid, Set, Uuid};
pub use operation::{Columns, Condition, Mutation, Operation};
pub use replica::{Layout, Replica, Row, RowChange};
pub use schema::Schema;
pub use session::Options;
pub use transaction::{OpResult, Outcome, Transaction};
pub use update::{Selection, Update};
