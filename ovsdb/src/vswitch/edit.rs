//! Edits: "this row should exist with these columns", turned into one transaction that holds only
//! what differs, guarded so that it does nothing at all where the database has moved on: rows it
//! changes or hangs others on must exist (a `wait` by UUID, which the server looks up), and names it
//! inserts must be free (the schema's own indexes; a `wait` by name would scan the table).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{CloseReason, TransactError};
use crate::handle::Session;
use crate::monitor::View;
use crate::notation::{Atom, NamedUuid, Set, Uuid};
use crate::operation::{Columns, Condition, Mutation};
use crate::replica::{Replica, Row};
use crate::transaction::{Outcome, Transaction};
use crate::vswitch::row::TypedRow;
use crate::vswitch::values::{RowRef, Values};
use crate::vswitch::{Bridge, Controller, DATABASE, Interface, OpenVSwitch, Port};

/// What stands in the way of an edit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The database has no `Open_vSwitch` row: `ovs-vsctl init` was never run.
    #[error("the database has no Open_vSwitch row; run `ovs-vsctl --no-wait init` on the node")]
    NoRoot,
    /// The bridge or row to change is not in the replica.
    #[error("row {uuid} of {table} is not there")]
    NoRow {
        /// The table.
        table: &'static str,
        /// The row.
        uuid: Uuid,
    },
    /// A port of this name belongs to another bridge.
    #[error("port {name} belongs to another bridge; remove it there first")]
    Elsewhere {
        /// The port.
        name: String,
    },
    /// The port has no interface of its own name (a bond, say): its interfaces are not ours.
    #[error("port {name} exists without an interface {name}; it is left alone")]
    NotSimple {
        /// The port.
        name: String,
    },
}

