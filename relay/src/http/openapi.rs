//! `/api/openapi.json`: what may be asked over HTTP, for machines. Made of `table::docs` and the
//! schemas beside it, and of the access that [`crate::auth::roles`] demands.

mod table;

use axum::response::Response;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, OpenApiBuilder, Paths, PathsBuilder, Ref, Required, ResponseBuilder,
};

use super::reply;
use crate::auth::roles::{self, Access};
use table::{Answer, Doc, docs};

/// Schemas and security schemes, as OpenAPI spells them.
const COMPONENTS: &str = include_str!("openapi/components.json");

/// The one route whose path holds a key of its own: a visit's token is enough to look at the visit.
const KEY_IN_PATH: (&str, &str) = ("GET", "/api/sessions/{token}");

/// `GET /api/openapi.json`.
pub(super) async fn show() -> Response {
    reply::json(&document())
}

/// The whole description.
#[must_use]
pub fn document() -> Value {
    let info = InfoBuilder::new()
        .title("Printrail relay")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Takes a restaurant's orders, splits them into tickets for its stations and says where each stands. \
             Errors are application/problem+json with a stable `code`.",
        ))
        .build();
    let document: OpenApi = OpenApiBuilder::new().info(info).paths(paths()).build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Value::Object(parts) = &mut document {
        let components = serde_json::from_str(COMPONENTS).unwrap_or_default();
        parts.insert("components".to_owned(), components);
    }
    document
}

fn paths() -> Paths {
    let mut paths = PathsBuilder::new().build();
    for doc in docs() {
        let Some(method) = method(doc.method) else {
            continue;
        };
        paths.add_path_operation(doc.path, vec![method], operation(doc));
    }
    paths
}

fn operation(doc: &Doc) -> OperationBuilder {
    let access = roles::access(doc.method, doc.path);
    let mut operation = OperationBuilder::new()
        .summary(Some(doc.summary))
        .tag(doc.tag)
        .operation_id(Some(operation_id(doc)));
    for name in parameters(doc.path) {
        operation = operation.parameter(text_parameter(name, ParameterIn::Path, Required::True, None));
    }
    for (name, description) in doc.query {
        operation = operation.parameter(text_parameter(
            name,
            ParameterIn::Query,
            Required::False,
            Some(description),
        ));
    }
    if let Some(schema) = doc.body {
        let body = RequestBodyBuilder::new()
            .content(
                "application/json",
                Content::new(Some(Ref::from_schema_name(schema))),
            )
            .required(Some(if doc.needs_body {
                Required::True
            } else {
                Required::False
            }))
            .build();
        operation = operation.request_body(Some(body));
    }
    if access.is_some_and(|access| access != Access::Open) {
        operation = operation.security(SecurityRequirement::new::<&str, [&str; 0], &str>("token", []));
    }
    if (doc.method, doc.path) == KEY_IN_PATH {
        operation = operation.security(SecurityRequirement::default());
    }
    for (status, answer) in doc.answers {
        operation = operation.response(status.to_string(), answered(*answer));
    }
    for status in refusals(doc, access) {
        operation = operation.response(status.to_string(), answered(Answer::Problem));
    }
    operation
}

/// What any request of this kind may be refused with.
fn refusals(doc: &Doc, access: Option<Access>) -> Vec<u16> {
    let mut statuses = vec![403, 429, 500, 503];
    if access != Some(Access::Open) {
        statuses.push(401);
    }
    if parameters(doc.path).next().is_some() {
        statuses.push(404);
    }
    if doc.method != "GET" {
        statuses.push(409);
    }
    if doc.body.is_some() || doc.method != "GET" {
        statuses.extend([400, 408, 413]);
    }
    if doc.body.is_some() || !doc.query.is_empty() || doc.method != "GET" {
        statuses.push(422);
    }
    statuses.sort_unstable();
    statuses
}

fn answered(answer: Answer) -> ResponseBuilder {
    let response = ResponseBuilder::new();
    match answer {
        Answer::Json(schema) => response.description("Done").content(
            "application/json",
            Content::new(Some(Ref::from_schema_name(schema))),
        ),
        Answer::Kind(kind) => response.description("Done").content(kind, text_content()),
        Answer::Problem => response.description("Refused").content(
            "application/problem+json",
            Content::new(Some(Ref::from_schema_name("Problem"))),
        ),
        Answer::Nothing(what) => response.description(what),
    }
}

fn text_content() -> Content {
    Content::new(Some(
        ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)),
    ))
}

fn text_parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    description: Option<&str>,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(description)
        .schema(Some(
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)),
        ))
}

/// The names between braces.
fn parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Such as `post_api_orders_id_cancel`.
fn operation_id(doc: &Doc) -> String {
    let words = doc.path.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = std::iter::once(doc.method)
        .chain(words)
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

fn method(name: &str) -> Option<HttpMethod> {
    match name {
        "GET" => Some(HttpMethod::Get),
        "POST" => Some(HttpMethod::Post),
        "PUT" => Some(HttpMethod::Put),
        "PATCH" => Some(HttpMethod::Patch),
        "DELETE" => Some(HttpMethod::Delete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::roles::ROUTES;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let mut routes: Vec<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
        let mut described: Vec<_> = docs().map(|doc| (doc.method, doc.path)).collect();
        routes.sort_unstable();
        described.sort_unstable();
        assert_eq!(described, routes);
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let document = document();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let named = text
            .split("#/components/schemas/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        for name in named {
            assert!(schemas.contains_key(name), "{name}");
        }
        assert!(schemas.len() > 15);
    }

    #[test]
    fn every_code_of_a_refusal_is_described() {
        let document = document();
        let named = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
        let codes: Vec<_> = crate::error::Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(*named, serde_json::json!(codes));
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut ids: Vec<_> = docs().map(operation_id).collect();
        ids.sort();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all);
        assert!(ids.contains(&"post_api_orders_id_cancel_request".to_owned()));
    }
}
