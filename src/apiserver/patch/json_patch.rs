//! JSON patches (RFC 6902).

use serde_json::Value;

use crate::apiserver::{Cause, Reason, Status};

/// Carries out the operations in order; all or, with an error, none.
///
/// # Errors
/// BadRequest for what is no patch, UnprocessableEntity for an operation that fails.
pub(super) fn apply(target: &mut Value, patch: &Value) -> Result<(), Status> {
    let Some(operations) = patch.as_array() else {
        return Err(Status::bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
                .to_owned(),
        ));
    };
    let mut changed = target.clone();
    for operation in operations {
        carry_out(&mut changed, operation).map_err(|why| unprocessable(&why))?;
    }
    *target = changed;
    Ok(())
}

/// The server does not say in its message what is wrong, only in the cause.
fn unprocessable(why: &str) -> Status {
    let cause = Cause {
        reason: "UnexpectedServerResponse",
        message: why.to_owned(),
        field: String::new(),
    };
    Status {
        code: 422,
        reason: Reason::Invalid,
        causes: vec![cause],
        ..Status::bad_request(
            "the server rejected our request due to an error in our request".to_owned(),
        )
    }
}

fn carry_out(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |field: &str| operation[field].as_str().unwrap_or_default();
    let (kind, path, from) = (text("op"), text("path"), text("from"));
    let value = || {
        let value = operation.get("value").cloned();
        value.ok_or_else(|| {
            format!("{kind} operation does not apply: doc is missing value: missing value")
        })
    };
    match kind {
        "add" => add(target, path, value()?),
        "replace" => {
            let missing = || {
                format!(
                    "replace operation does not apply: doc is missing key: {path}: missing value"
                )
            };
            *target.pointer_mut(path).ok_or_else(missing)? = value()?;
            Ok(())
        }
        "remove" => remove(target, path).map(|_| ()),
        "move" => {
            let moved = remove(target, from)?;
            add(target, path, moved)
        }
        "copy" => {
            let missing = || {
                format!(
                    "copy operation does not apply: doc is missing from path: {from}: missing value"
                )
            };
            let copied = target.pointer(from).cloned().ok_or_else(missing)?;
            add(target, path, copied)
        }
        "test" => {
            let null = Value::Null;
            let found = target.pointer(path).unwrap_or(&null);
            if found == operation.get("value").unwrap_or(&null) {
                return Ok(());
            }
            Err(format!("testing value {path} failed: test failed"))
        }
        _ => Err(format!("Unexpected kind: {kind}")),
    }
}

/// The parent's path and the last part of the path, unescaped.
fn split(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let missing =
        || format!("add operation does not apply: doc is missing path: \"{path}\": missing value");
    let Some((parent, last)) = split(path) else {
        *target = value;
        return Ok(());
    };
    match target.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(map) => {
            map.insert(last, value);
        }
        Value::Array(list) => {
            let index = if last == "-" {
                Ok(list.len())
            } else {
                last.parse::<usize>()
            };
            let Some(index) = index.ok().filter(|index| *index <= list.len()) else {
                return Err(format!(
                    "add operation does not apply: doc is missing path: {path}: invalid index referenced"
                ));
            };
            list.insert(index, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let missing = || {
        format!("remove operation does not apply: doc is missing path: \"{path}\": missing value")
    };
    let (parent, last) = split(path).ok_or_else(missing)?;
    let removed = match target.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&last),
        Some(Value::Array(list)) => {
            let index = last
                .parse::<usize>()
                .ok()
                .filter(|index| *index < list.len());
            index.map(|index| list.remove(index))
        }
        _ => None,
    };
    removed.ok_or_else(missing)
}
