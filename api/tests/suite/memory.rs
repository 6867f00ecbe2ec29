//! A backend in memory with just enough rules to be asked everything the API can ask.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use api::policy::Reach;
use api::{
    Action, AddressEdit, Answer, ApiError, At, Backend, Context, Create, Derived, DnsAssignment,
    Filters, FixedIp, Kind, Mac, NetworkDerived, NodeDerived, PortDerived, RbacPolicy, Record,
    Status, SubnetDerived, Timestamp, Update, View,
};
use uuid::Uuid;

/// The records, by kind and id.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    records: BTreeMap<(Kind, Uuid), Record>,
}

/// The backend. Writes take the lock, change a copy, and put it in place when all went well.
#[derive(Debug, Default)]
pub struct Memory {
    current: Mutex<Arc<Snapshot>>,
    /// What each write replaced, as if one were made each second.
    past: Mutex<Vec<Arc<Snapshot>>>,
    /// The next `view` panics, once.
    pub panic_once: std::sync::atomic::AtomicBool,
    /// Says of itself that it cannot be read.
    pub ails: std::sync::atomic::AtomicBool,
}

impl Memory {
    /// Puts records in as they are.
    pub fn put(&self, records: impl IntoIterator<Item = Record>) {
        let mut current = self.current.lock().unwrap();
        let mut next = Snapshot::clone(&current);
        for record in records {
            next.records.insert((record.kind(), record.id()), record);
        }
        *current = Arc::new(next);
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&mut Snapshot) -> Result<T, ApiError>,
    ) -> Result<(Arc<Snapshot>, T), ApiError> {
        let mut current = self.current.lock().unwrap();
        let mut next = Snapshot::clone(&current);
        let done = change(&mut next)?;
        let before = std::mem::replace(&mut *current, Arc::new(next));
        self.past.lock().unwrap().push(before);
        Ok((Arc::clone(&current), done))
    }
}

impl Snapshot {
    fn share(&mut self, object_id: Uuid) {
        let policy = RbacPolicy {
            object_id,
            ..RbacPolicy::default()
        };
        let key = (Kind::RbacPolicy, policy.id);
        self.records.insert(key, policy.into());
    }

    /// Whether some policy shares the object.
    fn shared(&self, object: Uuid) -> bool {
        let mut records = self.records.values();
        records.any(|r| matches!(r, Record::RbacPolicy(policy) if policy.object_id == object))
    }

    fn network(&self, id: Uuid) -> Result<(), ApiError> {
        let there = self.records.contains_key(&(Kind::Network, id));
        there
            .then_some(())
            .ok_or_else(|| Kind::Network.not_found(id))
    }

    fn create(&mut self, item: Create) -> Result<Record, ApiError> {
        let (id, now) = (Uuid::new_v4(), Timestamp::now());
        let record: Record = match item {
            Create::Network(asked) => {
                if asked.shared {
                    self.share(id);
                }
                let mut network = asked.into_record();
                (network.id, network.created_at, network.updated_at) = (id, now, now);
                (network.status, network.revision_number) = (Status::Active, 1);
                network.into()
            }
            Create::Subnet(asked) => {
                self.network(asked.network_id)?;
                let mut subnet = asked.into_record();
                (subnet.id, subnet.created_at, subnet.updated_at) = (id, now, now);
                subnet.into()
            }
            Create::Port(asked) => {
                self.network(asked.network_id)?;
                let fixed = asked.fixed_ips.clone().unwrap_or_default();
                let pairs = asked.allowed_address_pairs.clone();
                let mut port = asked.into_record();
                (port.id, port.created_at, port.updated_at) = (id, now, now);
                (port.revision_number, port.port_security_enabled) = (1, true);
                if port.mac_address == Mac::default() {
                    let [.., a, b, c] = *id.as_bytes();
                    port.mac_address = Mac([0xfa, 0x16, 0x3e, a, b, c]);
                }
                let complete = |asked: &api::FixedIpRequest| FixedIp {
                    subnet_id: asked.subnet_id.unwrap_or_default(),
                    ip_address: asked.ip_address.unwrap_or(IpAddr::from([10, 0, 0, 2])),
                };
                port.fixed_ips = fixed.iter().map(complete).collect();
                let pair = |asked: &api::AddressPairRequest| api::AddressPair {
                    mac_address: asked.mac_address.unwrap_or(port.mac_address),
                    ip_address: asked.ip_address,
                };
                port.allowed_address_pairs = pairs.iter().map(pair).collect();
                port.into()
            }
            Create::AddressGroup(asked) => {
                let mut group = asked.into_record();
                (group.id, group.revision_number) = (id, 1);
                group.into()
            }
            other => panic!("{other:?}"),
        };
        self.records.insert((record.kind(), id), record.clone());
        Ok(record)
    }

