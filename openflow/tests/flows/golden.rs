//! Golden bytes, both ways: what a real `ovs-ofctl` sends and prints for a text must be what this
//! crate sends and prints for it, and reads from it. `golden/record.py` made the files.

use std::fmt::Debug;

use openflow::codec::{Reader, Writer};
use openflow::text::parse_flow;
use openflow::{DecodeError, EncodeError, FlowMod, FlowStats, GroupMod, Instruction, MeterMod};

/// One text with what `ovs-ofctl` made of it.
struct Case<'a> {
    text: &'a str,
    bytes: Vec<u8>,
    shown: String,
}

/// The cases of a file; where nothing shows them, they are shown as nothing.
fn cases(file: &str) -> Vec<Case<'_>> {
    let of = |line: Option<&'_ str>, key: &str| line.unwrap().strip_prefix(key).unwrap().to_owned();
    let mut lines = file.lines();
    let mut cases = Vec::new();
    while let Some(line) = lines.next() {
        let Some(text) = line.strip_prefix("text ") else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
            continue;
        };
        let bytes = bytes_of(of(lines.next(), "hex  ").trim());
        let shown = lines
            .clone()
            .next()
            .and_then(|line| line.strip_prefix("show "));
        lines
            .by_ref()
            .take(usize::from(shown.is_some()))
            .for_each(drop);
        let shown = shown.unwrap_or_default().replace("\\n", "\n");
        cases.push(Case { text, bytes, shown });
    }
    assert!(!cases.is_empty());
    cases
}

pub fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

pub fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wrong with each case, all at once.
#[derive(Default)]
struct Offences(String);

impl Offences {
    fn same<T: PartialEq + Debug>(&mut self, text: &str, what: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.0 += &format!("\n{text}\n  {what}\n  ours:   {ours:?}\n  theirs: {theirs:?}\n");
        }
    }
}

impl Drop for Offences {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "{}", self.0);
    }
}

fn encoded(encode: impl Fn(&mut Writer<'_>) -> Result<(), EncodeError>) -> String {
    let mut bytes = Vec::new();
    encode(&mut Writer::new(&mut bytes)).unwrap();
    hex_of(&bytes)
}

fn decoded<T>(bytes: &[u8], decode: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>) -> T {
    let mut reader = Reader::new("golden", bytes);
    let value = decode(&mut reader).unwrap();
    reader.finish().unwrap();
    value
}

/// Texts that `ovs-ofctl` sends in more words than are needed: a mask where all bits that there are
/// count, and `load` in place of a masked `set_field`. The meaning must be the same, not the bytes.
const WORDY: [&str; 4] = [
    "tcp_flags=fin",
    "ct_state=new|trk",
    "tun_flags",
    "ipv6_label=0x12345",
];

#[test]
fn flows() {
    let mut offences = Offences::default();
    for Case { text, bytes, shown } in cases(include_str!("../golden/flows.txt")) {
        let parsed: FlowMod = text.parse().unwrap();
        let theirs = decoded(&bytes, FlowMod::decode);
        let is_load = shown.contains("load:") && !text.contains("load:");
        if !is_load {
            offences.same(text, "the flow read from the bytes", &theirs, &parsed);
        }
        if !is_load && !WORDY.iter().any(|wordy| text.contains(wordy)) {
            let ours = encoded(|w| parsed.encode(w));
            offences.same(text, "the bytes of the text", ours, hex_of(&bytes));
        }
        let stats = FlowStats {
            key: theirs.key.clone(),
            entry: theirs.entry.clone(),
            duration_seconds: 0,
            duration_nanoseconds: 0,
            packets: 0,
            bytes: 0,
        };
        offences.same(
            text,
            "the text of the flow",
            stats.to_string(),
            shown.clone(),
        );
        let (key, entry) = parse_flow(&shown).unwrap();
        offences.same(text, "the flow read from what is shown", key, theirs.key);
        offences.same(
            text,
            "the flow read from what is shown",
            entry,
            theirs.entry,
        );
    }
}

#[test]
fn groups() {
    let mut offences = Offences::default();
    for Case { text, bytes, shown } in cases(include_str!("../golden/groups.txt")) {
        let parsed: GroupMod = text.parse().unwrap();
        let theirs = decoded(&bytes, GroupMod::decode);
        offences.same(
            text,
            "the bytes of the text",
            encoded(|w| parsed.encode(w)),
            hex_of(&bytes),
        );
        offences.same(text, "the group read from the bytes", &theirs, &parsed);
        offences.same(
            text,
            "the text of the group",
            theirs.group.to_string(),
            shown.clone(),
        );
        offences.same(
            text,
            "the group read from what is shown",
            shown.parse().unwrap(),
            theirs.group,
        );
    }
}

#[test]
fn meters() {
    let mut offences = Offences::default();
    for Case { text, bytes, shown } in cases(include_str!("../golden/meters.txt")) {
        let parsed: MeterMod = text.parse().unwrap();
        let theirs = decoded(&bytes, MeterMod::decode);
        offences.same(
            text,
            "the bytes of the text",
            encoded(|w| parsed.encode(w)),
            hex_of(&bytes),
        );
        offences.same(text, "the meter read from the bytes", &theirs, &parsed);
        offences.same(
            text,
            "the text of the meter",
            theirs.meter.to_string(),
            shown.clone(),
        );
        offences.same(
            text,
            "the meter read from what is shown",
            shown.parse().unwrap(),
            theirs.meter,
        );
    }
}

#[test]
fn flows_of_os_ken() {
    let mut offences = Offences::default();
    for Case { text, bytes, .. } in cases(include_str!("../golden/os-ken.txt")) {
        let parsed: FlowMod = text.parse().unwrap();
        let theirs = decoded(&bytes, FlowMod::decode);
        offences.same(
            text,
            "the key read from the bytes",
            &theirs.key,
            &parsed.key,
        );
        offences.same(
            text,
            "the entry read from the bytes",
            &theirs.entry,
            &parsed.entry,
        );
        // It orders fields in another way, so only what follows the match is compared.
        let ours = encoded(|w| Instruction::encode_list(&parsed.entry.instructions, w));
        let theirs = hex_of(&bytes);
        let theirs = &theirs[theirs.len().saturating_sub(ours.len())..];
        offences.same(text, "the bytes of the instructions", ours.as_str(), theirs);
    }
}
