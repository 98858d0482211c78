//! LimitRanger: what the namespace's limit ranges give to a pod that says nothing, and what they allow.

use crate::api::amounts::{Amounts, Half, is_more, of_pod};
use crate::api::core::{Container, LimitRangeItem, PersistentVolumeClaimSpec, PodSpec};
use crate::api::quantity::milli_value;
use crate::api::{LimitRange, Object, Pod, Quantity};
use crate::apiserver::{ApiServer, Status};

/// Says in a pod what was set in it.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Gives the defaults of each limit range to the containers that lack them.
pub(super) fn set_defaults(pod: &mut Pod, server: &ApiServer) {
    let namespace = pod.namespace().to_owned();
    for range in server.list::<LimitRange>(Some(&namespace)) {
        let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
        for item in range
            .spec
            .limits
            .iter()
            .filter(|item| item.type_ == "Container")
        {
            requests.extend(item.default_request.clone().into_iter().flatten());
            limits.extend(item.default.clone().into_iter().flatten());
        }
        if requests.is_empty() && limits.is_empty() {
            continue;
        }
        let mut set = Vec::new();
        let spec = pod.spec_mut();
        for container in &mut spec.containers {
            merge(container, "container", &requests, &limits, &mut set);
        }
        for container in spec.init_containers.iter_mut().flatten() {
            merge(container, "init container", &requests, &limits, &mut set);
        }
        if !set.is_empty() {
            let text = format!("LimitRanger plugin set: {}", set.join("; "));
            let annotations = pod.meta_mut().annotations.get_or_insert_default();
            annotations.insert(ANNOTATION.to_owned(), text);
        }
    }
}

fn merge(
    container: &mut Container,
    what: &str,
    requests: &Amounts,
    limits: &Amounts,
    set: &mut Vec<String>,
) {
    let own = container.resources.get_or_insert_default();
    let halves = [
        ("request", requests, own.requests.get_or_insert_default()),
        ("limit", limits, own.limits.get_or_insert_default()),
    ];
    for (half, from, to) in halves {
        let missing: Vec<&str> = from
            .keys()
            .filter(|name| !to.contains_key(*name))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            set.push(format!(
                "{} {half} for {what} {}",
                missing.join(", "),
                container.name
            ));
        }
        for (name, amount) in from {
            if !to.contains_key(name) {
                to.insert(name.clone(), amount.clone());
            }
        }
    }
    for half in [&mut own.requests, &mut own.limits] {
        if half.as_ref().is_some_and(Amounts::is_empty) {
            *half = None;
        }
    }
}

