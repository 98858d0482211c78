//! What the editor asks about a place in its text, answered as JSON: the texts of the questions are few, and so is
//! what crosses the border to the screen.

use crate::api::json_text;
use serde_json::{Value, json};

use crate::manifest::assist::{self, ItemKind};
use crate::manifest::lines::utf16_len;
use crate::manifest::read;
use crate::manifest::syntax::{self, Class};

/// Answers a question about UTF-16 unit `position` of `text`:
///
/// - `complete`: `{from, to, items: [{label, detail, insert, select: [from, to], type, topic}]}`
/// - `hover`: `{from, to, path, detail, values, note, topic}`
/// - `definition`: `{from, to}`
/// - `format`: `{text}`
/// - `highlight`: `[from, to, class, from, to, class …]`, in the text's order
///
/// `null` where there is nothing to answer, and to other questions. A topic names a line of the documentation.
#[must_use]
pub fn answer(question: &str, text: &str, position: u32) -> String {
    let found = match question {
        "highlight" => highlight(text),
        other => help(other, text, byte(text, position)),
    };
    json_text::text(&found.unwrap_or(Value::Null))
}

/// Everything but colours. It is entered here alone, because its code is loaded when it is first asked.
#[inline(never)]
fn help(question: &str, text: &str, offset: usize) -> Option<Value> {
    match question {
        "complete" => complete(text, offset),
        "hover" => hover(text, offset),
        "definition" => assist::definition(&read(text), offset)
            .map(|span| json!({"from": utf16(text, span.start), "to": utf16(text, span.end)})),
        "format" => assist::format(text).map(|text| json!({"text": text})),
        _ => None,
    }
}

/// A longer text than this, in bytes, keeps one colour: it is asked for at every stroke of a key.
const MOST_COLOURED: usize = 500_000;

fn highlight(text: &str) -> Option<Value> {
    if text.len() > MOST_COLOURED {
        return None;
    }
    let (mut numbers, mut units, mut offset) = (Vec::new(), 0, 0);
    let mut count = |to: usize| {
        units += utf16(&text[offset..], to - offset);
        offset = to;
        units
    };
    for (place, class) in syntax::highlight(text) {
        let class = match class {
            Class::Key => 0,
            Class::Text => 1,
            Class::Number => 2,
            Class::Constant | Class::Name => 3,
            Class::Punctuation => 4,
            Class::Comment => 5,
        };
        numbers.extend([count(place.start), count(place.end), class].map(Value::from));
    }
    Some(Value::Array(numbers))
}

fn complete(text: &str, offset: usize) -> Option<Value> {
    let found = assist::complete(text, offset);
    let items: Vec<Value> = found
        .items
        .iter()
        .map(|item| {
            json!({
                "label": item.label,
                "detail": item.detail,
                "insert": item.insert,
                "select": [utf16(&item.insert, item.select.start), utf16(&item.insert, item.select.end)],
                "type": match item.kind {
                    ItemKind::Field => "property",
                    ItemKind::Value => "constant",
                    ItemKind::Snippet => "text",
                },
                "topic": item.topic,
            })
        })
        .collect();
    let (from, to) = (utf16(text, found.span.start), utf16(text, found.span.end));
    (!items.is_empty()).then(|| json!({"from": from, "to": to, "items": items}))
}

fn hover(text: &str, offset: usize) -> Option<Value> {
    let found = assist::hover(text, &read(text), offset)?;
    Some(json!({
        "from": utf16(text, found.span.start),
        "to": utf16(text, found.span.end),
        "path": found.path,
        "detail": found.detail,
        "values": found.values.join(", "),
        "note": found.without_effect.map(|why| format!("Accepted, without effect here: {why}")),
        "topic": found.topic,
    }))
}

/// The UTF-16 units before byte `offset`.
fn utf16(text: &str, offset: usize) -> usize {
    utf16_len(text.get(..offset).unwrap_or(text))
}

/// The byte at UTF-16 unit `position`.
fn byte(text: &str, position: u32) -> usize {
    let mut units = 0;
    for (at, character) in text.char_indices() {
        if units >= position as usize {
            return at;
        }
        units += character.len_utf16();
    }
    text.len()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::answer;
    use expect_test::{Expect, expect};

    fn check(question: &str, text: &str, position: u32, expect: &Expect) {
        expect.assert_eq(&answer(question, text, position));
    }

    #[test]
    fn questions_are_answered_in_utf16_units() {
        let text = "# 😀\napiVersion: v1\nkind: Po\n";
        check(
            "complete",
            text,
            28,
            &expect![[
                r#"{"from":26,"items":[{"detail":"","insert":"Namespace","label":"Namespace","select":[9,9],"topic":"","type":"constant"},{"detail":"","insert":"Node","label":"Node","select":[4,4],"topic":"","type":"constant"},{"detail":"","insert":"Pod","label":"Pod","select":[3,3],"topic":"","type":"constant"},{"detail":"","insert":"Service","label":"Service","select":[7,7],"topic":"","type":"constant"},{"detail":"","insert":"ConfigMap","label":"ConfigMap","select":[9,9],"topic":"","type":"constant"},{"detail":"","insert":"Secret","label":"Secret","select":[6,6],"topic":"","type":"constant"},{"detail":"","insert":"Event","label":"Event","select":[5,5],"topic":"","type":"constant"},{"detail":"","insert":"ServiceAccount","label":"ServiceAccount","select":[14,14],"topic":"","type":"constant"},{"detail":"","insert":"LimitRange","label":"LimitRange","select":[10,10],"topic":"","type":"constant"},{"detail":"","insert":"ResourceQuota","label":"ResourceQuota","select":[13,13],"topic":"","type":"constant"},{"detail":"","insert":"PersistentVolume","label":"PersistentVolume","select":[16,16],"topic":"","type":"constant"},{"detail":"","insert":"PersistentVolumeClaim","label":"PersistentVolumeClaim","select":[21,21],"topic":"","type":"constant"}],"to":28}"#
            ]],
        );
        check("hover", text, 10, &expect!["null"]);
        check("definition", text, 10, &expect!["null"]);
        check("format", "a:  1", 0, &expect![[r#"{"text":"a: 1\n"}"#]]);
        check(
            "highlight",
            text,
            0,
            &expect![[r#"[0,4,5,5,15,0,15,16,4,17,19,1,20,24,0,24,25,4,26,28,1]"#]],
        );
        check("other", text, 0, &expect!["null"]);
    }
}
