//! `cargo xtask schema`: writes `src/manifest/schema/types.txt`, the table that manifests are decoded against,
//! and the list of fields by which objects become JSON and back (see `codec.rs`).
//!
//! Fields and their types come from k8s-openapi's JSON schemas; the names of Go's own types, which the
//! API server's messages show (`of type v1.PullPolicy`), from `go_types.txt` where they differ.

use k8s_openapi::api::{apps, autoscaling, batch, core, discovery, policy, scheduling, storage};
use k8s_openapi::schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::{codec, paths};

/// Where the table goes, in the checkout.
const TARGET: &str = "src/manifest/schema/types.txt";

/// `Struct.field Go type` for the fields whose Go type the JSON schema does not tell.
const GO_TYPES: &str = include_str!("go_types.txt");

const HEADER: &str = "\
# The types of Kubernetes 1.36 that manifests are decoded against. Made by `cargo xtask schema`; do not edit.
# `kind apiVersion Kind Type`, then `Type@package field:shape …`; `field!` is required.
# Shapes: string bool int32 int64 float64 bytes any Quantity IntOrString Time MicroTime, a type of this table,
# `[]shape`, `{}shape` (a map from strings), and `shape=Go` where Go's own name of the type is another;
# `^Struct` after it names the struct that Go embeds the field by.
";

/// Writes the table.
///
/// # Errors
/// When the file cannot be written, or a schema has a shape that the table cannot say.
pub fn run() -> Result<(), String> {
    let (kinds, definitions) = definitions();
    codec::write(&definitions)?;
    let table = table(&kinds, &definitions)?;
    std::fs::write(paths::root().join(TARGET), table).map_err(|error| format!("{TARGET}: {error}"))
}

/// The kinds (`apiVersion`, kind) that manifests may have, and the JSON schemas of their types by their names.
pub fn definitions() -> (Vec<(&'static str, &'static str)>, Map<String, Value>) {
    let mut schemas = SchemaSettings::openapi3().into_generator();
    let mut kinds = Vec::new();
    macro_rules! kinds {
        ($($kind:ty),* $(,)?) => {$(
            schemas.subschema_for::<$kind>();
            kinds.push((
                <$kind as k8s_openapi::Resource>::API_VERSION,
                <$kind as k8s_openapi::Resource>::KIND,
            ));
        )*};
    }
    kinds!(
        core::v1::Namespace,
        core::v1::Node,
        core::v1::Pod,
        core::v1::Service,
        core::v1::ConfigMap,
        core::v1::Secret,
        core::v1::Event,
        core::v1::ServiceAccount,
        core::v1::LimitRange,
        core::v1::ResourceQuota,
        core::v1::PersistentVolume,
        core::v1::PersistentVolumeClaim,
        apps::v1::ReplicaSet,
        apps::v1::Deployment,
        apps::v1::StatefulSet,
        apps::v1::DaemonSet,
        batch::v1::Job,
        batch::v1::CronJob,
        autoscaling::v2::HorizontalPodAutoscaler,
        policy::v1::PodDisruptionBudget,
        scheduling::v1::PriorityClass,
        storage::v1::StorageClass,
        discovery::v1::EndpointSlice,
    );
    (kinds, schemas.take_definitions(true))
}

fn table(kinds: &[(&str, &str)], definitions: &Map<String, Value>) -> Result<String, String> {
    let go_types: BTreeMap<&str, &str> = GO_TYPES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .collect();
    let mut types = BTreeMap::new();
    for (name, schema) in definitions {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            continue;
        };
        let (short, package) = short_name(name)?;
        let mut line = format!("{short}@{package}");
        let required = schema.get("required").and_then(Value::as_array);
        for (field, property) in properties {
            let mark = if required.is_some_and(|all| all.iter().any(|one| one == field)) {
                "!"
            } else {
                ""
            };
            let shape = shape(property)?;
            let go = go_types
                .get(format!("{short}.{field}").as_str())
                .copied()
                .unwrap_or_default();
            let (go, embedded) = go.find('^').map_or((go, ""), |at| go.split_at(at));
            let go = if go.is_empty() {
                String::new()
            } else {
                format!("={go}")
            };
            write!(line, " {field}{mark}:{shape}{go}{embedded}")
                .map_err(|error| error.to_string())?;
        }
        if types.insert(short, line).is_some() {
            return Err(format!("two types are called {short}"));
        }
    }
    let kinds = kinds
        .iter()
        .map(|(api_version, kind)| format!("kind {api_version} {kind} {kind}\n"));
    let types = types.into_values().map(|line| line + "\n");
    Ok(HEADER
        .chars()
        .map(String::from)
        .chain(kinds)
        .chain(types)
        .collect())
}

/// `io.k8s.api.core.v1.Pod` → (`Pod`, `v1`).
pub fn short_name(name: &str) -> Result<(&str, &str), String> {
    let mut parts = name.rsplit('.');
    match (parts.next(), parts.next()) {
        (Some(short), Some(package)) => Ok((short, package)),
        _ => Err(format!("unexpected name of a definition: {name}")),
    }
}

fn shape(schema: &Value) -> Result<String, String> {
    if let Some(reference) = reference(schema) {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return Ok(match short_name(name)?.0 {
            "RawExtension" | "FieldsV1" | "JSON" => "any".to_owned(),
            short => short.to_owned(),
        });
    }
    let text = |key| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    Ok(match (text("type"), text("format")) {
        ("string", "byte") => "bytes".to_owned(),
        ("string", _) => "string".to_owned(),
        ("boolean", _) => "bool".to_owned(),
        ("integer", "int32") => "int32".to_owned(),
        ("integer", _) => "int64".to_owned(),
        ("number", _) => "float64".to_owned(),
        ("array", _) => format!("[]{}", shape(schema.get("items").unwrap_or(&Value::Null))?),
        ("object", _) => match schema.get("additionalProperties") {
            Some(inner) => format!("{{}}{}", shape(inner)?),
            None => "any".to_owned(),
        },
        _ => return Err(format!("no shape for {schema}")),
    })
}

/// The `$ref` of a schema, plain or wrapped so that a description can stand beside it.
fn reference(schema: &Value) -> Option<&str> {
    let wrapped = schema
        .get("allOf")
        .and_then(Value::as_array)
        .and_then(|all| all.first());
    schema
        .get("$ref")
        .or_else(|| wrapped?.get("$ref"))?
        .as_str()
}
