//! The resources, one file each, and the enums over all of them.

mod address_group;
mod address_scope;
mod availability_zone;
mod flavor;
mod ip_availability;
mod network;
mod node;
mod port;
mod quota;
mod rbac_policy;
mod segment;
mod segment_range;
mod service_profile;
mod service_provider;
mod subnet;
mod subnet_pool;

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use uuid::Uuid;

pub use address_group::{
    AddressGroup, AddressGroupCreate, AddressGroupDerived, AddressGroupUpdate,
};
pub use address_scope::{
    AddressScope, AddressScopeCreate, AddressScopeDerived, AddressScopeUpdate,
};
pub use availability_zone::{AvailabilityZone, AvailabilityZoneDerived};
pub use flavor::{Flavor, FlavorCreate, FlavorDerived, FlavorUpdate};
pub use ip_availability::{NetworkIpAvailability, NetworkIpAvailabilityDerived};
pub use network::{Network, NetworkCreate, NetworkDerived, NetworkUpdate};
pub use node::{Node, NodeDerived, NodeUpdate};
pub(crate) use port::VNIC_TYPES;
pub use port::{InactiveBinding, Port, PortCreate, PortDerived, PortUpdate};
pub use quota::{QUOTAS, Quota, QuotaDerived};
pub use rbac_policy::{
    ACCESS_AS_EXTERNAL, ACCESS_AS_SHARED, EVERYONE, RbacPolicy, RbacPolicyCreate,
    RbacPolicyDerived, RbacPolicyUpdate, SHAREABLE,
};
pub use segment::{Segment, SegmentCreate, SegmentDerived, SegmentLabel, SegmentUpdate, Wire};
pub use segment_range::{
    NetworkSegmentRange, NetworkSegmentRangeCreate, NetworkSegmentRangeDerived,
    NetworkSegmentRangeUpdate,
};
pub use service_profile::{
    ServiceProfile, ServiceProfileCreate, ServiceProfileDerived, ServiceProfileUpdate,
};
pub use service_provider::{ServiceProvider, ServiceProviderDerived};
pub use subnet::{Subnet, SubnetCreate, SubnetDerived, SubnetUpdate};
pub use subnet_pool::{SubnetPool, SubnetPoolCreate, SubnetPoolDerived, SubnetPoolUpdate};

use crate::attribute::Fields;
use crate::{ApiError, Resource, TagEdit};

/// Something done with the type of a [`Kind`].
pub(crate) trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<R: Resource>(self) -> Self::Output;
}

