//! Which objects a command means: `TYPE NAME…`, `TYPE/NAME…`, `TYPE -l …`, `TYPE --all`.

use crate::api::meta::{LabelSelector, LabelSelectorRequirement};
use crate::api::{Kind, Object, ObjectKey, selector};
use crate::apiserver::Status;
use crate::cluster::Client;

use super::{Arguments, Failure};

/// The objects that the words name, in the order named; with a selector or `--all`, those that there are.
pub(super) fn resolve(
    words: &[String],
    arguments: &Arguments,
    client: &impl Client,
) -> Result<Vec<ObjectKey>, Failure> {
    let namespace = arguments.namespace();
    let by_name = words.len() != 1 || words.iter().any(|word| word.contains('/'));
    if by_name {
        return named(words, arguments);
    }
    let kinds = words.iter().flat_map(|types| types.split(',')).map(kind);
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let selector = arguments.get("selector").map(parse_selector).transpose()?;
    if selector.is_none() && !arguments.is_on("all") {
        return Failure::usage("resource(s) were provided, but no name was specified");
    }
    let store = client.world().api().store();
    let found = kinds
        .iter()
        .flat_map(|kind| store.list(*kind, Some(namespace)));
    let selected = |object: &&Object| {
        selector
            .as_ref()
            .is_none_or(|wanted| selector::matches(wanted, object.meta().labels.as_ref()))
    };
    Ok(found.filter(selected).map(Object::key).collect())
}

/// The keys that `TYPE NAME…` or `TYPE/NAME…` spell.
pub(super) fn named(words: &[String], arguments: &Arguments) -> Result<Vec<ObjectKey>, Failure> {
    let namespace = arguments.namespace();
    if words.iter().any(|word| word.contains('/')) {
        return words.iter().map(|word| slashed(word, namespace)).collect();
    }
    let [types, names @ ..] = words else {
        return Failure::usage(NOTHING_NAMED);
    };
    let kinds = types.split(',').map(kind).collect::<Result<Vec<_>, _>>()?;
    let keys = |kind: &Kind| {
        names
            .iter()
            .map(|name| ObjectKey::new(*kind, namespace, name))
            .collect::<Vec<_>>()
    };
    Ok(kinds.iter().flat_map(keys).collect())
}

/// The stored object, or the server's NotFound.
pub(super) fn fetch(key: &ObjectKey, client: &impl Client) -> Result<Object, Failure> {
    let found = client.world().api().store().get(key).cloned();
    found.ok_or_else(|| Status::not_found(key.kind, &key.name).into())
}

/// What a command says after each thing that it does not really do: ` (dry run)`.
pub(super) fn dry_run(arguments: &Arguments) -> &'static str {
    match arguments.get("dry-run") {
        Some("client") => " (dry run)",
        Some("server") => " (server dry run)",
        _ => "",
    }
}

/// `deployment.apps/web`, as commands name what they did something to.
pub(super) fn label(key: &ObjectKey) -> String {
    format!("{}/{}", qualified(key.kind), key.name)
}

/// `deployment.apps`, `pod`.
pub(super) fn qualified(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.singular.to_owned()
    } else {
        format!("{}.{}", info.singular, info.group)
    }
}

/// `ReplicaSet.apps`, `Pod`.
pub(super) fn qualified_kind(kind: Kind) -> String {
    let info = kind.info();
    match info.group {
        "" => info.name.to_owned(),
        group => format!("{}.{group}", info.name),
    }
}

/// The kind of a resource argument.
pub(super) fn kind(resource: &str) -> Result<Kind, Failure> {
    let unknown = || {
        Failure::Usage(format!(
            "the server doesn't have a resource type \"{resource}\""
        ))
    };
    Kind::from_resource(resource).ok_or_else(unknown)
}

const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

const MIXED: &str = "there is no need to specify a resource type as a separate argument when passing arguments \
in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
resource/<resource_name>'";

fn slashed(word: &str, namespace: &str) -> Result<ObjectKey, Failure> {
    let (resource, name) = word
        .split_once('/')
        .ok_or_else(|| Failure::Usage(MIXED.to_owned()))?;
    if name.is_empty() || name.contains('/') {
        let text = "arguments in resource/name form may not have more than one slash";
        return Failure::usage(text);
    }
    Ok(ObjectKey::new(kind(resource)?, namespace, name))
}

/// `a=b,c!=d,e,!f,g in (h,i)`.
pub(super) fn parse_selector(text: &str) -> Result<LabelSelector, Failure> {
    let requirements = split_outside_brackets(text)
        .into_iter()
        .filter(|part| !part.is_empty());
    let expressions = requirements
        .map(parse_requirement)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(LabelSelector {
        match_expressions: Some(expressions),
        match_labels: None,
    })
}

fn parse_requirement(text: &str) -> Result<LabelSelectorRequirement, Failure> {
    let requirement = |key: &str, operator: &str, values: Vec<&str>| LabelSelectorRequirement {
        key: key.trim().to_owned(),
        operator: operator.to_owned(),
        values: Some(
            values
                .into_iter()
                .map(|value| value.trim().to_owned())
                .collect(),
        ),
    };
    let listed = |values: &str| -> Option<Vec<String>> {
        let inside = values.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(
            inside
                .split(',')
                .map(|value| value.trim().to_owned())
                .collect(),
        )
    };
    for (word, operator) in [(" notin ", "NotIn"), (" in ", "In")] {
        if let Some((key, values)) = text.split_once(word) {
            let values = listed(values)
                .ok_or_else(|| Failure::Usage(format!("unable to parse requirement: {text}")))?;
            return Ok(requirement(
                key,
                operator,
                values.iter().map(String::as_str).collect(),
            ));
        }
    }
    Ok(if let Some((key, value)) = text.split_once("!=") {
        requirement(key, "NotIn", vec![value])
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        requirement(key, "In", vec![value])
    } else if let Some(key) = text.strip_prefix('!') {
        requirement(key, "DoesNotExist", vec![])
    } else {
        requirement(text, "Exists", vec![])
    })
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_have_all_operators() {
        let parsed = parse_selector("a=b, c!=d,e,!f,g in (h, i),j notin (k)").unwrap();
        let rows: Vec<String> = parsed
            .match_expressions
            .unwrap()
            .iter()
            .map(|r| {
                format!(
                    "{} {} {}",
                    r.key,
                    r.operator,
                    r.values.clone().unwrap().join("|")
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                "a In b",
                "c NotIn d",
                "e Exists ",
                "f DoesNotExist ",
                "g In h|i",
                "j NotIn k"
            ]
        );
        assert!(parse_selector("a in b").is_err());
    }
}
