//! One node's worker: keeps the node's rows and its switch as the model wants them.
//!
//! It remembers no flow, only the snapshot and the facts that the switch was last brought to. When
//! something changes it builds the touched sections from then and from now and sends the difference.
//! A new connection, or a failure whose extent is unknown, makes it forget: then the switch's own
//! dump takes the place of what was remembered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::{Node, Status};
use metrics::{counter, histogram};
use tokio::time::Instant;

use super::actual;
use super::apply::{self, ApplyError, Refusal};
use super::facts::{self, Look};
use super::handle::Handle;
use super::links::{Database, Links, Switch};
use super::mailbox::{Mail, Touched};
use super::provision;
use super::{Settings, Shared};
use crate::compile::{
    self, Delta, Facts, Output, Section, build, build_all, difference, sections, touched_by_facts,
};
use crate::metric;
use crate::model::Model;
use crate::service::PortReport;

/// After a failure, before the next attempt.
const RETRY: Duration = Duration::from_secs(2);

/// What the switch was last brought to.
struct Brought {
    /// Number of the connection it was done over.
    switch: u64,
    model: Arc<Model>,
    facts: Facts,
    /// What the switch would not take.
    refused: Vec<Refusal>,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    handle: Arc<Handle>,
    model: Arc<Model>,
    look: Look,
    brought: Option<Brought>,
    audit_at: Instant,
    retry_at: Option<Instant>,
    /// Rows that were asked for last, to say each fault once.
    row_faults: Vec<String>,
}

impl Worker {
    /// A worker of a node that `model` has.
    pub(super) fn new(shared: Arc<Shared>, handle: Arc<Handle>, model: Arc<Model>) -> Self {
        let audit_at = next_audit(&shared.settings);
        Self {
            shared,
            handle,
            model,
            look: Look::default(),
            brought: None,
            audit_at,
            retry_at: None,
            row_faults: Vec::new(),
        }
    }

    /// Works until the node is removed from the model.
    pub(super) async fn run(mut self) {
        loop {
            let until = self.retry_at.unwrap_or(self.audit_at).min(self.audit_at);
            tokio::select! {
                () = self.handle.mailbox.arrived() => {}
                () = tokio::time::sleep_until(until) => {}
            }
            let mut mail = self.handle.mailbox.take();
            self.handle.say(|report| report.working_since = mail.since);
            // A worker begins with the ledger's newest snapshot, and mail of older commits may be on
            // its way: what they touched is looked at again, at no later a state than before.
            if let Some(model) = mail.model.take()
                && model.revision() > self.model.revision()
            {
                self.model = model;
            }
            let Some(node) = self.model.node(self.handle.node).cloned() else {
                break;
            };
            self.step(&node, mail).await;
            self.shared.progressed();
        }
        self.handle.close();
        self.shared.retire(self.handle.node);
    }

    async fn step(&mut self, node: &Node, mail: Mail) {
        let links = self.handle.links();
        let retried = self.retry_at.is_some_and(|at| at <= Instant::now());
        if retried {
            self.retry_at = None;
        }
        if mail.rows || retried {
            self.read_database(&links);
            self.provision(node, &links).await;
        }
        let outcome = match links.live_switch() {
            None => {
                self.brought = None;
                Ok(())
            }
            Some(switch) => self.bring(node, switch, mail).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(node = node.hostname, %error, "the switch could not be brought up to date; trying again");
            counter!(metric::NODE_FAILURES.name).increment(1);
            self.brought = None;
            self.retry_at = Some(Instant::now() + RETRY);
        }
        self.say(&links);
    }

    fn say(&self, links: &Links) {
        let openflow = links.live_switch().is_some();
        self.handle.say(|report| {
            report.ovsdb = links.live_database().is_some();
            report.openflow = openflow;
            report.synchronised = self.brought.is_some();
            report.version = self.look.version.clone();
            report.plugged = self.look.facts.ofports.len();
            report.faults = self.faults();
            if let Some(brought) = &self.brought {
                report.revision = brought.model.revision();
                report.working_since = None;
            }
        });
        self.shared.pulse(self.handle.node, links);
    }

