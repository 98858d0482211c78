//! `podarium print`: what `kubectl get` and `kubectl describe` print of given objects.

use std::process::ExitCode;

use podarium::api::{Kind, Object};
use podarium::kubectl::{self, Output, get::Objects};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rows;

/// A question: objects, and the commands to run on them.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: Value,
    objects: Vec<Value>,
    prints: Vec<Command>,
}

#[derive(Deserialize)]
struct Command {
    /// Seconds since 1970.
    now: f64,
    args: Vec<String>,
}

/// Answers the rows on standard input.
///
/// # Errors
/// Input that is not such rows, or output that cannot be written.
pub fn run(arguments: &[String]) -> Result<ExitCode, String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("print takes no arguments, not {argument:?}"));
    }
    rows::answer_all(|row: Row| {
        let prints = row.prints.iter();
        let prints: Vec<Value> = prints
            .map(|command| answer(&row.objects, command))
            .collect();
        Ok(json!({"id": row.id, "prints": prints}))
    })
}

fn answer(objects: &[Value], command: &Command) -> Value {
    let snapshot = Snapshot::new(objects, (command.now * 1e6) as i64);
    let Output {
        stdout,
        stderr,
        code,
    } = kubectl::read(&command.args, &snapshot);
    json!({"stdout": stdout, "stderr": stderr, "rc": code})
}

/// Objects as somebody else stored them. Objects of kinds that are not simulated are left out.
struct Snapshot {
    objects: Vec<(Object, Value)>,
    now_unix_micros: i64,
}

impl Snapshot {
    fn new(objects: &[Value], now_unix_micros: i64) -> Self {
        let read = |json: &Value| Some((Object::from_json(json.clone()).ok()?, json.clone()));
        let mut objects: Vec<(Object, Value)> = objects.iter().filter_map(read).collect();
        objects.sort_by_cached_key(|(object, _)| object.key());
        Self {
            objects,
            now_unix_micros,
        }
    }
}

impl Objects for Snapshot {
    fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Object> {
        let here = |object: &&Object| {
            object.kind() == kind
                && (!kind.namespaced()
                    || namespace.is_none_or(|namespace| object.namespace() == namespace))
        };
        self.objects
            .iter()
            .map(|(object, _)| object)
            .filter(here)
            .cloned()
            .collect()
    }

    fn json(&self, object: &Object) -> Value {
        let stored = self
            .objects
            .iter()
            .find(|(stored, _)| stored.key() == object.key());
        stored.map_or_else(|| object.to_json(), |(_, json)| json.clone())
    }

    fn now_unix_micros(&self) -> i64 {
        self.now_unix_micros
    }
}
