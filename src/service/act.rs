//! The operations of the API that are no verb of a resource: over a draft where they write, over a
//! snapshot where they only read.

use api::{Action, Answer, ApiError, Question};

use super::{Moment, address_group, bindings, dhcp, flavor, prefix_ops, provider, quota};
use crate::model::{Draft, Model};

/// Carries out an operation.
///
/// # Errors
/// The rule that refuses.
pub(super) fn write(
    draft: &mut Draft,
    moment: &Moment<'_>,
    action: Action,
    if_match: Option<u64>,
) -> Result<Answer, ApiError> {
    match action {
        Action::EditAddresses(id, edit) => {
            address_group::edit(draft, moment, id, edit, if_match).map(Answer::Record)
        }
        Action::EditBindings(id, edit) => bindings::edit(draft, moment, id, edit, if_match),
        Action::SetQuota(project, edit) => {
            quota::set(draft, moment, &project, &edit).map(Answer::Document)
        }
        Action::AddProfile(id, profile) => {
            flavor::add_profile(draft, id, profile).map(Answer::Document)
        }
        Action::RemoveProfile(id, profile) => {
            flavor::remove_profile(draft, id, profile).map(|()| Answer::Nothing)
        }
        Action::ResetQuota(project) => quota::reset(draft, &project).map(|()| Answer::Nothing),
        Action::EditPrefixes(id, edit) => {
            prefix_ops::edit(draft, moment, id, edit, if_match).map(Answer::Document)
        }
        Action::Onboard { pool, network } => {
            prefix_ops::onboard(draft, moment, pool, network, if_match).map(Answer::Document)
        }
        Action::Read(question) => read(draft, moment, &question),
    }
}

/// Answers a question.
///
/// # Errors
/// 404 where what it names is not there, or the rule that refuses.
pub(super) fn read(
    model: &Model,
    moment: &Moment<'_>,
    question: &Question,
) -> Result<Answer, ApiError> {
    let (settings, liveness) = (moment.settings, moment.liveness);
    match question {
        Question::Bindings(port) => bindings::all(model, *port).map(Answer::Document),
        Question::Binding(port, host) => bindings::one(model, *port, host).map(Answer::Document),
        Question::Quotas => Ok(Answer::Document(quota::all(model, settings))),
        Question::Quota(project) => Ok(Answer::Document(quota::shown(model, settings, project))),
        Question::DefaultQuota => Ok(Answer::Document(quota::defaults(settings))),
        Question::QuotaUsage(project) => {
            Ok(Answer::Document(quota::usage(model, settings, project)))
        }
        Question::Asker(word) => quota::asker(moment.caller, word).map(Answer::Document),
        Question::NextProviders(id) => {
            flavor::next_providers(model, provider::PROVIDERS, *id).map(Answer::Document)
        }
        Question::DhcpNetworks(agent) => dhcp::networks(model, liveness, *agent),
        Question::DhcpAgents(network) => Ok(dhcp::agents(model, liveness, *network)),
        Question::AddDhcpNetwork(agent, network) => dhcp::add(model, liveness, *agent, *network),
        Question::RemoveDhcpNetwork(agent, network) => {
            dhcp::remove(model, liveness, *agent, *network)
        }
    }
}