    fn faults(&self) -> Vec<String> {
        let refused = self.brought.iter().flat_map(|brought| &brought.refused);
        let refused = refused.map(|refusal| refusal.text.clone());
        let look = self.look.faults.iter().cloned();
        look.chain(self.row_faults.iter().cloned())
            .chain(refused)
            .collect()
    }

    /// Looks at what the switch says of itself; while its database is away, the last look stands.
    fn read_database(&mut self, links: &Links) {
        let Some(database) = links.live_database() else {
            return;
        };
        match Look::at(&database.view.replica()) {
            Ok(look) => {
                if let Some(id) = look.datapath_id {
                    self.shared.datapaths.put(id, self.handle.node);
                }
                self.look = look;
            }
            Err(error) => {
                tracing::error!(node = %self.handle.node, %error, "a row of the switch cannot be read");
            }
        }
    }

    /// Makes the node's rows as they should be.
    async fn provision(&mut self, node: &Node, links: &Links) {
        let Some(database) = links.live_database() else {
            return;
        };
        let faults = match provision_rows(node, &self.model, database, &self.shared.settings).await
        {
            Ok(missing) => missing
                .iter()
                .map(|bridge| format!("bridge {bridge} of ovn-bridge-mappings is not there"))
                .collect(),
            Err(fault) => {
                self.retry_at.get_or_insert(Instant::now() + RETRY);
                vec![fault]
            }
        };
        for fault in faults
            .iter()
            .filter(|fault| !self.row_faults.contains(fault))
        {
            tracing::warn!(node = node.hostname, "{fault}");
        }
        self.row_faults = faults;
    }

    /// Brings the switch to the model: by difference from what it was last brought to, or from what it
    /// says that it holds.
    async fn bring(&mut self, node: &Node, switch: &Switch, mail: Mail) -> Result<(), ApplyError> {
        let due = mail.audit || Instant::now() >= self.audit_at;
        let known = self
            .brought
            .take()
            .filter(|brought| brought.switch == switch.number);
        let known = match known {
            None => false,
            Some(brought) => {
                self.advance(node, switch, brought, mail.touched).await?;
                true
            }
        };
        // An audit comes after what was to be done anyway, lest it take that for drift.
        if due || !known {
            self.audit_at = next_audit(&self.shared.settings);
            self.compare(node, switch, known).await?;
        }
        Ok(())
    }

    async fn advance(
        &mut self,
        node: &Node,
        switch: &Switch,
        brought: Brought,
        touched: Touched,
    ) -> Result<(), ApplyError> {
        let facts = self.look.facts.clone();
        let before = brought.model.node(node.id).cloned();
        let touched = match touched {
            Touched::Everything => None,
            Touched::Sections(mut sections) => {
                sections.extend(touched_by_facts(&brought.facts, &facts, node, &self.model));
                Some(sections)
            }
        };
        let (delta, locals) = match (touched, before) {
            (Some(touched), Some(before)) => {
                let old = build_some(&touched, &before, &brought.model, &brought.facts);
                let new = build_some(&touched, node, &self.model, &facts);
                (difference(&old, &new), local_ports(&touched))
            }
            (_, before) => {
                let old = before.map(|before| build_all(&before, &brought.model, &brought.facts));
                let new = build_all(node, &self.model, &facts);
                let locals = local_ports(&sections(node, &self.model, &facts));
                (difference(&old.unwrap_or_default(), &new), locals)
            }
        };
        let mut refused = brought.refused;
        refused.extend(self.send(switch, delta).await?);
        self.arrived(node, switch, facts, refused, &locals);
        Ok(())
    }

    /// Compares all that the switch holds of ours with all that it should.
    async fn compare(
        &mut self,
        node: &Node,
        switch: &Switch,
        audit: bool,
    ) -> Result<(), ApplyError> {
        let facts = self.look.facts.clone();
        let held = actual::dump(&switch.connection)
            .await
            .map_err(ApplyError::Request)?;
        let wanted = build_all(node, &self.model, &facts);
        let delta = difference(&held, &wanted);
        let found = delta.len() as u64;
        if audit && found > 0 {
            let flows = delta.flows.len();
            tracing::warn!(
                node = node.hostname,
                flows,
                found,
                "the switch had drifted; repaired"
            );
        }
        let flows = wanted.flows.len();
        let refused = self.send(switch, delta).await?;
        counter!(metric::NODE_AUDITS.name).increment(1);
        counter!(metric::NODE_REPAIRED.name).increment(if audit { found } else { 0 });
        self.handle.say(|report| {
            report.flows = flows;
            report.audits += 1;
            if audit {
                report.repaired += found;
            }
        });
        let locals = local_ports(&sections(node, &self.model, &facts));
        self.arrived(node, switch, facts, refused, &locals);
        Ok(())
    }