/// A transaction in the making, against the replica it is built from.
#[derive(Debug)]
pub struct Edit<'a> {
    replica: &'a Replica,
    root: Uuid,
    transaction: Transaction,
    guarded: BTreeSet<(&'static str, Uuid)>,
    /// Ports and bridges that this edit inserts.
    inserted: BTreeMap<(&'static str, String), NamedUuid>,
}

impl<'a> Edit<'a> {
    /// An edit that changes nothing yet.
    ///
    /// # Errors
    /// [`EditError::NoRoot`].
    pub fn new(replica: &'a Replica) -> Result<Self, EditError> {
        let root = replica
            .rows(OpenVSwitch::TABLE)
            .next()
            .ok_or(EditError::NoRoot)?;
        Ok(Self {
            replica,
            root: root.uuid(),
            transaction: Transaction::new(DATABASE),
            guarded: BTreeSet::new(),
            inserted: BTreeMap::new(),
        })
    }

    /// The row should have these values. It must exist.
    ///
    /// # Errors
    /// [`EditError::NoRow`].
    pub fn row<R: TypedRow>(&mut self, uuid: Uuid, values: &Values<R>) -> Result<(), EditError> {
        let row = self.existing(R::TABLE, uuid)?;
        let (update, mutations) = values.difference(row);
        if update.is_empty() && mutations.is_empty() {
            return Ok(());
        }
        self.guard(R::TABLE, uuid);
        if !update.is_empty() {
            self.transaction
                .update(R::TABLE, vec![Condition::row(uuid)], update);
        }
        if !mutations.is_empty() {
            self.transaction
                .mutate(R::TABLE, vec![Condition::row(uuid)], mutations);
        }
        Ok(())
    }

    /// The one `Open_vSwitch` row should have these values.
    ///
    /// # Errors
    /// [`EditError::NoRow`].
    pub fn open_vswitch(&mut self, values: &Values<OpenVSwitch>) -> Result<(), EditError> {
        self.row(self.root, values)
    }

    /// The bridge should exist with these values. A new one gets its internal port, as
    /// `ovs-vsctl add-br` makes it.
    ///
    /// # Errors
    /// [`EditError::NoRow`].
    pub fn bridge(&mut self, name: &str, values: &Values<Bridge>) -> Result<RowRef, EditError> {
        if let Some(row) = self.named(Bridge::TABLE, name) {
            let uuid = row.uuid();
            self.row(uuid, values)?;
            return Ok(uuid.into());
        }
        if let Some(known) = self.inserted.get(&(Bridge::TABLE, name.to_owned())) {
            return Ok(known.clone().into());
        }
        let internal = Values::new().set(Interface::KIND, "internal");
        let port = self.insert_port(name, &Values::new(), &internal);
        let values = values.clone().set(Bridge::NAME, name);
        let mut columns = values.insert();
        add_element(&mut columns, Bridge::PORTS.name(), Atom::Named(port));
        let bridge = self.insert(Bridge::TABLE, name, columns);
        self.guard(OpenVSwitch::TABLE, self.root);
        self.add_to(
            &RowRef::Uuid(self.root),
            OpenVSwitch::TABLE,
            OpenVSwitch::BRIDGES.name(),
            &bridge,
        );
        Ok(bridge.into())
    }

    /// The bridge should not exist; its ports, interfaces and controllers go with it.
    pub fn delete_bridge(&mut self, name: &str) {
        if let Some(row) = self.named(Bridge::TABLE, name) {
            let bridge = row.uuid();
            self.guard(OpenVSwitch::TABLE, self.root);
            self.remove_from(
                OpenVSwitch::TABLE,
                self.root,
                OpenVSwitch::BRIDGES.name(),
                bridge,
            );
        }
    }

    /// The bridge should have a port with one interface, both of this name, with these values.
    ///
    /// # Errors
    /// [`EditError`] where a port of this name exists that is not of this kind.
    pub fn port(
        &mut self,
        bridge: &RowRef,
        name: &str,
        port: &Values<Port>,
        interface: &Values<Interface>,
    ) -> Result<RowRef, EditError> {
        if let Some(row) = self.named(Port::TABLE, name) {
            let uuid = row.uuid();
            let mut bridges = self.replica.referrers(Bridge::TABLE, uuid);
            if !bridges.any(|row| RowRef::Uuid(row.uuid()) == *bridge) {
                return Err(EditError::Elsewhere {
                    name: name.to_owned(),
                });
            }
            let existing = self.interface_of(uuid, name)?;
            self.row(uuid, port)?;
            self.row(existing, interface)?;
            return Ok(uuid.into());
        }
        if let Some(known) = self.inserted.get(&(Port::TABLE, name.to_owned())) {
            return Ok(known.clone().into());
        }
        let port = self.insert_port(name, port, interface);
        self.guard_ref(Bridge::TABLE, bridge)?;
        self.add_to(bridge, Bridge::TABLE, Bridge::PORTS.name(), &port);
        Ok(port.into())
    }

    /// The port should not exist; its interfaces go with it.
    pub fn delete_port(&mut self, name: &str) {
        let Some(row) = self.named(Port::TABLE, name) else {
            return;
        };
        let port = row.uuid();
        let bridges = self.replica.referrers(Bridge::TABLE, port);
        for bridge in bridges.map(|row| row.uuid()).collect::<Vec<_>>() {
            self.remove_from(Bridge::TABLE, bridge, Bridge::PORTS.name(), port);
        }
    }

    /// The bridge should have a controller with this target and these values; its other
    /// controllers are left alone.
    ///
    /// # Errors
    /// [`EditError::NoRow`].
    pub fn controller(
        &mut self,
        bridge: &RowRef,
        target: &str,
        values: &Values<Controller>,
    ) -> Result<(), EditError> {
        if let Some(&known) = self.controllers(bridge, target).first() {
            return self.row(known, values);
        }
        let row = values.clone().set(Controller::TARGET, target).insert();
        self.guard_ref(Bridge::TABLE, bridge)?;
        let controller = self.transaction.insert(Controller::TABLE, row);
        self.add_to(
            bridge,
            Bridge::TABLE,
            Bridge::CONTROLLER.name(),
            &controller,
        );
        Ok(())
    }

    /// The bridge should have no controller with this target.
    pub fn delete_controller(&mut self, bridge: Uuid, target: &str) {
        for controller in self.controllers(&RowRef::Uuid(bridge), target) {
            self.remove_from(Bridge::TABLE, bridge, Bridge::CONTROLLER.name(), controller);
        }
    }

    /// Whether the database is as it should be already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transaction.is_empty()
    }

    /// For what an edit has no word for.
    pub fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    /// The transaction, which also counts `next_cfg` up so that `ovs-vswitchd` says when it is
    /// done; `None` where nothing is to be done. The number is the place of the select that reads
    /// `next_cfg` back.
    #[must_use]
    pub fn finish(mut self) -> Option<(Transaction, usize)> {
        if self.transaction.is_empty() {
            return None;
        }
        self.guard(OpenVSwitch::TABLE, self.root);
        let count = Mutation::add(OpenVSwitch::NEXT_CFG.name(), 1);
        let root = vec![Condition::row(self.root)];
        self.transaction
            .mutate(OpenVSwitch::TABLE, root.clone(), vec![count]);
        let columns = [OpenVSwitch::NEXT_CFG.name()];
        let place = self.transaction.select(OpenVSwitch::TABLE, root, &columns);
        Some((self.transaction, place))
    }

    fn named(&self, table: &str, name: &str) -> Option<&'a Row> {
        let replica: &'a Replica = self.replica;
        replica
            .find(table, &[("name", name.into())])
            .map(|row| &**row)
    }

    fn existing(&self, table: &'static str, uuid: Uuid) -> Result<&'a Row, EditError> {
        let replica: &'a Replica = self.replica;
        let row = replica.row(table, uuid).map(|row| &**row);
        row.ok_or(EditError::NoRow { table, uuid })
    }

    /// The interface of a port that bears its name.
    fn interface_of(&self, port: Uuid, name: &str) -> Result<Uuid, EditError> {
        let interface = self.named(Interface::TABLE, name).filter(|interface| {
            let mut ports = self.replica.referrers(Port::TABLE, interface.uuid());
            ports.any(|row| row.uuid() == port)
        });
        interface
            .map(Row::uuid)
            .ok_or_else(|| EditError::NotSimple {
                name: name.to_owned(),
            })
    }

    fn controllers(&self, bridge: &RowRef, target: &str) -> Vec<Uuid> {
        let RowRef::Uuid(bridge) = bridge else {
            return Vec::new();
        };
        let row = self.replica.row(Bridge::TABLE, *bridge);
        let all = row.and_then(|row| row.get(Bridge::CONTROLLER.name()));
        let all = all.into_iter().flat_map(|datum| datum.atoms());
        let wanted = Atom::string(target);
        all.filter_map(Atom::as_uuid)
            .filter(|&uuid| {
                let row = self.replica.row(Controller::TABLE, uuid);
                let target = row.and_then(|row| row.get(Controller::TARGET.name()));
                target.and_then(|datum| datum.as_atom()) == Some(&wanted)
            })
            .collect()
    }

    fn insert_port(
        &mut self,
        name: &str,
        port: &Values<Port>,
        interface: &Values<Interface>,
    ) -> NamedUuid {
        let row = interface.clone().set(Interface::NAME, name).insert();
        let interface = self.insert(Interface::TABLE, name, row);
        let mut row = port.clone().set(Port::NAME, name).insert();
        add_element(&mut row, Port::INTERFACES.name(), Atom::Named(interface));
        self.insert(Port::TABLE, name, row)
    }

    fn insert(&mut self, table: &'static str, name: &str, row: Columns) -> NamedUuid {
        let inserted = self.transaction.insert(table, row);
        self.inserted
            .insert((table, name.to_owned()), inserted.clone());
        inserted
    }

    fn add_to(&mut self, parent: &RowRef, table: &str, column: &str, row: &NamedUuid) {
        let element: Set = [Atom::Named(row.clone())].into_iter().collect();
        let mutation = Mutation::insert(column, element);
        self.transaction
            .mutate(table, vec![parent.condition()], vec![mutation]);
    }

    fn remove_from(&mut self, table: &str, parent: Uuid, column: &str, row: Uuid) {
        let element: Set = [Atom::Uuid(row)].into_iter().collect();
        let mutation = Mutation::delete(column, element);
        self.transaction
            .mutate(table, vec![Condition::row(parent)], vec![mutation]);
    }

    /// A mutation of a row that is gone succeeds without doing anything; the guard makes it fail.
    fn guard(&mut self, table: &'static str, uuid: Uuid) {
        if self.guarded.insert((table, uuid)) {
            self.transaction.guard_exists(table, uuid);
        }
    }

    fn guard_ref(&mut self, table: &'static str, row: &RowRef) -> Result<(), EditError> {
        if let RowRef::Uuid(uuid) = row {
            self.existing(table, *uuid)?;
            self.guard(table, *uuid);
        }
        Ok(())
    }
}

