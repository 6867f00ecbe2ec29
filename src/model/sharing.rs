//! RBAC policies, and who may use what by them.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{EVERYONE, Kind, RbacPolicy, Resource};
use uuid::Uuid;

use super::Model;
use super::text::ByText;
use super::tree::Tree;

/// Lets a target have an object: target, kind of the object, whether as external network, object, policy.
type Grant = (Arc<str>, Kind, bool, Uuid, Uuid);

/// The policies with their indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sharing {
    pub(super) records: Tree<Uuid, Arc<RbacPolicy>>,
    projects: ByText,
    objects: Tree<(Uuid, Uuid), ()>,
    grants: Tree<Grant, ()>,
}

impl Sharing {
    /// Puts `after` in the place of the record `id`, or nothing; gives what was there.
    pub(super) fn change(
        &mut self,
        id: Uuid,
        after: Option<Arc<RbacPolicy>>,
    ) -> Option<Arc<RbacPolicy>> {
        let before = match &after {
            Some(policy) => self.records.insert(id, Arc::clone(policy)),
            None => self.records.remove(&id),
        };
        let (old, new) = (before.as_deref(), after.as_deref());
        self.projects.change(
            id,
            old.and_then(RbacPolicy::project),
            new.and_then(RbacPolicy::project),
        );
        if let Some(policy) = old {
            self.objects.remove(&(policy.object_id, id));
            if let Some(grant) = grant(policy) {
                self.grants.remove(&grant);
            }
        }
        if let Some(policy) = new {
            self.objects.insert((policy.object_id, id), ());
            if let Some(grant) = grant(policy) {
                self.grants.insert(grant, ());
            }
        }
        before
    }

    /// What `target` itself is let have: objects with the policies that say so, ascending.
    fn granted(
        &self,
        target: &str,
        kind: Kind,
        external: bool,
        from: Uuid,
    ) -> impl Iterator<Item = (Uuid, Uuid)> + Send + use<'_> {
        let start: Grant = (Arc::from(target), kind, external, from, Uuid::nil());
        let wanted = (Arc::clone(&start.0), kind, external);
        self.grants
            .from(&start)
            .take_while(move |((target, kind, external, _, _), ())| {
                (target, kind, external) == (&wanted.0, &wanted.1, &wanted.2)
            })
            .map(|((_, _, _, object, policy), ())| (*object, *policy))
    }

    /// The policy that lets `target` have `object`.
    fn grant(&self, target: &str, kind: Kind, external: bool, object: Uuid) -> Option<Uuid> {
        let (found, policy) = self.granted(target, kind, external, object).next()?;
        (found == object).then_some(policy)
    }

    fn lets(&self, project: &str, kind: Kind, external: bool, object: Uuid) -> bool {
        let mut targets = [EVERYONE, project].into_iter();
        targets.any(|target| self.grant(target, kind, external, object).is_some())
    }

    fn all(&self, project: &str, kind: Kind, external: bool) -> BTreeSet<Uuid> {
        let targets = [EVERYONE, project].into_iter();
        let objects = targets.flat_map(|t| self.granted(t, kind, external, Uuid::nil()));
        objects.map(|(object, _)| object).collect()
    }
}

fn grant(policy: &RbacPolicy) -> Option<Grant> {
    let (kind, external) = (policy.object_kind()?, policy.is_external());
    let target = Arc::from(policy.target_tenant.as_str());
    Some((target, kind, external, policy.object_id, policy.id))
}

/// Sharing.
impl Model {
    /// Whether a policy shares the object with `project` or with every project.
    pub fn shared_with(&self, kind: Kind, object: Uuid, project: &str) -> bool {
        self.sharing.lets(project, kind, false, object)
    }

    /// What policies share with `project` or with every project.
    pub fn shared_ids(&self, kind: Kind, project: &str) -> BTreeSet<Uuid> {
        self.sharing.all(project, kind, false)
    }

    /// Whether `project` may have gateways on a network that is not its own.
    pub fn external_for(&self, network: Uuid, project: &str) -> bool {
        self.sharing.lets(project, Kind::Network, true, network)
    }

    /// The networks on which a policy lets `project` have gateways.
    pub fn external_ids(&self, project: &str) -> BTreeSet<Uuid> {
        self.sharing.all(project, Kind::Network, true)
    }

    /// The policy that lets exactly `target` have the object.
    pub fn sharing_policy(
        &self,
        kind: Kind,
        object: Uuid,
        external: bool,
        target: &str,
    ) -> Option<&Arc<RbacPolicy>> {
        let id = self.sharing.grant(target, kind, external, object)?;
        self.rbac_policy(id)
    }

    /// The policy with this id.
    pub fn rbac_policy(&self, id: Uuid) -> Option<&Arc<RbacPolicy>> {
        self.sharing.records.get(&id)
    }

    /// All policies, ascending by id.
    pub fn rbac_policies(&self) -> impl Iterator<Item = &Arc<RbacPolicy>> + Send + use<'_> {
        self.sharing.records.iter().map(|(_, policy)| policy)
    }

    /// The policies on an object, ascending by id.
    pub fn policies_of_object(
        &self,
        object: Uuid,
    ) -> impl Iterator<Item = &Arc<RbacPolicy>> + Send + use<'_> {
        let on = self.sharing.objects.from(&(object, Uuid::nil()));
        on.take_while(move |((found, _), ())| *found == object)
            .filter_map(|((_, id), ())| self.rbac_policy(*id))
    }

    /// The policies that a project owns, ascending by id.
    pub fn policies_of_project<'a>(
        &'a self,
        project: &'a str,
    ) -> impl Iterator<Item = &'a Arc<RbacPolicy>> + Send {
        let ids = self.sharing.projects.candidates(project);
        ids.filter_map(|id| self.rbac_policy(id))
            .filter(move |policy| policy.project_id == project)
    }
}