    fn found(&self, kind: Kind, id: Uuid, if_match: Option<u64>) -> Result<Record, ApiError> {
        let record = self.records.get(&(kind, id)).cloned();
        let record = record.ok_or_else(|| kind.not_found(id))?;
        let revision = match &record {
            Record::Network(network) => network.revision_number,
            Record::Subnet(subnet) => subnet.revision_number,
            Record::Port(port) => port.revision_number,
            Record::AddressGroup(group) => group.revision_number,
            _ => 0,
        };
        match if_match {
            Some(wanted) if wanted != revision => {
                Err(ApiError::revision_mismatch(wanted, revision))
            }
            _ => Ok(record),
        }
    }

    fn update(
        &mut self,
        id: Uuid,
        change: Update,
        if_match: Option<u64>,
    ) -> Result<Record, ApiError> {
        let mut record = self.found(change.kind(), id, if_match)?;
        match (&mut record, change) {
            (Record::Network(network), Update::Network(asked)) => {
                let network = Arc::make_mut(network);
                asked.apply(network);
                network.revision_number += 1;
            }
            (Record::Subnet(subnet), Update::Subnet(asked)) => asked.apply(Arc::make_mut(subnet)),
            (Record::Port(port), Update::Port(asked)) => asked.apply(Arc::make_mut(port)),
            (Record::Node(node), Update::Node(asked)) => asked.apply(Arc::make_mut(node)),
            (Record::Network(network), Update::Tags(_, edit)) => {
                edit.apply(&mut Arc::make_mut(network).tags)?;
            }
            (Record::Port(port), Update::Tags(_, edit)) => {
                edit.apply(&mut Arc::make_mut(port).tags)?;
            }
            (record, change) => panic!("{change:?} of {record:?}"),
        }
        self.records.insert((record.kind(), id), record.clone());
        Ok(record)
    }
}

impl View for Snapshot {
    fn get(&self, kind: Kind, id: Uuid) -> Option<Record> {
        self.records.get(&(kind, id)).cloned()
    }

    fn find<'a>(
        &'a self,
        kind: Kind,
        _: &Filters,
        reach: Reach<'_>,
    ) -> Box<dyn Iterator<Item = Record> + Send + 'a> {
        let range = (kind, Uuid::nil())..=(kind, Uuid::max());
        let all = self.records.range(range).map(|(_, record)| record.clone());
        match reach {
            Reach::All => Box::new(all),
            Reach::Project(project) => {
                let project = project.to_owned();
                Box::new(all.filter(move |record| self.reaches(record, &project)))
            }
        }
    }

    fn reaches(&self, record: &Record, project: &str) -> bool {
        let own = |record: &Record| record.project().is_none_or(|owner| owner == project);
        if own(record) {
            return true;
        }
        let id = match record {
            Record::Network(network) => network.id,
            Record::Subnet(subnet) => subnet.network_id,
            Record::Port(port) => port.network_id,
            _ => return false,
        };
        match (record, self.get(Kind::Network, id)) {
            (Record::Port(_), network) => network.as_ref().is_some_and(own),
            (_, Some(Record::Network(network))) => network.external || self.shared(id),
            _ => false,
        }
    }

    fn shared_with(&self, kind: Kind, id: Uuid, _: &str) -> bool {
        match self.get(kind, id) {
            Some(Record::Subnet(subnet)) => self.shared(subnet.network_id),
            _ => self.shared(id),
        }
    }

    fn derived(&self, record: &Record) -> Derived {
        match record {
            Record::Network(network) => {
                let on = |r: Record| match r {
                    Record::Subnet(s) => (s.network_id == network.id).then_some(s.id),
                    _ => None,
                };
                Derived::Network(NetworkDerived {
                    shared: self.shared(network.id),
                    subnets: self
                        .find(Kind::Subnet, &Filters::none(), Reach::All)
                        .filter_map(on)
                        .collect(),
                    ..NetworkDerived::default()
                })
            }
            Record::Subnet(subnet) => match self.get(Kind::Network, subnet.network_id) {
                Some(Record::Network(network)) => Derived::Subnet(SubnetDerived {
                    external: network.external,
                    shared: self.shared(network.id),
                }),
                _ => Derived::Subnet(SubnetDerived::default()),
            },
            Record::Port(port) => Derived::Port(PortDerived {
                dns_assignment: port.fixed_ips.iter().map(assigned).collect(),
                ..PortDerived::default()
            }),
            Record::Node(_) => Derived::Node(NodeDerived {
                alive: true,
                ..NodeDerived::default()
            }),
            other => Derived::none(other.kind()),
        }
    }
}