/// Refuses what the namespace's limit ranges do not allow.
pub(super) fn validate(object: &Object, server: &ApiServer) -> Result<(), Status> {
    if !matches!(object, Object::Pod(_) | Object::PersistentVolumeClaim(_)) {
        return Ok(());
    }
    for range in server.list::<LimitRange>(Some(object.namespace())) {
        let mut problems = Vec::new();
        for item in &range.spec.limits {
            match object {
                Object::Pod(pod) => of_a_pod(item, &pod.spec, &mut problems),
                Object::PersistentVolumeClaim(claim) => {
                    of_a_claim(item, &claim.spec, &mut problems);
                }
                _ => {}
            }
        }
        // utilerrors.Aggregate: what is said twice is said once, and several in brackets.
        let mut texts: Vec<String> = Vec::new();
        for text in problems {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        match texts.as_slice() {
            [] => {}
            [one] => return Err(super::forbidden(object, one)),
            several => {
                return Err(super::forbidden(
                    object,
                    &format!("[{}]", several.join(", ")),
                ));
            }
        }
    }
    Ok(())
}

fn of_a_pod(item: &LimitRangeItem, spec: &PodSpec, problems: &mut Vec<String>) {
    match item.type_.as_str() {
        "Container" => {
            let init_containers = spec.init_containers.iter().flatten();
            for container in spec.containers.iter().chain(init_containers) {
                let own = container.resources.as_ref();
                let none = Amounts::new();
                let half = |half: Half| half.of(own).unwrap_or(&none);
                bounds(item, half(Half::Requests), half(Half::Limits), problems);
            }
        }
        "Pod" => {
            let (requests, limits) = (of_pod(spec, Half::Requests), of_pod(spec, Half::Limits));
            bounds(item, &requests, &limits, problems);
        }
        _ => {}
    }
}

fn of_a_claim(item: &LimitRangeItem, spec: &PersistentVolumeClaimSpec, problems: &mut Vec<String>) {
    if item.type_ != "PersistentVolumeClaim" {
        return;
    }
    let none = Amounts::new();
    let requests = spec
        .resources
        .as_ref()
        .and_then(|own| own.requests.as_ref());
    let requests = requests.unwrap_or(&none);
    for (name, least) in item.min.iter().flatten() {
        minimum(item, name, least, requests, &none, problems);
    }
    for (name, most) in item.max.iter().flatten() {
        let rule = || format!("maximum {name} usage per {} is {}", item.type_, most.0);
        match requests.get(name) {
            None => problems.push(format!("{}.  No request is specified", rule())),
            Some(request) if is_more(request, most) => {
                problems.push(format!("{}, but request is {}", rule(), request.0));
            }
            Some(_) => {}
        }
    }
}

fn bounds(item: &LimitRangeItem, requests: &Amounts, limits: &Amounts, problems: &mut Vec<String>) {
    for (name, least) in item.min.iter().flatten() {
        minimum(item, name, least, requests, limits, problems);
    }
    for (name, most) in item.max.iter().flatten() {
        let rule = || format!("maximum {name} usage per {} is {}", item.type_, most.0);
        match (limits.get(name), requests.get(name)) {
            (None, _) => problems.push(format!("{}.  No limit is specified", rule())),
            (Some(limit), _) if is_more(limit, most) => {
                problems.push(format!("{}, but limit is {}", rule(), limit.0));
            }
            (_, Some(request)) if is_more(request, most) => {
                problems.push(format!("{}, but request is {}", rule(), request.0));
            }
            _ => {}
        }
    }
    for (name, most) in item.max_limit_request_ratio.iter().flatten() {
        ratio(
            item,
            name,
            most,
            (requests.get(name), limits.get(name)),
            problems,
        );
    }
}

fn minimum(
    item: &LimitRangeItem,
    name: &str,
    least: &Quantity,
    requests: &Amounts,
    limits: &Amounts,
    problems: &mut Vec<String>,
) {
    let rule = || format!("minimum {name} usage per {} is {}", item.type_, least.0);
    match (requests.get(name), limits.get(name)) {
        (None, _) => problems.push(format!("{}.  No request is specified", rule())),
        (Some(request), _) if is_more(least, request) => {
            problems.push(format!("{}, but request is {}", rule(), request.0));
        }
        (_, Some(limit)) if is_more(least, limit) => {
            problems.push(format!("{}, but limit is {}", rule(), limit.0));
        }
        _ => {}
    }
}

/// How many times its request the limit may be.
fn ratio(
    item: &LimitRangeItem,
    name: &str,
    most: &Quantity,
    (request, limit): (Option<&Quantity>, Option<&Quantity>),
    problems: &mut Vec<String>,
) {
    let rule = || {
        format!(
            "{name} max limit to request ratio per {} is {}",
            item.type_, most.0
        )
    };
    let milli =
        |amount: Option<&Quantity>| amount.map_or(0, |amount| milli_value(amount).unwrap_or(0));
    let (request, limit) = (milli(request), milli(limit));
    if request == 0 {
        problems.push(format!(
            "{}, but no request is specified or request is 0",
            rule()
        ));
    } else if limit == 0 {
        problems.push(format!(
            "{}, but no limit is specified or limit is 0",
            rule()
        ));
    } else if limit * 1000 > milli(Some(most)) * request {
        let micros = (limit * 1_000_000 + request / 2) / request;
        let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
        problems.push(format!(
            "{}, but provided ratio is {whole}.{rest:06}",
            rule()
        ));
    }
}
