//! Packets through the tables.

use openflow::Field;
use openflow::number::ports;
use openflow::packet_io::PacketInReason;
use openflow::testing::{Packet, Step, Tunnel};
use openflow::text::{Resolver, Text};

use crate::frames::{arp_request, checksum_is_right, mac, tcp, udp};
use crate::switch;

#[test]
fn a_responder_in_flows_answers() {
    let mut switch = switch(
        &[],
        &["arp,arp_op=1,arp_tpa=10.0.0.2 actions=set_field:2->arp_op,\
           move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_TPA[]->NXM_NX_REG0[],\
           move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],move:NXM_NX_REG0[]->NXM_OF_ARP_SPA[],\
           set_field:fa:16:3e:00:00:02->arp_sha,move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],\
           set_field:fa:16:3e:00:00:02->eth_src,IN_PORT"],
    );
    let trace = switch.trace(Packet::new(3, arp_request()));
    assert_eq!(trace.output_ports(), [3]);
    let answer = &trace.outputs[0].bytes;
    assert_eq!(answer[..6], mac(1));
    assert_eq!(answer[6..12], mac(2));
    assert_eq!(answer[20..22], [0, 2]);
    assert_eq!(answer[22..28], mac(2));
    assert_eq!(answer[28..32], [10, 0, 0, 2]);
    assert_eq!(answer[32..38], mac(1));
    assert_eq!(answer[38..42], [10, 0, 0, 1]);
}

#[test]
fn the_trace_tells_the_way() {
    struct Names;
    impl Resolver for Names {
        fn table(&self, table: u8) -> Option<String> {
            Some(
                ["classify", "switching"]
                    .get(usize::from(table))?
                    .to_string(),
            )
        }
        fn port(&self, port: u32) -> Option<String> {
            Some(format!("tap{port}"))
        }
    }
    let mut switch = switch(
        &[],
        &[
            "cookie=0x7,table=0,priority=10,in_port=1 actions=set_field:0x5->reg0,goto_table:1",
            "table=1,reg0=0x5,ip actions=output:2",
        ],
    );
    let trace = switch.trace(Packet::new(1, udp(1, 2)));
    let told = " 0. classify: priority 10, in_port=tap1, cookie 0x7\n\
                \x20   set_field:0x5->reg0\n \
                1. switching: priority 32768, ip,reg0=0x5, cookie 0x0\n\
                \x20   output:tap2\n\
                => 2 tap2 60 bytes\n";
    assert_eq!(trace.named(&Names).to_string(), told);
    let miss = switch.trace(Packet::new(1, arp_request()));
    assert!(miss.is_dropped());
    assert_eq!(miss.steps.last(), Some(&Step::Miss { depth: 0, table: 1 }));
    assert!(
        miss.to_string()
            .ends_with(" 1. no match: drop\n=> dropped\n")
    );
}

#[test]
fn packets_are_counted() {
    let mut switch = switch(&[], &["cookie=5,ip actions=output:2"]);
    for _ in 0..3 {
        switch.trace(Packet::new(1, udp(1, 2)));
    }
    switch.trace(Packet::new(1, arp_request()));
    let (_, flow) = switch.flows().iter().next().unwrap();
    assert_eq!((flow.packets, flow.bytes), (3, 180));
    // Replaced, it goes on counting, unless it is asked to begin anew.
    switch.add_flow("cookie=6,ip actions=output:3").unwrap();
    assert_eq!(switch.flows().iter().next().unwrap().1.packets, 3);
    switch.add_flow("reset_counts,ip actions=output:3").unwrap();
    assert_eq!(switch.flows().iter().next().unwrap().1.packets, 0);
}

#[test]
fn ports_that_mean_something() {
    let mut switch = switch(
        &[],
        &[
            "in_port=1 actions=ALL",
            "in_port=2 actions=output:2",
            "in_port=3 actions=output:9",
            "in_port=4 actions=set_field:0->in_port,output:4,LOCAL",
        ],
    );
    switch.add_port(ports::LOCAL, "br-int");
    let mut from = |port| switch.trace(Packet::new(port, udp(1, 2)));
    assert_eq!(from(1).output_ports(), [2, 3, 4]);
    assert!(from(2).is_dropped(), "not back where it came from");
    let nowhere = from(3);
    assert_eq!(nowhere.notes().collect::<Vec<_>>(), ["there is no port 9"]);
    assert_eq!(from(4).output_ports(), [4, ports::LOCAL]);
}

