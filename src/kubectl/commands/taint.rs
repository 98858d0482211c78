//! `kubectl taint`, `cordon` and `uncordon`.

use serde_json::json;

use crate::api::core::Taint;
use crate::api::{Kind, Node, Object, ObjectKey};
use crate::apiserver::PatchType;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, Takes, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("selector", Some('l')),
    switch("all", None),
    switch("overwrite", None),
];

pub(super) const CORDON: &[Flag] = &[Flag {
    name: "dry-run",
    letter: None,
    takes: Takes::Optional("unchanged"),
}];

/// A taint to put on or to take off.
struct Change {
    key: String,
    value: Option<String>,
    effect: Option<String>,
    remove: bool,
}

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let is_change = |word: &&String| word.contains([':', '=']) || word.ends_with('-');
    let changes = arguments
        .words
        .iter()
        .filter(is_change)
        .map(|word| parse(word))
        .collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = arguments
        .words
        .iter()
        .filter(|word| !is_change(word))
        .cloned()
        .collect();
    if names.is_empty() {
        return Failure::usage("one or more resources must be specified as <resource> <name>");
    }
    if changes.is_empty() {
        return Failure::usage("at least one taint update is required");
    }
    for key in targets::resolve(&names, arguments, client)? {
        let Object::Node(node) = targets::fetch(&key, client)? else {
            return Failure::usage(format!(
                "invalid resource type {}, only node types are supported",
                key.kind.info().plural
            ));
        };
        let taints = apply(&node, &changes, arguments.is_on("overwrite"))?;
        patch_spec(&key, &json!({ "taints": taints }), client)?;
        let did = match (
            changes.iter().any(|c| c.remove),
            changes.iter().any(|c| !c.remove),
        ) {
            (true, true) => "modified",
            (true, false) => "untainted",
            _ => "tainted",
        };
        output
            .stdout
            .push_str(&format!("{} {did}\n", targets::label(&key)));
    }
    Ok(())
}

pub(super) fn cordon(
    unschedulable: bool,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let verb = if unschedulable { "cordon" } else { "uncordon" };
    if arguments.words.is_empty() {
        return Failure::usage(format!(
            "USAGE: {verb} NODE [flags]\nSee 'kubectl {verb} -h' for help and examples"
        ));
    }
    for name in &arguments.words {
        let key = ObjectKey::new(Kind::Node, "", name.strip_prefix("node/").unwrap_or(name));
        let Object::Node(node) = targets::fetch(&key, client)? else {
            continue;
        };
        let already = node.spec.unschedulable.unwrap_or(false) == unschedulable;
        let dry = targets::dry_run(arguments);
        if !already && dry.is_empty() {
            patch_spec(
                &key,
                &json!({"unschedulable": unschedulable.then_some(true)}),
                client,
            )?;
        }
        let before = if already { "already " } else { "" };
        output
            .stdout
            .push_str(&format!("{} {before}{verb}ed{dry}\n", targets::label(&key)));
    }
    Ok(())
}

fn patch_spec(
    key: &ObjectKey,
    spec: &serde_json::Value,
    client: &mut impl Client,
) -> Result<(), Failure> {
    let (subresource, patch_type, patch) =
        (String::new(), PatchType::Merge, json!({ "spec": spec }));
    client.request(Request::Patch {
        key: key.clone(),
        subresource,
        patch_type,
        patch,
    })?;
    Ok(())
}

/// The node's taints after the changes; a taint is told by key and effect.
fn apply(node: &Node, changes: &[Change], overwrite: bool) -> Result<Vec<Taint>, Failure> {
    let mut taints = node.spec.taints.clone().unwrap_or_default();
    for change in changes {
        let same = |taint: &Taint| {
            taint.key == change.key
                && change
                    .effect
                    .as_ref()
                    .is_none_or(|effect| *effect == taint.effect)
        };
        if change.remove {
            if !taints.iter().any(same) {
                let effect = change
                    .effect
                    .as_ref()
                    .map(|effect| format!(":{effect}"))
                    .unwrap_or_default();
                return Failure::usage(format!("taint \"{}{effect}\" not found", change.key));
            }
            taints.retain(|taint| !same(taint));
            continue;
        }
        if taints.iter().any(same) {
            if !overwrite {
                let (name, effect) = (node.name(), change.effect.clone().unwrap_or_default());
                let listed = format!("{}:{effect}", change.key);
                return Failure::usage(format!(
                    "node {name} already has {listed} taint(s) with same effect(s) and --overwrite is false"
                ));
            }
            taints.retain(|taint| !same(taint));
        }
        let (key, effect) = (
            change.key.clone(),
            change.effect.clone().unwrap_or_default(),
        );
        taints.push(Taint {
            key,
            value: change.value.clone(),
            effect,
            time_added: None,
        });
    }
    Ok(taints)
}

/// `key=value:Effect`, `key:Effect`, `key:Effect-`, `key-`.
fn parse(word: &str) -> Result<Change, Failure> {
    let (text, remove) = match word.strip_suffix('-') {
        Some(text) => (text, true),
        None => (word, false),
    };
    let (pair, effect) = match text.split_once(':') {
        Some((pair, effect)) => (pair, Some(effect)),
        None => (text, None),
    };
    if effect.is_none() && !remove {
        return Failure::usage(format!("invalid taint spec: {word}"));
    }
    if let Some(effect) = effect.filter(|effect| !EFFECTS.contains(effect)) {
        return Failure::usage(format!(
            "invalid taint effect: {effect}, unsupported taint effect"
        ));
    }
    let (key, value) = match pair.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (pair, None),
    };
    Ok(Change {
        key: key.to_owned(),
        value,
        effect: effect.map(str::to_owned),
        remove,
    })
}

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
