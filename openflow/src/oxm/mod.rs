//! Fields and matches: OXM (OpenFlow 1.3.5 §7.2.3) with the fields of Nicira's NXM and of other
//! experimenters that Open vSwitch knows.

mod field;
mod matching;
mod needs;
mod subfield;
mod wire;

pub use field::Field;
pub(crate) use field::{CLASS_EXPERIMENTER, Code, Format};
pub use matching::{Entry, Foreign, Match};
pub use needs::{MatchError, Needs};
pub use subfield::Subfield;
pub(crate) use wire::{read_header, read_value, write_header, write_value};
