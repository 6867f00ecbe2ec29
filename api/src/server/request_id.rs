//! The ids a request goes by: one of our own, and the caller's, which follows one action through
//! several services.

use http::header::{HeaderMap, HeaderName};
use uuid::Uuid;

/// Our own id on the way out, the caller's on the way in.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// A new id.
pub(super) fn fresh() -> String {
    format!("req-{}", Uuid::new_v4())
}

/// The caller's id, where it has the form that oslo.middleware takes: `req-` and a UUID in lower case.
pub(super) fn global(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let id = text.strip_prefix("req-")?;
    let lower = !id.bytes().any(|byte| byte.is_ascii_uppercase());
    (id.len() == 36 && lower && Uuid::try_parse(id).is_ok()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_what_has_the_form_is_taken() {
        let taken = |text: &'static str| {
            let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_static(text))]);
            global(&headers).is_some()
        };
        assert!(taken("req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d"));
        for bad in [
            "",
            "6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5d",
            "req-6F0B0F2E-52b5-4d6e-9f3f-0d1d2d3d4d5d",
            "req-6f0b0f2e52b54d6e9f3f0d1d2d3d4d5d",
            "req-6f0b0f2e-52b5-4d6e-9f3f-0d1d2d3d4d5dx",
            "req-x' OR 1=1",
        ] {
            assert!(!taken(bad), "{bad}");
        }
        assert_eq!(fresh().len(), 40);
    }
}
