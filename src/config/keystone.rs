//! Values that only mean something to Keystone: how to log in, which endpoint, how long to remember.

use std::fmt;

use super::value::{Unaccepted, Value, unaccepted};

/// By what a user proves to Keystone who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// A password.
    #[default]
    Password,
    /// The secret of an application credential.
    ApplicationCredential,
}

impl Value for AuthType {
    fn accepts() -> String {
        "password, v3password, v3applicationcredential".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text {
            "password" | "v3password" => Ok(AuthType::Password),
            "v3applicationcredential" => Ok(AuthType::ApplicationCredential),
            _ => Err(unaccepted(text)),
        }
    }
}

/// Which of a service's endpoints in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// For everybody.
    Public,
    /// For the cloud's own services.
    Internal,
    /// For administrators.
    Admin,
}

impl Interface {
    /// As the catalogue writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Interface::Public => "public",
            Interface::Internal => "internal",
            Interface::Admin => "admin",
        }
    }
}

impl Value for Interface {
    fn accepts() -> String {
        "public, internal, admin".to_owned()
    }

    /// As keystoneauth reads it: `internalURL` is `internal`.
    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text.strip_suffix("URL").unwrap_or(text) {
            "public" => Ok(Interface::Public),
            "internal" => Ok(Interface::Internal),
            "admin" => Ok(Interface::Admin),
            _ => Err(unaccepted(text)),
        }
    }
}

/// How long an answer is remembered, in seconds; `None` not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSeconds(pub Option<u32>);

impl Value for CacheSeconds {
    fn accepts() -> String {
        "a number of seconds, or -1 to remember nothing".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text == "-1" {
            return Ok(CacheSeconds(None));
        }
        u32::read(text).map(|seconds| CacheSeconds(Some(seconds)))
    }
}

/// What nobody is to see.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Value for Secret {
    fn accepts() -> String {
        String::accepts()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        Ok(Secret(text.to_owned()))
    }

    fn shown(text: &str) -> String {
        if text.is_empty() { "" } else { "***" }.to_owned()
    }
}