#[test]
fn tags_are_pushed_and_popped() {
    let mut switch = switch(
        &[],
        &[
            "in_port=1 actions=push_vlan:0x8100,set_field:4196->vlan_vid,set_field:3->vlan_pcp,output:2",
            "in_port=2,dl_vlan=100 actions=pop_vlan,output:1",
        ],
    );
    let plain = udp(1, 2);
    let tagged = switch
        .trace(Packet::new(1, plain.clone()))
        .outputs
        .remove(0)
        .bytes;
    assert_eq!(tagged[12..16], [0x81, 0, 0x60, 0x64]);
    assert_eq!(tagged.len(), plain.len() + 4);
    let back = switch.trace(Packet::new(2, tagged)).outputs.remove(0).bytes;
    assert_eq!(back, plain);
}

#[test]
fn written_headers_keep_their_checksums() {
    let mut switch = switch(
        &[],
        &["tcp actions=set_field:192.0.2.9->ip_dst,set_field:8080->tcp_dst,dec_ttl,output:2"],
    );
    let sent = switch
        .trace(Packet::new(1, tcp((1, 1000), (2, 80), 2)))
        .outputs
        .remove(0)
        .bytes;
    assert!(checksum_is_right(&sent));
    assert_eq!((sent[22], &sent[30..34]), (63, &[192, 0, 2, 9][..]));
    // The segment's checksum, with the pseudo-header, sums up to nothing.
    let pseudo = 6 + 20;
    let words = sent[26..54]
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum::<u32>() + pseudo;
    assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
}

#[test]
fn a_packet_whose_time_is_over_is_told_of() {
    let mut switch = switch(&[], &["ip actions=mod_nw_ttl:1,dec_ttl,output:2"]);
    let trace = switch.trace(Packet::new(1, udp(1, 2)));
    assert!(trace.outputs.is_empty());
    assert_eq!(trace.packet_ins[0].reason, PacketInReason::INVALID_TTL);
}

#[test]
fn tunnels_are_fields() {
    let mut switch = switch(
        &[],
        &[
            "in_port=1,tun_id=0x5,tun_src=192.0.2.1 actions=set_field:0x6->tun_id,\
             set_field:192.0.2.2->tun_dst,output:2",
        ],
    );
    let tunnel = Tunnel {
        id: 5,
        source: Some([192, 0, 2, 1].into()),
        ..Tunnel::default()
    };
    let trace = switch.trace(Packet::new(1, udp(1, 2)).by_tunnel(tunnel));
    assert_eq!(trace.outputs[0].tunnel.id, 6);
    assert_eq!(
        trace.outputs[0].tunnel.destination,
        Some([192, 0, 2, 2].into())
    );
    assert!(switch.trace(Packet::new(1, udp(1, 2))).is_dropped());
}

#[test]
fn a_circle_ends() {
    let mut switch = switch(
        &[],
        &[
            "table=0 actions=resubmit(,1)",
            "table=1 actions=resubmit(,0)",
        ],
    );
    let trace = switch.trace(Packet::new(1, udp(1, 2)));
    assert!(trace.notes().any(|note| note.contains("too many look-ups")));
    assert!(trace.is_dropped());
}

#[test]
fn the_action_set_comes_last_and_in_order() {
    let mut switch = switch(
        &[],
        &[
            "table=0 actions=write_actions(output:2,set_field:00:00:00:00:00:07->eth_dst),goto_table:1",
            "table=1 actions=output:3,write_actions(output:4)",
        ],
    );
    let trace = switch.trace(Packet::new(1, udp(1, 2)));
    assert_eq!(trace.output_ports(), [3, 4]);
    assert_eq!(trace.outputs[0].bytes[..6], mac(2));
    assert_eq!(trace.outputs[1].bytes[..6], [0, 0, 0, 0, 0, 7]);
}

