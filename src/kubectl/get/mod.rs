//! `kubectl get`.

pub(super) mod cluster;
mod columns;
pub mod jsonpath;
mod table;
mod workloads;

use crate::api::json_text;
use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey, selector};
use crate::apiserver::Status;
use crate::cluster::World;

pub(super) use columns::{pairs as label_pairs, roles as node_roles, selector as selector_text};

use super::flags::{Flag, Takes, switch, value};
use super::{Arguments, Failure, Output, targets, yaml};

pub(super) const FLAGS: &[Flag] = &[
    value("output", Some('o')),
    value("selector", Some('l')),
    value("label-columns", Some('L')),
    value("sort-by", None),
    value("field-selector", None),
    value("chunk-size", None),
    switch("all-namespaces", Some('A')),
    switch("show-labels", None),
    switch("show-kind", None),
    switch("no-headers", None),
    switch("ignore-not-found", None),
    Flag {
        name: "watch",
        letter: Some('w'),
        takes: Takes::Optional("true"),
    },
];

/// What `get all` lists, in kubectl's order.
const ALL: [Kind; 9] = [
    Kind::Pod,
    Kind::Service,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::HorizontalPodAutoscaler,
    Kind::CronJob,
    Kind::Job,
];

/// What `get` reads: the store of a world, or objects that came from elsewhere.
pub trait Objects {
    /// The objects of a kind, sorted by namespace and name.
    fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Object>;
    /// The JSON of an object.
    fn json(&self, object: &Object) -> Value;
    /// Now, in microseconds since 1970.
    fn now_unix_micros(&self) -> i64;
}

impl Objects for World {
    fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Object> {
        self.api().store().list(kind, namespace).cloned().collect()
    }

    fn json(&self, object: &Object) -> Value {
        object.to_json()
    }

    fn now_unix_micros(&self) -> i64 {
        self.api().clock().unix_micros(self.now())
    }
}

/// Runs `kubectl get` with the words behind `get`.
///
/// # Errors
/// As kubectl: an unknown resource type, no such object, an output format that is not simulated.
pub fn run(
    arguments: &Arguments,
    objects: &impl Objects,
    output: &mut Output,
) -> Result<(), Failure> {
    if arguments.is_on("watch") {
        return Failure::usage("kubectl get --watch is not simulated yet");
    }
    if arguments.get("field-selector").is_some() {
        return Failure::usage("kubectl get --field-selector is not simulated yet");
    }
    let mut failure = None;
    let found = find(arguments, objects, &mut failure)?;
    let single =
        names_one(&arguments.words) && found.groups.iter().map(Vec::len).sum::<usize>() == 1;
    let mut groups = found.groups;
    if let Some(path) = arguments.get("sort-by") {
        sort(&mut groups, path, objects)?;
    }
    let text = print(arguments, &groups, single, objects)?;
    if text.is_empty() && failure.is_none() && !arguments.is_on("ignore-not-found") {
        output
            .stderr
            .push_str(&nothing_found(arguments, &found.kinds));
    }
    output.stdout.push_str(&text);
    failure.map_or(Ok(()), Err)
}

/// The objects that the words of a command mean, and what failed with others.
pub(super) fn select(
    arguments: &Arguments,
    objects: &impl Objects,
) -> Result<(Vec<Object>, Option<Failure>), Failure> {
    let mut failure = None;
    let found = find(arguments, objects, &mut failure)?;
    Ok((found.groups.into_iter().flatten().collect(), failure))
}

/// The kinds asked for, and the objects of each.
struct Found {
    kinds: Vec<Kind>,
    groups: Vec<Vec<Object>>,
}

fn find(
    arguments: &Arguments,
    objects: &impl Objects,
    failure: &mut Option<Failure>,
) -> Result<Found, Failure> {
    let [types, names @ ..] = arguments.words.as_slice() else {
        return Failure::usage(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
             supported resources.",
        );
    };
    let slashed = arguments.words.iter().any(|word| word.contains('/'));
    if slashed || !names.is_empty() {
        let keys = targets::named(&arguments.words, arguments)?;
        let mut groups: Vec<Vec<Object>> = Vec::new();
        for key in &keys {
            match lookup(key, objects) {
                Some(object) => match groups
                    .last_mut()
                    .filter(|group| group[0].kind() == key.kind)
                {
                    Some(group) => group.push(object),
                    None => groups.push(vec![object]),
                },
                None if arguments.is_on("ignore-not-found") => {}
                None => *failure = Some(Status::not_found(key.kind, &key.name).into()),
            }
        }
        return Ok(Found {
            kinds: keys.iter().map(|key| key.kind).collect(),
            groups,
        });
    }
    let kinds = if types == "all" {
        ALL.to_vec()
    } else {
        types
            .split(',')
            .map(targets::kind)
            .collect::<Result<Vec<_>, _>>()?
    };
    let wanted = arguments
        .get("selector")
        .map(targets::parse_selector)
        .transpose()?;
    let namespace = Some(arguments.namespace()).filter(|_| !arguments.is_on("all-namespaces"));
    let groups = kinds.iter().map(|kind| {
        let mut group = objects.list(*kind, namespace);
        if let Some(wanted) = &wanted {
            group.retain(|object| selector::matches(wanted, object.meta().labels.as_ref()));
        }
        group
    });
    Ok(Found {
        groups: groups.filter(|group| !group.is_empty()).collect(),
        kinds,
    })
}

