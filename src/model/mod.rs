//! The cloud's network as an immutable snapshot.
//!
//! A [`Model`] holds every record and what can be derived from the records
//! alone: by which name, place, address or key each is found, and which numbers
//! are free. Cloning it costs a few dozen reference counts and a change costs
//! the way to a few leaves, so everyone who reads holds a snapshot of their own
//! and nobody locks.
//!
//! One file per family of indexes; each brings itself up to date from one
//! record before and after, in O(log n), and never scans.

mod addresses;
mod blocks;
mod change;
mod draft;
mod keys;
mod networks;
mod nodes;
mod places;
mod pools;
mod ports;
pub mod prefixes;
mod query;
mod quotas;
mod runs;
pub mod sample;
mod segments;
mod sharing;
mod shelf;
mod text;
mod tree;

pub use change::{Change, Commit};
pub use draft::Draft;
pub use keys::KEYS;
pub use shelf::{Shelf, Shelved};

use api::{Kind, Record};
use uuid::Uuid;

use networks::{Networks, Subnets};
use nodes::Nodes;
use pools::Pools;
use ports::Ports;
use quotas::{Owned, Quotas};
use sharing::Sharing;
use shelf::Shelves;

/// All records at one revision, with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    revision: u64,
    networks: Networks,
    subnets: Subnets,
    ports: Ports,
    nodes: Nodes,
    pools: Pools,
    shelves: Shelves,
    sharing: Sharing,
    quotas: Quotas,
    owned: Owned,
}

impl Model {
    /// A model of these records.
    pub fn from_records(revision: u64, records: impl IntoIterator<Item = Record>) -> Self {
        let mut model = Model {
            revision,
            ..Model::default()
        };
        for record in records {
            model.put(record);
        }
        model
    }

    /// The model after `commit`, which must be the one that follows this model's revision.
    pub fn after(&self, commit: &Commit) -> Self {
        let changes = commit.changes.iter();
        let records = changes.map(|change| (change.kind, change.id, change.after.clone()));
        self.with(commit.revision, records)
    }

    /// The model at another revision, where these records differ: `None` is one that is not there.
    pub fn with(
        &self,
        revision: u64,
        records: impl IntoIterator<Item = (Kind, Uuid, Option<Record>)>,
    ) -> Self {
        let mut model = self.clone();
        for (kind, id, record) in records {
            match record {
                Some(record) => model.put(record),
                None => model.remove(kind, id),
            };
        }
        model.revision = revision;
        model
    }

    /// How many commits made this model.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The same records under another revision.
    pub(crate) fn at_revision(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }

    fn put(&mut self, record: Record) -> Option<Record> {
        let after = record.clone();
        let before = match record {
            Record::Network(r) => self.networks.change(r.id, Some(r)).map(Record::Network),
            Record::Subnet(r) => self.subnets.change(r.id, Some(r)).map(Record::Subnet),
            Record::Port(r) => self.ports.change(r.id, Some(r)).map(Record::Port),
            Record::Node(r) => self.nodes.change(r.id, Some(r)).map(Record::Node),
            Record::RbacPolicy(r) => self.sharing.change(r.id, Some(r)).map(Record::RbacPolicy),
            Record::Quota(r) => self.quotas.change(r.id, Some(r)).map(Record::Quota),
            shelved => self.shelves.put(shelved),
        };
        self.owned.change(before.as_ref(), Some(&after));
        self.pools.change(before.as_ref(), Some(&after));
        before
    }

    fn remove(&mut self, kind: Kind, id: Uuid) -> Option<Record> {
        let before = match kind {
            Kind::Network => self.networks.change(id, None).map(Record::Network),
            Kind::Subnet => self.subnets.change(id, None).map(Record::Subnet),
            Kind::Port => self.ports.change(id, None).map(Record::Port),
            Kind::Node => self.nodes.change(id, None).map(Record::Node),
            Kind::RbacPolicy => self.sharing.change(id, None).map(Record::RbacPolicy),
            Kind::Quota => self.quotas.change(id, None).map(Record::Quota),
            shelved => self.shelves.remove(shelved, id),
        };
        self.owned.change(before.as_ref(), None);
        self.pools.change(before.as_ref(), None);
        before
    }
}
