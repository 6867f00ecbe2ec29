//! What only tests do to an Open vSwitch: packets, insight, death.

use crate::sandbox::Sandbox;

impl Sandbox {
    /// `ovs-appctl` on the switch; what it printed.
    pub fn appctl(&self, arguments: &[&str]) -> String {
        let socket = self.path().join("ovs-vswitchd.ctl");
        let all: Vec<&str> = ["-t", socket.to_str().unwrap()]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        self.succeed("ovs-appctl", &all)
    }

    /// A UDP packet comes in by a port of the bridge.
    pub fn receive(&self, port: &str) {
        let packet = "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),\
                      eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,\
                      frag=no),udp(src=8,dst=7)";
        self.appctl(&["netdev-dummy/receive", port, packet]);
    }

    /// Kills the switch and leaves the database.
    pub fn kill_switch(&mut self) {
        self.switch.kill().unwrap();
        self.switch.wait().unwrap();
    }
}
