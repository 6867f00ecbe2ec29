//! `/openapi.json`: OpenAPI 3.1, made from the attribute tables.

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::action::{Operation, operations};
use crate::resource::Visitor;
use crate::{Kind, Mount, Post, Resource};

/// The document, with the paths that the caller serves itself.
pub(crate) fn document<'a>(mounts: impl Iterator<Item = &'a Mount>) -> Bytes {
    let mut bytes = Vec::new();
    crate::attribute::write(&make(mounts), &mut bytes);
    bytes.into()
}

fn make<'a>(mounts: impl Iterator<Item = &'a Mount>) -> Json {
    let mut paths = fixed_paths();
    let mounted = mounts.flat_map(|mount| mount.paths.clone());
    paths.extend(mounted);
    let mut schemas = Map::new();
    schemas.insert("NeutronError".into(), error_schema());
    schemas.insert("Tags".into(), tags_schema());
    for kind in Kind::ALL.iter().filter(|kind| kind.is_served()) {
        let made = kind.visit(Describe);
        paths.extend(made.paths);
        schemas.extend(made.schemas);
    }
    for operation in operations() {
        let path = format!("/v2.0/{}", operation.path.join("/"));
        let method = operation.method.as_str().to_ascii_lowercase();
        let described = operation_of(operation);
        let at = paths.entry(path).or_insert_with(|| {
            let open = operation.path.iter().filter_map(|s| s.strip_prefix('{'));
            let names: Vec<Json> = open.map(|s| in_path(s.trim_end_matches('}'))).collect();
            json!({"parameters": names})
        });
        at[method] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "weft: the OpenStack Networking API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Networks, subnets, ports and the nodes that carry them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Error": {
                "description": "Refused; the type says why.",
                "content": {"application/json": {"schema": reference("NeutronError")}},
            }},
        },
    })
}

fn reference(schema: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn error_schema() -> Json {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "properties": {"NeutronError": {
            "type": "object",
            "properties": {"type": text, "message": text, "detail": text},
            "required": ["type", "message", "detail"],
        }},
        "required": ["NeutronError"],
    })
}

fn tags_schema() -> Json {
    json!({
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"type": "string", "maxLength": 255}}},
        "required": ["tags"],
    })
}

/// The paths that belong to no resource.
fn fixed_paths() -> Map<String, Json> {
    let read = |summary: &str, id: &str| {
        json!({"get": {
            "operationId": id,
            "summary": summary,
            "responses": {"200": {"description": "The document.", "content": {"application/json": {}}}},
        }})
    };
    let mut alias = read("One extension.", "show_extension");
    alias["parameters"] = json!([in_path("alias")]);
    alias["get"]["responses"]["404"] = json!({
        "description": "There is no such extension.", "content": {"application/json": {}},
    });
    let mut paths = Map::new();
    paths.insert("/".into(), read("Versions.", "list_versions"));
    paths.insert("/v2.0/".into(), read("Core resources.", "show_version"));
    paths.insert(
        "/v2.0/extensions".into(),
        read("Extensions.", "list_extensions"),
    );
    paths.insert("/v2.0/extensions/{alias}".into(), alias);
    paths.insert(
        "/openapi.json".into(),
        read("This document.", "show_openapi"),
    );
    paths.insert(
        "/healthcheck".into(),
        json!({"get": {
            "operationId": "healthcheck",
            "summary": "Whether requests can be answered.",
            "responses": {
                "200": {"description": "They can.", "content": {"text/plain": {}}},
                "503": {"$ref": "#/components/responses/Error"},
            },
        }}),
    );
    paths
}

fn in_path(name: &str) -> Json {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
}

fn in_query(name: &str, doc: &str, schema: &Json) -> Json {
    json!({
        "name": name, "in": "query", "description": doc,
        "schema": {"type": "array", "items": schema}, "style": "form", "explode": true,
    })
}

/// What one resource adds to the document.
struct Made {
    paths: Vec<(String, Json)>,
    schemas: Vec<(String, Json)>,
}

struct Describe;

impl Visitor for Describe {
    type Output = Made;

    fn visit<R: Resource>(self) -> Made {
        let path = format!("/v2.0/{}", R::PATH);
        let mut paths = vec![
            (path.clone(), collection::<R>()),
            (format!("{path}/{{id}}"), member::<R>()),
        ];
        if R::TAGGED {
            paths.push((format!("{path}/{{id}}/tags"), tags::<R>()));
            paths.push((format!("{path}/{{id}}/tags/{{tag}}"), tag::<R>()));
        }
        let mut schemas = vec![(schema_name(R::NAME, ""), shown::<R>())];
        if !R::KIND.is_computed() {
            schemas.push((schema_name(R::NAME, "Update"), changed::<R>()));
        }
        if R::KIND.is_creatable() {
            schemas.push((schema_name(R::NAME, "Create"), created::<R>()));
        }
        Made { paths, schemas }
    }
}