fn assigned(fixed: &FixedIp) -> DnsAssignment {
    let hostname = format!("host-{}", fixed.ip_address).replace(['.', ':'], "-");
    DnsAssignment {
        ip_address: fixed.ip_address,
        fqdn: format!("{hostname}.openstacklocal."),
        hostname,
    }
}

impl Backend for Memory {
    type View = Snapshot;

    async fn health(&self) -> Result<(), ApiError> {
        match self.ails.load(std::sync::atomic::Ordering::Relaxed) {
            true => Err(ApiError::unavailable("the disk has gone")),
            false => Ok(()),
        }
    }

    async fn view(&self, _: &Context) -> Result<Arc<Snapshot>, ApiError> {
        let panic = self
            .panic_once
            .swap(false, std::sync::atomic::Ordering::Relaxed);
        assert!(!panic, "as the test asked");
        Ok(Arc::clone(&self.current.lock().unwrap()))
    }

    async fn view_at(&self, _: &Context, at: At) -> Result<Arc<Snapshot>, ApiError> {
        let past = self.past.lock().unwrap();
        let place = match at {
            At::Revision(number) => usize::try_from(number).unwrap(),
            At::TimeMicros(micros) => usize::try_from(micros / 1_000_000).unwrap(),
        };
        let snapshot = past.get(place).cloned();
        snapshot.ok_or_else(|| ApiError::bad_request(format!("{at} is yet to come")))
    }

    async fn create(
        &self,
        _: &Context,
        items: Vec<Create>,
    ) -> Result<(Arc<Snapshot>, Vec<Record>), ApiError> {
        self.write(|next| items.into_iter().map(|item| next.create(item)).collect())
    }

    async fn update(
        &self,
        _: &Context,
        id: Uuid,
        change: Update,
        if_match: Option<u64>,
    ) -> Result<(Arc<Snapshot>, Record), ApiError> {
        self.write(|next| next.update(id, change, if_match))
    }

    async fn act(
        &self,
        _: &Context,
        action: Action,
        if_match: Option<u64>,
    ) -> Result<(Arc<Snapshot>, Answer), ApiError> {
        let Action::EditAddresses(id, edit) = action else {
            panic!("{action:?}");
        };
        self.write(|next| {
            let found = next.found(Kind::AddressGroup, id, if_match)?;
            let Record::AddressGroup(mut group) = found else {
                panic!("{found:?}");
            };
            match &edit {
                AddressEdit::Add(blocks) => Arc::make_mut(&mut group).addresses.extend(blocks),
                AddressEdit::Remove(blocks) => {
                    Arc::make_mut(&mut group)
                        .addresses
                        .retain(|b| !blocks.contains(b));
                }
            }
            let record = Record::from(group);
            next.records.insert((record.kind(), id), record.clone());
            Ok(Answer::Record(record))
        })
    }

    async fn delete(
        &self,
        _: &Context,
        kind: Kind,
        id: Uuid,
        if_match: Option<u64>,
    ) -> Result<(), ApiError> {
        let done = self.write(|next| {
            next.found(kind, id, if_match)?;
            next.records.remove(&(kind, id));
            Ok(())
        });
        done.map(|_| ())
    }
}