#[test]
fn connections_are_known_in_their_zone() {
    let mut switch = switch(
        &[],
        &[
            "table=0,ip actions=ct(table=1,zone=7)",
            "table=1,priority=2,ct_state=+est+trk,ip actions=output:3",
            "table=1,priority=1,ct_state=+new+trk,tcp,nw_src=10.0.0.1 \
             actions=ct(commit,zone=7,exec(set_field:0x9->ct_mark)),output:2",
        ],
    );
    let mut pass = |packet| switch.trace(Packet::new(1, packet)).output_ports();
    let (there, back) = (tcp((1, 1000), (2, 80), 2), tcp((2, 80), (1, 1000), 0x12));
    assert!(pass(back.clone()).is_empty(), "new, and not from 10.0.0.1");
    assert_eq!(pass(there.clone()), [2]);
    assert_eq!(pass(there), [3]);
    assert_eq!(pass(back.clone()), [3]);
    assert!(pass(tcp((2, 81), (1, 1000), 0x12)).is_empty());
    assert_eq!(switch.connections_tracked(), 1);
    let trace = switch.trace(Packet::new(1, back));
    assert!(trace.to_string().contains("ct_state=+est+trk"));
}

#[test]
fn addresses_are_translated_both_ways() {
    let mut switch = switch(
        &[],
        &[
            "table=0,priority=2,tcp,nw_src=10.0.0.1 actions=ct(commit,table=1,nat(src=10.0.0.9:5000))",
            "table=0,priority=1,ip actions=ct(table=1,nat)",
            "table=1 actions=output:2",
        ],
    );
    let out = switch
        .trace(Packet::new(1, tcp((1, 1000), (2, 80), 2)))
        .outputs
        .remove(0)
        .bytes;
    assert_eq!(
        (&out[26..30], &out[34..36]),
        (&[10, 0, 0, 9][..], &5000u16.to_be_bytes()[..])
    );
    assert!(checksum_is_right(&out));
    let back = switch
        .trace(Packet::new(1, tcp((2, 80), (9, 5000), 0x12)))
        .outputs
        .remove(0)
        .bytes;
    assert_eq!(
        (&back[30..34], &back[36..38]),
        (&[10, 0, 0, 1][..], &1000u16.to_be_bytes()[..])
    );
}

#[test]
fn learnt_flows_are_there() {
    let mut switch = switch(
        &[],
        &[
            "table=0 actions=learn(table=5,cookie=0x9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],\
             output:NXM_OF_IN_PORT[]),resubmit(,5)",
        ],
    );
    let trace = switch.trace(Packet::new(3, udp(1, 2)));
    assert_eq!(trace.learnt.len(), 1);
    let mut back = udp(1, 2);
    back[..6].copy_from_slice(&mac(1));
    assert_eq!(switch.trace(Packet::new(1, back)).output_ports(), [3]);
}

#[test]
fn punts_say_what_the_switch_knows() {
    let mut switch = switch(
        &[],
        &["cookie=0xc,in_port=1 actions=set_field:0x11->reg1,controller(userdata=01.02)"],
    );
    let controller = switch.connect();
    let trace = switch.trace(Packet::new(1, udp(68, 67)));
    let packet_in = &trace.packet_ins[0];
    assert_eq!(packet_in.userdata, [1, 2]);
    assert_eq!(packet_in.cookie, Some(0xc));
    assert_eq!(packet_in.metadata.get(Field::Reg1).unwrap().0, 0x11);
    assert_eq!(packet_in.metadata.get(Field::InPort).unwrap().0, 1);
    assert_eq!(switch.take_events(controller).len(), 1);
    assert!(switch.take_events(controller).is_empty());
}

#[test]
fn broken_packets_are_packets() {
    let mut switch = switch(
        &[],
        &[
            "priority=2,udp,tp_dst=67 actions=set_field:1.2.3.4->ip_src,push_vlan:0x8100,output:2",
            "priority=1,icmp6,icmp_type=135,nd_target=::1 actions=output:3",
            "priority=0 actions=push_vlan:0x8100,pop_vlan,set_field:00:00:00:00:00:01->eth_dst,output:4",
        ],
    );
    let whole = udp(68, 67);
    for length in 0..whole.len() {
        switch.trace(Packet::new(1, whole[..length].to_vec()));
    }
    for place in 0..whole.len() {
        for value in [0, 0x0f, 0x45, 0x60, 0xff] {
            let mut broken = whole.clone();
            broken[place] = value;
            switch.trace(Packet::new(1, broken));
        }
    }
}
