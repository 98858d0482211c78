//! What a cause says, in a line.

use super::Case;

/// What a value may consist of, by the words that the server's long explanation begins with.
const RULES: &[(&str, &str)] = &[
    (
        "a lowercase RFC 1123 label ",
        "only a–z, 0–9 and `-`, first and last a letter or digit",
    ),
    (
        "a lowercase RFC 1123 subdomain ",
        "only a–z, 0–9, `-` and `.`, first and last a letter or digit",
    ),
    (
        "a DNS-1035 label ",
        "only a–z, 0–9 and `-`, first a letter, last a letter or digit",
    ),
    (
        "a valid label must be ",
        "only letters, digits, `-`, `_` and `.`, first and last a letter or digit",
    ),
    (
        "name part must consist of ",
        "only letters, digits, `-`, `_` and `.`, first and last a letter or digit",
    ),
    (
        "prefix part ",
        "before the `/` only a–z, 0–9, `-` and `.`, first and last a letter or digit",
    ),
    (
        "a valid label key must consist of ",
        "only letters, digits, `-`, `_` and `.`, first and last a letter or digit",
    ),
    (
        "a valid environment variable name ",
        "only letters, digits, `_`, `-` and `.`, not a digit first",
    ),
    (
        "a valid config key ",
        "only letters, digits, `-`, `_` and `.`",
    ),
];

/// The message of a cause, without a full stop.
pub(super) fn message(case: &Case<'_>) -> String {
    let (cause, name) = (&case.cause, case.name.as_str());
    let why = explanation(cause.message);
    let value = value(cause.message);
    let shown = value.unwrap_or(name);
    match cause.reason {
        "FieldValueRequired" => {
            let state = if case.found.is_some() {
                "empty"
            } else {
                "missing"
            };
            match why {
                _ if why.is_empty() || why.starts_with("valid values: ") => {
                    format!("`{name}` is {state}")
                }
                // The server explains some of them in a sentence of their own.
                _ => upper_first(why),
            }
        }
        "FieldValueNotSupported" => format!("`{shown}` is no value for `{name}`"),
        "FieldValueDuplicate" => format!("`{shown}` is given twice"),
        "FieldValueNotFound" => format!("There is no `{shown}`"),
        _ if why.starts_with("`selector` does not match template") => {
            "The selector does not match the template's labels".to_owned()
        }
        "FieldValueInvalid" => {
            let rule = RULES.iter().find(|(start, _)| why.starts_with(start));
            match rule {
                Some((_, rule)) => format!("`{shown}` is no `{name}`: {rule}"),
                None if why.starts_with("must ") || why.starts_with("may ") => {
                    format!("`{name}` {}", short(why))
                }
                None => upper_first(short(why)),
            }
        }
        _ => match short(why) {
            "" => format!("`{name}` is refused"),
            why => format!("`{name}`: {why}"),
        },
    }
}

/// The value that the message shows in quotes: `Invalid value: "Web": …`.
pub(super) fn value(message: &str) -> Option<&str> {
    let rest = message.split_once(": \"")?;
    let before = [
        "Invalid value",
        "Unsupported value",
        "Duplicate value",
        "Not found",
        "Too long",
    ];
    let (inside, _) = rest.1.split_once('"')?;
    before.contains(&rest.0).then_some(inside)
}

/// What stands behind the kind of problem and the value.
pub(super) fn explanation(message: &str) -> &str {
    let Some((kind, rest)) = message.split_once(": ") else {
        return "";
    };
    if kind != "Invalid value" && kind != "Unsupported value" {
        return rest;
    }
    // Values are JSON: one in quotes or brackets may hold a colon itself.
    let end = match rest.as_bytes().first() {
        Some(b'"') => rest[1..].find("\": ").map(|at| at + 2),
        Some(b'{') => rest.rfind("}: ").map(|at| at + 1),
        Some(b'[') => rest.rfind("]: ").map(|at| at + 1),
        _ => rest.find(": "),
    };
    end.map_or(rest, |end| rest[end..].trim_start_matches(": "))
}

/// The resource and the limit of `must be less than or equal to cpu limit of 500m`.
pub(super) fn limited(why: &str) -> Option<(&str, &str)> {
    why.strip_prefix("must be less than or equal to ")?
        .split_once(" limit of ")
}

/// The explanation without its examples.
fn short(why: &str) -> &str {
    let end = [" (e.g.", ", (e.g.", "; regex", "\n"]
        .iter()
        .filter_map(|mark| why.find(mark))
        .min();
    &why[..end.unwrap_or(why.len())]
}

fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