/// Makes the enums over all resources from their list. `writable` ones have all five verbs, `managed`
/// ones are made by the service itself, `kept` ones are reached by operations alone, `computed` ones
/// are only read and follow from other records.
macro_rules! resources {
    (
        writable { $( $Record:ident($Create:ident, $Update:ident, $Derived:ident), )* }
        managed { $( $Managed:ident($ManagedUpdate:ident, $ManagedDerived:ident), )* }
        kept { $( $Kept:ident($KeptDerived:ident), )* }
        computed { $( $Computed:ident($ComputedDerived:ident), )* }
    ) => {
        /// Which resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $( #[doc = concat!("[`", stringify!($Record), "`].")] $Record, )*
            $( #[doc = concat!("[`", stringify!($Managed), "`].")] $Managed, )*
            $( #[doc = concat!("[`", stringify!($Kept), "`].")] $Kept, )*
            $( #[doc = concat!("[`", stringify!($Computed), "`].")] $Computed, )*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] =
                &[$( Self::$Record, )* $( Self::$Managed, )* $( Self::$Kept, )* $( Self::$Computed, )*];

            /// Runs `visitor` with this kind's type.
            pub(crate) fn visit<V: Visitor>(self, visitor: V) -> V::Output {
                match self {
                    $( Self::$Record => visitor.visit::<$Record>(), )*
                    $( Self::$Managed => visitor.visit::<$Managed>(), )*
                    $( Self::$Kept => visitor.visit::<$Kept>(), )*
                    $( Self::$Computed => visitor.visit::<$Computed>(), )*
                }
            }

            /// Reads a POST's item; `None` where clients cannot create this kind.
            pub(crate) fn read_create(self, fields: &Fields) -> Option<Result<Create, ApiError>> {
                match self {
                    $( Self::$Record => Some($Create::read(fields).map(Create::$Record)), )*
                    _ => None,
                }
            }

            /// Reads a PUT's item; `None` where clients cannot change this kind.
            pub(crate) fn read_update(self, fields: &Fields) -> Option<Result<Update, ApiError>> {
                match self {
                    $( Self::$Record => Some($Update::read(fields).map(Update::$Record)), )*
                    $( Self::$Managed => Some($ManagedUpdate::read(fields).map(Update::$Managed)), )*
                    _ => None,
                }
            }

            /// Whether clients create this kind.
            pub fn is_creatable(self) -> bool {
                match self {
                    $( Self::$Record => true, )*
                    _ => false,
                }
            }

            /// Whether the kind has a collection with the verbs of a resource.
            pub fn is_served(self) -> bool {
                match self {
                    $( Self::$Kept => false, )*
                    _ => true,
                }
            }

            /// Whether records of this kind are only read, because they follow from others.
            pub fn is_computed(self) -> bool {
                match self {
                    $( Self::$Computed => true, )*
                    _ => false,
                }
            }
        }

        /// A record of any kind, shared.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Record {
            $( #[doc = concat!("A [`", stringify!($Record), "`].")] $Record(Arc<$Record>), )*
            $( #[doc = concat!("A [`", stringify!($Managed), "`].")] $Managed(Arc<$Managed>), )*
            $( #[doc = concat!("A [`", stringify!($Kept), "`].")] $Kept(Arc<$Kept>), )*
            $( #[doc = concat!("A [`", stringify!($Computed), "`].")] $Computed(Arc<$Computed>), )*
        }

        /// Runs an expression over the typed record in a [`Record`].
        macro_rules! each_record {
            ($value:expr, $row:ident => $body:expr) => {
                match $value {
                    $( Record::$Record($row) => $body, )*
                    $( Record::$Managed($row) => $body, )*
                    $( Record::$Kept($row) => $body, )*
                    $( Record::$Computed($row) => $body, )*
                }
            };
        }

        impl Record {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$Record(_) => Kind::$Record, )*
                    $( Self::$Managed(_) => Kind::$Managed, )*
                    $( Self::$Kept(_) => Kind::$Kept, )*
                    $( Self::$Computed(_) => Kind::$Computed, )*
                }
            }

            /// Its id.
            pub fn id(&self) -> Uuid {
                each_record!(self, record => record.id)
            }

            /// The project that owns it; `None` where no project owns such records.
            pub fn project(&self) -> Option<&str> {
                each_record!(self, record => record.project())
            }

            /// Its tags; none where such records carry none.
            pub fn tags(&self) -> &[String] {
                each_record!(self, record => record.tags().map_or(&[], Vec::as_slice))
            }

            /// Reads a record of `kind` from its stored form.
            ///
            /// # Errors
            /// Not JSON, or a value a field cannot take.
            pub fn from_json(kind: Kind, json: &[u8]) -> Result<Self, serde_json::Error> {
                let mut json = serde_json::Deserializer::from_slice(json);
                let record = Self::read(kind, &mut json)?;
                json.end().map(|()| record)
            }

            /// Reads a record of `kind` from its stored form, wherever that stands.
            ///
            /// # Errors
            /// As [`Record::from_json`].
            pub fn read<'de, D: Deserializer<'de>>(kind: Kind, from: D) -> Result<Self, D::Error> {
                Ok(match kind {
                    $( Kind::$Record => Self::$Record(Deserialize::deserialize(from)?), )*
                    $( Kind::$Managed => Self::$Managed(Deserialize::deserialize(from)?), )*
                    $( Kind::$Kept => Self::$Kept(Deserialize::deserialize(from)?), )*
                    $( Kind::$Computed => Self::$Computed(Deserialize::deserialize(from)?), )*
                })
            }

            /// Its stored form.
            pub fn to_json(&self) -> Vec<u8> {
                let mut out = Vec::with_capacity(1024);
                each_record!(self, record => crate::attribute::write(record, &mut out));
                out
            }
        }

        /// What a document shows beyond the record, for a record of each kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Derived {
            $( #[doc = concat!("Of a [`", stringify!($Record), "`].")] $Record($Derived), )*
            $( #[doc = concat!("Of a [`", stringify!($Managed), "`].")] $Managed($ManagedDerived), )*
            $( #[doc = concat!("Of a [`", stringify!($Kept), "`].")] $Kept($KeptDerived), )*
            $( #[doc = concat!("Of a [`", stringify!($Computed), "`].")] $Computed($ComputedDerived), )*
        }

        impl Derived {
            /// The derived part of a record of `kind` that has nothing to derive.
            pub fn none(kind: Kind) -> Self {
                match kind {
                    $( Kind::$Record => Self::$Record(<$Derived>::default()), )*
                    $( Kind::$Managed => Self::$Managed(<$ManagedDerived>::default()), )*
                    $( Kind::$Kept => Self::$Kept(<$KeptDerived>::default()), )*
                    $( Kind::$Computed => Self::$Computed(<$ComputedDerived>::default()), )*
                }
            }
        }

        /// One item of a POST.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Create {
            $( #[doc = concat!("A new [`", stringify!($Record), "`].")] $Record($Create), )*
        }

        impl Create {
            /// Of which kind.
            pub fn kind(&self) -> Kind {
                match self { $( Self::$Record(_) => Kind::$Record, )* }
            }

            /// The project that is to own it; `None` where no project owns such records.
            pub fn project(&self) -> Option<&str> {
                match self { $( Self::$Record(asked) => asked.project(), )* }
            }

            /// A record with what the request alone determines.
            pub(crate) fn preview(&self) -> Record {
                match self { $( Self::$Record(asked) => asked.clone().into_record().into(), )* }
            }
        }

        /// One change of one record.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Update {
            $( #[doc = concat!("A PUT of a [`", stringify!($Record), "`].")] $Record($Update), )*
            $( #[doc = concat!("A PUT of a [`", stringify!($Managed), "`].")] $Managed($ManagedUpdate), )*
            /// An edit of the tags of a record of this kind.
            Tags(Kind, TagEdit),
        }

        impl Update {
            /// Of which kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$Record(_) => Kind::$Record, )*
                    $( Self::$Managed(_) => Kind::$Managed, )*
                    Self::Tags(kind, _) => *kind,
                }
            }

            /// `record` with what the request alone determines.
            pub(crate) fn preview(&self, record: &Record) -> Record {
                match (self, record) {
                    $( (Self::$Record(asked), Record::$Record(before)) => {
                        let mut after = <$Record>::clone(before);
                        asked.clone().apply(&mut after);
                        after.into()
                    } )*
                    $( (Self::$Managed(asked), Record::$Managed(before)) => {
                        let mut after = <$Managed>::clone(before);
                        asked.clone().apply(&mut after);
                        after.into()
                    } )*
                    _ => record.clone(),
                }
            }
        }

        $( resources! { @record $Record } )*
        $( resources! { @record $Managed } )*
        $( resources! { @record $Kept } )*
        $( resources! { @record $Computed } )*
        $( resources! { @asked $Record: $Create as Create, $Update as Update } )*
        $( resources! { @asked $Managed: $ManagedUpdate as Update } )*
    };
    (@record $Record:ident) => {
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
    };
    (@asked $Record:ident: $( $Asked:ident as $Enum:ident ),*) => {
        $(
            impl From<$Asked> for $Enum {
                fn from(asked: $Asked) -> Self {
                    Self::$Record(asked)
                }
            }
        )*
    };
}

resources! {
    writable {
        Network(NetworkCreate, NetworkUpdate, NetworkDerived),
        Subnet(SubnetCreate, SubnetUpdate, SubnetDerived),
        Port(PortCreate, PortUpdate, PortDerived),
        SubnetPool(SubnetPoolCreate, SubnetPoolUpdate, SubnetPoolDerived),
        AddressScope(AddressScopeCreate, AddressScopeUpdate, AddressScopeDerived),
        AddressGroup(AddressGroupCreate, AddressGroupUpdate, AddressGroupDerived),
        RbacPolicy(RbacPolicyCreate, RbacPolicyUpdate, RbacPolicyDerived),
        Segment(SegmentCreate, SegmentUpdate, SegmentDerived),
        NetworkSegmentRange(NetworkSegmentRangeCreate, NetworkSegmentRangeUpdate, NetworkSegmentRangeDerived),
        Flavor(FlavorCreate, FlavorUpdate, FlavorDerived),
        ServiceProfile(ServiceProfileCreate, ServiceProfileUpdate, ServiceProfileDerived),
    }
    managed {
        Node(NodeUpdate, NodeDerived),
    }
    kept {
        Quota(QuotaDerived),
    }
    computed {
        AvailabilityZone(AvailabilityZoneDerived),
        ServiceProvider(ServiceProviderDerived),
        NetworkIpAvailability(NetworkIpAvailabilityDerived),
    }
}

impl Kind {
    /// The kind of this name, e.g. `network`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Name of one in documents, e.g. `network`.
    pub fn name(self) -> &'static str {
        self.visit(Facts).name
    }

    /// Name of many in documents, e.g. `address_scopes`.
    pub fn plural(self) -> &'static str {
        self.visit(Facts).plural
    }

    /// Path of the collection under `/v2.0/`, e.g. `address-scopes`.
    pub fn path(self) -> &'static str {
        self.visit(Facts).path
    }

    /// Whether its records belong to a project.
    pub fn is_owned(self) -> bool {
        self.visit(Facts).owned
    }

    /// Whether its records carry tags.
    pub fn is_tagged(self) -> bool {
        self.visit(Facts).tagged
    }

    /// The 404 for an id that names none of this kind.
    pub fn not_found(self, id: impl std::fmt::Display) -> ApiError {
        let missing = self.visit(Facts).missing;
        ApiError::not_found(
            missing,
            format!("there is no {} with id '{id}'", self.name()),
        )
    }
}

/// Reads what is declared of a kind as a whole.
struct Facts;

struct Declared {
    name: &'static str,
    plural: &'static str,
    path: &'static str,
    missing: &'static str,
    owned: bool,
    tagged: bool,
}

impl Visitor for Facts {
    type Output = Declared;

    fn visit<R: Resource>(self) -> Declared {
        Declared {
            name: R::NAME,
            plural: R::PLURAL,
            path: R::PATH,
            missing: R::NOT_FOUND,
            owned: R::attributes().iter().any(|row| row.name == "project_id"),
            tagged: R::TAGGED,
        }
    }
}
