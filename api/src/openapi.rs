//! `/openapi.json`: OpenAPI 3.1, made from the attribute tables.

use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::resource::Visitor;
use crate::{Kind, Post, Resource};

/// The document, made once.
pub(crate) fn document() -> Bytes {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let made = DOCUMENT.get_or_init(|| {
        let mut bytes = Vec::new();
        crate::attribute::write(&make(), &mut bytes);
        bytes.into()
    });
    made.clone()
}

fn make() -> Json {
    let mut paths = fixed_paths();
    let mut schemas = Map::new();
    schemas.insert("NeutronError".into(), error_schema());
    schemas.insert("Tags".into(), tags_schema());
    for kind in Kind::ALL {
        let made = kind.visit(Describe);
        paths.extend(made.paths);
        schemas.extend(made.schemas);
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
        let mut paths = vec![
            (format!("/v2.0/{}", R::PLURAL), collection::<R>()),
            (format!("/v2.0/{}/{{id}}", R::PLURAL), member::<R>()),
        ];
        if R::KIND.is_creatable() {
            paths.push((format!("/v2.0/{}/{{id}}/tags", R::PLURAL), tags::<R>()));
            paths.push((
                format!("/v2.0/{}/{{id}}/tags/{{tag}}", R::PLURAL),
                tag::<R>(),
            ));
        }
        let mut schemas = vec![
            (schema_name::<R>(""), shown::<R>()),
            (schema_name::<R>("Update"), changed::<R>()),
        ];
        if R::KIND.is_creatable() {
            schemas.push((schema_name::<R>("Create"), created::<R>()));
        }
        Made { paths, schemas }
    }
}

/// `network` → `NetworkCreate`.
fn schema_name<R: Resource>(suffix: &str) -> String {
    let mut letters = R::NAME.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters)
        .chain(suffix.chars())
        .collect()
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
    let one = reference(&schema_name::<R>(""));
    let many = wrapped(R::PLURAL, &json!({"type": "array", "items": one}));
    let mut path = json!({"get": {
        "operationId": format!("list_{}", R::PLURAL),
        "summary": format!("The {}.", R::PLURAL),
        "parameters": list_parameters::<R>(),
        "responses": answers("200", &many),
    }});
    if R::KIND.is_creatable() {
        let asked = reference(&schema_name::<R>("Create"));
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
    parameters
}

fn member<R: Resource>() -> Json {
    let one = wrapped(R::NAME, &reference(&schema_name::<R>("")));
    let change = wrapped(R::NAME, &reference(&schema_name::<R>("Update")));
    let if_match = json!({
        "name": "If-Match", "in": "header", "schema": {"type": "string"},
        "description": "revision_number=N: only if that is the revision.",
    });
    json!({
        "parameters": [in_path("id")],
        "get": {
            "operationId": format!("show_{}", R::NAME),
            "summary": format!("One {}.", R::NAME),
            "parameters": [in_query("fields", "Show only these.", &json!({"type": "string"}))],
            "responses": answers("200", &one),
        },
        "put": {
            "operationId": format!("update_{}", R::NAME),
            "summary": "Changes what the body names.",
            "parameters": [if_match],
            "requestBody": request_body(&change),
            "responses": answers("200", &one),
        },
        "delete": {
            "operationId": format!("delete_{}", R::NAME),
            "summary": "Removes it.",
            "parameters": [if_match],
            "responses": no_content(),
        },
    })
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
