//! The tables of the pipeline, declared as data.
//!
//! A row says what a table is for, where its packets may go next, which tables it may call
//! (`resubmit` and come back), which features put flows in it, and what becomes of a packet that no
//! flow matches. A `goto` or a call that does not lead forward, numbers or stages out of order, and
//! a miss that leads where the row does not allow, do not compile. That the flows keep to their
//! rows is a law that the tests hold over random clouds.
//!
//! To add a table: pick a number inside its stage's span (the gaps are for later tables), give it a
//! row at its place in the order, and name it in the rows that lead to it. `docs/pipeline.md` is
//! printed from here.

use super::cookie::Feature;

/// The parts of the way through the bridge, in order. A stage without a table of its own is passed
/// by: [`Stage::entry`] is then the first table after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Which network and which port a packet comes from. Tables 0 to 9.
    Classification,
    /// Whether an instance may send as who it says it is. Tables 10 to 19.
    PortSecurity,
    /// What instances may send: connection state and security groups. Tables 20 to 29.
    EgressRules,
    /// What the network answers itself. Tables 30 to 39.
    Services,
    /// Between networks. Tables 40 to 49.
    Routing,
    /// Addresses translated. Tables 50 to 59.
    Translation,
    /// Within a network: where to. Tables 60 to 69.
    Switching,
    /// What instances may receive. Tables 70 to 79.
    IngressRules,
    /// Out of the bridge. Tables 90 to 99.
    Output,
}

/// What becomes of a packet that no flow of a table matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It is dropped. Costs no flow: a table of OpenFlow 1.3 drops what it does not know.
    Drop,
    /// It goes on to this table.
    Goto(Table),
}

/// One table.
#[derive(Debug)]
pub struct Row {
    /// Which.
    pub table: Table,
    /// Its number in the switch, 0 to 253.
    pub number: u8,
    /// Its name for people.
    pub name: &'static str,
    /// The stage it belongs to.
    pub stage: Stage,
    /// Where its packets may go.
    pub next: &'static [Table],
    /// Tables it may `resubmit` to, by itself or in a group's buckets.
    pub calls: &'static [Table],
    /// Whose flows may be in it.
    pub features: &'static [Feature],
    /// What becomes of packets that match nothing.
    pub miss: Miss,
    /// What it is for.
    pub about: &'static str,
}

macro_rules! tables {
    ($( $(#[doc = $doc:literal])+
        $Table:ident = $number:literal $name:literal in $stage:ident
        goto [$($next:ident),*] calls [$($call:ident),*] by [$($feature:ident),+] miss $miss:expr; )+) => {
        /// A table of the pipeline.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Table { $( $(#[doc = $doc])+ $Table = $number, )+ }

        /// All tables, in the order packets pass them.
        pub const TABLES: &[Row] = &[ $( Row {
            table: Table::$Table,
            number: $number,
            name: $name,
            stage: Stage::$stage,
            next: &[$(Table::$next),*],
            calls: &[$(Table::$call),*],
            features: &[$(Feature::$feature),+],
            miss: $miss,
            about: concat!($($doc),+),
        } ),+ ];

        impl Table {
            /// What is declared about it.
            pub const fn row(self) -> &'static Row {
                const INDEX: [usize; 256] = {
                    let mut index = [0; 256];
                    let mut at = 0;
                    while at < TABLES.len() {
                        index[TABLES[at].number as usize] = at;
                        at += 1;
                    }
                    index
                };
                &TABLES[INDEX[self as u8 as usize]]
            }
        }
    };
}

