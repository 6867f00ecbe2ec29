//! OpenFlow 1.3 with the extensions of Open vSwitch.
