//! ResourceQuota: refuses what would exceed a quota of the namespace, and charges the quotas for what it admits.

use crate::api::amounts::{Amounts, Half, add_amount, is_more};
use crate::api::core::{Container, PodSpec};
use crate::api::meta::Time;
use crate::api::quantity::{milli_value, of_milli};
use crate::api::{Object, ResourceQuota};
use crate::apiserver::{ApiServer, Status, quota};
use crate::kernel::OrderedSet;

/// If a quota counts one of these, every container must say how much of it it asks for or may use.
const MUST_BE_SAID: [&str; 6] = [
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.memory",
];

/// Judges a new object, or with `old` a changed one. Returns the quotas of which it uses something, with what is
/// used of them then.
pub(super) fn validate(
    object: &Object,
    old: Option<&Object>,
    server: &ApiServer,
    now: &Time,
) -> Result<Vec<ResourceQuota>, Status> {
    if is_counted(object, old) {
        charge(object, old, server, now)
    } else {
        Ok(Vec::new())
    }
}

/// Charges the quotas, or refuses what would exceed one.
pub(super) fn charge(
    object: &Object,
    old: Option<&Object>,
    server: &ApiServer,
    now: &Time,
) -> Result<Vec<ResourceQuota>, Status> {
    let refuse = |why: String| super::forbidden(object, &why);
    let concerned = concerned(object, server).map_err(refuse)?;
    if concerned.is_empty() {
        return Ok(concerned);
    }
    let usage = quota::usage(object, now);
    let negative = |amount| milli_value(amount).is_ok_and(|milli| milli < 0);
    if let Some((name, _)) = usage.iter().find(|(_, amount)| negative(amount)) {
        return Err(refuse(format!(
            "quota usage is negative for resource(s): {name}"
        )));
    }
    let mut charged = Vec::new();
    for quota in concerned {
        // What the quota counted of the old object already is not charged again.
        let before = old
            .filter(|old| quota::in_scope(&quota, old))
            .map(|old| quota::usage(old, now));
        let more = more(&usage, before.as_ref());
        if let Some(quota) = with_more(quota, &more).map_err(refuse)? {
            charged.push(quota);
        }
    }
    Ok(charged)
}

/// The quotas that count the object; or why it cannot be counted.
fn concerned(object: &Object, server: &ApiServer) -> Result<Vec<ResourceQuota>, String> {
    let mut concerned = Vec::new();
    for quota in server.list::<ResourceQuota>(Some(object.namespace())) {
        let names: Vec<&str> = quota::counted(quota, object.kind()).collect();
        if names.is_empty() || !quota::in_scope(quota, object) {
            continue;
        }
        if let Some(missing) = missing(object, &names) {
            let name = quota.name();
            return Err(format!("failed quota: {name}: must specify {missing}"));
        }
        let used = quota.status.used.as_ref();
        let known = |name: &&str| used.is_some_and(|used| used.contains_key(*name));
        if !names.iter().all(known) {
            let (name, names) = (quota.name(), names.join(","));
            return Err(format!(
                "status unknown for quota: {name}, resources: {names}"
            ));
        }
        concerned.push(quota.clone());
    }
    Ok(concerned)
}

/// The quota with more used; `None` if it counts nothing of it.
fn with_more(mut quota: ResourceQuota, more: &Amounts) -> Result<Option<ResourceQuota>, String> {
    let status = &quota.status;
    let (Some(hard), Some(used)) = (&status.hard, &status.used) else {
        return Ok(None);
    };
    let mut new = used.clone();
    let mut exceeded = Vec::new();
    for (name, amount) in more {
        let Some(most) = hard.get(name) else { continue };
        add_amount(&mut new, name, amount);
        if new.get(name).is_some_and(|total| is_more(total, most)) {
            exceeded.push(name.as_str());
        }
    }
    if !exceeded.is_empty() {
        let show = |amounts: &Amounts| show(amounts, &exceeded);
        return Err(format!(
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            quota.name(),
            show(more),
            show(used),
            show(hard)
        ));
    }
    if new == *used {
        return Ok(None);
    }
    quota.status_mut().used = Some(new);
    Ok(Some(quota))
}

/// Changes count of services and claims, and of pods where a deadline puts them into another scope.
fn is_counted(object: &Object, old: Option<&Object>) -> bool {
    match (object, old) {
        (_, None) => object.kind().namespaced(),
        (Object::Pod(pod), Some(Object::Pod(old))) => {
            quota::has_deadline(&pod.spec) != quota::has_deadline(&old.spec)
        }
        (Object::Service(_) | Object::PersistentVolumeClaim(_), Some(_)) => true,
        _ => false,
    }
}

/// What is used more than before; nothing that is zero.
fn more(usage: &Amounts, before: Option<&Amounts>) -> Amounts {
    let mut more = Amounts::new();
    for (name, amount) in usage {
        let milli = |amount| milli_value(amount).unwrap_or(0);
        let had = before.and_then(|before| before.get(name)).map_or(0, milli);
        let grown = milli(amount) - had;
        if grown > 0 {
            more.insert(name.clone(), of_milli(grown, amount));
        }
    }
    more
}

/// What containers of a pod leave out that a quota counts, as the message lists it.
fn missing(object: &Object, counted: &[&str]) -> Option<String> {
    let Object::Pod(pod) = object else {
        return None;
    };
    if has_pod_level_amounts(&pod.spec) {
        return None;
    }
    let init_containers = pod.spec.init_containers.iter().flatten();
    let containers: Vec<&Container> = pod.spec.containers.iter().chain(init_containers).collect();
    let mut texts = Vec::new();
    for name in MUST_BE_SAID
        .into_iter()
        .filter(|name| counted.contains(name))
    {
        let (half, resource) = match name.split_once('.') {
            Some(("limits", resource)) => (Half::Limits, resource),
            Some((_, resource)) => (Half::Requests, resource),
            None => (Half::Requests, name),
        };
        let silent = containers.iter().filter(|container| {
            half.of(container.resources.as_ref())
                .is_none_or(|amounts| !amounts.contains_key(resource))
        });
        let silent: OrderedSet<&str> = silent.map(|container| container.name.as_str()).collect();
        if !silent.is_empty() {
            let silent: Vec<&str> = silent.into_iter().collect();
            texts.push(format!("{name} for: {}", silent.join(",")));
        }
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn has_pod_level_amounts(spec: &PodSpec) -> bool {
    let own = spec.resources.as_ref();
    let given = |half: Half| half.of(own).is_some_and(|amounts| !amounts.is_empty());
    given(Half::Requests) || given(Half::Limits)
}

fn show(amounts: &Amounts, names: &[&str]) -> String {
    let shown = names
        .iter()
        .filter_map(|name| Some(format!("{name}={}", amounts.get(*name)?.0)));
    shown.collect::<Vec<_>>().join(",")
}
