//! What a request would do, held against what its caller may: the last questions, which need records.
//!
//! What a caller cannot see is answered as if it were not there; 403 is for what is seen and must not
//! be changed. Callers of whom nothing is left to ask pass without a look at any record.

use uuid::Uuid;

use super::judge::{Judge, Reach, Unmet};
use super::residual::Residual;
use super::row::Row;
use crate::attribute::Fields;
use crate::list::parse_id;
use crate::resource::Visitor;
use crate::{ApiError, Create, Kind, Record, Resource, Update, View};

/// Attributes of bodies that name records of other kinds.
const REFERENCES: &[(&str, &str)] = &[
    ("network_id", "network"),
    ("subnetpool_id", "subnetpool"),
    ("address_scope_id", "address_scope"),
    ("security_groups", "security_group"),
    ("security_group_id", "security_group"),
    ("remote_group_id", "security_group"),
    ("remote_address_group_id", "address_group"),
    ("qos_policy_id", "policy"),
];

/// The record of this kind and id, where the caller sees it.
pub(crate) fn visible<V: View>(
    judge: &Judge<'_>,
    view: &V,
    kind: Kind,
    id: Uuid,
) -> Option<Record> {
    let record = view.get(kind, id)?;
    let seen = is_within(judge, view, &record) && holds(&judge.sees(kind), judge, view, &record);
    seen.then_some(record)
}

fn is_within<V: View>(judge: &Judge<'_>, view: &V, record: &Record) -> bool {
    match judge.reach() {
        Reach::All => true,
        Reach::Project(project) => view.reaches(record, project),
    }
}

/// Whether the answer to a body may depend on records.
pub(crate) fn needs_records(judge: &Judge<'_>, unmet: &Unmet) -> bool {
    judge.reach() != Reach::All || !unmet.is_empty()
}

/// Refuses what no record could make right.
///
/// # Errors
/// 403.
pub(crate) fn hopeless(judge: &Judge<'_>, unmet: &Unmet) -> Result<(), ApiError> {
    let never = unmet
        .iter()
        .find(|(_, question)| *question == Residual::Never);
    never.map_or(Ok(()), |(policy, _)| Err(judge.refusal(policy)))
}

/// Whether the caller may make what `item` asks for.
///
/// # Errors
/// 404 where it names what the caller cannot reach, else 403.
pub(crate) fn may_create<V: View>(
    judge: &Judge<'_>,
    view: &V,
    item: &Create,
    fields: &Fields,
    unmet: &Unmet,
) -> Result<(), ApiError> {
    references(judge, view, fields)?;
    if unmet.is_empty() {
        return Ok(());
    }
    let record = item.preview();
    let about = About {
        record: &record,
        stored: false,
        fields: Some(fields),
        judge,
        view,
    };
    about.met(unmet)
}

/// Whether the caller may do to the record `id` what `unmet` and `change` are about.
///
/// # Errors
/// `missing` where there is no such record or the caller cannot see it, else 403.
pub(crate) fn may_change<V: View>(
    judge: &Judge<'_>,
    view: &V,
    (kind, id): (Kind, Uuid),
    change: Option<(&Update, &Fields)>,
    unmet: &Unmet,
    missing: impl Fn() -> ApiError,
) -> Result<(), ApiError> {
    let record = view.get(kind, id).ok_or_else(&missing)?;
    if !is_within(judge, view, &record) {
        return Err(missing());
    }
    if let Some((_, fields)) = change {
        references(judge, view, fields)?;
    }
    let changed = change.map(|(change, _)| change.preview(&record));
    let about = About {
        record: changed.as_ref().unwrap_or(&record),
        stored: true,
        fields: change.map(|(_, fields)| fields),
        judge,
        view,
    };
    about.met(unmet).map_err(
        |refused| match holds(&judge.sees(kind), judge, view, &record) {
            true => refused,
            false => missing(),
        },
    )
}

/// Refuses a body that names what its caller cannot reach, in the words for what is not there.
fn references<V: View>(judge: &Judge<'_>, view: &V, fields: &Fields) -> Result<(), ApiError> {
    if judge.reach() == Reach::All {
        return Ok(());
    }
    for (attribute, name) in REFERENCES {
        let Some(value) = fields.0.get(*attribute) else {
            continue;
        };
        let Some(kind) = Kind::named(name) else {
            continue;
        };
        let ids = match value.as_array() {
            Some(list) => list.as_slice(),
            None => std::slice::from_ref(value),
        };
        for id in ids.iter().filter_map(|id| parse_id(id.as_str()?)) {
            let record = view.get(kind, id);
            if record.is_some_and(|record| !is_within(judge, view, &record)) {
                return Err(kind.not_found(id));
            }
        }
    }
    Ok(())
}

/// Whether a question holds of a record of the view.
pub(crate) fn holds<V: View>(
    question: &Residual,
    judge: &Judge<'_>,
    view: &V,
    record: &Record,
) -> bool {
    let about = About {
        record,
        stored: true,
        fields: None,
        judge,
        view,
    };
    match question {
        Residual::Always => true,
        Residual::Never => false,
        question => record.kind().visit(Ask { about, question }),
    }
}

/// A record that policies are asked about.
struct About<'a, V> {
    record: &'a Record,
    stored: bool,
    fields: Option<&'a Fields>,
    judge: &'a Judge<'a>,
    view: &'a V,
}

impl<V: View> About<'_, V> {
    fn met(&self, unmet: &Unmet) -> Result<(), ApiError> {
        let refused = unmet.iter().find(|(_, question)| {
            let about = About { ..*self };
            !self.record.kind().visit(Ask { about, question })
        });
        refused.map_or(Ok(()), |(policy, _)| Err(self.judge.refusal(policy)))
    }
}

struct Ask<'a, V> {
    about: About<'a, V>,
    question: &'a Residual,
}

impl<V: View> Visitor for Ask<'_, V> {
    type Output = bool;

    fn visit<R: Resource>(self) -> bool {
        let About {
            record,
            stored,
            fields,
            judge,
            view,
        } = self.about;
        R::of(record).is_some_and(|row| {
            let row = match stored {
                true => Row::stored(row, view, judge.project()),
                false => Row::asked(row, view, judge.project()),
            };
            self.question.holds(&row.says(fields))
        })
    }
}
