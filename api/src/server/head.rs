//! Bounds on a request's head.

use http::{HeaderMap, Uri};

use crate::ApiError;

/// Longest head, in bytes: names and values of all headers.
pub(super) const HEAD_MAX: usize = 64 * 1024;
/// Most headers. HTTP/1.1 holds to the same number before there is a request.
pub(super) const HEADERS_MAX: usize = 100;

/// Checks a head; no line of it may be longer than `line_max` bytes.
///
/// # Errors
/// 414, 431.
pub(super) fn check(uri: &Uri, headers: &HeaderMap, line_max: usize) -> Result<(), ApiError> {
    let target = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target > line_max {
        return Err(ApiError::new(
            414,
            "HTTPRequestURITooLong",
            format!("the address has {target} bytes; at most {line_max} are read"),
        ));
    }
    let too_large = |what: String| Err(ApiError::new(431, "HTTPRequestHeaderFieldsTooLarge", what));
    if headers.len() > HEADERS_MAX {
        let count = headers.len();
        return too_large(format!("{count} headers; at most {HEADERS_MAX} are read"));
    }
    let mut total = 0;
    for (name, value) in headers {
        let length = name.as_str().len() + value.len() + ": ".len();
        if length > line_max {
            return too_large(format!(
                "the header {name} has {length} bytes; at most {line_max} are read (max_header_line)"
            ));
        }
        total += length;
    }
    if total > HEAD_MAX {
        return too_large(format!(
            "headers of {total} bytes; at most {HEAD_MAX} are read"
        ));
    }
    Ok(())
}
