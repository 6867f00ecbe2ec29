//! The OpenStack Networking API (Neutron v2.0) as a vocabulary and a front door.
//!
//! One declaration per resource (`resource/*.rs`) gives the record that is both the API document and
//! what is stored, what POST and PUT may say, and the attribute table from which everything else
//! follows: how bodies are read, what lists can be filtered and sorted by, documents, OpenAPI. To
//! add an attribute, add its line there; to add a resource, declare it and name it in
//! `resource/mod.rs`; to tell clients of an extension, add its row in `extension.rs`.
//!
//! ```text
//! server/   connections, limits, warp's one filter, who asks
//! request   ─► routes ─► verbs, tag_routes, version, extension, openapi ─► reply
//!                          body (POST, PUT)      query ─► list ─► render
//!                                   └────── attribute tables (declare) ──────┘
//!                                    Backend and its View: the only way out
//! ```
//!
//! The crate knows documents, not decisions, and neither SQL nor switches.
#![recursion_limit = "256"]

pub mod action;
mod at;
mod attribute;
mod backend;
mod body;
mod context;
mod declare;
mod documents;
mod error;
pub mod extension;
mod filters;
mod json;
mod list;
pub mod metrics;
mod openapi;
pub mod policy;
mod query;
mod render;
pub mod reply;
pub mod request;
pub mod resource;
mod routes;
mod server;
mod tag_routes;
mod tags;
pub mod value;
mod verbs;
mod version;

pub use action::{
    Action, AddressEdit, BindingEdit, BindingRequest, PrefixEdit, Question, QuotaEdit,
};
pub use at::At;
pub use attribute::{Attribute, Check, Post, Resource};
pub use backend::{Answer, Backend, View};
pub use context::Context;
pub use documents::{Documents, attribute_of};
pub use error::ApiError;
pub use filters::Filters;
pub use resource::{
    ACCESS_AS_EXTERNAL, ACCESS_AS_SHARED, AddressGroup, AddressGroupCreate, AddressGroupDerived,
    AddressGroupUpdate, AddressScope, AddressScopeCreate, AddressScopeDerived, AddressScopeUpdate,
    AvailabilityZone, AvailabilityZoneDerived, Create, Derived, EVERYONE, Flavor, FlavorCreate,
    FlavorDerived, FlavorUpdate, InactiveBinding, Kind, Network, NetworkCreate, NetworkDerived,
    NetworkIpAvailability, NetworkIpAvailabilityDerived, NetworkSegmentRange,
    NetworkSegmentRangeCreate, NetworkSegmentRangeDerived, NetworkSegmentRangeUpdate,
    NetworkUpdate, Node, NodeDerived, NodeUpdate, Port, PortCreate, PortDerived, PortUpdate,
    QUOTAS, Quota, QuotaDerived, RbacPolicy, RbacPolicyCreate, RbacPolicyDerived, RbacPolicyUpdate,
    Record, SHAREABLE, Segment, SegmentCreate, SegmentDerived, SegmentLabel, SegmentUpdate,
    ServiceProfile, ServiceProfileCreate, ServiceProfileDerived, ServiceProfileUpdate,
    ServiceProvider, ServiceProviderDerived, Subnet, SubnetCreate, SubnetDerived, SubnetPool,
    SubnetPoolCreate, SubnetPoolDerived, SubnetPoolUpdate, SubnetUpdate, Update, Wire,
};
pub use routes::{Handler, Mount};
pub use server::{
    AccessLog, Cors, Head, Health, HealthCheck, Identify, NoAuth, NoFormat, Options, Refusal, serve,
};
pub use tags::TagEdit;
pub use value::{
    AddressCounts, AddressPair, AddressPairRequest, AddressRange, DataPlaneStatus, DhcpOptRequest,
    DnsAssignment, ExtraDhcpOpt, FixedIp, FixedIpRequest, Hints, HostRoute, InterfaceHints,
    IpAllocation, Ipv6Mode, JsonMap, Mac, NetworkType, NumaPolicy, OffloadType, PrefixLength,
    ProviderSegment, Status, SubnetAvailability, SwitchHints, Timestamp, TxSteering, Value,
    VifType,
};
