//! The tags sub-resource: `/v2.0/{resource}/{id}/tags[/{tag}]`.

use http::Method;
use serde_json::{Value as Json, json};

use crate::list::parse_id;
use crate::policy::gate;
use crate::reply::Reply;
use crate::request::Request;
use crate::value::{Fault, Value};
use crate::{ApiError, Backend, Check, Kind, Record, TagEdit, Update, View, verbs};

/// The longest tag, in characters.
const TAG: Check = Check::UniqueText(255);

/// `/v2.0/networks/{id}/tags`.
pub(crate) async fn all<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    request: &Request,
) -> Result<Reply, ApiError> {
    let edit = match request.method {
        Method::GET => {
            let record = find(backend, kind, id, request).await?;
            return Ok(Reply::json(200, &json!({"tags": record.tags()})));
        }
        Method::DELETE => TagEdit::Clear,
        Method::PUT => TagEdit::Replace(body(request)?),
        _ => TagEdit::Add(body(request)?),
    };
    let answer = match &edit {
        TagEdit::Replace(tags) | TagEdit::Add(tags) => Reply::json(200, &json!({"tags": tags})),
        _ => Reply::no_content(),
    };
    write(backend, kind, id, edit, request).await?;
    Ok(answer)
}

/// `/v2.0/networks/{id}/tags/{tag}`.
pub(crate) async fn one<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    tag: &str,
    request: &Request,
) -> Result<Reply, ApiError> {
    TAG.text(tag).map_err(|fault| refuse(&fault))?;
    match request.method {
        Method::GET => {
            let record = find(backend, kind, id, request).await?;
            let there = record.tags().iter().any(|have| have == tag);
            let gone = || {
                let have = record.tags();
                ApiError::not_found(
                    "TagNotFound",
                    format!("there is no tag '{tag}'; there are {have:?}"),
                )
            };
            there.then(Reply::no_content).ok_or_else(gone)
        }
        Method::DELETE => {
            write(backend, kind, id, TagEdit::Remove(tag.to_owned()), request).await?;
            Ok(Reply::no_content())
        }
        _ => {
            write(
                backend,
                kind,
                id,
                TagEdit::Add(vec![tag.to_owned()]),
                request,
            )
            .await?;
            Ok(Reply::json(201, &Json::Null))
        }
    }
}

fn refuse(fault: &Fault) -> ApiError {
    let (Fault::Convert(why) | Fault::Invalid(why) | Fault::Typed(_, why)) = fault;
    ApiError::invalid_input(format!("tags: {why}"))
}

/// The tags of a body `{"tags": […]}`.
fn body(request: &Request) -> Result<Vec<String>, ApiError> {
    request.expect_json()?;
    let json = crate::json::parse(&request.body)?;
    let list = json.get("tags").ok_or_else(|| {
        ApiError::invalid_input("the body has no 'tags'; write {\"tags\": [\"red\"]}")
    })?;
    Vec::<String>::parse(list, &TAG).map_err(|fault| refuse(&fault))
}

fn no_resource(kind: Kind, id: &str) -> ApiError {
    let id = crate::query::short(id);
    ApiError::not_found(
        "TagResourceNotFound",
        format!("there is no {} with id '{id}'", kind.name()),
    )
}

async fn find<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    request: &Request,
) -> Result<Record, ApiError> {
    let view = verbs::view(backend, request, &request.query()?).await?;
    let judge = request.judge();
    let missing = || no_resource(kind, id);
    let uuid = parse_id(id).ok_or_else(missing)?;
    let unmet = judge.unmet([policy(kind, request).as_str()]);
    gate::may_change(&judge, &*view, (kind, uuid), None, &unmet, missing)?;
    view.get(kind, uuid).ok_or_else(missing)
}

/// The policy of a request about tags, e.g. `create_network:tags`.
fn policy(kind: Kind, request: &Request) -> String {
    let verb = match request.method {
        Method::GET => "get",
        Method::POST => "create",
        Method::DELETE => "delete",
        _ => "update",
    };
    format!("{verb}_{}:tags", kind.name())
}

async fn write<B: Backend>(
    backend: &B,
    kind: Kind,
    id: &str,
    edit: TagEdit,
    request: &Request,
) -> Result<(), ApiError> {
    let missing = || no_resource(kind, id);
    let uuid = parse_id(id).ok_or_else(missing)?;
    let change = Update::Tags(kind, edit);
    let if_match = request.if_match()?;
    let unmet = request.judge().unmet([policy(kind, request).as_str()]);
    verbs::may_change(backend, (kind, uuid), None, &unmet, request, missing).await?;
    let written = backend
        .update(&request.context, uuid, change, if_match)
        .await;
    let type_of_missing = kind.not_found("").kind;
    written.map(|_| ()).map_err(|error| match error {
        error if error.kind == type_of_missing => missing(),
        error => error,
    })
}
