//! A Keystone that is wrong, slow, or says no to weft itself: callers hear 503, never 401.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::double::{Answer, Double, token_of, valid};
use crate::{come, door, knock, unauthorized, unavailable};

#[tokio::test]
async fn answers_that_are_none_are_no_refusals() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "http_connect_timeout = 1");
    let long = format!("{{\"token\": \"{}\"}}", "x".repeat(5 << 20));
    let cases = [
        Answer::Says(200, "<html>".into()),
        Answer::Says(200, String::new()),
        Answer::Says(200, "{}".into()),
        Answer::Says(200, "[".repeat(100_000)),
        Answer::Says(200, long),
        Answer::Says(
            200,
            "{\"token\": {\"user\": {}, \"expires_at\": \"x\"}}".into(),
        ),
        Answer::Says(500, "{\"error\": {\"message\": \"no database\"}}".into()),
        Answer::Says(403, "{}".into()),
        Answer::Says(302, "elsewhere".into()),
        Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
        Answer::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Answer::Bytes(Vec::new()),
        Answer::Silence,
    ];
    for (number, case) in cases.into_iter().enumerate() {
        keystone.answer(move |_, _| case.clone());
        let refused = come(&door, &format!("case{number}")).await;
        let told = unavailable(refused);
        assert!(!told.contains("127.0.0.1"), "{number}: {told}");
    }
    // Nothing of that is remembered, and one bad answer holds up nobody for long.
    keystone.answer(|token, _| valid(token));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(come(&door, "case0").await.unwrap().user_id, "case0");
}

#[tokio::test]
async fn a_bad_answer_about_one_token_holds_up_no_other() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    keystone.answer(|token, _| match token {
        "poison" => Answer::Bytes(Vec::new()),
        other => valid(other),
    });
    for number in 0..10 {
        unavailable(come(&door, "poison").await);
        come(&door, &format!("t{number}")).await.unwrap();
    }
}

#[tokio::test]
async fn weft_itself_being_refused_is_not_the_callers_fault() {
    let keystone = Double::start().await;
    let no = Answer::Says(401, "{\"error\": {\"message\": \"bad password\"}}".into());
    *keystone.state.login.lock().unwrap() = Some(no);
    let door = door(&keystone.url, "");
    unavailable(come(&door, "t").await);
    assert_eq!(keystone.questions(), 0);
    *keystone.state.login.lock().unwrap() = None;
    come(&door, "t").await.unwrap();
}

#[tokio::test]
async fn a_token_of_wefts_that_is_refused_is_renewed_once() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    come(&door, "first").await.unwrap();
    assert_eq!(keystone.logins(), 1);
    let asked = AtomicUsize::new(0);
    keystone.answer(move |token, _| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::Says(401, "{}".into()),
        _ => valid(token),
    });
    come(&door, "second").await.unwrap();
    assert_eq!((keystone.logins(), keystone.questions()), (2, 3));
    keystone.answer(|_, _| Answer::Says(401, "{}".into()));
    unavailable(come(&door, "third").await);
    assert_eq!((keystone.logins(), keystone.questions()), (3, 5));
}

#[tokio::test]
async fn wefts_token_is_renewed_before_it_ends() {
    let keystone = Double::start().await;
    *keystone.state.lasts.lock().unwrap() = 8;
    let door = door(&keystone.url, "");
    let began = Instant::now();
    let mut number = 0;
    while began.elapsed() < Duration::from_millis(6500) {
        number += 1;
        come(&door, &format!("t{number}")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Six of eight seconds: once at the start, once a quarter before the end.
    assert_eq!(keystone.logins(), 2);
}

#[tokio::test]
async fn a_token_of_wefts_that_cannot_be_renewed_is_used_to_its_end() {
    let keystone = Double::start().await;
    *keystone.state.lasts.lock().unwrap() = 12;
    let door = door(&keystone.url, "");
    come(&door, "t0").await.unwrap();
    let no = Answer::Says(500, "{}".into());
    *keystone.state.login.lock().unwrap() = Some(no);
    tokio::time::sleep(Duration::from_millis(9200)).await;
    come(&door, "t1").await.unwrap();
    assert!(keystone.logins() > 1);
    tokio::time::sleep(Duration::from_millis(3000)).await;
    unavailable(come(&door, "t2").await);
}

#[tokio::test]
async fn what_no_keystone_gives_out_is_refused_without_a_question() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    come(&door, "good").await.unwrap();
    for bad in ["x".repeat(8001), "two words".into()] {
        assert!(unauthorized(come(&door, &bad).await).contains("not valid"));
    }
    for none in [&[][..], &[("x-auth-token", " ")], &[("x-project-id", "p")]] {
        assert!(unauthorized(knock(&door, "/v2.0/ports", none).await).contains("X-Auth-Token"));
    }
    assert_eq!(keystone.questions(), 1);
    // Space around a token is none of it, and Swift's header will do.
    come(&door, " good ").await.unwrap();
    let stored = [("x-storage-token", "good")];
    knock(&door, "/v2.0/ports", &stored).await.unwrap();
    assert_eq!(keystone.questions(), 1);
}

#[tokio::test]
async fn a_token_ends_while_it_is_remembered() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    keystone.answer(|token, _| Answer::Says(200, token_of(token, 3).to_string()));
    come(&door, "brief").await.unwrap();
    tokio::time::sleep(Duration::from_millis(3100)).await;
    unauthorized(come(&door, "brief").await);
    assert_eq!(keystone.questions(), 1);
}

#[tokio::test]
async fn what_was_said_holds_for_as_long_as_configured() {
    let keystone = Double::start().await;
    let forgetful = door(&keystone.url, "token_cache_time = -1");
    for _ in 0..3 {
        come(&forgetful, "t").await.unwrap();
    }
    assert_eq!(keystone.questions(), 3);
    let brief = door(&keystone.url, "token_cache_time = 3");
    come(&brief, "t").await.unwrap();
    come(&brief, "t").await.unwrap();
    assert_eq!(keystone.questions(), 4);
    keystone.answer(|_, _| Answer::Says(404, "{}".into()));
    tokio::time::sleep(Duration::from_millis(3100)).await;
    unauthorized(come(&brief, "t").await);
    assert_eq!(keystone.questions(), 5);
}
