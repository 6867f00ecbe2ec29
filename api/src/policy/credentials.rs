//! What rules may ask of a caller: oslo.policy's names for what a token says.

use crate::Context;

/// One thing known of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// A text.
    Text(&'a str),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(&'a [String]),
    /// It could be known and is not.
    Nothing,
}

/// A caller as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a>(pub &'a Context);

/// Every name that a rule can ask for.
pub const NAMES: &[&str] = &[
    "user_id",
    "user",
    "user_name",
    "user_domain_id",
    "user_domain",
    "project_name",
    "project_domain_id",
    "project_domain",
    "domain_id",
    "domain",
    "system_scope",
    "system",
    "roles",
    "is_admin",
    "is_admin_project",
    "has_global_access",
    "can_set_project_id",
    "service_user_id",
    "service_user_domain_id",
    "service_project_id",
    "service_project_domain_id",
    "service_roles",
];

impl<'a> Credentials<'a> {
    /// What is known under `name`; `None` where nothing ever is.
    pub fn get(&self, name: &str) -> Option<Known<'a>> {
        let context = self.0;
        let text = |text: &'a str| match text {
            "" => Known::Nothing,
            text => Known::Text(text),
        };
        let option = |text: &'a Option<String>| match text {
            Some(text) => Known::Text(text),
            None => Known::Nothing,
        };
        Some(match name {
            "user_id" | "user" => text(&context.user_id),
            "user_domain_id" | "user_domain" => option(&context.user_domain_id),
            "project_domain_id" | "project_domain" => option(&context.project_domain_id),
            "domain_id" | "domain" => option(&context.domain_id),
            "system_scope" | "system" => option(&context.system_scope),
            "user_name" | "project_name" => Known::Nothing,
            "roles" => Known::List(&context.roles),
            "is_admin" => Known::Flag(context.is_admin),
            "is_admin_project" => Known::Flag(context.is_admin_project),
            "has_global_access" => Known::Flag(context.reaches_all),
            "can_set_project_id" => Known::Flag(context.can_set_project_id),
            "service_user_id" => option(&context.service_user_id),
            "service_user_domain_id" => option(&context.service_user_domain_id),
            "service_project_id" => option(&context.service_project_id),
            "service_project_domain_id" => option(&context.service_project_domain_id),
            "service_roles" => Known::List(&context.service_roles),
            _ => return None,
        })
    }

    /// Every text that what is known under `name` equals.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Known::Text(text)) => vec![text.to_owned()],
            Some(Known::Flag(flag)) => vec![if flag { "True" } else { "False" }.to_owned()],
            Some(Known::List(list)) => list.to_vec(),
            Some(Known::Nothing) => vec!["None".to_owned()],
            None => Vec::new(),
        }
    }
}
