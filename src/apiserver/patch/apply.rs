//! `kubectl apply` from the client's side: what the manifest says now, against what it said when it was
//! last applied, against what is stored.

use crate::api::json_text;
use serde_json::{Map, Value, json};

use crate::api::{Object, ObjectKey};
use crate::apiserver::{ApiServer, Moment, Status};

use super::order::{identity, normalize, position};
use super::schema::{self, ListStrategy};

/// The annotation in which kubectl keeps the manifest.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl ApiServer {
    /// Creates the object, or patches it by what the manifest says.
    ///
    /// # Errors
    /// As for create and patch.
    pub fn apply(&mut self, mut manifest: Value, at: Moment) -> Result<Object, Status> {
        annotate(&mut manifest)?;
        let object = Object::from_json(manifest.clone()).map_err(Status::bad_request)?;
        let Some(old) = self.store().get(&object.key()) else {
            return self.create(object, at);
        };
        match patched(&manifest, old) {
            Some(wanted) => {
                let object = Object::from_json(wanted).map_err(Status::bad_request)?;
                self.update(object, at)
            }
            None => Ok(old.clone()),
        }
    }

    /// Whether an apply has anything to send. kubectl compares texts: `cpu: 0.5` differs each time from the stored
    /// `500m`, and the object counts as configured even if the server then finds it to be the same.
    #[must_use]
    pub fn apply_sends(&self, manifest: &Value) -> bool {
        let mut manifest = manifest.clone();
        let key = annotate(&mut manifest);
        let old = key.ok().and_then(|key| self.store().get(&key));
        old.is_none_or(|old| patched(&manifest, old).is_some())
    }
}

/// The stored object with what the manifest says; `None` if it says nothing new.
fn patched(manifest: &Value, old: &Object) -> Option<Value> {
    let current = old.to_json();
    let original = current["metadata"]["annotations"][LAST_APPLIED]
        .as_str()
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .unwrap_or_default();
    let wanted = three_way(&original, manifest, &current, ("", ""));
    (wanted != current).then_some(wanted)
}

/// Puts in the namespace and the annotation, as kubectl does before it sends anything. Returns the object's key.
fn annotate(manifest: &mut Value) -> Result<ObjectKey, Status> {
    let object = Object::from_json(manifest.clone()).map_err(Status::bad_request)?;
    let mut key = object.key();
    // `from_json` has accepted the manifest, so it is a map and its metadata a map or absent.
    if !manifest["metadata"].is_object() {
        manifest["metadata"] = json!({});
    }
    if object.kind().namespaced() && object.namespace().is_empty() {
        manifest["metadata"]["namespace"] = "default".into();
        key.namespace = "default".into();
    }
    if !manifest["metadata"]["annotations"].is_object() {
        manifest["metadata"]["annotations"] = json!({});
    }
    let annotations = &mut manifest["metadata"]["annotations"];
    annotations
        .as_object_mut()
        .map(|map| map.remove(LAST_APPLIED));
    let text = last_applied_text(manifest);
    manifest["metadata"]["annotations"][LAST_APPLIED] = text.into();
    Ok(key)
}

/// The manifest as Go writes JSON: sorted, `<`, `>` and `&` escaped, with a line break at the end.
fn last_applied_text(manifest: &Value) -> String {
    let text = json_text::escape_html(&json_text::text(manifest));
    text.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        + "\n"
}

/// `current` with what `modified` says put in, and what only `original` says taken out. `place` is the
/// field of the parent and the field itself.
fn three_way(original: &Value, modified: &Value, current: &Value, place: (&str, &str)) -> Value {
    match (modified, current) {
        (Value::Object(modified), Value::Object(current)) => {
            Value::Object(three_way_map(original, modified, current, place.1))
        }
        (Value::Array(modified), Value::Array(current)) => {
            let empty = Vec::new();
            let original = original.as_array().unwrap_or(&empty);
            Value::Array(three_way_list(original, modified, current, place))
        }
        // A manifest may write as a number what is stored as a text (a quantity), which then differs:
        // kubectl too sends it each time.
        _ => modified.clone(),
    }
}

fn three_way_map(
    original: &Value,
    modified: &Map<String, Value>,
    current: &Map<String, Value>,
    field: &str,
) -> Map<String, Value> {
    let mut result = current.clone();
    for key in original.as_object().into_iter().flat_map(Map::keys) {
        if !modified.contains_key(key) {
            result.remove(key);
        }
    }
    for (key, value) in modified {
        if value.is_null() {
            result.remove(key);
            continue;
        }
        let merged = match current.get(key) {
            Some(now) => three_way(&original[key], value, now, (field, key)),
            None => value.clone(),
        };
        result.insert(key.clone(), merged);
    }
    if schema::retains_only_named_keys(field) && result != *current {
        result.retain(|key, _| modified.contains_key(key));
    }
    result
}

fn three_way_list(
    original: &[Value],
    modified: &[Value],
    current: &[Value],
    (parent, field): (&str, &str),
) -> Vec<Value> {
    let key = match schema::list(parent, field) {
        ListStrategy::Key(key) if is_unique(modified, key) => Some(key),
        ListStrategy::Set => None,
        ListStrategy::Key(_) | ListStrategy::Replace => return modified.to_vec(),
    };
    let find = |list: &[Value], element: &Value| position(list, identity(element, key), key);
    let removed =
        |element: &&Value| find(modified, element).is_some() || find(original, element).is_none();
    let mut merged: Vec<Value> = current.iter().filter(removed).cloned().collect();
    for element in modified {
        let before = find(original, element).map_or(&Value::Null, |index| &original[index]);
        match find(&merged, element) {
            Some(index) => {
                merged[index] = three_way(before, element, &merged[index], (parent, field));
            }
            None => merged.push(element.clone()),
        }
    }
    normalize(merged, modified, current, key)
}

/// Whether the merge key tells the elements apart. (A service may have one port by TCP and by UDP.)
fn is_unique(list: &[Value], key: &str) -> bool {
    let repeated = |(index, element): (usize, &Value)| {
        position(list, identity(element, Some(key)), Some(key)) != Some(index)
    };
    !list.iter().enumerate().any(repeated)
}
