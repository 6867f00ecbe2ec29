//! OFPT_SET_CONFIG and OFPT_GET_CONFIG_REPLY (OpenFlow 1.3.5 §7.3.2).

use crate::DecodeError;
use crate::codec::{Reader, Writer};

/// The two lowest bits of the flags say what happens to fragments.
const FRAGMENT_BITS: u16 = 3;

/// Settings of a whole switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchConfig {
    /// What happens to IP fragments.
    pub fragments: FragmentHandling,
    /// How many bytes of a packet that no flow matched go to the controller; 0xffff: all.
    pub miss_send_len: u16,
}

/// OFPC_FRAG_*: what happens to IP fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FragmentHandling {
    /// They match like packets without ports.
    Normal,
    /// They are dropped.
    Drop,
    /// They are reassembled.
    Reassemble,
    /// First fragments match with their ports, later ones without (an extension of Open vSwitch).
    NiciraMatch,
}

impl SwitchConfig {
    pub(crate) fn encode(self, w: &mut Writer<'_>) {
        w.u16(match self.fragments {
            FragmentHandling::Normal => 0,
            FragmentHandling::Drop => 1,
            FragmentHandling::Reassemble => 2,
            FragmentHandling::NiciraMatch => 3,
        });
        w.u16(self.miss_send_len);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let fragments = match r.u16()? & FRAGMENT_BITS {
            0 => FragmentHandling::Normal,
            1 => FragmentHandling::Drop,
            2 => FragmentHandling::Reassemble,
            _ => FragmentHandling::NiciraMatch,
        };
        Ok(SwitchConfig {
            fragments,
            miss_send_len: r.u16()?,
        })
    }
}