tables! {
    /// Names the packet: the network it is in, where it came from, and the port that sent it.
    Classify = 0 "classify" in Classification
        goto [PortSecurity, Services, Switching] calls []
        by [Classification, Provider, Tunnel] miss Miss::Drop;

    /// Source addresses a port may use: MAC and IP, ARP's too. Nobody may serve DHCP from here.
    PortSecurity = 10 "port_security" in PortSecurity
        goto [NeighbourGuard, Services] calls []
        by [PortSecurity] miss Miss::Drop;

    /// IPv6 neighbour discovery of a port: whom it may claim to be, and no router advertisements.
    NeighbourGuard = 12 "neighbour_guard" in PortSecurity
        goto [Services] calls []
        by [PortSecurity] miss Miss::Goto(Table::Services);

    /// Questions that the network answers: ARP and neighbour solicitations, DHCP.
    Services = 30 "services" in Services
        goto [Answer, Switching] calls [Neighbour]
        by [Arp, NeighbourDiscovery, Dhcp] miss Miss::Goto(Table::Switching);

    /// Turns a question whose answer is known into the answer, back to who asked.
    Answer = 32 "answer" in Services
        goto [Advertise, Switching, Output] calls []
        by [Arp, NeighbourDiscovery] miss Miss::Goto(Table::Switching);

    /// Fills in what only an advertisement has, once the solicitation has become one.
    Advertise = 34 "advertise" in Services
        goto [Output] calls []
        by [NeighbourDiscovery] miss Miss::Drop;

    /// Who has an address: (network, next hop) to MAC. Called, and returns.
    Neighbour = 48 "neighbour" in Routing
        goto [] calls []
        by [Arp, NeighbourDiscovery, Dhcp] miss Miss::Drop;

    /// Where a frame goes: (network, MAC) to a port here or a node elsewhere; else to those who may
    /// know, or to all.
    Switching = 60 "switching" in Switching
        goto [Output, Wire] calls [Output, Wire]
        by [Switching, Flooding] miss Miss::Drop;

    /// Out of the port that the frame is for.
    Output = 90 "output" in Output
        goto [] calls []
        by [Delivery] miss Miss::Drop;

    /// How frames of a network leave the node: tagged, untagged or in a tunnel.
    Wire = 92 "wire" in Output
        goto [Tunnel] calls []
        by [Provider, Tunnel] miss Miss::Drop;

    /// The way to another node in an encapsulation.
    Tunnel = 94 "tunnel" in Output
        goto [] calls []
        by [Tunnel] miss Miss::Drop;
}

impl Table {
    /// Its number in the switch.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The table that has this number.
    pub fn by_number(number: u8) -> Option<Table> {
        TABLES
            .iter()
            .find(|row| row.number == number)
            .map(|row| row.table)
    }
}

impl Stage {
    /// The first table of this stage or, if it has none, of those after it.
    pub const fn entry(self) -> Table {
        let mut at = 0;
        while at < TABLES.len() {
            if TABLES[at].stage as u8 >= self as u8 {
                return TABLES[at].table;
            }
            at += 1;
        }
        Table::Output
    }

    /// The first table number of its span.
    pub const fn first_number(self) -> u8 {
        match self {
            Stage::Output => 90,
            other => other as u8 * 10,
        }
    }
}

const fn contains(tables: &[Table], table: Table) -> bool {
    let mut at = 0;
    while at < tables.len() {
        if tables[at] as u8 == table as u8 {
            return true;
        }
        at += 1;
    }
    false
}

const fn all_after(tables: &[Table], table: Table) -> bool {
    let mut at = 0;
    while at < tables.len() {
        if tables[at] as u8 <= table as u8 {
            return false;
        }
        at += 1;
    }
    true
}

const _: () = {
    let mut at = 0;
    while at < TABLES.len() {
        let row = &TABLES[at];
        assert!(
            row.number < 254,
            "Open vSwitch shows 254 tables to controllers"
        );
        let first = row.stage.first_number();
        assert!(
            row.number >= first && row.number < first + 10,
            "a table's number lies outside its stage's span"
        );
        assert!(
            at == 0 || TABLES[at - 1].number < row.number,
            "tables must be declared in the order of their numbers"
        );
        assert!(all_after(row.next, row.table), "a goto must lead forward");
        assert!(all_after(row.calls, row.table), "a call must lead forward");
        if let Miss::Goto(next) = row.miss {
            assert!(
                contains(row.next, next),
                "a miss leads to a table that the row does not name"
            );
        }
        at += 1;
    }
};
