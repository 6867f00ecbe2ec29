//! What an option can hold: reading it, and saying what is accepted.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use api::NetworkType;

use crate::ledger::Database;

/// The part of a value that is not accepted; the whole value where it has no parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unaccepted(pub String);

/// A type that an option can be of.
pub trait Value: Sized {
    /// What is accepted, to go after "allowed: ".
    fn accepts() -> String;

    /// Reads a value as it stands in a file, without the space around it.
    ///
    /// # Errors
    /// The part that is not accepted.
    fn read(text: &str) -> Result<Self, Unaccepted>;

    /// Whether the option may be given several times, each giving more of it.
    const REPEATED: bool = false;

    /// The numbers in it, which the option's range holds for.
    fn numbers(&self) -> Vec<u64> {
        Vec::new()
    }

    /// The value for an error message: secrets left out.
    fn shown(text: &str) -> String {
        text.to_owned()
    }
}

/// The whole of `text` is not accepted.
pub(super) fn unaccepted(text: &str) -> Unaccepted {
    Unaccepted(text.to_owned())
}

macro_rules! numbers {
    ($($type:ty),*) => { $(
        impl Value for $type {
            fn accepts() -> String {
                format!("a whole number up to {}", <$type>::MAX)
            }

            fn read(text: &str) -> Result<Self, Unaccepted> {
                text.parse().map_err(|_| unaccepted(text))
            }

            fn numbers(&self) -> Vec<u64> {
                vec![u64::from(*self)]
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64);

impl Value for bool {
    fn accepts() -> String {
        "true, false".to_owned()
    }

    /// oslo.config's words for it.
    fn read(text: &str) -> Result<Self, Unaccepted> {
        match text.to_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Ok(true),
            "false" | "0" | "off" | "no" => Ok(false),
            _ => Err(unaccepted(text)),
        }
    }
}

impl Value for String {
    fn accepts() -> String {
        "any text".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        Ok(text.to_owned())
    }
}

impl Value for PathBuf {
    fn accepts() -> String {
        "a path".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text.is_empty() {
            return Err(unaccepted(text));
        }
        Ok(text.into())
    }
}

impl Value for IpAddr {
    fn accepts() -> String {
        "an IPv4 or IPv6 address".to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse().map_err(|_| unaccepted(text))
    }
}

impl Value for NetworkType {
    fn accepts() -> String {
        let all: Vec<_> = NetworkType::ALL.iter().map(|t| t.as_str()).collect();
        all.join(", ")
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse().map_err(|_| unaccepted(text))
    }
}

impl Value for Database {
    fn accepts() -> String {
        "sqlite:PATH, mysql://USER:PASSWORD@HOST/NAME (a driver as in mysql+pymysql is taken too)"
            .to_owned()
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        text.parse().map_err(|_| Unaccepted(Self::shown(text)))
    }

    fn shown(text: &str) -> String {
        Database::without_password(text)
    }
}

/// An option that may be left empty.
impl<T: Value> Value for Option<T> {
    fn accepts() -> String {
        format!("{}; or nothing", T::accepts())
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        if text.is_empty() {
            return Ok(None);
        }
        T::read(text).map(Some)
    }

    fn numbers(&self) -> Vec<u64> {
        self.as_ref().map(T::numbers).unwrap_or_default()
    }

    fn shown(text: &str) -> String {
        T::shown(text)
    }
}

/// A list, its items separated by commas.
impl<T: Value> Value for Vec<T> {
    fn accepts() -> String {
        format!("a list, separated by commas, of: {}", T::accepts())
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        items(text).map(T::read).collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.iter().flat_map(T::numbers).collect()
    }
}

/// A map, as `key:value` separated by commas.
impl<T: Value> Value for BTreeMap<String, T> {
    fn accepts() -> String {
        format!(
            "a list, separated by commas, of name:value, the value being {}",
            T::accepts()
        )
    }

    fn read(text: &str) -> Result<Self, Unaccepted> {
        let pair = |item: &str| {
            let (name, value) = item.split_once(':').ok_or_else(|| unaccepted(item))?;
            let value = T::read(value.trim()).map_err(|_| unaccepted(item))?;
            Ok((name.trim().to_owned(), value))
        };
        items(text).map(pair).collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.values().flat_map(T::numbers).collect()
    }
}

/// The items of a list; empty ones, as after a last comma, are none.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}
