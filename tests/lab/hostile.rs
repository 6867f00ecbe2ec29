//! Nonsense thrown at every door of the running controller: nobody else notices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weft::lab::frame;
use weft::lab::wire::Wires;
use weft::lab::{Lab, LabError};

use crate::common::{Outcome, Playground, on_the_lab, started_at};

const CONNECTIONS: usize = 1_000;
/// An honest request is answered within this whatever else goes on (two cores, debug build).
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// The controller's three doors.
struct Doors {
    api: SocketAddr,
    ovsdb: SocketAddr,
    openflow: SocketAddr,
}

impl Doors {
    async fn of(lab: &Lab) -> Result<Self, LabError> {
        let address = lab.containers.address("control", "controller").await?;
        let door = |port: u16| format!("{address}:{port}").parse().unwrap();
        Ok(Self {
            api: door(9696),
            ovsdb: door(6640),
            openflow: door(6653),
        })
    }
}

#[test]
fn nonsense_at_every_door_changes_nothing_for_others() {
    on_the_lab("nonsense_at_every_door", async |lab| {
        let doors = Doors::of(lab).await?;
        undisturbed(lab, "hostile", async || {
            for bytes in nonsense_for_rest() {
                throw(doors.api, &bytes).await;
            }
            for bytes in nonsense_for_ovsdb() {
                throw(doors.ovsdb, &bytes).await;
            }
            for bytes in nonsense_for_openflow() {
                throw(doors.openflow, &bytes).await;
            }
        })
        .await
    });
}

