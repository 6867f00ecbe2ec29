#!/usr/bin/env python3
"""Makes os-ken.txt: what os-ken (from the Python registry) writes for flows, beside their text.

    ./record_os_ken.py > os-ken.txt
"""

import importlib.metadata

from os_ken.ofproto import ofproto_protocol, ofproto_v1_3, ofproto_v1_3_parser as parser

DP = ofproto_protocol.ProtocolDesc(ofproto_v1_3.OFP_VERSION)
Match = parser.OFPMatch


def apply(*actions):
    return [parser.OFPInstructionActions(ofproto_v1_3.OFPIT_APPLY_ACTIONS, list(actions))]


def flow(text, match=None, instructions=(), **more):
    message = parser.OFPFlowMod(DP, match=match or Match(), instructions=list(instructions), **more)
    message.set_xid(0)
    message.serialize()
    print(f"text {text}\nhex  {bytes(message.buf[8:]).hex()}")


print(f"# os-ken {importlib.metadata.version('os-ken')}: the body of the flow mod that it writes for each text.")
print("# Made by record_os_ken.py.")
flow(
    "add cookie=0x7, table=3, idle_timeout=5, hard_timeout=9, send_flow_rem priority=100,tcp,in_port=4,nw_dst=10.0.0.0/8,tp_dst=80 actions=output:6",
    Match(in_port=4, eth_type=0x800, ip_proto=6, ipv4_dst=("10.0.0.0", "255.0.0.0"), tcp_dst=80),
    apply(parser.OFPActionOutput(6, 0)),
    cookie=7, table_id=3, idle_timeout=5, hard_timeout=9, priority=100, flags=1,
)
flow(
    "add table=0, arp,arp_spa=10.0.0.1,arp_op=1 actions=set_field:2->arp_op,set_field:00:11:22:33:44:55->arp_sha,IN_PORT",
    Match(eth_type=0x806, arp_op=1, arp_spa="10.0.0.1"),
    apply(
        parser.OFPActionSetField(arp_op=2),
        parser.OFPActionSetField(arp_sha="00:11:22:33:44:55"),
        parser.OFPActionOutput(ofproto_v1_3.OFPP_IN_PORT, 0),
    ),
)
flow(
    "add table=0, icmp6,icmp_type=135,nd_target=2001:db8::1 actions=drop",
    Match(eth_type=0x86DD, ip_proto=58, icmpv6_type=135, ipv6_nd_target="2001:db8::1"),
)
flow(
    "add table=0, dl_vlan=100 actions=pop_vlan,group:7",
    Match(vlan_vid=0x1064),
    apply(parser.OFPActionPopVlan(), parser.OFPActionGroup(7)),
)
flow(
    "add table=0, tun_id=0x5,tun_src=1.2.3.4,metadata=0x7/0xff actions=push_vlan:0x8100,set_field:4196->vlan_vid,output:1",
    Match(metadata=(7, 0xFF), tunnel_id=5, tun_ipv4_src="1.2.3.4"),
    apply(
        parser.OFPActionPushVlan(0x8100),
        parser.OFPActionSetField(vlan_vid=0x1064),
        parser.OFPActionOutput(1, 0),
    ),
)
flow(
    "add table=0, reg0=0x5,ct_state=+est+trk actions=meter:9,resubmit(,4),goto_table:8",
    Match(reg0=5, ct_state=(0x22, 0x22)),
    [
        parser.OFPInstructionMeter(9),
        *apply(parser.NXActionResubmitTable(table_id=4)),
        parser.OFPInstructionGotoTable(8),
    ],
)
flow(
    "add table=0, ip actions=ct(commit,table=3,zone=NXM_NX_REG0[0..15],nat(src=10.0.0.1-10.0.0.9:1000-2000))",
    Match(eth_type=0x800),
    apply(
        parser.NXActionCT(
            flags=1, zone_src="reg0", zone_ofs_nbits=15, recirc_table=3, alg=0,
            actions=[
                parser.NXActionNAT(
                    flags=1, range_ipv4_min="10.0.0.1", range_ipv4_max="10.0.0.9",
                    range_proto_min=1000, range_proto_max=2000,
                )
            ],
        )
    ),
)
flow(
    "add table=0, actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],load:0x5->NXM_NX_REG0[0..3],conjunction(5,1/2)",
    None,
    apply(
        parser.NXActionRegMove(src_field="eth_src_nxm", dst_field="eth_dst_nxm", n_bits=48),
        parser.NXActionRegLoad(3, "reg0", 5),
        parser.NXActionConjunction(0, 2, 5),
    ),
)
flow(
    "add table=0, actions=learn(table=2,idle_timeout=60,priority=100,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
    None,
    apply(
        parser.NXActionLearn(
            table_id=2, idle_timeout=60, priority=100,
            specs=[
                parser.NXFlowSpecMatch(src=("eth_src_nxm", 0), dst=("eth_dst_nxm", 0), n_bits=48),
                parser.NXFlowSpecOutput(src=("in_port_nxm", 0), dst="", n_bits=16),
            ],
        )
    ),
)
flow(
    "add table=0, actions=controller(reason=invalid_ttl,max_len=128,id=5),ct_clear,exit,pop_queue",
    None,
    apply(
        parser.NXActionController(128, 5, 2),
        parser.NXActionCTClear(),
        parser.NXActionExit(),
        parser.NXActionPopQueue(),
    ),
)
flow(
    "add table=0, actions=push:NXM_NX_REG0[],pop:NXM_NX_REG1[],output:NXM_NX_REG2[0..15],note:01.02.03.04.05.06",
    None,
    apply(
        parser.NXActionStackPush("reg0", 0, 32),
        parser.NXActionStackPop("reg1", 0, 32),
        parser.NXActionOutputReg(ofs_nbits=15, src="reg2", max_len=65535),
        parser.NXActionNote([1, 2, 3, 4, 5, 6]),
    ),
)
