//! The one table of routes: from a path to what serves it.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::action::{Operation, operations};
use crate::extension::{EXTENSIONS, Extension};
use crate::reply::Reply;
use crate::request::Request;
use crate::value::JsonMap;
use crate::{ApiError, Backend, Kind, openapi, tag_routes, verbs, version};

/// Serves the paths under one prefix that are no part of the Networking API.
pub type Handler = Arc<
    dyn Fn(Request) -> Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>> + Send + Sync,
>;

/// Paths the caller serves itself, e.g. `/weft/v1/…`.
#[derive(Clone)]
pub struct Mount {
    /// First segments of the paths, e.g. `weft`, `v1`. Of two mounts the first that fits serves.
    pub prefix: &'static [&'static str],
    /// Who serves them, whatever the method.
    pub handler: Handler,
    /// What `/openapi.json` says of them: path items by path.
    pub paths: JsonMap,
}

impl Mount {
    /// The mount that serves a path.
    pub(crate) fn of<'a>(mounts: &'a [Self], path: &[String]) -> Option<&'a Self> {
        let serves = |mount: &&Self| {
            let mut steps = mount.prefix.iter().zip(path);
            path.len() >= mount.prefix.len() && steps.all(|(wanted, found)| wanted == found)
        };
        mounts.iter().find(serves)
    }
}

/// What all requests are answered with besides the backend.
pub(crate) struct Site {
    /// Paths the caller serves itself.
    pub mounts: Vec<Mount>,
    /// Most rows a page; 0 for no bound.
    pub page_max: usize,
    /// `/openapi.json`.
    pub openapi: Bytes,
}

impl Site {
    /// Describes what is served, these and what is `open` to everybody, once and for all.
    pub(crate) fn new(mounts: Vec<Mount>, open: &[Mount], page_max: usize) -> Self {
        Self {
            openapi: openapi::document(mounts.iter().chain(open)),
            mounts,
            page_max,
        }
    }
}

/// What a path leads to.
enum Route<'a> {
    Versions,
    Resources,
    Extensions,
    Extension(&'a str),
    Collection(Kind),
    Member(Kind, &'a str),
    Tags(Kind, &'a str),
    Tag(Kind, &'a str, &'a str),
    /// Operations on one path, by method, with the texts of its open segments.
    Operations(Vec<&'static Operation>, Vec<&'a str>),
    OpenApi,
}

fn route(segments: &[String]) -> Option<Route<'_>> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [] => Some(Route::Versions),
        ["openapi.json"] => Some(Route::OpenApi),
        ["v2.0"] => Some(Route::Resources),
        ["v2.0", "extensions"] => Some(Route::Extensions),
        ["v2.0", "extensions", alias] => Some(Route::Extension(alias)),
        ["v2.0", rest @ ..] => operations_at(rest).or_else(|| of_resource(rest)),
        _ => None,
    }
}

/// The paths every resource has.
fn of_resource<'a>(parts: &[&'a str]) -> Option<Route<'a>> {
    let below = |kind: &Kind| Some((*kind, after(kind.path(), parts)?));
    let mut served = Kind::ALL.iter().filter(|kind| kind.is_served());
    let (kind, rest) = served.find_map(below)?;
    match *rest {
        [] => Some(Route::Collection(kind)),
        [id] => Some(Route::Member(kind, id)),
        [id, "tags"] if kind.is_tagged() => Some(Route::Tags(kind, id)),
        [id, "tags", tag] if kind.is_tagged() => Some(Route::Tag(kind, id, tag)),
        _ => None,
    }
}

/// What of `parts` comes after the segments of `path`.
fn after<'p, 'a>(path: &str, parts: &'p [&'a str]) -> Option<&'p [&'a str]> {
    path.split('/').try_fold(parts, |rest, segment| {
        let (first, rest) = rest.split_first()?;
        (*first == segment).then_some(rest)
    })
}

/// The operations on a path of their own. A path that is spelt out goes before one with open segments.
fn operations_at<'a>(parts: &[&'a str]) -> Option<Route<'a>> {
    let found = operations().filter_map(|operation| Some((operation, operation.matched(parts)?)));
    let mut found: Vec<(&Operation, Vec<&str>)> = found.collect();
    let open = found.iter().map(|(_, texts)| texts.len()).min()?;
    found.retain(|(_, texts)| texts.len() == open);
    let (here, mut texts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    Some(Route::Operations(here, texts.pop()?))
}

/// True of paths that answer everybody alike: nobody has to say who asks.
pub(crate) fn is_open(segments: &[String]) -> bool {
    match segments {
        [] => true,
        [only] => only == "openapi.json",
        _ => false,
    }
}