    async fn send(&self, switch: &Switch, delta: Delta) -> Result<Vec<Refusal>, ApplyError> {
        if delta.is_empty() {
            return Ok(Vec::new());
        }
        let added = delta.flows.added.len();
        let removed = delta.flows.removed.len();
        let started = Instant::now();
        let applied = apply::apply(&switch.connection, delta).await?;
        histogram!(metric::NODE_APPLY_SECONDS.name).record(started.elapsed().as_secs_f64());
        counter!(metric::NODE_MODS.name).increment(applied.messages as u64);
        counter!(metric::NODE_REFUSED.name).increment(applied.refused.len() as u64);
        self.handle.say(|report| {
            report.mods += applied.messages as u64;
            report.flows = (report.flows + added).saturating_sub(removed);
        });
        for refusal in &applied.refused {
            tracing::error!(node = %self.handle.node, "the switch refused {}", refusal.text);
        }
        Ok(applied.refused)
    }

    /// The switch has acknowledged everything: remembers that, and reports the ports that are concerned.
    fn arrived(
        &mut self,
        node: &Node,
        switch: &Switch,
        facts: Facts,
        refused: Vec<Refusal>,
        locals: &[uuid::Uuid],
    ) {
        let broken = apply::broken_ports(&refused);
        let reports = locals.iter().filter_map(|id| {
            let port = self.model.port(*id)?;
            if port.host_id != node.hostname {
                return None;
            }
            let up = facts.ofports.contains_key(id) && !broken.contains(&port.key);
            let wanted = match up && port.admin_state_up {
                true => Status::Active,
                false => Status::Down,
            };
            (port.status != wanted).then(|| PortReport {
                port: *id,
                host: node.hostname.clone(),
                up,
            })
        });
        self.shared.reporter.report(reports.collect());
        self.brought = Some(Brought {
            switch: switch.number,
            model: Arc::clone(&self.model),
            facts,
            refused,
        });
    }
}

fn next_audit(settings: &Settings) -> Instant {
    // "Never" is a day: then there is nothing to be said against it.
    const NEVER: Duration = Duration::from_secs(24 * 3600);
    Instant::now() + settings.audit_interval.unwrap_or(NEVER)
}

fn build_some(touched: &BTreeSet<Section>, node: &Node, model: &Model, facts: &Facts) -> Output {
    let mut output = Output::default();
    for section in touched {
        output.merge(build(section, node, model, facts));
    }
    output
}

fn local_ports(sections: &BTreeSet<Section>) -> Vec<uuid::Uuid> {
    let ports = sections.iter().filter_map(|section| match section {
        Section::LocalPort(port) => Some(*port),
        _ => None,
    });
    ports.collect()
}

/// Sends what is missing of a node's rows; returns the provider bridges that are not there.
async fn provision_rows(
    node: &Node,
    model: &Model,
    database: &Database,
    settings: &Settings,
) -> Result<Vec<String>, String> {
    let replica = database.view.replica();
    let targets = match &settings.openflow_target {
        Some(target) => vec![target.clone()],
        None => facts::controllers(&replica, settings.openflow_port).map_err(|e| e.to_string())?,
    };
    let wanted = compile::rows(node, model, &targets);
    let provision = provision::edit(&replica, &wanted).map_err(|error| error.to_string())?;
    match ovsdb::vswitch::commit(&database.session, provision.edit).await {
        Ok(_) => Ok(provision.missing_bridges),
        // Somebody changed the rows meanwhile: the replica's next step brings us here again.
        Err(error) if error.is_stale() => Ok(provision.missing_bridges),
        Err(error) => Err(format!("rows could not be written: {error}")),
    }
}
