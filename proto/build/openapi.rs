//! One OpenAPI document for all services.
//!
//! A path parameter of OpenAPI is one segment, and a resource's name is several: the generator leaves such methods out. It is therefore
//! given the same files with all but the last segment of each name written out, and what it makes of them is written back.

use std::error::Error;
use std::path::Path;

use rest_over_grpc::build::{DescriptorOptions, Generator, OpenApiInfo, ServiceDefinition};
use serde_json::{Map, Value, json};

/// What the files import.
const GOOGLES: [&str; 2] = ["google/api/annotations.proto", "google/api/http.proto"];
/// Stands for a segment that is a parameter, in paths that hold no such segment themselves.
const HOLE: &str = "-";

pub(crate) fn document(out: &Path, files: &[&str]) -> Result<String, Box<dyn Error>> {
    let copies = out.join("openapi");
    for file in files.iter().chain(&GOOGLES) {
        let text = std::fs::read_to_string(file)?;
        let copy = copies.join(file);
        std::fs::create_dir_all(copy.parent().unwrap_or(&copies))?;
        std::fs::write(copy, text.lines().map(|line| single(line) + "\n").collect::<String>())?;
    }
    let mut compiler = protox::Compiler::new([&copies])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    let info = OpenApiInfo::new("Vextrus Workflows", env!("CARGO_PKG_VERSION"));
    let mut generator = Generator::builder().emit_openapi_spec(Some(info)).emit_tonic_bridge(false).build();
    generator.add_all(ServiceDefinition::from_fds(compiler.encode_file_descriptor_set(), &DescriptorOptions::new())?);
    generator.write(&copies)?;
    let mut whole = json!({
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}},
    });
    for file in files {
        let package = file.rsplit_once('/').map_or(*file, |(folder, _)| folder).replace('/', ".");
        let text = std::fs::read_to_string(copies.join(format!("{package}.openapi.json")))?;
        merge(&mut whole, serde_json::from_str(&text)?);
    }
    if let Some(left_out) = whole.get("x-rest-over-grpc-omitted-operations") {
        return Err(format!("the OpenAPI document lacks {left_out}").into());
    }
    let paths = whole["paths"].as_object_mut().map(std::mem::take).unwrap_or_default();
    let paths: Map<String, Value> = paths.into_iter().map(|(path, operations)| several(&path, operations)).collect();
    whole["paths"] = Value::Object(paths);
    for (collection, document) in [("invoices", "invoice"), ("purchaseOrders", "purchaseOrder")] {
        merge(&mut whole["paths"], attachments(collection, document));
    }
    Ok(serde_json::to_string_pretty(&whole)?)
}

/// The two paths that carry the bytes of an attachment, which have no rule in the proto files: they carry no message.
fn attachments(collection: &str, document: &str) -> Value {
    let text = json!({"type": "string"});
    let part = |name: &str, place: &str| json!({"name": name, "in": place, "required": true, "schema": text});
    let bytes = json!({"*/*": {"schema": {"type": "string", "format": "binary"}}});
    let of = |name: &str| json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}});
    let refused = json!({"content": of("google.rpc.Status"), "description": "An error, as a gRPC status mapped to an HTTP status."});
    let attachment = json!({"$ref": "#/components/schemas/vextrus.approval.v1.Attachment"});
    let attached =
        json!({"application/json": {"schema": {"type": "object", "properties": {"attachment": attachment}}}});
    let at = format!("/v1/tenants/{{tenant}}/{collection}/{{{document}}}/attachments");
    json!({
        at.clone(): {"post": {
            "operationId": format!("UploadAttachment_{collection}"),
            "parameters": [
                part("tenant", "path"), part(document, "path"),
                part("request_id", "query"), part("kind", "query"), part("file_name", "query"),
            ],
            "requestBody": {"content": bytes, "required": true},
            "responses": {"200": {"content": attached, "description": "Successful response."}, "default": refused},
        }},
        format!("{at}/{{attachment}}/content"): {"get": {
            "operationId": format!("DownloadAttachment_{collection}"),
            "parameters": [part("tenant", "path"), part(document, "path"), part("attachment", "path")],
            "responses": {"200": {"content": bytes, "description": "The bytes."}, "default": refused},
        }},
    })
}

/// `{name=tenants/*/invoices/*}` as `tenants/-/invoices/{name}`.
fn single(line: &str) -> String {
    // The innermost braces: a rule on one line has some round it.
    let Some((before, after)) = line.split_once('}') else { return line.to_owned() };
    let capture = before.rsplit_once('{').and_then(|(start, inner)| Some((start, inner.split_once('=')?)));
    match capture {
        Some((start, (field, pattern))) if pattern.ends_with('*') => {
            let segments = pattern.trim_end_matches('*').replace('*', HOLE);
            format!("{start}{segments}{{{field}}}{}", single(after))
        }
        _ => format!("{before}}}{}", single(after)),
    }
}

/// The path with a parameter for each segment, named for the collection before it.
fn several(path: &str, mut operations: Value) -> (String, Value) {
    let (mut names, mut segments): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for segment in path.split('/') {
        let is_parameter = segment == HOLE || segment.starts_with('{');
        if !is_parameter {
            segments.push(segment.to_owned());
            continue;
        }
        let name = segments.last().map(|collection| collection.trim_end_matches('s').to_owned()).unwrap_or_default();
        let verb = segment.split_once(':').map(|(_, verb)| format!(":{verb}")).unwrap_or_default();
        segments.push(format!("{{{name}}}{verb}"));
        names.push(name);
    }
    for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(parameters) = operation["parameters"].as_array_mut() else { continue };
        parameters.retain(|parameter| parameter["in"] != "path");
        let of = |name: &String| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
        parameters.splice(0..0, names.iter().map(of));
    }
    (segments.join("/"), operations)
}

fn merge(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, value) in part {
                merge(whole.entry(name).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part,
    }
}
