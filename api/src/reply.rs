//! Answers before they become HTTP: a status, a content type, and bytes or a stream of them.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::json;

use crate::ApiError;

/// JSON, as every document of the API is.
pub const JSON: &str = "application/json";

/// A body that is made as the client takes it.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Infallible>> + Send + Sync>>;

/// The content of an answer.
pub enum Content {
    /// None.
    Empty,
    /// At once.
    Bytes(Bytes),
    /// Piece by piece.
    Stream(ByteStream),
    /// Piece by piece, for as long as the client stays: a shutdown of the server ends it.
    Endless(ByteStream),
}

/// An answer.
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Content type; not sent where there is no content.
    pub content_type: &'static str,
    /// Content.
    pub content: Content,
    /// Methods a 405 names.
    pub allow: Option<Cow<'static, str>>,
    /// Headers besides those that follow from the rest.
    pub headers: HeaderMap,
    /// The route that answered, its parameters in braces, for metrics: nothing a client can choose.
    pub route: Option<Cow<'static, str>>,
}

impl Reply {
    /// Bytes that are JSON.
    pub fn json_bytes(status: u16, bytes: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: JSON,
            content: Content::Bytes(bytes.into()),
            allow: None,
            headers: HeaderMap::new(),
            route: None,
        }
    }

    /// Anything that has a JSON form.
    pub fn json<T: Serialize>(status: u16, document: &T) -> Self {
        let mut bytes = Vec::new();
        crate::attribute::write(document, &mut bytes);
        Self::json_bytes(status, bytes)
    }

    /// Plain text.
    pub fn text(status: u16, text: impl Into<Bytes>) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8",
            ..Self::json_bytes(status, text)
        }
    }

    /// 204.
    pub fn no_content() -> Self {
        Self {
            content: Content::Empty,
            ..Self::json_bytes(204, Bytes::new())
        }
    }

    /// 200 with a body that is made as the client takes it.
    pub fn stream(content_type: &'static str, stream: ByteStream) -> Self {
        Self {
            content_type,
            content: Content::Stream(stream),
            ..Self::json_bytes(200, Bytes::new())
        }
    }

    /// 200 with a stream that has no end of its own, such as one of events.
    pub fn endless(content_type: &'static str, stream: ByteStream) -> Self {
        Self {
            content_type,
            content: Content::Endless(stream),
            ..Self::json_bytes(200, Bytes::new())
        }
    }

    /// With the route that answered, e.g. `/weft/v1/nodes/{node}/flows`.
    pub fn at(mut self, route: impl Into<Cow<'static, str>>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// With an end of what has none of its own: that of `end`.
    pub(crate) fn ended_by(
        mut self,
        end: impl Future<Output = ()> + Send + Sync + 'static,
    ) -> Self {
        self.content = match self.content {
            Content::Endless(stream) => Content::Stream(Box::pin(stream.take_until(end))),
            content => content,
        };
        self
    }

    /// An error's document.
    pub fn error(error: &ApiError) -> Self {
        let document = json!({"NeutronError": {
            "type": error.kind,
            "message": error.message,
            "detail": error.detail,
        }});
        Self::json(error.status, &document)
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With the methods that are served here.
    pub(crate) fn allowing(mut self, methods: Cow<'static, str>) -> Self {
        self.allow = Some(methods);
        self
    }

    /// As an HTTP response.
    pub(crate) fn into_response(self) -> warp::reply::Response {
        use warp::Reply as _;
        let has_content = !matches!(self.content, Content::Empty);
        let mut response = match self.content {
            Content::Empty => warp::reply().into_response(),
            Content::Bytes(bytes) => warp::reply::Response::new(bytes.into()),
            Content::Stream(stream) | Content::Endless(stream) => {
                warp::reply::stream(stream).into_response()
            }
        };
        *response.status_mut() = http::StatusCode::from_u16(self.status)
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.extend(self.headers);
        if has_content {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        if let Some(methods) = self
            .allow
            .and_then(|allow| HeaderValue::from_str(&allow).ok())
        {
            headers.insert(ALLOW, methods);
        }
        response
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        Self::error(&error)
    }
}
