//! Strategic merge patches: maps are merged, lists by their merge key, and directives do the rest.

use serde_json::{Map, Value};

use crate::api::json_text;

use super::order::{identity, normalize, position};
use super::schema::{self, ListStrategy};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ELEMENT_ORDER: &str = "$setElementOrder/";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";

/// Patches `target`.
///
/// # Errors
/// Why the patch cannot be read: an unknown directive, an element without its merge key.
pub(super) fn merge(target: &mut Value, patch: &Value) -> Result<(), String> {
    let (Some(map), Some(patch)) = (target.as_object_mut(), patch.as_object()) else {
        return Err("a strategic merge patch must be a map".to_owned());
    };
    merge_map(map, patch, "")
}

/// `field` is the field that holds the map, or the list that the map is an element of.
fn merge_map(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    field: &str,
) -> Result<(), String> {
    match patch.get(DIRECTIVE).and_then(Value::as_str) {
        Some("replace") => {
            *target = without_directives(patch);
            return Ok(());
        }
        Some("delete") => {
            target.clear();
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(format!("unknown patch type found: {other}")),
    }
    if let Some(kept) = patch.get(RETAIN_KEYS).and_then(Value::as_array) {
        target.retain(|key, _| kept.iter().any(|one| one == key));
    }
    for (key, value) in patch {
        if let (Some(list), Some(gone)) = (key.strip_prefix(DELETE_FROM_LIST), value.as_array())
            && let Some(Value::Array(elements)) = target.get_mut(list)
        {
            elements.retain(|element| !gone.contains(element));
        }
    }
    for (key, value) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        let order = patch.get(&format!("{ELEMENT_ORDER}{key}"));
        merge_field(target, key, value, order, field)?;
    }
    for (key, value) in patch {
        let (Some(list), Some(order)) = (key.strip_prefix(ELEMENT_ORDER), value.as_array()) else {
            continue;
        };
        if patch.contains_key(list) {
            continue;
        }
        if let Some(Value::Array(elements)) = target.get_mut(list) {
            let before = elements.clone();
            let merged = std::mem::take(elements);
            *elements = normalize(merged, order, &before, merge_key(field, list));
        }
    }
    Ok(())
}

fn merge_field(
    target: &mut Map<String, Value>,
    key: &str,
    patch: &Value,
    order: Option<&Value>,
    parent: &str,
) -> Result<(), String> {
    match (target.get_mut(key), patch) {
        (_, Value::Null) => {
            target.remove(key);
        }
        (Some(Value::Object(old)), Value::Object(new)) => merge_map(old, new, key)?,
        (None, Value::Object(new)) => {
            let mut fresh = Map::new();
            merge_map(&mut fresh, new, key)?;
            target.insert(key.to_owned(), Value::Object(fresh));
        }
        (old, Value::Array(new)) if schema::list(parent, key) != ListStrategy::Replace => {
            let before = match old {
                Some(Value::Array(list)) => std::mem::take(list),
                _ => Vec::new(),
            };
            let order = order.and_then(Value::as_array).unwrap_or(new);
            let merged = merge_list(&before, new, order, merge_key(parent, key), key)?;
            target.insert(key.to_owned(), Value::Array(merged));
        }
        _ => {
            target.insert(key.to_owned(), patch.clone());
        }
    }
    Ok(())
}

fn merge_list(
    before: &[Value],
    patch: &[Value],
    order: &[Value],
    key: Option<&str>,
    field: &str,
) -> Result<Vec<Value>, String> {
    let mut merged = before.to_vec();
    let Some(key) = key else {
        for element in patch {
            if !merged.contains(element) {
                merged.push(element.clone());
            }
        }
        return Ok(normalize(merged, order, before, None));
    };
    let directive = |element: &Value| {
        element
            .get(DIRECTIVE)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    if patch
        .iter()
        .any(|element| directive(element).as_deref() == Some("replace"))
    {
        let rest = patch.iter().filter(|element| directive(element).is_none());
        return Ok(rest.cloned().collect());
    }
    for element in patch {
        let Some(fields) = element.as_object() else {
            let element = json_text::text(element);
            return Err(format!(
                "expected map of fields in list {field}, got {element}"
            ));
        };
        let wanted = identity(element, Some(key));
        if wanted.is_null() {
            let element = json_text::text(element);
            return Err(format!(
                "map: {element} does not contain declared merge key: {key}"
            ));
        }
        let found = position(&merged, wanted, Some(key));
        match (directive(element).as_deref(), found) {
            (Some("delete"), Some(index)) => {
                merged.remove(index);
            }
            (Some("delete"), None) => {}
            (_, Some(index)) => {
                if let Value::Object(old) = &mut merged[index] {
                    merge_map(old, fields, field)?;
                }
            }
            (_, None) => {
                let mut fresh = Map::new();
                merge_map(&mut fresh, fields, field)?;
                merged.push(Value::Object(fresh));
            }
        }
    }
    Ok(normalize(merged, order, before, Some(key)))
}

/// The merge key of a list of maps; `None` for lists of texts.
fn merge_key(parent: &str, field: &str) -> Option<&'static str> {
    match schema::list(parent, field) {
        ListStrategy::Key(key) => Some(key),
        ListStrategy::Set | ListStrategy::Replace => None,
    }
}

fn without_directives(patch: &Map<String, Value>) -> Map<String, Value> {
    let fields = patch.iter().filter(|(key, _)| !key.starts_with('$'));
    fields
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
