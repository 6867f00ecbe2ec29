//! The rules, each tried on a model in memory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod binding;
mod flavors;
mod ipam;
mod networks;
mod nodes;
mod parts;
mod ports;
mod property;
mod reach;
mod routed;
mod subnet_pools;
mod subnets;

use std::sync::Arc;

use api::{
    ApiError, Context, Create, FixedIpRequest, Kind, Mac, Network, NetworkCreate, NetworkType,
    Port, PortCreate, PortUpdate, Record, Segment, SegmentCreate, Subnet, SubnetCreate, Timestamp,
    Update,
};
use uuid::Uuid;

use super::node::{self, Registration};
use super::{Liveness, Moment, PortReport, Settings, status, write};
use crate::model::{Draft, Model};

/// A model, what configures its rules, and a clock that ticks with each write.
pub(super) struct Cloud {
    pub model: Model,
    pub settings: Settings,
    pub caller: Context,
    now: i64,
}

/// Neutron's status and type name.
pub(super) fn refusal<T: std::fmt::Debug>(result: Result<T, ApiError>) -> (u16, String) {
    let error = result.unwrap_err();
    (error.status, error.kind.into_owned())
}

/// `assert_refused!(result, 409, "MacAddressInUse")`.
macro_rules! assert_refused {
    ($result:expr, $status:expr, $kind:expr) => {
        assert_eq!(
            crate::service::tests::refusal($result),
            ($status, $kind.to_owned())
        )
    };
}
pub(super) use assert_refused;

impl Cloud {
    pub fn new() -> Self {
        let settings = Settings {
            tenant_types: vec![NetworkType::Geneve],
            vlan_ranges: [
                ("public".into(), vec![]),
                ("datacentre".into(), vec![100..=102, 200..=201]),
            ]
            .into(),
            dns_domain: "example.org".into(),
            geneve_header: 38,
            ..Settings::default()
        };
        Self {
            model: Model::default(),
            settings,
            caller: Context::admin("p", ""),
            now: 1_000_000,
        }
    }

    fn write<T>(
        &mut self,
        edit: impl FnOnce(&mut Draft, &Moment<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.now += 1;
        let mut draft = Draft::new(&self.model);
        let moment = Moment {
            settings: &self.settings,
            now: Timestamp(self.now),
            caller: &self.caller,
            liveness: &Liveness::default(),
        };
        let done = edit(&mut draft, &moment)?;
        self.model = draft.finish().0;
        Ok(done)
    }

    pub fn create_all(&mut self, items: Vec<Create>) -> Result<Vec<Record>, ApiError> {
        let items: Vec<_> = items.into_iter().map(|i| (Uuid::new_v4(), i)).collect();
        self.write(|draft, moment| write::create(draft, moment, &items))
    }

    fn create(&mut self, item: impl Into<Create>) -> Result<Record, ApiError> {
        Ok(self.create_all(vec![item.into()])?.remove(0))
    }

    pub fn network(&mut self, asked: NetworkCreate) -> Result<Arc<Network>, ApiError> {
        match self.create(asked)? {
            Record::Network(network) => Ok(network),
            other => panic!("{other:?}"),
        }
    }

    pub fn subnet(&mut self, asked: SubnetCreate) -> Result<Arc<Subnet>, ApiError> {
        match self.create(asked)? {
            Record::Subnet(subnet) => Ok(subnet),
            other => panic!("{other:?}"),
        }
    }

    pub fn port(&mut self, asked: PortCreate) -> Result<Arc<Port>, ApiError> {
        match self.create(asked)? {
            Record::Port(port) => Ok(port),
            other => panic!("{other:?}"),
        }
    }

    pub fn segment(&mut self, asked: SegmentCreate) -> Result<Segment, ApiError> {
        match self.create(asked)? {
            Record::Segment(segment) => Ok(Segment::clone(&segment)),
            other => panic!("{other:?}"),
        }
    }

    pub fn update(&mut self, id: Uuid, change: impl Into<Update>) -> Result<Record, ApiError> {
        let change = change.into();
        self.write(|draft, moment| write::update(draft, moment, id, change, None))
    }

    pub fn update_port(&mut self, id: Uuid, change: PortUpdate) -> Result<Arc<Port>, ApiError> {
        match self.update(id, change)? {
            Record::Port(port) => Ok(port),
            other => panic!("{other:?}"),
        }
    }

    pub fn delete(&mut self, kind: Kind, id: Uuid) -> Result<(), ApiError> {
        self.write(|draft, moment| write::delete(draft, moment, kind, id, None, false))
    }

    pub fn join(&mut self, asked: &Registration) -> Result<Arc<api::Node>, ApiError> {
        self.write(|draft, moment| node::register(draft, moment, Uuid::new_v4(), asked))
    }

    pub fn report(&mut self, port: Uuid, host: &str, up: bool) -> usize {
        let report = PortReport {
            port,
            host: host.into(),
            up,
        };
        self.write(|draft, moment| Ok(status::report(draft, moment, &[report])))
            .unwrap()
    }

    /// A network with one IPv4 subnet.
    pub fn simple(&mut self, cidr: &str) -> (Uuid, Uuid) {
        let network = self.network(NetworkCreate::default()).unwrap().id;
        let subnet = self.subnet(subnet_of(network, cidr)).unwrap().id;
        (network, subnet)
    }

    pub fn now_port(&self, id: Uuid) -> Arc<Port> {
        Arc::clone(self.model.port(id).unwrap())
    }
}

/// A subnet of `network`, its version that of its block.
pub(super) fn subnet_of(network: Uuid, cidr: &str) -> SubnetCreate {
    SubnetCreate {
        network_id: network,
        ip_version: if cidr.contains(':') { 6 } else { 4 },
        cidr: Some(cidr.parse().unwrap()),
        ..SubnetCreate::default()
    }
}

/// A SLAAC subnet of `network`.
pub(super) fn slaac(network: Uuid, cidr: &str) -> SubnetCreate {
    SubnetCreate {
        ipv6_ra_mode: Some(api::Ipv6Mode::Slaac),
        ipv6_address_mode: Some(api::Ipv6Mode::Slaac),
        ..subnet_of(network, cidr)
    }
}

pub(super) fn port_on(network: Uuid) -> PortCreate {
    PortCreate {
        network_id: network,
        ..PortCreate::default()
    }
}

/// `any(subnet)`, `exactly(ip)`, or both at once.
pub(super) fn ask(subnet: Option<Uuid>, ip: &str) -> FixedIpRequest {
    FixedIpRequest {
        subnet_id: subnet,
        ip_address: (!ip.is_empty()).then(|| ip.parse().unwrap()),
    }
}

pub(super) fn mac(text: &str) -> Mac {
    text.parse().unwrap()
}

/// A port's addresses as text.
pub(super) fn ips(port: &Port) -> Vec<String> {
    port.fixed_ips
        .iter()
        .map(|f| f.ip_address.to_string())
        .collect()
}
