//! The resources, one file each, and the enums over all of them.

mod network;
mod node;
mod port;
mod subnet;

use std::sync::Arc;

use uuid::Uuid;

pub use network::{Network, NetworkCreate, NetworkDerived, NetworkUpdate};
pub use node::{Node, NodeDerived, NodeUpdate};
pub use port::{Port, PortCreate, PortDerived, PortUpdate};
pub use subnet::{Subnet, SubnetCreate, SubnetDerived, SubnetUpdate};

use crate::attribute::Fields;
use crate::{ApiError, Resource, TagEdit};

/// Something done with the type of a [`Kind`].
pub(crate) trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<R: Resource>(self) -> Self::Output;
}

/// Makes the enums over all resources from their list.
macro_rules! resources {
    (
        writable { $( $Record:ident($Create:ident, $Update:ident, $Derived:ident), )* }
        managed { $( $Shown:ident($ShownUpdate:ident, $ShownDerived:ident), )* }
    ) => {
        /// Which resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(
                #[doc = concat!("[`", stringify!($Record), "`].")]
                $Record,
            )*
            $(
                #[doc = concat!("[`", stringify!($Shown), "`].")]
                $Shown,
            )*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$( Self::$Record, )* $( Self::$Shown, )*];

            /// Name of one in documents, e.g. `network`.
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$Record => <$Record as Resource>::NAME, )*
                    $( Self::$Shown => <$Shown as Resource>::NAME, )*
                }
            }

            /// Name of many in documents and paths, e.g. `networks`.
            pub fn plural(self) -> &'static str {
                match self {
                    $( Self::$Record => <$Record as Resource>::PLURAL, )*
                    $( Self::$Shown => <$Shown as Resource>::PLURAL, )*
                }
            }

            /// Runs `visitor` with this kind's type.
            pub(crate) fn visit<V: Visitor>(self, visitor: V) -> V::Output {
                match self {
                    $( Self::$Record => visitor.visit::<$Record>(), )*
                    $( Self::$Shown => visitor.visit::<$Shown>(), )*
                }
            }

            /// Reads a POST's item; `None` where clients cannot create this kind.
            pub(crate) fn read_create(self, fields: &Fields) -> Option<Result<Create, ApiError>> {
                match self {
                    $( Self::$Record => Some($Create::read(fields).map(Create::$Record)), )*
                    $( Self::$Shown => None, )*
                }
            }

            /// Reads a PUT's item.
            pub(crate) fn read_update(self, fields: &Fields) -> Result<Update, ApiError> {
                match self {
                    $( Self::$Record => $Update::read(fields).map(Update::$Record), )*
                    $( Self::$Shown => $ShownUpdate::read(fields).map(Update::$Shown), )*
                }
            }

            /// Whether clients create this kind.
            pub fn is_creatable(self) -> bool {
                match self {
                    $( Self::$Record => true, )*
                    $( Self::$Shown => false, )*
                }
            }

            /// The 404 for an id that names none of this kind.
            pub fn not_found(self, id: impl std::fmt::Display) -> ApiError {
                let kind = match self {
                    $( Self::$Record => <$Record as Resource>::NOT_FOUND, )*
                    $( Self::$Shown => <$Shown as Resource>::NOT_FOUND, )*
                };
                ApiError::not_found(kind, format!("there is no {} with id '{id}'", self.name()))
            }
        }

        /// A record of any kind, shared.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Record {
            $(
                #[doc = concat!("A [`", stringify!($Record), "`].")]
                $Record(Arc<$Record>),
            )*
            $(
                #[doc = concat!("A [`", stringify!($Shown), "`].")]
                $Shown(Arc<$Shown>),
            )*
        }

        impl Record {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$Record(_) => Kind::$Record, )*
                    $( Self::$Shown(_) => Kind::$Shown, )*
                }
            }

            /// Its id.
            pub fn id(&self) -> Uuid {
                match self {
                    $( Self::$Record(record) => record.id, )*
                    $( Self::$Shown(record) => record.id, )*
                }
            }

            /// Reads a record of `kind` from its stored form.
            ///
            /// # Errors
            /// Not JSON, or a value a field cannot take.
            pub fn from_json(kind: Kind, json: &[u8]) -> Result<Self, serde_json::Error> {
                Ok(match kind {
                    $( Kind::$Record => Self::$Record(serde_json::from_slice(json)?), )*
                    $( Kind::$Shown => Self::$Shown(serde_json::from_slice(json)?), )*
                })
            }

            /// Its stored form.
            pub fn to_json(&self) -> Vec<u8> {
                let mut out = Vec::with_capacity(1024);
                match self {
                    $( Self::$Record(record) => crate::attribute::write(record, &mut out), )*
                    $( Self::$Shown(record) => crate::attribute::write(record, &mut out), )*
                }
                out
            }
        }

        $(
            impl From<Arc<$Record>> for Record {
                fn from(record: Arc<$Record>) -> Self {
                    Self::$Record(record)
                }
            }

            impl From<$Record> for Record {
                fn from(record: $Record) -> Self {
                    Self::$Record(Arc::new(record))
                }
            }

            impl From<$Create> for Create {
                fn from(asked: $Create) -> Self {
                    Self::$Record(asked)
                }
            }

            impl From<$Update> for Update {
                fn from(asked: $Update) -> Self {
                    Self::$Record(asked)
                }
            }
        )*
        $(
            impl From<Arc<$Shown>> for Record {
                fn from(record: Arc<$Shown>) -> Self {
                    Self::$Shown(record)
                }
            }

            impl From<$Shown> for Record {
                fn from(record: $Shown) -> Self {
                    Self::$Shown(Arc::new(record))
                }
            }

            impl From<$ShownUpdate> for Update {
                fn from(asked: $ShownUpdate) -> Self {
                    Self::$Shown(asked)
                }
            }
        )*

        /// What a document shows beyond the record, for a record of each kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Derived {
            $(
                #[doc = concat!("Of a [`", stringify!($Record), "`].")]
                $Record($Derived),
            )*
            $(
                #[doc = concat!("Of a [`", stringify!($Shown), "`].")]
                $Shown($ShownDerived),
            )*
        }

        /// One item of a POST.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Create {
            $(
                #[doc = concat!("A new [`", stringify!($Record), "`].")]
                $Record($Create),
            )*
        }

        impl Create {
            /// Of which kind.
            pub fn kind(&self) -> Kind {
                match self { $( Self::$Record(_) => Kind::$Record, )* }
            }
        }

        /// One change of one record.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Update {
            $(
                #[doc = concat!("A PUT of a [`", stringify!($Record), "`].")]
                $Record($Update),
            )*
            $(
                #[doc = concat!("A PUT of a [`", stringify!($Shown), "`].")]
                $Shown($ShownUpdate),
            )*
            /// An edit of the tags of a record of this kind.
            Tags(Kind, TagEdit),
        }

        impl Update {
            /// Of which kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$Record(_) => Kind::$Record, )*
                    $( Self::$Shown(_) => Kind::$Shown, )*
                    Self::Tags(kind, _) => *kind,
                }
            }
        }
    };
}

resources! {
    writable {
        Network(NetworkCreate, NetworkUpdate, NetworkDerived),
        Subnet(SubnetCreate, SubnetUpdate, SubnetDerived),
        Port(PortCreate, PortUpdate, PortDerived),
    }
    managed {
        Node(NodeUpdate, NodeDerived),
    }
}