fn add_element(columns: &mut Columns, column: &str, atom: Atom) {
    let present = columns.get(column).map(|datum| datum.atoms().to_vec());
    let set: Set = present
        .unwrap_or_default()
        .into_iter()
        .chain([atom])
        .collect();
    columns.insert(column.to_owned(), set.into());
}

/// A committed edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The results of the operations.
    pub outcome: Outcome,
    /// The `next_cfg` that stands for it, for [`carried_out`].
    pub next_cfg: i64,
}

/// Commits an edit; `None` where nothing was to be done.
///
/// # Errors
/// [`TransactError`]; where [`TransactError::is_stale`] holds, build the edit again from the
/// replica as it is by then.
pub async fn commit(session: &Session, edit: Edit<'_>) -> Result<Option<Commit>, TransactError> {
    let Some((transaction, place)) = edit.finish() else {
        return Ok(None);
    };
    let outcome = session.transact(transaction).await?;
    let row = outcome.rows(place).first();
    let next_cfg = row.and_then(|row| {
        row.get(OpenVSwitch::NEXT_CFG.name())?
            .as_atom()?
            .as_integer()
    });
    match next_cfg {
        Some(next_cfg) => Ok(Some(Commit { outcome, next_cfg })),
        None => Err(TransactError::Result {
            index: place,
            reason: "no next_cfg".to_owned(),
        }),
    }
}

/// Waits until `ovs-vswitchd` has carried out the configuration that `next_cfg` stands for, as
/// `ovs-vsctl` does; then new interfaces have their `ofport` or their `error`. Has no end of its
/// own where `ovs-vswitchd` does not run: wrap it in a timeout.
///
/// # Errors
/// [`CloseReason`] where the session ends first.
pub async fn carried_out(view: &View, next_cfg: i64) -> Result<(), CloseReason> {
    let done = |replica: &Replica| {
        let root = replica.rows(OpenVSwitch::TABLE).next()?;
        let cur_cfg = root
            .get(OpenVSwitch::CUR_CFG.name())?
            .as_atom()?
            .as_integer()?;
        // The counter wraps; the distance tells which is ahead.
        (cur_cfg.wrapping_sub(next_cfg) >= 0).then_some(())
    };
    view.wait_for(done).await
}
