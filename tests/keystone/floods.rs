//! Many at once: one question a token, and bounds that are kept.

use std::time::Duration;

use futures_util::future::join_all;

use crate::double::{Answer, Double, valid};
use crate::{come, door, unauthorized, unavailable};

/// Holds back the answers about tokens until [`tokio::sync::Semaphore::add_permits`].
fn hold(keystone: &Double) {
    keystone.state.gate.forget_permits(1_000_000);
}

#[tokio::test]
async fn many_questions_about_one_token_are_one() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    hold(&keystone);
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        keystone.state.gate.add_permits(1000);
    };
    let callers = join_all((0..500).map(|_| come(&door, "shared")));
    let (callers, ()) = tokio::join!(callers, release);
    assert!(
        callers
            .into_iter()
            .all(|caller| caller.unwrap().user_id == "shared")
    );
    assert_eq!(keystone.questions(), 1);
}

#[tokio::test]
async fn who_asked_first_may_go_away() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    hold(&keystone);
    let gone = tokio::time::timeout(Duration::from_millis(300), come(&door, "t"));
    assert!(gone.await.is_err());
    keystone.state.gate.add_permits(1000);
    come(&door, "t").await.unwrap();
    assert_eq!(keystone.questions(), 1);
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_reaches_a_bound_and_no_further() {
    let keystone = Double::start().await;
    let bounds = "[weft]\ntoken_validations_max = 4\ntoken_validations_waiting = 6";
    let door = door(&keystone.url, bounds);
    let known = come(&door, "known").await.unwrap();
    keystone.answer(|token, _| match token.strip_prefix("wrong") {
        Some(_) => Answer::Says(404, "{}".into()),
        None => valid(token),
    });
    hold(&keystone);
    let wrong: Vec<String> = (0..100).map(|number| format!("wrong{number}")).collect();
    let flood = join_all(wrong.iter().map(|token| come(&door, token)));
    let meanwhile = async {
        while keystone.questions() < 1 + 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(keystone.questions(), 1 + 4, "asked at a time");
        // No question is being answered: who is known is served, who is not hears so at once.
        assert_eq!(come(&door, "known").await.unwrap(), known);
        assert!(unavailable(come(&door, "new").await).contains("too many"));
        keystone.state.gate.add_permits(1_000_000);
    };
    let (flood, ()) = tokio::join!(flood, meanwhile);
    let (mut wrong, mut turned_away) = (0, 0);
    for refused in flood {
        match refused {
            Err(api::Refusal::Unauthorized { .. }) => wrong += 1,
            refused => {
                assert!(unavailable(refused).contains("too many"));
                turned_away += 1;
            }
        }
    }
    assert_eq!((wrong, turned_away), (10, 90));
    come(&door, "new").await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_is_asked_about_once_in_a_while() {
    let keystone = Double::start().await;
    let door = door(&keystone.url, "");
    keystone.answer(|_, _| Answer::Says(404, "{}".into()));
    for _ in 0..100 {
        unauthorized(come(&door, "wrong").await);
    }
    assert_eq!(keystone.questions(), 1);
}
