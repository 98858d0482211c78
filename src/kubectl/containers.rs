//! Which pod and which container a command such as `logs` or `exec` means.

use crate::api::{Deployment, Kind, Object, ObjectKey, Pod, ReplicaSet, Service, selector};
use crate::cluster::Client;

use super::{Arguments, Failure, Output, targets};

/// The annotation that names the container to take where none is named.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The pods behind `POD`, `TYPE/NAME` or a selector of an object; the first is the one to take.
pub(super) fn pods_behind(
    word: &str,
    arguments: &Arguments,
    client: &impl Client,
) -> Result<Vec<Pod>, Failure> {
    let word = match word.contains('/') {
        true => word.to_owned(),
        false => format!("pod/{word}"),
    };
    let key = &targets::named(&[word], arguments)?[0];
    let store = client.world().api().store();
    let Some(object) = store.get(key) else {
        let info = key.kind.info();
        let group = Some(info.group).filter(|group| !group.is_empty());
        let resource = group.map_or(info.plural.to_owned(), |group| {
            format!("{}.{group}", info.plural)
        });
        return Failure::usage(format!(
            "error from server (NotFound): {resource} {:?} not found in namespace {:?}",
            key.name, key.namespace
        ));
    };
    if let Object::Pod(pod) = object {
        return Ok(vec![pod.clone()]);
    }
    let wanted = selector_of(object, key)?;
    let pods = store.list(Kind::Pod, Some(&key.namespace));
    let pods = pods.filter_map(Object::typed::<Pod>);
    let pods = pods.filter(|pod| selector::matches(&wanted, pod.meta.labels.as_ref()));
    let mut pods: Vec<Pod> = pods.cloned().collect();
    // podutils.ByLogging: bound ones first, then those that run.
    pods.sort_by_key(|pod| {
        let phase = pod.status.phase.as_deref();
        (pod.spec.node_name.is_none(), phase != Some("Running"))
    });
    Ok(pods)
}

fn selector_of(
    object: &Object,
    key: &ObjectKey,
) -> Result<crate::api::meta::LabelSelector, Failure> {
    if let Some(deployment) = object.typed::<Deployment>() {
        return Ok(deployment.spec.selector.clone());
    }
    if let Some(set) = object.typed::<ReplicaSet>() {
        return Ok(set.spec.selector.clone());
    }
    if let Some(service) = object.typed::<Service>() {
        return Ok(crate::api::meta::LabelSelector {
            match_labels: service.spec.selector.clone(),
            ..Default::default()
        });
    }
    let json = object.to_json();
    let labels = json["spec"]["selector"]["matchLabels"].as_object();
    let name = key.kind.info().name;
    match labels {
        Some(labels) => {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let labels = labels.iter().map(|(key, value)| (key.clone(), text(value)));
            Ok(crate::api::meta::LabelSelector {
                match_labels: Some(labels.collect()),
                ..Default::default()
            })
        }
        None => Failure::usage(format!(
            "cannot get the logs from *v1.{name}: selector for *v1.{name} not implemented"
        )),
    }
}

/// Every container of a pod in the order in which kubectl looks: app, init, ephemeral ones.
pub(super) fn all(pod: &Pod) -> Vec<(&str, &'static str)> {
    let apps = pod
        .spec
        .containers
        .iter()
        .map(|one| (one.name.as_str(), ""));
    let init = pod.spec.init_containers.iter().flatten();
    let init = init.map(|one| (one.name.as_str(), " (init)"));
    let ephemeral = pod.spec.ephemeral_containers.iter().flatten();
    let ephemeral = ephemeral.map(|one| (one.name.as_str(), " (ephem)"));
    apps.chain(init).chain(ephemeral).collect()
}

/// The container that is named, or the default one, which is told if there are several.
pub(super) fn choose<'a>(
    pod: &'a Pod,
    named: Option<&str>,
    output: &mut Output,
) -> Result<&'a str, Failure> {
    let all = all(pod);
    let names: Vec<String> = all
        .iter()
        .map(|(name, kind)| format!("{name}{kind}"))
        .collect();
    let names = names.join(", ");
    if let Some(named) = named {
        return match all.iter().find(|(name, _)| *name == named) {
            Some((name, _)) => Ok(name),
            None => Failure::usage(format!(
                "container {named} is not valid for pod {} out of: {names}",
                pod.name()
            )),
        };
    }
    let wished = pod.annotation(DEFAULT_CONTAINER);
    if let Some((name, _)) = all.iter().find(|(name, _)| Some(*name) == wished) {
        return Ok(name);
    }
    let Some((first, _)) = all.first() else {
        return Failure::usage(format!("pod {} does not have any containers", pod.key()));
    };
    if all.len() > 1 {
        let told = format!("Defaulted container {first:?} out of: {names}\n");
        output.stderr.push_str(&told);
    }
    Ok(first)
}
