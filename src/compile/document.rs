//! The pipeline in words: `docs/pipeline.md`, printed from the declarations so that it cannot differ
//! from them.

use std::fmt::Write as _;

use super::cookie::{FEATURES, OWNER};
use super::group::{DIVISIBLE_KEYS, GROUP_KINDS, GroupName, Place};
use super::parts::RECEIVERS_MAX;
use super::pipeline::{Miss, Row, TABLES, Table};
use super::priority::BANDS;
use super::punt::{BURST_PACKETS, PUNTS, RATE_PACKETS_PER_SECOND, VERSION};
use super::register::REGISTERS;

const INTRODUCTION: &str = "\
# The pipeline

Printed from the declarations in `src/compile` by `cargo test --test compile`; `UPDATE=1` writes it
anew. What each feature does and why is told at the head of its file there.

All flows are in one bridge, `br-int`, in fail mode `secure`. There is no NORMAL, no learning of MAC
addresses, no local VLANs, and no flow for a network in a stage that has nothing to say about it: it
passes by the table's miss. All forwarding is there before the first packet; without any controller,
instances keep talking.

";

const WAY: &str = "\
## The way of a packet

```text
 instance ─► classify ─► port_security ─► neighbour_guard ─► services ─► switching ─┬► output ─► instance
                 │       (skipped where port security is off)   │  ▲         │      │
 tunnel ─────────┤                                   neighbour ◄┘  │         │      └► wire ─► tunnel ─► node
 provider ───────┤                                   (asked) ─► answer ─► output       └► provider bridge
                 └──────────────────────────────────────────────────────────┘
```

- What an instance of this node sends is checked, then answered by the network itself if it is a
  question that the network can answer, then switched.
- What comes from a tunnel or a provider bridge is switched at once, to ports of this node only:
  nothing goes round.
- Nothing but the network's segmentation id travels in a tunnel. The node at the other end finds the
  port by network and MAC address.

";

/// The whole document.
pub fn document() -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str(WAY);
    tables(&mut text);
    metadata_and_registers(&mut text);
    bands(&mut text);
    cookies(&mut text);
    groups(&mut text);
    punts(&mut text);
    costs(&mut text);
    text
}

/// Lines of a table: its head, then its rows.
fn table(text: &mut String, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
}

fn tables(text: &mut String) {
    text.push_str("## Tables\n\n");
    text.push_str(
        "Numbers leave room for later tables of the same stage. A `goto` leads forward only, a call\n\
         (`resubmit`) too; both only where the row says.\n\n",
    );
    let row = |row: &Row| {
        let features = row.features.iter().map(|feature| feature.name());
        vec![
            row.number.to_string(),
            row.name.to_owned(),
            format!("{:?}", row.stage),
            row.about.trim().to_owned(),
            names(row.next),
            names(row.calls),
            miss(row.miss),
            features.collect::<Vec<_>>().join(", "),
        ]
    };
    let head = [
        "no.", "table", "stage", "what for", "goto", "calls", "miss", "features",
    ];
    table(text, &head, TABLES.iter().map(row));
}

fn names(tables: &[Table]) -> String {
    let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
    names.join(", ")
}

fn miss(miss: Miss) -> String {
    match miss {
        Miss::Drop => "drop".to_owned(),
        Miss::Goto(table) => table.name().to_owned(),
    }
}

fn metadata_and_registers(text: &mut String) {
    text.push_str("## Metadata and registers\n\n");
    text.push_str("The lower 32 bits of the metadata are the key of the packet's network.\n\n");
    let rows = REGISTERS.iter().map(|(name, place, about)| {
        let place = format!("reg{}[{}..{}]", place.register(), place.low(), place.high());
        vec![(*name).to_owned(), place, about.trim().to_owned()]
    });
    table(text, &["name", "place", "what it says"], rows);
}

fn bands(text: &mut String) {
    text.push_str("## Priorities\n\n");
    let rows = BANDS.iter().rev().map(|(band, name, about)| {
        vec![
            band.number().to_string(),
            (*name).to_owned(),
            about.trim().to_owned(),
        ]
    });
    table(text, &["priority", "band", "for"], rows);
}

fn cookies(text: &mut String) {
    text.push_str("## Cookies\n\n");
    let _ = writeln!(
        text,
        "From the highest bit: 16 bits owner ({OWNER:#06x}), 8 bits feature, 8 bits kind of object (0 \
         nothing,\n1 network, 2 port, 3 node), 32 bits the object's key. Flows of other owners are never \
         touched.\n"
    );
    let rows = FEATURES.iter().map(|(feature, name, about)| {
        vec![
            (*feature as u8).to_string(),
            (*name).to_owned(),
            about.trim().to_owned(),
        ]
    });
    table(text, &["no.", "feature", "what it does"], rows);
}

fn groups(text: &mut String) {
    text.push_str("## Groups\n\n");
    text.push_str(LISTS);
    let rows = GROUP_KINDS.iter().map(|(kind, name, about)| {
        let first = GroupName {
            kind: *kind,
            network: 0,
            place: Place::List,
        };
        vec![
            format!("{:#010x}", first.id()),
            (*name).to_owned(),
            about.trim().to_owned(),
        ]
    });
    table(text, &["from", "kind", "members"], rows);
    let _ = writeln!(
        text,
        "A list of more than {RECEIVERS_MAX} is cut into parts by its members' keys, two at first, up to \
         128. The list's\ngroup then leads to an entry for each part, of type `select` with one bucket, and \
         that to the part, of\ntype `all`. For a select group Open vSwitch asks the datapath for the \
         packet's hash, and begins anew\nwith the answer: so 4,096 look-ups and 64 KiB of actions are \
         there for each part, not for all of them.\nOne member more or less changes one part.\n\n\
         Their numbers are, from the highest bit: 1, 2 bits kind (counted from 0), 1 bit part (not entry), \
         8 bits\nwhich part, 20 bits the network's key. Lists of networks whose key is {DIVISIBLE_KEYS:#x} \
         or more stay whole.\n"
    );
}

const LISTS: &str = "\
A list is a group of type `all`. The number is the kind in the highest 8 bits and the network's key in the
others. A group without members is not made, and no flow names it.

";

fn punts(text: &mut String) {
    text.push_str("## Packets for the controller\n\n");
    let _ = writeln!(
        text,
        "The userdata is version ({VERSION}) and responder. Each passes the meter of its port, whose number \
         is the\nport's OpenFlow number: {RATE_PACKETS_PER_SECOND} packets a second, {BURST_PACKETS} at once.\n"
    );
    let rows = PUNTS.iter().map(|(punt, name, about)| {
        vec![
            (*punt as u8).to_string(),
            (*name).to_owned(),
            about.trim().to_owned(),
        ]
    });
    table(text, &["no.", "responder", "what it does"], rows);
}

fn costs(text: &mut String) {
    text.push_str(COSTS);
}

const COSTS: &str = "\
## What it costs

| object | flows on a node |
|---|---|
| a port of the node | 3 (classify, switching, output), 2 and a meter per IPv4 address, 1 per IPv6 address, 1 where its network has DHCP |
| its port security | 4 per MAC address, 2 per IPv4 sender, 4 per IPv6 sender, link-local ones too |
| a port of another node, on a network that the node has | 1, and 1 per fixed IP |
| a network that the node has | 2 (in and out), up to 4 and 4 groups for frames to many, 2 more groups per 128 or so receivers beyond the first 128, 1 for a DHCP server without address |
| another node | 1 per encapsulation |
| any other object | 0 |
";