fn lookup(key: &ObjectKey, objects: &impl Objects) -> Option<Object> {
    let namespace = Some(key.namespace.as_ref());
    objects
        .list(key.kind, namespace)
        .into_iter()
        .find(|object| object.name() == key.name.as_ref())
}

/// `TYPE NAME` and `TYPE/NAME` print the object itself, everything else a list.
fn names_one(words: &[String]) -> bool {
    match words {
        [one] => one.contains('/'),
        [_, _] => !words.iter().any(|word| word.contains('/')),
        _ => false,
    }
}

fn print(
    arguments: &Arguments,
    groups: &[Vec<Object>],
    single: bool,
    objects: &impl Objects,
) -> Result<String, Failure> {
    let format = arguments.get("output").unwrap_or_default();
    let (name, argument) = format.split_once('=').unwrap_or((format, ""));
    Ok(match name {
        "" | "wide" => table::print(arguments, groups, name == "wide", objects.now_unix_micros()),
        "name" => groups
            .iter()
            .flatten()
            .map(|object| format!("{}\n", targets::label(&object.key())))
            .collect(),
        "yaml" => yaml::print(&document(groups, single, objects)),
        "json" => json_text(&document(groups, single, objects)),
        "jsonpath" => jsonpath::Template::parse(argument)
            .map_err(|problem| {
                Failure::Usage(format!("error parsing jsonpath {argument}, {problem}"))
            })?
            .print(&document(groups, single, objects)),
        "custom-columns" => custom_columns(arguments, argument, groups, objects)?,
        other => {
            return Failure::usage(format!(
                "unable to match a printer suitable for the output format \"{other}\", allowed formats are: \
                 custom-columns,json,jsonpath,name,wide,yaml"
            ));
        }
    })
}

/// The object, or a `v1 List`.
fn document(groups: &[Vec<Object>], single: bool, objects: &impl Objects) -> Value {
    let mut items = groups.iter().flatten().map(|object| objects.json(object));
    if single {
        return items.next().unwrap_or(Value::Null);
    }
    let items: Vec<Value> = items.collect();
    json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}})
}

/// JSON with four spaces of indentation; like Go, `<`, `>` and `&` are escaped.
fn json_text(value: &Value) -> String {
    json_text::escape_html(&json_text::pretty(value, "    ")) + "\n"
}

fn custom_columns(
    arguments: &Arguments,
    spec: &str,
    groups: &[Vec<Object>],
    objects: &impl Objects,
) -> Result<String, Failure> {
    let mut columns = Vec::new();
    for column in spec.split(',') {
        let Some((header, path)) = column.split_once(':') else {
            return Failure::usage(format!(
                "unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>"
            ));
        };
        let template = format!("{{{}}}", path.trim_matches(['{', '}']));
        let parsed = jsonpath::Template::parse(&template).map_err(|problem| {
            Failure::Usage(format!("error parsing jsonpath {template}, {problem}"))
        })?;
        columns.push((header.to_owned(), parsed));
    }
    let header: Vec<String> = columns.iter().map(|(header, _)| header.clone()).collect();
    let mut rows = Vec::new();
    if !arguments.is_on("no-headers") {
        rows.push(header);
    }
    for object in groups.iter().flatten() {
        let json = objects.json(object);
        let cell = |template: &jsonpath::Template| {
            let values = template.values(&json);
            if values.is_empty() {
                "<none>".to_owned()
            } else {
                values.join(",")
            }
        };
        rows.push(columns.iter().map(|(_, template)| cell(template)).collect());
    }
    Ok(table::align(&rows))
}

fn sort(groups: &mut [Vec<Object>], path: &str, objects: &impl Objects) -> Result<(), Failure> {
    let template = format!("{{{}}}", path.trim_matches(['{', '}']));
    let parsed = jsonpath::Template::parse(&template).map_err(|problem| {
        Failure::Usage(format!("error parsing jsonpath {template}, {problem}"))
    })?;
    for group in groups {
        group.sort_by_cached_key(|object| {
            let text = parsed.values(&objects.json(object)).concat();
            // Numbers sort as numbers, everything else as text behind them.
            (
                text.parse::<i64>()
                    .ok()
                    .map_or((1, 0), |number| (0, number)),
                text,
            )
        });
    }
    Ok(())
}

fn nothing_found(arguments: &Arguments, kinds: &[Kind]) -> String {
    let namespaced =
        kinds.iter().any(|kind| kind.namespaced()) && !arguments.is_on("all-namespaces");
    if namespaced {
        format!(
            "No resources found in {} namespace.\n",
            arguments.namespace()
        )
    } else {
        "No resources found\n".to_owned()
    }
}
