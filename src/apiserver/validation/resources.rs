//! Rules of resource requests and limits.

use crate::api::Quantity;
use crate::api::core::{PodSpec, ResourceRequirements};
use crate::api::quantity::{canonical, milli_value, value};

use crate::api::amounts::{Half, is_more, of_containers};

use super::field::{FieldPath, Problems};
use super::names;

/// Names without a prefix that Kubernetes knows, besides huge pages: first the amounts, then the counted.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    STORAGE,
    "requests.storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Of the names above, those from here on are numbers of objects.
const FIRST_COUNTED: usize = 11;

/// What claims and volumes ask for and have.
pub(super) const STORAGE: &str = "storage";

/// Where the name of a resource stands: the names that may be used differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Container,
    Pod,
    /// The hard limits of a ResourceQuota.
    Quota,
    /// Any resource that Kubernetes knows.
    Any,
}

/// Names and amounts; requests within limits.
pub(super) fn requirements(
    own: &ResourceRequirements,
    level: Level,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let (limits_path, requests_path) = (path.child("limits"), path.child("requests"));
    for (name, quantity) in own.limits.iter().flatten() {
        amount(name, quantity, level, &limits_path.key(name), problems);
    }
    for (name, quantity) in own.requests.iter().flatten() {
        amount(name, quantity, level, &requests_path.key(name), problems);
        within_limit(own, name, quantity, path, problems);
        huge_pages(name, quantity, &requests_path.key(name), problems);
    }
    let all = || {
        own.limits
            .iter()
            .chain(&own.requests)
            .flat_map(|list| list.keys())
    };
    let compute = all().any(|name| matches!(name.as_str(), "cpu" | "memory"));
    if !compute && all().any(|name| is_huge_pages(name)) {
        problems.forbidden(path, "HugePages require cpu or memory");
    }
}

/// A pod's own requests must suffice for all its containers, and no container may have more than the
/// pod's limits.
pub(super) fn consistency(spec: &PodSpec, path: &FieldPath, problems: &mut Problems) {
    let Some(own) = &spec.resources else { return };
    let requests = path.child("requests");
    for (name, sum) in of_containers(spec, Half::Requests) {
        let own = own.requests.as_ref().and_then(|list| list.get(&name));
        if let Some(own) = own.filter(|own| is_more(&sum, own)) {
            let sum = text(&sum);
            let detail =
                format!("must be greater than or equal to aggregate container requests of {sum}");
            problems.invalid(&requests.key(&name), &text(own), &detail);
        }
    }
    let containers = path.child("containers");
    for (index, container) in spec.containers.iter().enumerate() {
        let limits = container
            .resources
            .as_ref()
            .and_then(|own| own.limits.as_ref());
        for (name, limit) in limits.into_iter().flatten() {
            let most = own.limits.as_ref().and_then(|list| list.get(name));
            if let Some(most) = most.filter(|most| is_more(limit, most)) {
                let path = containers.index(index);
                let path = path.key(name);
                let detail = format!("must be less than or equal to pod limits of {}", text(most));
                problems.invalid(&path.child("limits"), &text(limit), &detail);
            }
        }
    }
}

/// A quantity that may not be negative, nor a fraction of what cannot be divided.
pub(super) fn quantity_value(
    name: &str,
    quantity: &Quantity,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let Ok(milli) = milli_value(quantity) else {
        return;
    };
    let text = text(quantity);
    if milli < 0 {
        problems.invalid(path, &text, "must be greater than or equal to 0");
    }
    if (is_extended(name) || STANDARD[FIRST_COUNTED..].contains(&name)) && milli % 1000 != 0 {
        problems.invalid(path, &text, "must be an integer");
    }
}

/// A quantity that must be more than zero. Returns whether it is.
pub(super) fn positive(quantity: &Quantity, path: &FieldPath, problems: &mut Problems) -> bool {
    let good = milli_value(quantity).is_ok_and(|milli| milli > 0);
    if !good {
        problems.invalid(path, &text(quantity), "must be greater than zero");
    }
    good
}

fn amount(
    name: &str,
    quantity: &Quantity,
    level: Level,
    path: &FieldPath,
    problems: &mut Problems,
) {
    resource_name(name, level, path, problems);
    quantity_value(name, quantity, path, problems);
    // Requests say this after they are compared with the limits.
    if path.to_string().contains(".limits[") {
        huge_pages(name, quantity, path, problems);
    }
}

fn within_limit(
    own: &ResourceRequirements,
    name: &str,
    request: &Quantity,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let overcommit = is_native(name) && !is_huge_pages(name);
    let Some(limit) = own.limits.as_ref().and_then(|limits| limits.get(name)) else {
        if !overcommit {
            let detail = "Limit must be set for non overcommitable resources";
            problems.required(&path.child("limits"), detail);
        }
        return;
    };
    let (Ok(wanted), Ok(most)) = (milli_value(request), milli_value(limit)) else {
        return;
    };
    let relation = if wanted != most && !overcommit {
        "equal to"
    } else if wanted > most {
        "less than or equal to"
    } else {
        return;
    };
    let detail = format!("must be {relation} {name} limit of {}", text(limit));
    problems.invalid(&path.child("requests"), &text(request), &detail);
}

/// The name of a resource.
pub(super) fn resource_name(name: &str, level: Level, path: &FieldPath, problems: &mut Problems) {
    let wrong = names::label_key(name);
    if !wrong.is_empty() {
        problems.invalid_each(path, name, wrong);
        return;
    }
    let plain = !name.contains('/');
    if plain && !is_known(name) {
        problems.invalid(
            path,
            name,
            "must be a standard resource type or fully qualified",
        );
        if level == Level::Pod {
            return;
        }
    }
    let compute = matches!(name, "cpu" | "memory") || is_huge_pages(name);
    match level {
        Level::Pod if !compute => {
            problems.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
        }
        Level::Quota if plain && !is_standard_for_quota(name) => {
            problems.invalid(path, name, "must be a standard resource for quota");
        }
        Level::Container if plain && !compute && name != "ephemeral-storage" => {
            problems.invalid(path, name, "must be a standard resource for containers");
        }
        Level::Container if !plain && !is_native(name) && !is_extended(name) => {
            problems.invalid(path, name, "doesn't follow extended resource name standard");
        }
        _ => {}
    }
}

fn huge_pages(name: &str, quantity: &Quantity, path: &FieldPath, problems: &mut Problems) {
    let Some(size) = name.strip_prefix("hugepages-") else {
        return;
    };
    let size = value(&Quantity(size.to_owned()))
        .ok()
        .filter(|size| *size > 0);
    let divides = size.is_some_and(|size| value(quantity).is_ok_and(|bytes| bytes % size == 0));
    if !divides {
        let text = text(quantity);
        let detail = format!("{text} is not positive integer multiple of {name}");
        problems.invalid(path, &text, &detail);
    }
}

fn is_known(name: &str) -> bool {
    STANDARD.contains(&name) || is_huge_pages(name.trim_start_matches("requests."))
}

/// Whether a quota knows the name. Plain storage it does not count, only requests.storage.
pub(super) fn is_standard_for_quota(name: &str) -> bool {
    is_known(name) && name != STORAGE
}

pub(super) fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

pub(super) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key(&format!("requests.{name}")).is_empty()
}

/// The quantity as messages show it.
pub(super) fn text(quantity: &Quantity) -> String {
    canonical(quantity).unwrap_or_else(|_| quantity.clone()).0
}
