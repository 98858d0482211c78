//! `kubectl apply` from the client's side: what the manifest says now, against what it said when it was
//! last applied, against what is stored.

use serde_json::{Map, Value, json};

use crate::api::Object;
use crate::apiserver::{ApiServer, Moment, Status};

use super::order::{identity, normalize, position};
use super::schema::{self, ListStrategy};

/// The annotation in which kubectl keeps the manifest.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What kubectl says became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applied {
    /// `created`
    Created,
    /// `configured`: there was something to send, even if the server found it to be the same.
    Configured,
    /// `unchanged`
    Unchanged,
}

impl Applied {
    /// The word that kubectl prints.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

impl ApiServer {
    /// Creates the object, or patches it by what the manifest says.
    ///
    /// # Errors
    /// As for create and patch.
    pub fn apply(&mut self, manifest: Value, at: Moment) -> Result<Object, Status> {
        self.apply_and_tell(manifest, at).map(|(object, _)| object)
    }

    /// Creates the object, or patches it by what the manifest says, and tells which.
    ///
    /// # Errors
    /// As for create and patch.
    pub fn apply_and_tell(
        &mut self,
        mut manifest: Value,
        at: Moment,
    ) -> Result<(Object, Applied), Status> {
        annotate(&mut manifest)?;
        let object = Object::from_json(manifest.clone()).map_err(Status::bad_request)?;
        let Some(old) = self.store().get(&object.key()) else {
            return Ok((self.create(object, at)?, Applied::Created));
        };
        let current = old.to_json();
        let original = current["metadata"]["annotations"][LAST_APPLIED]
            .as_str()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or_default();
        let wanted = three_way(&original, &manifest, &current, ("", ""));
        if wanted == current {
            return Ok((old.clone(), Applied::Unchanged));
        }
        let object = Object::from_json(wanted).map_err(Status::bad_request)?;
        Ok((self.update(object, at)?, Applied::Configured))
    }
}

/// Puts in the namespace and the annotation, as kubectl does before it sends anything.
fn annotate(manifest: &mut Value) -> Result<(), Status> {
    let object = Object::from_json(manifest.clone()).map_err(Status::bad_request)?;
    // `from_json` has accepted the manifest, so it is a map and its metadata a map or absent.
    if !manifest["metadata"].is_object() {
        manifest["metadata"] = json!({});
    }
    if object.kind().namespaced() && object.namespace().is_empty() {
        manifest["metadata"]["namespace"] = "default".into();
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
    Ok(())
}

/// The manifest as Go writes JSON: sorted, `<`, `>` and `&` escaped, with a line break at the end.
fn last_applied_text(manifest: &Value) -> String {
    let text = manifest.to_string();
    let mut escaped = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped.push('\n');
    escaped
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