#[test]
fn a_thousand_abandoned_connections_change_nothing_for_others() {
    on_the_lab("a_thousand_abandoned_connections", async |lab| {
        let doors = Doors::of(lab).await?;
        undisturbed(lab, "abandoned", async || {
            for door in [doors.api, doors.ovsdb, doors.openflow] {
                let mut held = Vec::new();
                for number in 0..CONNECTIONS {
                    // A door may refuse beyond a bound; it must not stop serving others.
                    let Ok(mut stream) = TcpStream::connect(door).await else {
                        continue;
                    };
                    if number % 2 == 0 {
                        let _ = stream.write_all(b"POST /v2.0/ports HT").await;
                    }
                    held.push(stream);
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                drop(held);
            }
        })
        .await
    });
}

#[test]
fn malformed_dhcp_changes_nothing_for_others() {
    on_the_lab("malformed_dhcp_changes_nothing_for_others", async |lab| {
        let ground = Playground::new(lab, "dhcp-noise", "vxlan", &["node1"]).await?;
        let rogue = &ground.instances[0];
        let mac = frame::mac(&rogue.mac).unwrap();
        let frames: Vec<(String, Vec<u8>)> = malformed_dhcp(mac)
            .into_iter()
            .map(|frame| (rogue.name.clone(), frame))
            .collect();
        let mut wires = Wires::open(lab, "node1", &[&rogue.name]).await?;
        undisturbed(lab, "dhcp-honest", async || {
            for chunk in frames.chunks(20) {
                wires.send(chunk).await.unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await?;
        ground.remove(lab).await
    });
}

/// Does `mischief` while instances ping and an honest client asks; then looks whether anything is
/// different: packets lost, slow answers, a restart, a panic, other documents, no lease for a newcomer.
async fn undisturbed(lab: &Lab, name: &str, mischief: impl AsyncFnOnce()) -> Outcome {
    let mut ground = Playground::new(lab, name, "geneve", &["node1", "node2"]).await?;
    let [a, b] = ground.instances.as_slice() else {
        panic!("two instances")
    };
    a.ping(lab, &b.addresses, 56).await?;
    let (started, networks) = (started_at(lab).await?, lab.api.get("/v2.0/networks").await?);
    let pings = a.keep_pinging(lab, b.addresses[0], 50, 500)?;
    let api = lab.api.clone();
    let honest = tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        for _ in 0..40 {
            let start = Instant::now();
            api.get("/v2.0/ports?limit=5").await?;
            slowest = slowest.max(start.elapsed());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok::<_, LabError>(slowest)
    });
    mischief().await;
    let slowest = honest.await.unwrap()?;
    assert!(slowest < ANSWER_MAX, "an honest request took {slowest:?}");
    let (sent, came_back) = pings.finish().await?;
    assert_eq!(came_back, sent, "packets were lost");
    assert_eq!(
        started_at(lab).await?,
        started,
        "the controller was restarted"
    );
    assert_eq!(lab.api.get("/v2.0/networks").await?, networks);
    let log = lab.containers.control(&["logs"], "controller").await?;
    assert!(!log.contains("panicked"), "the controller panicked:\n{log}");
    ground.add(lab, "node3", serde_json::json!({})).await?;
    ground.remove(lab).await
}

/// Sends bytes, reads what comes for a moment, and lets go.
async fn throw(door: SocketAddr, bytes: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(door).await else {
        return;
    };
    let _ = stream.write_all(bytes).await;
    let mut answer = [0; 4096];
    let _ = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut answer)).await;
}

fn post(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn nonsense_for_rest() -> Vec<Vec<u8>> {
    let deep = [&b"{\"network\":"[..], &[b'['; 200_000]].concat();
    vec![
        noise(4096, 1),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /v2.0/ports?limit=-1&sort_key=%00&marker=%ff HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /v2.0/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
        b"POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n".to_vec(),
        post(b"{"),
        post(b"null"),
        post(b"{\"network\": {\"name\": 7, \"mtu\": -1, \"tags\": \"x\"}}"),
        post(b"{\"network\": {\"name\": \"\xff\xfe\"}}"),
        post(b"{\"networks\": [{\"name\": \"half\"}, {\"mtu\": \"many\"}]}"),
        post(&deep),
        post(&vec![b' '; 8 << 20]),
    ]
}

fn nonsense_for_ovsdb() -> Vec<Vec<u8>> {
    vec![
        noise(4096, 2),
        b"{".to_vec(),
        b"}".to_vec(),
        vec![b'['; 1 << 20],
        [&b"{\"id\":\""[..], &vec![b'a'; 4 << 20]].concat(),
        b"{\"id\":0,\"result\":[],\"error\":null}".to_vec(),
        b"{\"id\":null,\"method\":\"update3\",\"params\":[1,2,3]}".to_vec(),
        b"{\"id\":1,\"method\":\"echo\",\"params\":{}}{\"id\":1,\"method\":\"steal\",\"params\":[\"x\"]}".to_vec(),
        b"\"\\ud800\"".to_vec(),
    ]
}

fn nonsense_for_openflow() -> Vec<Vec<u8>> {
    let hello = [4, 0, 0, 8, 0, 0, 0, 1];
    let after_hello = |more: &[u8]| [&hello[..], more].concat();
    vec![
        noise(4096, 3),
        vec![4, 0, 0, 0, 0, 0, 0, 0],
        vec![4, 0, 0, 7, 0, 0, 0, 0],
        vec![1, 0, 0, 8, 0, 0, 0, 1],
        vec![0xff; 65_535],
        after_hello(&[4, 6, 0, 8, 0, 0, 0, 2]),
        after_hello(&[4, 6, 0, 32, 0, 0, 0, 2, 0, 0]),
        after_hello(&[4, 10, 0, 16, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        after_hello(&[4, 4, 0, 16, 0, 0, 0, 0, 0, 0, 0x23, 0x20, 0, 0, 0, 30]),
        after_hello(&noise(2048, 4)),
    ]
}

/// Deterministic bytes that look like nothing.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn malformed_dhcp(mac: [u8; 6]) -> Vec<Vec<u8>> {
    let mut discover = vec![1, 1, 6, 0, 1, 2, 3, 4];
    discover.resize(28, 0);
    discover.extend(mac);
    discover.resize(236, 0);
    discover.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1]);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut body = discover.clone();
        change(&mut body);
        body
    };
    let mut bodies = vec![
        Vec::new(),
        with(&|body| body.truncate(100)),
        with(&|body| body.truncate(240)),
        // The address length beyond the field that holds the address.
        with(&|body| body[2] = 255),
        with(&|body| body[2] = 0),
        with(&|body| body[0] = 77),
        // Options that run over the end, of length 0, overloaded, and without an end.
        with(&|body| body.extend([55, 255, 1])),
        with(&|body| body.extend([55, 0, 61, 0, 50, 0, 255])),
        with(&|body| body.extend([50, 3, 1, 2, 3, 54, 1, 9, 255])),
        with(&|body| body.extend([52, 1, 3, 255])),
        with(&|body| body.extend(vec![0; 1000])),
        with(&|body| body.extend([12, 200].iter().chain(&vec![0xff; 200]))),
    ];
    bodies.extend((0..200).map(|seed| noise(seed as usize * 3, seed)));
    bodies.extend((0..200).map(|seed| with(&|body| body.extend(noise(60, seed)))));
    let mut frames: Vec<_> = bodies
        .iter()
        .map(|body| frame::dhcp_from_client(mac, body))
        .collect();
    // Lengths inside the headers that do not fit the frame.
    let whole = frame::dhcp_from_client(mac, &discover);
    frames.extend(
        (0..whole.len())
            .step_by(7)
            .map(|length| whole[..length.max(14)].to_vec()),
    );
    frames
}
