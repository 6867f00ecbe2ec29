//! Bundles on a real switch: all of a hundred thousand flows, or none.

use openflow::message::Message;
use openflow::multipart::{FlowQuery, MultipartReplyBody, MultipartRequest};
use openflow::peer_error::BadAction;
use openflow::session::BundleError;
use openflow::{
    Action, Field, FlowEntry, FlowKey, FlowMod, GroupMod, Instruction, Match, PeerError,
};

use crate::sandbox::Sandbox;
use crate::{add, connect};

const FLOWS: u32 = 100_000;

/// One of many flows: no two are the same.
fn nth(n: u32, cookie: u64, port: u32) -> Message {
    let matching = Match::new()
        .with(Field::EthType, 0x0800)
        .with(Field::Ipv4Dst, (10 << 24 | n).into())
        .with(Field::Reg0, (n % 7).into());
    let key = FlowKey {
        table: 10,
        priority: 100,
        matching,
    };
    let actions = vec![Action::set(Field::Reg1, n.into()), Action::output(port)];
    let instructions = vec![Instruction::ApplyActions(actions)];
    let entry = FlowEntry {
        cookie,
        instructions,
        ..FlowEntry::default()
    };
    Message::FlowMod(FlowMod::add(key, entry))
}

async fn count(connection: &openflow::connection::Connection, query: FlowQuery) -> u32 {
    match connection
        .multipart(MultipartRequest::Aggregate(query))
        .await
        .unwrap()
    {
        MultipartReplyBody::Aggregate(sum) => sum.flows,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hundred_thousand_flows_or_none() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    let flows = (0..FLOWS).map(|n| nth(n, 1, 1)).collect();
    connection.bundle(flows).await.unwrap();
    assert_eq!(
        count(&connection, FlowQuery::all().with_cookie(1, 1)).await,
        FLOWS
    );
    assert_eq!(
        connection.flows(FlowQuery::all()).await.unwrap().len(),
        FLOWS as usize
    );
    // One flow of the next lot sends to a group that is not there.
    for index in [70_000, 99_999] {
        let mut flows: Vec<Message> = (0..FLOWS).map(|n| nth(n, 2, 2)).collect();
        flows[index] = add("table=11,actions=group:99");
        let error = PeerError::BadAction(BadAction::BadOutGroup);
        let refused = BundleError::Message { index, error };
        assert_eq!(connection.bundle(flows).await, Err(refused));
        assert_eq!(
            count(&connection, FlowQuery::all().with_cookie(2, 2)).await,
            0
        );
    }
    let delete = FlowMod::delete(Some(10), Match::new()).with_cookie(1, u64::MAX);
    connection
        .bundle(vec![Message::FlowMod(delete)])
        .await
        .unwrap();
    assert_eq!(count(&connection, FlowQuery::all()).await, 0);
}

#[tokio::test]
async fn groups_stand_before_the_flows_that_use_them() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    let group = "group_id=5,type=all,bucket=output:1,bucket=output:2"
        .parse()
        .unwrap();
    let group = Message::GroupMod(GroupMod::add(group));
    let flow = add("table=0,in_port=1,actions=group:5");
    let error = PeerError::BadAction(BadAction::BadOutGroup);
    let refused = connection.bundle(vec![flow.clone(), group.clone()]).await;
    assert_eq!(refused, Err(BundleError::Message { index: 0, error }));
    assert_eq!(
        connection.groups().await.unwrap(),
        [],
        "nothing of it was done"
    );
    connection.bundle(vec![group, flow]).await.unwrap();
    assert_eq!(connection.groups().await.unwrap().len(), 1);
    assert_eq!(count(&connection, FlowQuery::all()).await, 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_named_too() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let (connection, _events) = connect(&sandbox).await;
    // A match whose prerequisite is missing: refused when it is added, not when it is applied.
    let matching = Match::new().with(Field::Ipv4Dst, 5);
    let key = FlowKey {
        table: 0,
        priority: 1,
        matching,
    };
    let bad = Message::FlowMod(FlowMod::add(key, FlowEntry::default()));
    let messages = vec![
        add("in_port=1,actions=drop"),
        bad,
        add("in_port=2,actions=drop"),
    ];
    let refused = connection.bundle(messages).await;
    let Err(BundleError::Message {
        index: 1,
        error: PeerError::BadMatch(_),
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(count(&connection, FlowQuery::all()).await, 0);
    let (first, second) = tokio::join!(
        connection.bundle(vec![add("in_port=1,actions=drop")]),
        connection.bundle(vec![add("in_port=2,actions=drop")]),
    );
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(count(&connection, FlowQuery::all()).await, 2);
}
