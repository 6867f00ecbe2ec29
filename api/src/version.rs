//! The documents at `/` and `/v2.0/`.

use serde_json::{Value as Json, json};

use crate::Kind;
use crate::request::Url;

/// `GET /`: which versions there are.
pub(crate) fn versions(url: &Url) -> Json {
    json!({"versions": [{
        "id": "v2.0",
        "status": "CURRENT",
        "links": [{"rel": "self", "href": format!("{}/v2.0/", url.base)}],
    }]})
}

/// The resources that no extension brings.
const CORE: &[Kind] = &[Kind::Network, Kind::Subnet, Kind::SubnetPool, Kind::Port];

/// `GET /v2.0/`: the core resources.
pub(crate) fn resources(url: &Url) -> Json {
    let entries: Vec<Json> = CORE
        .iter()
        .map(|kind| {
            json!({
                "name": kind.name(),
                "collection": kind.plural(),
                "links": [{"rel": "self", "href": format!("{}/v2.0/{}", url.base, kind.path())}],
            })
        })
        .collect();
    json!({"resources": entries})
}
