//! Rules of resource quotas.

use crate::api::json_text;
use serde_json::json;

use crate::api::core::{
    ResourceQuotaSpec, ResourceQuotaStatus, ScopeSelector, ScopedResourceSelectorRequirement,
};

use crate::api::amounts::is_more;

use super::field::{BadValue, FieldPath, Problems, Raw};
use super::resources::{Level, is_standard_for_quota, quantity_value, resource_name, text};

const TERMINATING: &str = "Terminating";
const NOT_TERMINATING: &str = "NotTerminating";
const BEST_EFFORT: &str = "BestEffort";
const NOT_BEST_EFFORT: &str = "NotBestEffort";
const PRIORITY_CLASS: &str = "PriorityClass";
const CROSS_NAMESPACE_AFFINITY: &str = "CrossNamespacePodAffinity";
const VOLUME_ATTRIBUTES_CLASS: &str = "VolumeAttributesClass";

const SCOPES: [&str; 7] = [
    TERMINATING,
    NOT_TERMINATING,
    BEST_EFFORT,
    NOT_BEST_EFFORT,
    PRIORITY_CLASS,
    CROSS_NAMESPACE_AFFINITY,
    VOLUME_ATTRIBUTES_CLASS,
];

/// What a scope may count.
const OF_PODS: [&str; 7] = [
    "pods",
    "cpu",
    "memory",
    "limits.cpu",
    "limits.memory",
    "requests.cpu",
    "requests.memory",
];
const OF_CLAIMS: [&str; 2] = ["persistentvolumeclaims", "requests.storage"];

/// A new quota, or with `old` a changed one.
pub(super) fn resource_quota(
    spec: &ResourceQuotaSpec,
    old: Option<&ResourceQuotaSpec>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    amounts(spec.hard.as_ref(), &path.child("hard"), problems);
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    let list = || BadValue::from(json!(scopes));
    let path_of_scopes = path.child("scopes");
    for scope in scopes {
        if !SCOPES.contains(&scope.as_str()) {
            problems.invalid(&path_of_scopes, list(), "unsupported scope");
        }
        not_of_scope(spec, scope, &path_of_scopes, &list, problems);
    }
    conflict(
        |scope| scopes.iter().any(|one| one == scope),
        &path_of_scopes,
        &list,
        problems,
    );
    if let Some(selector) = &spec.scope_selector {
        let path = path.child("scopeSelector");
        scope_selector(spec, selector, &path.child("matchExpressions"), problems);
    }
    if let Some(old) = old {
        let before = old.scopes.as_deref().unwrap_or_default();
        let within = |some: &[String], all: &[String]| some.iter().all(|one| all.contains(one));
        if !within(scopes, before) || !within(before, scopes) {
            problems.invalid(&path_of_scopes, list(), "field is immutable");
        }
    }
}

/// The status that the quota controller writes.
pub(super) fn status(status: &ResourceQuotaStatus, problems: &mut Problems) {
    let path = FieldPath::new("status");
    amounts(status.hard.as_ref(), &path.child("hard"), problems);
    amounts(status.used.as_ref(), &path.child("used"), problems);
}

fn amounts(
    amounts: Option<&std::collections::BTreeMap<String, crate::api::Quantity>>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    for (name, quantity) in amounts.into_iter().flatten() {
        let path = path.key(name);
        resource_name(name, Level::Quota, &path, problems);
        quantity_value(name, quantity, &path, problems);
    }
}

/// Resources that a scope cannot count; each is told once more.
fn not_of_scope(
    spec: &ResourceQuotaSpec,
    scope: &str,
    path: &FieldPath,
    value: &dyn Fn() -> BadValue,
    problems: &mut Problems,
) {
    for name in spec.hard.iter().flatten().map(|(name, _)| name.as_str()) {
        let counted = match scope {
            BEST_EFFORT => name == "pods",
            VOLUME_ATTRIBUTES_CLASS => OF_CLAIMS.contains(&name),
            _ if SCOPES.contains(&scope) => OF_PODS.contains(&name),
            _ => true,
        };
        if !counted && is_standard_for_quota(name) {
            problems.invalid(path, value(), "unsupported scope applied to resource");
        }
    }
}

