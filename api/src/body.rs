//! Bodies of POST and PUT: from JSON to `Create`s and `Update`s, by the attribute table.

use serde_json::{Map, Value as Json};

use crate::attribute::Fields;
use crate::policy::{Bodies, Judge, Unmet};
use crate::resource::Visitor;
use crate::value::shown;
use crate::{ApiError, Create, Kind, Post, Resource, Update, json};

/// What a POST asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The items, one unless `bulk`.
    pub items: Vec<Item>,
    /// The body had the plural form, so the answer has it too.
    pub bulk: bool,
}

/// One item of a POST.
#[derive(Debug)]
pub(crate) struct Item {
    /// The item.
    pub create: Create,
    /// As it was written.
    pub fields: Fields,
    /// What its policies have still to ask.
    pub unmet: Unmet,
}

/// What a PUT asked for.
#[derive(Debug)]
pub(crate) struct Changed {
    /// The change.
    pub update: Update,
    /// As it was written.
    pub fields: Fields,
    /// What its policies have still to ask.
    pub unmet: Unmet,
}

/// The most items one bulk POST may hold.
const BULK_MAX: usize = 10_000;

/// Reads the body of a POST: `{"port": {…}}` or `{"ports": [{…}, …]}`.
pub(crate) fn create(kind: Kind, bytes: &[u8], judge: &Judge<'_>) -> Result<Asked, ApiError> {
    let mut body = object(kind, bytes)?;
    let mut bodies = judge.of_bodies(kind, true);
    let mut one = |fields: Json| -> Result<Item, ApiError> {
        let fields = checked(kind, fields, &bodies, true)?;
        let create = kind
            .read_create(&fields)
            .unwrap_or_else(|| Err(ApiError::method_not_allowed("POST", "GET")))?;
        let unmet = bodies.unmet(&fields);
        Ok(Item {
            create,
            fields,
            unmet,
        })
    };
    let Some(many) = body.remove(kind.plural()) else {
        let fields = body.remove(kind.name()).ok_or_else(|| missing(kind))?;
        return Ok(Asked {
            items: vec![one(fields)?],
            bulk: false,
        });
    };
    let Json::Array(list) = many else {
        let found = shown(&many);
        return Err(ApiError::bad_request(format!(
            "'{}' is {found}, not a list",
            kind.plural()
        )));
    };
    if list.is_empty() || list.len() > BULK_MAX {
        return Err(ApiError::bad_request(format!(
            "'{}' has {} items; say 1 to {BULK_MAX}",
            kind.plural(),
            list.len()
        )));
    }
    let unwrapped = list.into_iter().map(|mut item| {
        let inner = item.as_object_mut().and_then(|map| map.remove(kind.name()));
        inner.unwrap_or(item)
    });
    let items = unwrapped
        .enumerate()
        .map(|(index, fields)| {
            one(fields).map_err(|mut error| {
                error.message = format!("{}[{index}]: {}", kind.plural(), error.message);
                error
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Asked { items, bulk: true })
}

/// Reads the body of a PUT: `{"port": {…}}`.
pub(crate) fn update(kind: Kind, bytes: &[u8], judge: &Judge<'_>) -> Result<Changed, ApiError> {
    let mut body = object(kind, bytes)?;
    if body.contains_key(kind.plural()) {
        return Err(ApiError::bad_request(format!(
            "'{}': a PUT changes one {}, the one in its path",
            kind.plural(),
            kind.name()
        )));
    }
    let fields = body.remove(kind.name()).ok_or_else(|| missing(kind))?;
    let mut bodies = judge.of_bodies(kind, false);
    let fields = checked(kind, fields, &bodies, false)?;
    let update = kind
        .read_update(&fields)
        .unwrap_or_else(|| Err(ApiError::method_not_allowed("PUT", "GET")))?;
    let unmet = bodies.unmet(&fields);
    Ok(Changed {
        update,
        fields,
        unmet,
    })
}

fn missing(kind: Kind) -> ApiError {
    ApiError::bad_request(format!(
        "the body has no '{}'; write {{\"{}\": {{…}}}}",
        kind.name(),
        kind.name()
    ))
}

/// A body's outermost object.
fn object(kind: Kind, bytes: &[u8]) -> Result<Map<String, Json>, ApiError> {
    if bytes.is_empty() {
        return Err(missing(kind));
    }
    match json::parse(bytes)? {
        Json::Object(map) => Ok(map),
        other => Err(ApiError::bad_request(format!(
            "the body is {}, not an object; write {{\"{}\": {{…}}}}",
            shown(&other),
            kind.name()
        ))),
    }
}

/// One item's attributes, their names checked, the owner filled in.
fn checked(
    kind: Kind,
    fields: Json,
    bodies: &Bodies<'_>,
    creating: bool,
) -> Result<Fields, ApiError> {
    let Json::Object(mut fields) = fields else {
        return Err(ApiError::bad_request(format!(
            "'{}' is {}, not an object",
            kind.name(),
            shown(&fields)
        )));
    };
    if kind.is_owned() {
        own(&mut fields, &bodies.judge(), creating)?;
    }
    let fields = Fields(fields);
    kind.visit(CheckNames {
        fields: &fields,
        creating,
    })?;
    Ok(fields)
}

/// Makes `project_id` and `tenant_id` agree, and fills them from the caller on POST.
fn own(fields: &mut Map<String, Json>, judge: &Judge<'_>, creating: bool) -> Result<(), ApiError> {
    let own = judge.project();
    let owner = match (fields.get("project_id"), fields.get("tenant_id")) {
        (Some(project), Some(tenant)) if project != tenant => {
            return Err(ApiError::bad_request(format!(
                "project_id {} and tenant_id {} are one thing under two names and differ",
                shown(project),
                shown(tenant)
            )));
        }
        (Some(owner), _) | (None, Some(owner)) => owner.clone(),
        (None, None) if !creating => return Ok(()),
        (None, None) if own.is_empty() => {
            return Err(ApiError::bad_request(
                "no project_id: name one in the body or in the X-Project-Id header",
            ));
        }
        (None, None) => Json::from(own),
    };
    if !judge.may_give() && owner != own {
        return Err(ApiError::bad_request(format!(
            "project_id {} is not your own, {own}; the policy context_can_set_project_id tells who may name another",
            shown(&owner),
        )));
    }
    fields.insert("project_id".into(), owner);
    fields.remove("tenant_id");
    Ok(())
}

/// Checks a body's attribute names against the table.
struct CheckNames<'a> {
    fields: &'a Fields,
    creating: bool,
}

impl Visitor for CheckNames<'_> {
    type Output = Result<(), ApiError>;

    fn visit<R: Resource>(self) -> Self::Output {
        let rows = R::attributes();
        let given = &self.fields.0;
        let known = |name: &&String| {
            !rows
                .iter()
                .any(|row| row.name == name.as_str() && row.known())
        };
        let unknown: Vec<&String> = given.keys().filter(known).collect();
        if !unknown.is_empty() {
            let taken = rows.iter().filter(|row| match self.creating {
                true => row.post != Post::Nobody,
                false => row.put,
            });
            let taken: Vec<&str> = taken.map(|row| row.name).collect();
            return Err(ApiError::bad_request(format!(
                "a {} has no {}; taken are {}",
                R::NAME,
                quoted(&unknown),
                taken.join(", ")
            )));
        }
        for row in rows.iter().filter(|row| row.known()) {
            let there = given.contains_key(row.name);
            if self.creating && there && row.post == Post::Nobody {
                return Err(ApiError::bad_request(format!(
                    "'{}' cannot be set by POST",
                    row.name
                )));
            }
            if self.creating && !there && row.post == Post::Required {
                return Err(ApiError::bad_request(format!(
                    "the required attribute '{}' is missing",
                    row.name
                )));
            }
            if !self.creating && there && !row.put {
                return Err(ApiError::bad_request(format!(
                    "'{}' cannot be changed",
                    row.name
                )));
            }
        }
        Ok(())
    }
}

fn quoted(names: &[&String]) -> String {
    let short = names.iter().take(8).map(|name| {
        let name: String = name.chars().take(64).collect();
        format!("'{name}'")
    });
    short.collect::<Vec<_>>().join(", ")
}
