//! Roles, bundles, and what a switch refuses beside them.

use openflow::bundle::{BundleAdd, BundleControl, BundleControlType, BundleFlags};
use openflow::message::Message;
use openflow::packet_io::PacketOut;
use openflow::peer_error::{BadRequest, OnfError, PeerError, RoleRequestFailed};
use openflow::role::{Role, RoleRequest};
use openflow::testing::{ConnectionId, Switch};
use openflow::{Action, FlowMod};

use crate::frames::udp;
use crate::switch;

fn flow(text: &str) -> Message {
    Message::FlowMod(text.parse::<FlowMod>().unwrap())
}

/// The errors among answers, with their transaction ids.
fn errors(answers: Vec<(u32, Message)>) -> Vec<(u32, PeerError)> {
    let error = |(xid, message)| match message {
        Message::Error(error) => Some((xid, error.error)),
        _ => None,
    };
    answers.into_iter().filter_map(error).collect()
}

fn control(
    switch: &mut Switch,
    connection: ConnectionId,
    xid: u32,
    kind: BundleControlType,
) -> Vec<(u32, Message)> {
    let (bundle_id, flags) = (9, BundleFlags::ALL);
    let control = BundleControl {
        bundle_id,
        kind,
        flags,
    };
    switch.handle(connection, xid, Message::BundleControl(control))
}

/// Puts flows in a bundle and commits it, with transaction ids from 10 on.
fn bundle(
    switch: &mut Switch,
    connection: ConnectionId,
    messages: Vec<Message>,
) -> Vec<(u32, Message)> {
    control(switch, connection, 1, BundleControlType::OPEN_REQUEST);
    for (xid, message) in (10..).zip(messages) {
        let (bundle_id, flags) = (9, BundleFlags::ALL);
        let message = Box::new(message);
        let add = BundleAdd {
            bundle_id,
            flags,
            message,
        };
        assert!(
            switch
                .handle(connection, xid, Message::BundleAdd(add))
                .is_empty()
        );
    }
    control(switch, connection, 2, BundleControlType::CLOSE_REQUEST);
    control(switch, connection, 3, BundleControlType::COMMIT_REQUEST)
}

#[test]
fn a_bundle_is_all_or_nothing() {
    let mut switch = switch(&["group_id=1,type=all"], &["table=1,ip actions=output:1"]);
    let before = switch.flows().clone();
    let connection = switch.connect();
    let messages = vec![
        flow("add table=2,arp actions=output:1"),
        flow("delete table=1"),
        flow("add table=2,arp actions=output:3"),
        Message::GroupMod("add group_id=2,type=all".parse().unwrap()),
        flow("add table=2,ip actions=group:77"),
        flow("add table=3,ip actions=output:1"),
    ];
    let told = errors(bundle(&mut switch, connection, messages));
    assert_eq!(
        told[0].0, 14,
        "the one that failed is named by its transaction id"
    );
    assert_eq!(told[1], (3, PeerError::Onf(OnfError::BundleMessageFailed)));
    assert_eq!(*switch.flows(), before);
    assert_eq!(switch.groups().count(), 1);
    let good = vec![
        Message::GroupMod("add group_id=77,type=all".parse().unwrap()),
        flow("add table=2,ip actions=group:77"),
        flow("delete table=1"),
    ];
    assert!(errors(bundle(&mut switch, connection, good)).is_empty());
    assert_eq!(switch.flows().len(), 1);
}

