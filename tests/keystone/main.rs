//! Keystone: a real one for what it says of tokens, and one that misbehaves for everything else.
#![allow(clippy::unwrap_used)]

mod double;
mod faults;
mod floods;
mod outages;
mod seed;
mod tls;
mod tokens;

#[path = "../support/deployment.rs"]
mod deployment;
#[path = "../support/keystone.rs"]
mod keystone;
#[path = "../support/mariadb.rs"]
mod mariadb;
#[path = "../support/pki.rs"]
mod pki;

use api::{Context, Head, Identify, Refusal};
use weft::config;
use weft::identity::{Keystone as Door, Settings};

/// The door for a Keystone at `url`, with more lines for its section and more sections.
fn door(url: &str, more: &str) -> Door {
    openflow::tls::install_crypto();
    let text = format!(
        "[keystone_authtoken]\nauth_url = {url}\nusername = neutron\npassword = neutron\n\
         user_domain_name = default\nproject_name = service\nproject_domain_name = default\n{more}\n"
    );
    let (read, _) = config::read(&[("f", &text)], &[]).unwrap();
    Door::start(Settings::try_from(&read).unwrap()).unwrap()
}

/// Knocks with these headers, as a GET of `path`.
async fn knock(door: &Door, path: &str, headers: &[(&str, &str)]) -> Result<Context, Refusal> {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        map.insert(name, value.parse().unwrap());
    }
    let head = Head {
        method: &http::Method::GET,
        path,
        headers: &map,
    };
    door.identify(head, "req-1".into()).await
}

/// Knocks with a user's token.
async fn come(door: &Door, token: &str) -> Result<Context, Refusal> {
    knock(door, "/v2.0/networks", &[("x-auth-token", token)]).await
}

/// What a refusal says, which has to be a 401.
fn unauthorized(refused: Result<Context, Refusal>) -> String {
    match refused {
        Err(Refusal::Unauthorized { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

/// What a refusal says, which has to be a 503.
fn unavailable(refused: Result<Context, Refusal>) -> String {
    match refused {
        Err(Refusal::Unavailable { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}
