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
use super::apply::{self, Applied, ApplyError, Refusal};
use super::facts::Look;
use super::handle::Handle;
use super::links::{Links, Switch};
use super::mailbox::{Mail, Touched};
use super::rows::{Again, Rows, Written};
use super::{Settings, Shared};
use crate::compile::{
    Delta, Facts, Output, Section, build, build_all, difference, sections, touched_by_facts,
};
use crate::metric;
use crate::model::Model;
use crate::service::PortReport;

/// After a failure, before the next attempt.
const RETRY: Duration = Duration::from_secs(2);
/// How often the time between two attempts is doubled while the switch refuses something: up to 17 minutes.
const REFUSING_MAX: u32 = 9;

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
    /// A connection over which the switch could not be brought up to date, and when to try again.
    held_off: Option<(u64, Instant)>,
    /// Comparisons in a row after which the switch still refused something.
    refusing: u32,
    rows: Rows,
    rows_at: Option<Instant>,
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
            held_off: None,
            refusing: 0,
            rows: Rows::default(),
            rows_at: None,
            row_faults: Vec::new(),
        }
    }

    /// Works until the node is removed from the model.
    pub(super) async fn run(mut self) {
        loop {
            let until = self.until();
            tokio::select! {
                () = self.handle.mailbox.arrived() => {}
                () = sleep_until(until) => {}
                written = self.rows.written() => self.rows_written(written),
            }
            let mut mail = self.handle.mailbox.take();
            self.handle.say(|report| {
                report.working_since = report.working_since.or(mail.since);
            });
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

    /// When there is something to do that nobody sends mail for.
    fn until(&self) -> Option<Instant> {
        let audit = self.brought.as_ref().map(|_| self.audit_at);
        let again = self.held_off.map(|(_, at)| at);
        [audit, again, self.rows_at].into_iter().flatten().min()
    }

    async fn step(&mut self, node: &Node, mail: Mail) {
        let links = self.handle.links();
        let rows_due = self.rows_at.is_some_and(|at| at <= Instant::now());
        if mail.rows || rows_due {
            self.rows_at = None;
            self.read_database(&links);
            self.write_rows(node, &links);
        }
        match links.live_switch() {
            None => (self.brought, self.held_off) = (None, None),
            Some(switch) if self.holds_off(switch) => {}
            Some(switch) => {
                self.held_off = None;
                if let Err(error) = self.bring(node, switch, mail).await {
                    self.hold_off(node, switch, &error);
                }
            }
        }
        self.say(&links);
    }

    /// True while it is too early for another attempt. Nothing is lost meanwhile: the attempt compares
    /// everything.
    fn holds_off(&self, switch: &Switch) -> bool {
        let early = |(number, at)| number == switch.number && at > Instant::now();
        self.held_off.is_some_and(early)
    }

    fn hold_off(&mut self, node: &Node, switch: &Switch, error: &ApplyError) {
        tracing::warn!(node = node.hostname, %error, "the switch could not be brought up to date; trying again");
        counter!(metric::NODE_FAILURES.name).increment(1);
        self.brought = None;
        self.held_off = Some((switch.number, Instant::now() + RETRY));
        if error.is_silence() {
            // It may answer on a new connection; on this one nobody knows what it has done.
            switch.connection.close();
        }
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

    /// Makes the node's rows as they should be, or sees to it that they will be.
    fn write_rows(&mut self, node: &Node, links: &Links) {
        let Some(database) = links.live_database() else {
            return;
        };
        match self
            .rows
            .write(node, &self.model, database, &self.shared.settings)
        {
            Ok(()) => {}
            Err(fault) => self.rows_written(Written::failed(fault)),
        }
    }

    fn rows_written(&mut self, written: Written) {
        let Written { faults, again } = written;
        self.rows_at = match again {
            Again::No => None,
            Again::Now => Some(Instant::now()),
            Again::Later => Some(Instant::now() + RETRY),
        };
        let node = self.handle.node;
        for fault in faults
            .iter()
            .filter(|fault| !self.row_faults.contains(fault))
        {
            tracing::warn!(%node, "{fault}");
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
        if let Some(brought) = known {
            self.advance(node, switch, brought, mail.touched).await?;
        }
        // An audit comes after what was to be done anyway, lest it take that for drift.
        if due || self.brought.is_none() {
            self.audit_at = next_audit(&self.shared.settings);
            self.compare(node, switch).await?;
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
        refused.extend(self.send(switch, delta).await?.refused);
        self.arrived(node, switch, facts, refused, &locals);
        Ok(())
    }

    /// Compares all that the switch holds of ours with all that it should.
    async fn compare(&mut self, node: &Node, switch: &Switch) -> Result<(), ApplyError> {
        let before = self.brought.take();
        let facts = self.look.facts.clone();
        let held = actual::dump(&switch.connection)
            .await
            .map_err(ApplyError::Request)?;
        let wanted = build_all(node, &self.model, &facts);
        let delta = difference(&held, &wanted);
        let flows = wanted.flows.len();
        let applied = self.send(switch, delta).await?;
        let repaired = before.map_or(0, |before| drift(&before, &applied));
        if repaired > 0 {
            tracing::warn!(
                node = node.hostname,
                repaired,
                "the switch had drifted; repaired"
            );
        }
        counter!(metric::NODE_AUDITS.name).increment(1);
        counter!(metric::NODE_REPAIRED.name).increment(repaired);
        self.handle.say(|report| {
            report.flows = flows;
            report.audits += 1;
            report.repaired += repaired;
        });
        self.refusing = match applied.refused.is_empty() {
            true => 0,
            false => self.refusing + 1,
        };
        let locals = local_ports(&sections(node, &self.model, &facts));
        self.arrived(node, switch, facts, applied.refused, &locals);
        Ok(())
    }

    async fn send(&self, switch: &Switch, delta: Delta) -> Result<Applied, ApplyError> {
        if delta.is_empty() {
            return Ok(Applied::default());
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
        Ok(applied)
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
        if !refused.is_empty() {
            // What it refuses today it may take tomorrow: asked soon, and then less and less often.
            let soon = RETRY.saturating_mul(1 << self.refusing.min(REFUSING_MAX));
            self.audit_at = self.audit_at.min(Instant::now() + soon);
        }
        self.brought = Some(Brought {
            switch: switch.number,
            model: Arc::clone(&self.model),
            facts,
            refused,
        });
    }
}

/// How much of what a comparison put right was there before: all but what the switch had refused and has
/// taken now.
fn drift(before: &Brought, applied: &Applied) -> u64 {
    let taken = before.refused.len().saturating_sub(applied.refused.len());
    applied.messages.saturating_sub(taken) as u64
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
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