#[test]
fn bundles_have_their_order() {
    let mut switch = switch(&[], &[]);
    let connection = switch.connect();
    let mut told = |kind| errors(control(&mut switch, connection, 5, kind));
    let onf = |code| vec![(5, PeerError::Onf(code))];
    assert_eq!(
        told(BundleControlType::COMMIT_REQUEST),
        onf(OnfError::BundleBadId)
    );
    assert_eq!(told(BundleControlType::OPEN_REQUEST), []);
    assert_eq!(
        told(BundleControlType::OPEN_REQUEST),
        onf(OnfError::BundleExists)
    );
    assert_eq!(told(BundleControlType::CLOSE_REQUEST), []);
    assert_eq!(
        told(BundleControlType::CLOSE_REQUEST),
        onf(OnfError::BundleClosed)
    );
    let (bundle_id, flags) = (9, BundleFlags::ALL);
    let late = BundleAdd {
        bundle_id,
        flags,
        message: Box::new(flow("add actions=drop")),
    };
    let late = errors(switch.handle(connection, 5, Message::BundleAdd(late)));
    assert_eq!(late, onf(OnfError::BundleClosed));
    let mut told = |kind| errors(control(&mut switch, connection, 5, kind));
    assert_eq!(told(BundleControlType::DISCARD_REQUEST), []);
    assert_eq!(
        told(BundleControlType::COMMIT_REQUEST),
        onf(OnfError::BundleBadId)
    );
}

#[test]
fn one_controller_is_primary() {
    let mut switch = switch(&[], &[]);
    let (one, other) = (switch.connect(), switch.connect());
    let mut ask = |connection, role, generation_id| {
        let request = Message::RoleRequest(RoleRequest {
            role,
            generation_id,
        });
        match switch.handle(connection, 1, request).remove(0).1 {
            Message::RoleReply(reply) => Ok(reply.role),
            Message::Error(error) => Err(error.error),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask(one, Role::PRIMARY, 5), Ok(Role::PRIMARY));
    assert_eq!(ask(other, Role::PRIMARY, 6), Ok(Role::PRIMARY));
    assert_eq!(ask(one, Role::NO_CHANGE, 0), Ok(Role::SECONDARY));
    let stale = PeerError::RoleRequestFailed(RoleRequestFailed::Stale);
    assert_eq!(ask(one, Role::PRIMARY, 5), Err(stale));
    let refused = errors(switch.handle(one, 7, flow("add actions=drop")));
    let secondary = PeerError::BadRequest(BadRequest::IsSecondary);
    assert_eq!(refused, [(7, secondary)]);
    assert!(switch.handle(other, 7, flow("add actions=drop")).is_empty());
}

#[test]
fn packets_of_the_controller_go_where_it_says() {
    let mut switch = switch(&[], &["in_port=2 actions=output:3"]);
    let connection = switch.connect();
    let mut send = |actions: &str| {
        let packet = PacketOut {
            buffer_id: None,
            in_port: 2,
            actions: openflow::text::parse_actions(actions).unwrap(),
            packet: udp(1, 2),
        };
        let told = errors(switch.handle(connection, 1, Message::PacketOut(packet)));
        let ports: Vec<u32> = switch
            .take_sent()
            .iter()
            .map(|output| output.port)
            .collect();
        (ports, told.len())
    };
    assert_eq!(send("output:1,output:4"), (vec![1, 4], 0));
    assert_eq!(send("TABLE"), (vec![3], 0));
    assert_eq!(send("group:7"), (vec![], 1));
}

#[test]
fn flows_that_go_say_so() {
    let mut switch = switch(
        &[],
        &["cookie=7,send_flow_rem,ip actions=drop", "arp actions=drop"],
    );
    let connection = switch.connect();
    switch.add_flow("delete").unwrap();
    let events = switch.take_events(connection);
    let [Message::FlowRemoved(removed)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(removed.cookie, 7);
    assert_eq!(removed.key.matching.to_string(), "ip");
}

#[test]
fn a_conjunction_stands_alone() {
    let mut switch = switch(&[], &["ip actions=conjunction(1,1/2),conjunction(2,2/2)"]);
    assert!(
        switch
            .add_flow("ip actions=conjunction(1,1/2),output:1")
            .is_err()
    );
    let nested = Action::Conjunction {
        id: 1,
        clause: 2,
        clauses: 2,
    };
    assert_eq!(nested.to_string(), "conjunction(1,3/2)");
}