/// `address_scope` → `AddressScopeCreate`.
fn schema_name(name: &str, suffix: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters)
    });
    words.flatten().chain(suffix.chars()).collect()
}

/// The document of one record of a kind, `{"address_group": {…}}`.
pub(crate) fn document_of(kind: Kind) -> Json {
    wrapped(kind.name(), &reference(&schema_name(kind.name(), "")))
}

/// The document of many records of a kind, `{"networks": […]}`.
pub(crate) fn documents_of(kind: Kind) -> Json {
    let one = reference(&schema_name(kind.name(), ""));
    wrapped(kind.plural(), &json!({"type": "array", "items": one}))
}

fn described(mut schema: Json, doc: &str) -> Json {
    if let Some(map) = schema.as_object_mut() {
        map.insert("description".into(), doc.trim().into());
    }
    schema
}

fn shown<R: Resource>() -> Json {
    let rows = R::attributes().iter().filter(|row| row.visible);
    let properties: Map<String, Json> = rows
        .map(|row| (row.name.to_owned(), described((row.schema)(), row.doc)))
        .collect();
    json!({"type": "object", "description": R::ABOUT.trim(), "properties": properties})
}

fn created<R: Resource>() -> Json {
    let rows = R::attributes()
        .iter()
        .filter(|row| row.post != Post::Nobody);
    let properties: Map<String, Json> = rows
        .clone()
        .map(|row| {
            (
                row.name.to_owned(),
                described((row.input_schema)(), row.doc),
            )
        })
        .collect();
    // The owner comes from the caller where the body names none.
    let required = rows.filter(|row| row.post == Post::Required && row.name != "project_id");
    let required: Vec<&str> = required.map(|row| row.name).collect();
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

fn changed<R: Resource>() -> Json {
    let rows = R::attributes().iter().filter(|row| row.put);
    let properties: Map<String, Json> = rows
        .map(|row| {
            (
                row.name.to_owned(),
                described((row.input_schema)(), row.doc),
            )
        })
        .collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// `{"network": schema}`.
fn wrapped(key: &str, schema: &Json) -> Json {
    json!({"type": "object", "properties": {key: schema}, "required": [key]})
}

fn answers(status: &str, schema: &Json) -> Json {
    json!({
        status: {"description": "Done.", "content": {"application/json": {"schema": schema}}},
        "default": {"$ref": "#/components/responses/Error"},
    })
}

fn no_content() -> Json {
    json!({
        "204": {"description": "Done."},
        "default": {"$ref": "#/components/responses/Error"},
    })
}

fn request_body(schema: &Json) -> Json {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

fn collection<R: Resource>() -> Json {
    let one = reference(&schema_name(R::NAME, ""));
    let many = wrapped(R::PLURAL, &json!({"type": "array", "items": one}));
    let mut path = json!({"get": {
        "operationId": format!("list_{}", R::PLURAL),
        "summary": format!("The {}.", R::PLURAL),
        "parameters": list_parameters::<R>(),
        "responses": answers("200", &many),
    }});
    if R::KIND.is_creatable() {
        let asked = reference(&schema_name(R::NAME, "Create"));
        let single = wrapped(R::NAME, &asked);
        let bulk = wrapped(
            R::PLURAL,
            &json!({"type": "array", "items": asked, "minItems": 1}),
        );
        path["post"] = json!({
            "operationId": format!("create_{}", R::NAME),
            "summary": format!("Makes one {}, or all of several or none.", R::NAME),
            "requestBody": request_body(&json!({"anyOf": [single, bulk]})),
            "responses": answers("201", &json!({"anyOf": [wrapped(R::NAME, &one), many]})),
        });
    }
    path
}

/// What a list can be filtered, cut, sorted and paged by.
fn list_parameters<R: Resource>() -> Vec<Json> {
    let text = json!({"type": "string"});
    let rows = R::attributes();
    let filters = rows.iter().filter(|row| row.filter.is_some());
    let (shown, hidden): (Vec<_>, Vec<_>) = filters.partition(|row| row.known());
    let filter = |name, doc| in_query(name, doc, &text);
    let mut parameters: Vec<Json> = shown
        .iter()
        .map(|row| filter(row.name, "Any of these values."))
        .chain(hidden.iter().map(|row| filter(row.name, row.doc.trim())))
        .collect();
    let visible = rows.iter().filter(|row| row.visible);
    let sortable = rows.iter().filter(|row| row.sort.is_some());
    let word = |names: Vec<&str>| json!({"type": "string", "enum": names});
    let names = word(visible.map(|row| row.name).collect());
    let keys = word(sortable.map(|row| row.name).collect());
    let dirs = word(vec!["asc", "desc"]);
    parameters.push(in_query("fields", "Show only these.", &names));
    parameters.push(in_query("sort_key", "Sort by these.", &keys));
    parameters.push(in_query("sort_dir", "One for each sort_key.", &dirs));
    for (name, schema) in [
        ("limit", json!({"type": "integer", "minimum": 0})),
        ("marker", json!({"type": "string", "format": "uuid"})),
        ("page_reverse", json!({"type": "boolean"})),
    ] {
        parameters.push(json!({"name": name, "in": "query", "schema": schema}));
    }
    parameters.push(at());
    parameters
}

/// The moment of the past that a GET may ask for.
fn at() -> Json {
    json!({
        "name": "at", "in": "query", "schema": {"type": "string"},
        "description": "The state at this time, or after this commit (revision:N), as far as the log goes back.",
        "examples": {
            "time": {"value": "2026-11-23T07:08:40.5Z"},
            "revision": {"value": "revision:42"},
        },
    })
}

fn member<R: Resource>() -> Json {
    let one = wrapped(R::NAME, &reference(&schema_name(R::NAME, "")));
    let change = wrapped(R::NAME, &reference(&schema_name(R::NAME, "Update")));
    let if_match = json!({
        "name": "If-Match", "in": "header", "schema": {"type": "string"},
        "description": "revision_number=N: only if that is the revision.",
    });
    let mut path = json!({
        "parameters": [in_path("id")],
        "get": {
            "operationId": format!("show_{}", R::NAME),
            "summary": format!("One {}.", R::NAME),
            "parameters": [in_query("fields", "Show only these.", &json!({"type": "string"})), at()],
            "responses": answers("200", &one),
        },
    });
    if R::KIND.is_computed() {
        return path;
    }
    path["put"] = json!({
        "operationId": format!("update_{}", R::NAME),
        "summary": "Changes what the body names.",
        "parameters": [if_match],
        "requestBody": request_body(&change),
        "responses": answers("200", &one),
    });
    path["delete"] = json!({
        "operationId": format!("delete_{}", R::NAME),
        "summary": "Removes it.",
        "parameters": [if_match],
        "responses": no_content(),
    });
    path
}

fn operation_of(operation: &Operation) -> Json {
    let id: Vec<&str> = operation
        .path
        .iter()
        .map(|segment| segment.trim_matches(['{', '}']))
        .collect();
    let method = operation.method.as_str().to_ascii_lowercase();
    let answer = match operation.output {
        Some(output) => answers(&operation.status.to_string(), &output()),
        None => no_content(),
    };
    let mut described = json!({
        "operationId": format!("{method}_{}", id.join("_").replace('-', "_")),
        "summary": operation.about,
        "responses": answer,
    });
    if let Some(input) = operation.input {
        described["requestBody"] = request_body(&input());
    }
    described
}

fn tags<R: Resource>() -> Json {
    let tags = reference("Tags");
    let write = |verb: &str, summary: &str| {
        json!({
            "operationId": format!("{verb}_{}_tags", R::NAME),
            "summary": summary,
            "requestBody": request_body(&tags),
            "responses": answers("200", &tags),
        })
    };
    json!({
        "parameters": [in_path("id")],
        "get": {
            "operationId": format!("list_{}_tags", R::NAME),
            "summary": "Its tags.",
            "parameters": [at()],
            "responses": answers("200", &tags),
        },
        "put": write("replace", "Gives it exactly these tags."),
        "post": write("add", "Gives it these tags too."),
        "delete": {
            "operationId": format!("delete_{}_tags", R::NAME),
            "summary": "Takes all its tags.",
            "responses": no_content(),
        },
    })
}

fn tag<R: Resource>() -> Json {
    let operation = |verb: &str, summary: &str, responses: Json| {
        json!({
            "operationId": format!("{verb}_{}_tag", R::NAME),
            "summary": summary,
            "responses": responses,
        })
    };
    json!({
        "parameters": [in_path("id"), in_path("tag")],
        "get": operation("has", "Whether it has the tag.", no_content()),
        "put": operation("put", "Gives it the tag.", answers("201", &json!({"type": "null"}))),
        "delete": operation("delete", "Takes the tag.", no_content()),
    })
}
