//! A thousand connections that say nothing, half a message or nonsense, or stall in the handshake:
//! those that mean it notice nothing, and what is left of the others goes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ovsdb::testing::Server;
use ovsdb::vswitch::DATABASE;
use ovsdb::{ListenOptions, Listener, Options, Session, Settings, Transaction};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{follow, insert_bridge};

/// A thousand, or what the limit on file descriptors leaves room for at both ends.
fn size() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().nth(3)?.parse::<usize>().ok());
    let size = soft.map_or(1000, |soft| 1000.min(soft.saturating_sub(200) / 2));
    if size < 1000 {
        eprintln!("a crowd of {size} only: raise `ulimit -n` to 2200 for a thousand");
    }
    size
}

async fn join_crowd(address: SocketAddr, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text: &[u8] = match number % 4 {
        0 => b"{\"id\":1,\"method\":\"echo\",\"params\":[\"",
        1 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        2 => b"{\"id\":1,\"result\":[],\"error\":null}",
        _ => b"",
    };
    stream.write_all(text).await.unwrap();
    stream
}

/// A switch that dials, as `set-manager` would make it.
async fn dial(server: &Server, address: SocketAddr) {
    let stream = TcpStream::connect(address).await.unwrap();
    let server = server.clone();
    tokio::spawn(async move { server.serve(stream).await });
}

#[tokio::test]
async fn a_thousand_idle_connections_change_nothing() {
    let probe_interval = Some(Duration::from_secs(1));
    let settings = Settings {
        options: Options {
            probe_interval,
            ..Options::default()
        },
        ..Settings::default()
    };
    let target = "ptcp:0:127.0.0.1".parse().unwrap();
    let mut listener = Listener::bind(&target, None, ListenOptions::default(), settings)
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::default();
    dial(&server, address).await;
    let switch = follow(listener.accept().await.unwrap()).await;

    // As the controller does it: each session gets a task that asks who is there.
    let accepting = tokio::spawn(async move {
        let mut served = tokio::task::JoinSet::new();
        let mut known = Vec::new();
        while let Some(session) = listener.accept().await {
            served.spawn(async move { session.list_dbs().await.map(|_| session) });
            while let Some(Ok(Ok(session))) = served.try_join_next() {
                known.push(session);
            }
            if served.len() + known.len() > 100_000 {
                break;
            }
        }
    });
    let mut crowd = Vec::new();
    let mut slowest = Duration::ZERO;
    for number in 0..size() {
        crowd.push(join_crowd(address, number).await);
        if number % 100 == 0 {
            slowest = slowest.max(transact(&switch.session, &format!("br{number}")).await);
        }
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    // All but the switch are gone after two intervals: their ends of the streams are closed.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    for stream in &mut crowd {
        let end = async {
            let mut buffer = [0; 512];
            loop {
                match tokio::io::AsyncReadExt::read(stream, &mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), end)
            .await
            .expect("still open");
    }
    transact(&switch.session, "last").await;
    assert!(
        switch
            .monitor
            .replica()
            .find("Bridge", &[("name", "last".into())])
            .is_some()
    );
    accepting.abort();
}

async fn transact(session: &Session, bridge: &str) -> Duration {
    let begin = Instant::now();
    let mut t = Transaction::new(DATABASE);
    insert_bridge(&mut t, bridge);
    session.transact(t).await.unwrap();
    begin.elapsed()
}

#[tokio::test]
async fn a_full_house_lets_the_next_in_when_one_goes() {
    let options = ListenOptions {
        connections_max: 2,
        ..ListenOptions::default()
    };
    let target = "ptcp:0:127.0.0.1".parse().unwrap();
    let mut listener = Listener::bind(&target, None, options, Settings::default())
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::default();
    for _ in 0..3 {
        dial(&server, address).await;
    }
    let first = listener.accept().await.unwrap();
    let second = listener.accept().await.unwrap();
    second.echo().await.unwrap();
    let third = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(third.is_err(), "{third:?}");
    first.close();
    listener.accept().await.unwrap().echo().await.unwrap();
}
