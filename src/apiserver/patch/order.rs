//! The order of merged lists: the patch's own elements in its order, what only the server has where it was.

use serde_json::Value;

/// What two elements have in common if they are the same: the value of the merge key, or the element.
pub(super) fn identity<'a>(element: &'a Value, key: Option<&str>) -> &'a Value {
    match key {
        Some(key) => element.get(key).unwrap_or(&Value::Null),
        None => element,
    }
}

/// Where in `list` the element with this identity stands.
pub(super) fn position(list: &[Value], wanted: &Value, key: Option<&str>) -> Option<usize> {
    list.iter()
        .position(|element| identity(element, key) == wanted)
}

/// Orders `merged`: elements of `wanted` as they stand there, the others as in `before`, and between the
/// two kinds as in `before` where that knows both.
pub(super) fn normalize(
    merged: Vec<Value>,
    wanted: &[Value],
    before: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let place = |list: &[Value], element: &Value| position(list, identity(element, key), key);
    let (mut ours, mut theirs): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|element| place(wanted, element).is_some());
    ours.sort_by_key(|element| place(wanted, element));
    theirs.sort_by_key(|element| place(before, element));
    let (mut ours, mut theirs) = (ours.into_iter().peekable(), theirs.into_iter().peekable());
    let mut ordered = Vec::new();
    while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
        let first = match (place(before, their), place(before, our)) {
            (Some(theirs), Some(ours)) => theirs < ours,
            _ => false,
        };
        ordered.extend(if first { theirs.next() } else { ours.next() });
    }
    ordered.extend(ours.chain(theirs));
    ordered
}
