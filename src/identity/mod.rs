//! Who is calling, told by Keystone: tokens of the Identity API v3 in, [`api::Context`] out.
//!
//! ```text
//! headers ─► door ─► validation ─► cache: known, and fresh enough
//!                        │ not known: one question a token, so many at once
//!                        ▼
//!                     client ─► GET /v3/auth/tokens, as the service user
//! ```
//!
//! `token`, `access_rules`, `cache` and `credentials` are pure; `client` is the only one with sockets.

mod access_rules;
mod cache;
mod client;
mod credentials;
mod door;
mod service_user;
mod settings;
mod token;
mod validation;

pub use client::{Client, ClientError, Issued, Tls, TlsFault, http};
pub use credentials::{Credentials, Login, LoginError};
pub use door::Keystone;
pub use settings::{Settings, SettingsError};
