//! Flow mods to bytes and back: what one core does of them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use openflow::codec::{Reader, Writer};
use openflow::{Action, Field, FlowEntry, FlowKey, FlowMod, Instruction, Match};

/// Messages that are written behind one another before the buffer is used anew.
const BATCH: usize = 1000;

/// The usual flow: five fields, three actions, a goto.
fn typical(number: u32) -> FlowMod {
    let matching = Match::new()
        .with(Field::InPort, u128::from(number))
        .with(Field::EthDst, 0xfa16_3e00_0000 | u128::from(number))
        .with(Field::EthType, 0x0800)
        .with_masked(Field::Ipv4Dst, 0x0a00_0000, 0xffff_ff00)
        .with_masked(Field::Metadata, 7, 0xff_ffff);
    let key = FlowKey {
        table: 8,
        priority: 100,
        matching,
    };
    let actions = vec![
        Action::set(Field::Reg1, u128::from(number)),
        Action::set(Field::EthSrc, 0xfa16_3e00_0001),
        Action::output(number),
    ];
    let entry = FlowEntry {
        cookie: u64::from(number),
        instructions: vec![
            Instruction::ApplyActions(actions),
            Instruction::GotoTable(9),
        ],
        ..FlowEntry::default()
    };
    FlowMod::add(key, entry)
}

/// A flow with what the pipeline has of everything: masked registers, connection tracking, moves.
fn wide(number: u32) -> FlowMod {
    let text = format!(
        "add cookie={number}, table=5, priority=200,ct_state=+est-rel-inv+trk,ct_zone=7,ct_mark=0/0x1,tcp6,\
         reg0=0x3/0xf,metadata=0x7/0xffffff,in_port={number},dl_dst=fa:16:3e:00:00:01,ipv6_src=2001:db8::/64,\
         tp_dst=443 actions=set_field:0x1/0xf->reg0,move:NXM_NX_REG1[]->NXM_NX_REG2[],\
         ct(commit,table=6,zone=NXM_NX_REG5[0..15],exec(set_field:0x1->ct_mark)),resubmit(,9),goto_table:6"
    );
    text.parse().unwrap_or_else(|_| typical(number))
}

fn encode(mods: &[FlowMod], buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    let mut failed = 0;
    for flow in mods {
        failed += usize::from(flow.encode(&mut Writer::new(buffer)).is_err());
    }
    buffer.len() + failed
}

fn codec(c: &mut Criterion) {
    for (name, make) in [("typical", typical as fn(u32) -> FlowMod), ("wide", wide)] {
        let mods: Vec<FlowMod> = (1..=BATCH as u32).map(make).collect();
        let mut group = c.benchmark_group(format!("flow_mod/{name}"));
        group.throughput(Throughput::Elements(BATCH as u64));
        let mut buffer = Vec::new();
        group.bench_function("encode", |b| {
            b.iter(|| encode(black_box(&mods), black_box(&mut buffer)));
        });
        let bytes: Vec<Vec<u8>> = mods
            .iter()
            .map(|flow| {
                let mut bytes = Vec::new();
                encode(std::slice::from_ref(flow), &mut bytes);
                bytes
            })
            .collect();
        group.bench_function("decode", |b| {
            b.iter(|| {
                let read = bytes.iter().map(|bytes| {
                    let flow = FlowMod::decode(&mut Reader::new("flow mod", black_box(bytes)));
                    flow.is_ok_and(|flow| flow.key.priority > 0)
                });
                read.filter(|ok| *ok).count()
            });
        });
        group.bench_function("print", |b| {
            b.iter(|| {
                mods.iter()
                    .map(|flow| flow.to_string().len())
                    .sum::<usize>()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