impl Route<'_> {
    /// The path with what a client chooses of it in braces.
    fn template(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Versions => "/",
            Self::OpenApi => "/openapi.json",
            Self::Resources => "/v2.0",
            Self::Extensions => "/v2.0/extensions",
            Self::Extension(_) => "/v2.0/extensions/{alias}",
            Self::Collection(kind) => return format!("/v2.0/{}", kind.path()).into(),
            Self::Member(kind, _) => return format!("/v2.0/{}/{{id}}", kind.path()).into(),
            Self::Tags(kind, _) => return format!("/v2.0/{}/{{id}}/tags", kind.path()).into(),
            Self::Tag(kind, ..) => {
                return format!("/v2.0/{}/{{id}}/tags/{{tag}}", kind.path()).into();
            }
            Self::Operations(here, _) => {
                let path: &[&str] = here.first().map_or(&[], |operation| operation.path);
                return format!("/v2.0/{}", path.join("/")).into();
            }
        })
    }

    /// The methods served there, as an `Allow` header names them.
    fn methods(&self) -> Cow<'static, str> {
        let methods = match self {
            Self::Versions | Self::Resources | Self::OpenApi => "GET",
            Self::Extensions | Self::Extension(_) => "GET",
            Self::Collection(kind) if kind.is_creatable() => "GET, POST",
            Self::Collection(_) => "GET",
            Self::Member(kind, _) if kind.is_computed() => "GET",
            Self::Member(..) => "GET, PUT, DELETE",
            Self::Tags(..) => "GET, POST, PUT, DELETE",
            Self::Tag(..) => "GET, PUT, DELETE",
            Self::Operations(here, _) => {
                let methods: Vec<&str> = here.iter().map(|o| o.method.as_str()).collect();
                return methods.join(", ").into();
            }
        };
        methods.into()
    }
}

/// Answers one request.
pub(crate) async fn dispatch<B: Backend>(backend: &B, site: &Site, request: Request) -> Reply {
    if let Some(mount) = Mount::of(&site.mounts, &request.segments) {
        return mounted(mount, request).await;
    }
    let Some(route) = route(&request.segments) else {
        return no_path(&request).into();
    };
    let methods = route.methods();
    if !methods
        .split(", ")
        .any(|method| method == request.method.as_str())
    {
        if matches!(route, Route::Extensions | Route::Extension(_)) {
            return no_extension("extensions can only be read");
        }
        let refusal = ApiError::method_not_allowed(request.method.as_str(), &methods);
        return Reply::from(refusal).allowing(methods).at(route.template());
    }
    serve(backend, site, &route, &request)
        .await
        .unwrap_or_else(Reply::from)
        .at(route.template())
}

/// Answers a request for a mounted path.
pub(crate) async fn mounted(mount: &Mount, request: Request) -> Reply {
    let reply = (mount.handler)(request).await.unwrap_or_else(Reply::from);
    match reply.route {
        Some(_) => reply,
        None => reply.at(format!("/{}", mount.prefix.join("/"))),
    }
}

async fn serve<B: Backend>(
    backend: &B,
    site: &Site,
    route: &Route<'_>,
    request: &Request,
) -> Result<Reply, ApiError> {
    match *route {
        Route::Versions => Ok(Reply::json(200, &version::versions(&request.url))),
        Route::Resources => Ok(Reply::json(200, &version::resources(&request.url))),
        Route::Extensions => {
            let documents: Vec<_> = EXTENSIONS.iter().map(Extension::document).collect();
            Ok(Reply::json(200, &json!({"extensions": documents})))
        }
        Route::Extension(alias) => Ok(match Extension::by_alias(alias) {
            Some(extension) => Reply::json(200, &json!({"extension": extension.document()})),
            None => no_extension(&format!(
                "there is no extension '{}'; GET /v2.0/extensions lists them",
                crate::query::short(alias)
            )),
        }),
        Route::OpenApi => Ok(Reply::json_bytes(200, site.openapi.clone())),
        Route::Collection(kind) if request.method == Method::POST => {
            verbs::create(backend, kind, request).await
        }
        Route::Collection(kind) => verbs::list(backend, kind, request, site.page_max).await,
        Route::Member(kind, id) => match request.method {
            Method::PUT => verbs::update(backend, kind, id, request).await,
            Method::DELETE => verbs::delete(backend, kind, id, request).await,
            _ => verbs::show(backend, kind, id, request).await,
        },
        Route::Operations(ref here, ref texts) => {
            verbs::act(backend, here, texts.clone(), request).await
        }
        Route::Tags(kind, id) => tag_routes::all(backend, kind, id, request).await,
        Route::Tag(kind, id, tag) => tag_routes::one(backend, kind, id, tag, request).await,
    }
}

fn no_path(request: &Request) -> ApiError {
    let path: String = request.url.path.chars().take(200).collect();
    ApiError::not_found(
        "HTTPNotFound",
        format!("nothing is served at {path}; /openapi.json lists every path"),
    )
}

/// Extensions answer errors in a form of their own.
fn no_extension(message: &str) -> Reply {
    Reply::json(
        404,
        &json!({"message": message, "code": "404 Not Found", "title": "Not Found"}),
    )
}
