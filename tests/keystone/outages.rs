//! Keystone goes away and comes back.

use std::time::{Duration, Instant};

use crate::double::Double;
use crate::keystone::{Keystone, project};
use crate::{come, door, unauthorized, unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn a_keystone_that_stops_and_starts_again() {
    let mut keystone = Keystone::start();
    let door = door(&keystone.url, "http_request_max_retries = 1");
    let known = keystone
        .login("member", "default", project("demo", "default"))
        .await;
    let new = keystone
        .login("reader", "default", project("demo", "default"))
        .await;
    let before = come(&door, &known).await.unwrap();
    keystone.stop();
    unavailable(come(&door, &new).await);
    unavailable(come(&door, "wrong").await);
    assert_eq!(come(&door, &known).await.unwrap(), before);
    keystone.start_again();
    let late = Instant::now() + Duration::from_secs(10);
    while let Err(refused) = come(&door, &new).await {
        assert!(Instant::now() < late, "{refused:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    unauthorized(come(&door, "wrong").await);
}

#[tokio::test]
async fn weft_starts_before_keystone_does() {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let door = door(&format!("http://{address}"), "http_request_max_retries = 0");
    unavailable(come(&door, "t").await);
    let _keystone = Double::at(&address.to_string()).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    come(&door, "t").await.unwrap();
}

#[tokio::test]
async fn while_nobody_is_there_nobody_waits_long() {
    // A backlog that is never taken from: connections are made and nothing is said.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let door = door(&url, "http_connect_timeout = 1");
    unavailable(come(&door, "first").await);
    let began = Instant::now();
    for number in 0..50 {
        unavailable(come(&door, &format!("t{number}")).await);
    }
    // A second each, if each had to find out for itself.
    assert!(began.elapsed() < Duration::from_secs(20));
}
