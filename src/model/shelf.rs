//! Shelves: records of kinds that are found by id, name and project, and in no other way.

use std::sync::Arc;

use api::{
    AddressGroup, AddressScope, Flavor, Kind, NetworkSegmentRange, Record, Resource,
    ServiceProfile, SubnetPool,
};
use uuid::Uuid;

use super::Model;
use super::text::ByText;
use super::tree::Tree;

/// A kind that stands on a shelf.
pub trait Shelved: Resource + PartialEq {
    /// Its name.
    fn name(&self) -> &str;
    /// Its shelf.
    fn shelf(model: &Model) -> &Shelf<Self>;
}

/// The records of one kind.
#[derive(Clone, Debug)]
pub struct Shelf<R> {
    records: Tree<Uuid, Arc<R>>,
    names: ByText,
    projects: ByText,
}

impl<R> Default for Shelf<R> {
    fn default() -> Self {
        Shelf {
            records: Tree::default(),
            names: ByText::default(),
            projects: ByText::default(),
        }
    }
}

impl<R: PartialEq> PartialEq for Shelf<R> {
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
            && self.names == other.names
            && self.projects == other.projects
    }
}

impl<R: Shelved> Shelf<R> {
    /// The record with this id.
    pub fn get(&self, id: Uuid) -> Option<&Arc<R>> {
        self.records.get(&id)
    }

    /// All records, ascending by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<R>> + Send + use<'_, R> {
        self.records.iter().map(|(_, record)| record)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records of this name (never the empty one), ascending by id.
    pub fn by_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<R>> + Send {
        self.each(self.names.candidates(name))
            .filter(move |record| record.name() == name)
    }

    /// The records that this project owns, ascending by id.
    pub fn of_project<'a>(&'a self, project: &'a str) -> impl Iterator<Item = &'a Arc<R>> + Send {
        self.each(self.projects.candidates(project))
            .filter(move |record| record.project() == Some(project))
    }

    fn each<'a>(
        &'a self,
        ids: impl Iterator<Item = Uuid> + Send + 'a,
    ) -> impl Iterator<Item = &'a Arc<R>> + Send {
        ids.filter_map(|id| self.records.get(&id))
    }

    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    fn change(&mut self, id: Uuid, after: Option<Arc<R>>) -> Option<Arc<R>> {
        let before = match &after {
            Some(record) => self.records.insert(id, Arc::clone(record)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        self.names.change(id, old.map(R::name), new.map(R::name));
        self.projects
            .change(id, old.and_then(R::project), new.and_then(R::project));
        before
    }
}

/// Makes the shelves from the list of what stands on them, and what each is called; "" for no name.
macro_rules! shelves {
    ( $( $field:ident: $Record:ident by |$record:ident| $name:expr, )* ) => {
        /// One shelf for each kind that has no indexes of its own.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(super) struct Shelves { $( $field: Shelf<$Record>, )* }

        $( impl Shelved for $Record {
            fn name(&self) -> &str {
                let $record = self;
                $name
            }

            fn shelf(model: &Model) -> &Shelf<Self> {
                &model.shelves.$field
            }
        } )*

        impl Shelves {
            /// Puts a record on its shelf; gives what was there. Kinds that are not stored stand on none.
            pub(super) fn put(&mut self, record: Record) -> Option<Record> {
                match record {
                    $( Record::$Record(r) => self.$field.change(r.id, Some(r)).map(Record::from), )*
                    _ => None,
                }
            }

            /// Takes a record off its shelf.
            pub(super) fn remove(&mut self, kind: Kind, id: Uuid) -> Option<Record> {
                match kind {
                    $( Kind::$Record => self.$field.change(id, None).map(Record::from), )*
                    _ => None,
                }
            }

            pub(super) fn get(&self, kind: Kind, id: Uuid) -> Option<Record> {
                match kind {
                    $( Kind::$Record => self.$field.get(id).cloned().map(Record::from), )*
                    _ => None,
                }
            }

            pub(super) fn all(&self, kind: Kind) -> Box<dyn Iterator<Item = Record> + Send + '_> {
                match kind {
                    $( Kind::$Record => Box::new(self.$field.iter().cloned().map(Record::from)), )*
                    _ => Box::new(std::iter::empty()),
                }
            }

            pub(super) fn count(&self, kind: Kind) -> usize {
                match kind {
                    $( Kind::$Record => self.$field.len(), )*
                    _ => 0,
                }
            }

            pub(super) fn by_name(&self, kind: Kind, name: &str) -> Vec<Record> {
                match kind {
                    $( Kind::$Record => self.$field.by_name(name).cloned().map(Record::from).collect(), )*
                    _ => Vec::new(),
                }
            }

            pub(super) fn of_project(&self, kind: Kind, project: &str) -> Vec<Record> {
                match kind {
                    $( Kind::$Record => self.$field.of_project(project).cloned().map(Record::from).collect(), )*
                    _ => Vec::new(),
                }
            }

            /// Whether records of `kind` stand on a shelf.
            pub(super) fn holds(kind: Kind) -> bool {
                matches!(kind, $( Kind::$Record )|*)
            }
        }
    };
}

shelves! {
    address_scopes: AddressScope by |scope| &scope.name,
    address_groups: AddressGroup by |group| &group.name,
    segment_ranges: NetworkSegmentRange by |range| &range.name,
    flavors: Flavor by |flavor| &flavor.name,
    service_profiles: ServiceProfile by |_profile| "",
    subnet_pools: SubnetPool by |pool| &pool.name,
}

/// Kinds that stand on shelves.
impl Model {
    /// The shelf of records of one type.
    pub fn shelf<R: Shelved>(&self) -> &Shelf<R> {
        R::shelf(self)
    }

    /// The records of `kind` with this name; `None` where the kind stands on no shelf.
    pub fn shelved_by_name(&self, kind: Kind, name: &str) -> Option<Vec<Record>> {
        Shelves::holds(kind).then(|| self.shelves.by_name(kind, name))
    }

    /// The records of `kind` that a project owns; `None` where the kind stands on no shelf.
    pub fn shelved_of_project(&self, kind: Kind, project: &str) -> Option<Vec<Record>> {
        Shelves::holds(kind).then(|| self.shelves.of_project(kind, project))
    }
}
