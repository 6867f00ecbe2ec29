//! The operations of the API that are no verb of a resource, as functions over a draft.

use api::{Action, Answer, ApiError};

use super::{Moment, address_group};
use crate::model::Draft;

/// Carries out an operation that writes.
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
    }
}