/// Scopes that exclude one another.
fn conflict(
    has: impl Fn(&str) -> bool,
    path: &FieldPath,
    value: &dyn Fn() -> BadValue,
    problems: &mut Problems,
) {
    for (one, other) in [
        (BEST_EFFORT, NOT_BEST_EFFORT),
        (TERMINATING, NOT_TERMINATING),
    ] {
        if has(one) && has(other) {
            problems.invalid(path, value(), "conflicting scopes");
        }
    }
}

fn scope_selector(
    spec: &ResourceQuotaSpec,
    selector: &ScopeSelector,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let requirements = selector.match_expressions.as_deref().unwrap_or_default();
    // The server shows its internal struct here, with the names that it has in Go.
    let whole = || {
        let each = requirements.iter().map(|one| {
            format!(
                "{{\"ScopeName\":{},\"Operator\":{},\"Values\":{}}}",
                json_text::text(&json!(one.scope_name)),
                json_text::text(&json!(one.operator)),
                json_text::text(&json!(one.values))
            )
        });
        let each: Vec<String> = each.collect();
        BadValue::from(Raw(format!(
            "{{\"MatchExpressions\":[{}]}}",
            each.join(",")
        )))
    };
    for requirement in requirements {
        let scope = requirement.scope_name.as_str();
        if !SCOPES.contains(&scope) {
            problems.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        not_of_scope(spec, scope, path, &whole, problems);
        operator(requirement, path, problems);
    }
    let scopes = || BadValue::from(json!(spec.scopes));
    let has = |scope: &str| requirements.iter().any(|one| one.scope_name == scope);
    conflict(has, path, &scopes, problems);
}

fn operator(
    requirement: &ScopedResourceSelectorRequirement,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let (scope, operator) = (
        requirement.scope_name.as_str(),
        requirement.operator.as_str(),
    );
    let (path_of_operator, path_of_values) = (path.child("operator"), path.child("values"));
    let only_exists =
        SCOPES.contains(&scope) && scope != PRIORITY_CLASS && scope != VOLUME_ATTRIBUTES_CLASS;
    if only_exists && operator != "Exists" {
        let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
            ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
            ResourceQuotaScopeCrossNamespacePodAffinity";
        problems.invalid(&path_of_operator, operator, detail);
    }
    let values = requirement.values.as_deref().unwrap_or_default();
    match operator {
        "In" | "NotIn" if values.is_empty() => {
            let detail =
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            problems.required(&path_of_values, detail);
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let detail =
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
            problems.invalid(&path_of_values, json!(values), detail);
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        _ => problems.invalid(&path_of_operator, operator, "not a valid selector operator"),
    }
}

/// What is said beside a quota that is accepted: less than it asks for is never used.
pub(super) fn warnings(spec: &ResourceQuotaSpec, warnings: &mut Vec<String>) {
    let hard = |name: &str| spec.hard.as_ref()?.get_key_value(name);
    for (names, limit) in [
        (["requests.cpu", "cpu"].as_slice(), "limits.cpu"),
        (&["requests.memory", "memory"], "limits.memory"),
        (&["requests.storage"], "limits.storage"),
        (&["requests.ephemeral-storage"], "limits.ephemeral-storage"),
    ] {
        let request = names.iter().find_map(|name| hard(name));
        if let (Some((name, request)), Some((_, most))) = (request, hard(limit))
            && is_more(request, most)
        {
            warnings.push(format!(
                "ResourceQuota {name} ({}) should be less than {limit} ({})",
                text(request),
                text(most)
            ));
        }
    }
}
