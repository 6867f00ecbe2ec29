//! How fast a real Open vSwitch takes flows from a session of ours, beside `ovs-ofctl --bundle`.
//!
//! `cargo run --release -p weft-openflow --example install_flows [FLOWS] [ROUNDS]` starts an Open
//! vSwitch of its own (dummy datapath) and installs the same flows in turn both ways, each time into
//! empty tables. Times are from the first byte to the answer to the commit; for `ovs-ofctl` they
//! include starting it and its reading of the text.
#![allow(clippy::unwrap_used)]

#[path = "../tests/ovs/sandbox.rs"]
mod sandbox;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use openflow::connection::{Config, Connection, dial};
use openflow::message::Message;
use openflow::multipart::{FlowQuery, MultipartReplyBody, MultipartRequest};
use openflow::text::parse_flow;
use openflow::{FlowMod, Match};
use sandbox::Sandbox;

/// Flows as the controller makes them: port security, switching and ARP answers, of many networks.
fn flows(count: u32) -> Vec<String> {
    (0..count)
        .map(|n| {
            let mac = format!(
                "fa:16:3e:{:02x}:{:02x}:{:02x}",
                n >> 16,
                n >> 8 & 0xff,
                n & 0xff
            );
            let ip = format!("10.{}.{}.{}", n >> 16, n >> 8 & 0xff, n & 0xff);
            let network = n / 50;
            match n % 3 {
                0 => format!(
                    "table=5,priority=100,cookie={n:#x},ip,reg1={n:#x},dl_src={mac},nw_src={ip},\
                     actions=goto_table:10"
                ),
                1 => format!(
                    "table=20,priority=100,cookie={n:#x},metadata={network:#x},dl_dst={mac},\
                     actions=set_field:{n:#x}->reg2,set_field:{network:#x}->tun_id,goto_table:30"
                ),
                _ => format!(
                    "table=15,priority=100,cookie={n:#x},arp,metadata={network:#x},arp_tpa={ip},\
                     arp_op=1,actions=move:eth_src->eth_dst,set_field:{mac}->eth_src,\
                     set_field:2->arp_op,move:arp_sha->arp_tha,set_field:{mac}->arp_sha,\
                     move:arp_spa->arp_tpa,set_field:{ip}->arp_spa,in_port"
                ),
            }
        })
        .collect()
}

async fn installed(connection: &Connection) -> u32 {
    let request = MultipartRequest::Aggregate(FlowQuery::all());
    match connection.multipart(request).await.unwrap() {
        MultipartReplyBody::Aggregate(sum) => sum.flows,
        other => panic!("{other:?}"),
    }
}

async fn clear(connection: &Connection) {
    let all = FlowMod::delete(None, Match::new());
    connection.request(Message::FlowMod(all)).await.unwrap();
    // The switch takes deleted flows apart in the background.
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let (count, rounds) = (number(100_000), number(5));
    let sandbox = Sandbox::start().expect("Open vSwitch is needed here");
    let mut config = Config::default();
    config.session.dead_after = Duration::from_secs(120);
    let (connection, _events) = dial(&sandbox.target(), None, config).await.unwrap();
    let texts = flows(count);
    let messages: Vec<Message> = texts
        .iter()
        .map(|text| parse_flow(text).unwrap())
        .map(|(key, entry)| Message::FlowMod(FlowMod::add(key, entry)))
        .collect();
    let file = sandbox.path().join("flows.txt");
    let lines = texts.iter().fold(String::new(), |mut all, text| {
        writeln!(all, "add {text}").unwrap();
        all
    });
    std::fs::write(&file, lines).unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    println!("round  weft session  ovs-ofctl --bundle");
    for round in 1..=rounds {
        clear(&connection).await;
        let lot = messages.clone();
        let begun = Instant::now();
        connection.bundle(lot).await.unwrap();
        ours.push(begun.elapsed());
        assert_eq!(installed(&connection).await, count);
        clear(&connection).await;
        let begun = Instant::now();
        sandbox.ofctl(&["--bundle"], "add-flows", &[file.to_str().unwrap()]);
        theirs.push(begun.elapsed());
        assert_eq!(installed(&connection).await, count);
        let (our, their) = (ours.last().unwrap(), theirs.last().unwrap());
        println!(
            "{round:>5}  {:>9.3} s  {:>9.3} s",
            our.as_secs_f64(),
            their.as_secs_f64()
        );
    }
    let rate = |times| f64::from(count) / median(times).as_secs_f64();
    let (ours, theirs) = (rate(ours), rate(theirs));
    let percent = 100.0 * ours / theirs;
    println!("{count} flows, median of {rounds}: {ours:.0}/s and {theirs:.0}/s, {percent:.0} %");
    let encoded = encode(&messages);
    println!(
        "encoding alone: {:.1} million flow mods a second",
        encoded / 1e6
    );
}

/// Flow mods a second that one core writes down.
fn encode(messages: &[Message]) -> f64 {
    let mut bytes = Vec::with_capacity(1 << 20);
    let (mut done, begun) = (0usize, Instant::now());
    while begun.elapsed() < Duration::from_secs(1) {
        for message in messages.iter().take(10_000) {
            if bytes.len() > 1 << 19 {
                bytes.clear();
            }
            message.encode(1, &mut bytes).unwrap();
            done += 1;
        }
    }
    done as f64 / begun.elapsed().as_secs_f64()
}
