//! `kubectl label` and `kubectl annotate`.

use crate::kernel::OrderedMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::api::{Object, ObjectKey};
use crate::apiserver::PatchType;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("selector", Some('l')),
    switch("all", None),
    switch("overwrite", None),
];

/// Which map of the metadata a command changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Labels,
    Annotations,
}
pub(super) use Target::{Annotations, Labels};

/// The changes asked for: a value to set, or `None` to remove.
type Changes = OrderedMap<String, Option<String>>;

pub(super) fn run(
    target: Target,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let is_change = |word: &String| word.contains('=') || word.ends_with('-');
    let first = arguments
        .words
        .iter()
        .position(is_change)
        .unwrap_or(arguments.words.len());
    let (names, pairs) = arguments.words.split_at(first);
    let changes = parse(target, pairs)?;
    if names.is_empty() {
        return Failure::usage(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if changes.is_empty() {
        return Failure::usage(format!(
            "at least one {} update is required",
            target.singular()
        ));
    }
    for key in targets::resolve(names, arguments, client)? {
        let object = targets::fetch(&key, client)?;
        if !arguments.is_on("overwrite") {
            refuse_overwriting(target, &object, &changes)?;
        }
        change(target, &key, &object, &changes, client, output)?;
    }
    Ok(())
}

fn change(
    target: Target,
    key: &ObjectKey,
    object: &Object,
    changes: &Changes,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let present = target.map(object);
    let (mut set, mut removed) = (false, false);
    for (name, value) in changes {
        let old = present.and_then(|map| map.get(name));
        match value {
            Some(value) => set |= old != Some(value),
            None if old.is_some() => removed = true,
            None if target == Labels => output
                .stdout
                .push_str(&format!("label \"{name}\" not found.\n")),
            None => {}
        }
    }
    if set || removed {
        let values: Map<String, Value> = changes
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let patch = json!({"metadata": {target.field(): values}});
        let (subresource, patch_type) = (String::new(), PatchType::Merge);
        client.request(Request::Patch {
            key: key.clone(),
            subresource,
            patch_type,
            patch,
        })?;
    }
    let did = match (target, set, removed) {
        (Annotations, ..) => "annotated",
        (Labels, true, true) => "modified",
        (Labels, true, false) => "labeled",
        (Labels, false, true) => "unlabeled",
        (Labels, false, false) => "not labeled",
    };
    output
        .stdout
        .push_str(&format!("{} {did}\n", targets::label(key)));
    Ok(())
}

fn parse(target: Target, pairs: &[String]) -> Result<Changes, Failure> {
    let mut changes = Changes::new();
    for pair in pairs {
        let (name, value) = match (pair.split_once('='), pair.strip_suffix('-')) {
            (Some((name, value)), _) => (name, Some(value.to_owned())),
            (None, Some(name)) => (name, None),
            (None, None) => continue,
        };
        let removes = value.is_none();
        if changes
            .insert(name.to_owned(), value)
            .is_some_and(|old| old.is_none() != removes)
        {
            let what = target.singular();
            let article = if target == Labels { "a" } else { "an" };
            return Failure::usage(format!(
                "can not both modify and remove {article} {what} in the same command"
            ));
        }
    }
    Ok(changes)
}

fn refuse_overwriting(target: Target, object: &Object, changes: &Changes) -> Result<(), Failure> {
    let present = target.map(object);
    for (name, value) in changes {
        let old = present.and_then(|map| map.get(name));
        let (Some(old), Some(value)) = (old, value) else {
            continue;
        };
        if old != value {
            let taken = format!("'{name}' already has a value ({old})");
            return Failure::usage(match target {
                Labels => format!("{taken}, and --overwrite is false"),
                Annotations => format!(
                    "--overwrite is false but found the following declared annotation(s): {taken}"
                ),
            });
        }
    }
    Ok(())
}

impl Target {
    const fn field(self) -> &'static str {
        match self {
            Labels => "labels",
            Annotations => "annotations",
        }
    }

    const fn singular(self) -> &'static str {
        match self {
            Labels => "label",
            Annotations => "annotation",
        }
    }

    fn map(self, object: &Object) -> Option<&BTreeMap<String, String>> {
        match self {
            Labels => object.meta().labels.as_ref(),
            Annotations => object.meta().annotations.as_ref(),
        }
    }
}
