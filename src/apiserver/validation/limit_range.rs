//! Rules of limit ranges.

use std::collections::BTreeMap;

use crate::api::Quantity;
use crate::api::core::{LimitRangeItem, LimitRangeSpec};
use crate::api::quantity::milli_value;

use crate::api::amounts::is_more;

use super::field::{FieldPath, Problems};
use super::names;
use super::resources::{Level, STORAGE, is_huge_pages, is_native, resource_name, text};

type Amounts = BTreeMap<String, Quantity>;

const TYPES: [&str; 3] = ["Container", "PersistentVolumeClaim", "Pod"];

/// A new or changed limit range: the rules are the same.
pub(super) fn limit_range(spec: &LimitRangeSpec, problems: &mut Problems) {
    let list = FieldPath::new("spec.limits");
    for (index, item) in spec.limits.iter().enumerate() {
        let path = list.index(index);
        type_name(&item.type_, &path.child("type"), problems);
        if spec.limits[..index]
            .iter()
            .any(|other| other.type_ == item.type_)
        {
            problems.duplicate(&path.child("type"), &item.type_);
        }
        resource_names(item, &path, problems);
        amounts(item, &path, problems);
    }
}

fn type_name(name: &str, path: &FieldPath, problems: &mut Problems) {
    let wrong = names::label_key(name);
    if wrong.is_empty() && !name.contains('/') && !TYPES.contains(&name) {
        problems.invalid(
            path,
            name,
            "must be a standard limit type or fully qualified",
        );
    }
    problems.invalid_each(path, name, wrong);
}

fn resource_names(item: &LimitRangeItem, path: &FieldPath, problems: &mut Problems) {
    let of_pods = item.type_ == "Pod";
    let level = match item.type_.as_str() {
        "Pod" | "Container" => Level::Container,
        _ => Level::Any,
    };
    for (field, amounts) in [
        ("max", &item.max),
        ("min", &item.min),
        ("default", &item.default),
        ("defaultRequest", &item.default_request),
        ("maxLimitRequestRatio", &item.max_limit_request_ratio),
    ] {
        let path_of_field = path.child(field);
        if field == "maxLimitRequestRatio" && item.type_ == "PersistentVolumeClaim" {
            storage_bounds(item, path, problems);
        }
        let Some(amounts) = amounts.as_ref().filter(|all| !all.is_empty()) else {
            continue;
        };
        if of_pods && field.starts_with("default") {
            problems.forbidden(&path_of_field, "may not be specified when `type` is 'Pod'");
            continue;
        }
        for name in amounts.keys() {
            resource_name(name, level, &path_of_field.key(name), problems);
        }
    }
}

fn storage_bounds(item: &LimitRangeItem, path: &FieldPath, problems: &mut Problems) {
    let given = |list: &Option<Amounts>| list.as_ref().is_some_and(|all| all.contains_key(STORAGE));
    if !given(&item.min) && !given(&item.max) {
        let detail =
            "either minimum or maximum storage value is required, but neither was provided";
        problems.required(&path.child("limits"), detail);
    }
}

/// What must not be more than what: the smaller field and its name in messages, the larger one, and the field
/// and amount that the server blames.
const ORDER: [(Bound, Bound, &str, Bound); 6] = [
    (Bound::Min, Bound::Max, "min", Bound::Min),
    (
        Bound::Min,
        Bound::DefaultRequest,
        "defaultRequest",
        Bound::DefaultRequest,
    ),
    (
        Bound::DefaultRequest,
        Bound::Max,
        "defaultRequest",
        Bound::DefaultRequest,
    ),
    (
        Bound::DefaultRequest,
        Bound::Default,
        "defaultRequest",
        Bound::DefaultRequest,
    ),
    (Bound::Min, Bound::Default, "default", Bound::Min),
    (Bound::Default, Bound::Max, "default", Bound::Max),
];

#[derive(Clone, Copy)]
enum Bound {
    Min,
    Max,
    Default,
    DefaultRequest,
}

impl Bound {
    fn of(self, item: &LimitRangeItem) -> Option<&Amounts> {
        // Defaults of pods are refused as such, and not looked at.
        let has_defaults = item.type_ != "Pod";
        match self {
            Self::Min => item.min.as_ref(),
            Self::Max => item.max.as_ref(),
            Self::Default => item.default.as_ref().filter(|_| has_defaults),
            Self::DefaultRequest => item.default_request.as_ref().filter(|_| has_defaults),
        }
    }

    /// Its name in a message; what is given where nothing else is said is the limit.
    const fn words(self, other: Self) -> &'static str {
        match (self, other) {
            (Self::Min, _) => "min value",
            (Self::Max, _) => "max value",
            (Self::Default, Self::DefaultRequest) => "default limit value",
            (Self::Default, _) => "default value",
            (Self::DefaultRequest, _) => "default request value",
        }
    }
}

/// The amounts of one resource must fit together.
fn amounts(item: &LimitRangeItem, path: &FieldPath, problems: &mut Problems) {
    let lists = [
        &item.max,
        &item.min,
        &item.default,
        &item.default_request,
        &item.max_limit_request_ratio,
    ];
    let mut names: Vec<&str> = lists
        .into_iter()
        .flatten()
        .flat_map(|list| list.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let amount = |bound: Bound| bound.of(item)?.get(name);
        for (less, more, field, blamed) in ORDER {
            let (Some(low), Some(high)) = (amount(less), amount(more)) else {
                continue;
            };
            if is_more(low, high) {
                let detail = format!(
                    "{} {} is greater than {} {}",
                    less.words(more),
                    text(low),
                    more.words(less),
                    text(high)
                );
                let value = text(amount(blamed).unwrap_or(low));
                problems.invalid(&path.child(field).key(name), &value, &detail);
            }
        }
        ratio(item, name, path, problems);
        let (limit, request) = (amount(Bound::Default), amount(Bound::DefaultRequest));
        if let (Some(limit), Some(request)) = (limit, request)
            && (!is_native(name) || is_huge_pages(name))
            && (is_more(limit, request) || is_more(request, limit))
        {
            let (limit, request) = (text(limit), text(request));
            let detail = format!(
                "default value {limit} must equal to defaultRequest value {request} in {name}"
            );
            problems.invalid(&path.child("defaultRequest").key(name), &request, &detail);
        }
    }
}

/// Limits may be at most so many times the requests: at least once, and not more than the bounds allow anyway.
fn ratio(item: &LimitRangeItem, name: &str, path: &FieldPath, problems: &mut Problems) {
    let get = |list: &Option<Amounts>| milli_value(list.as_ref()?.get(name)?).ok();
    let list = item.max_limit_request_ratio.as_ref();
    let Some((ratio, milli)) =
        list.and_then(|list| Some((list.get(name)?, get(&item.max_limit_request_ratio)?)))
    else {
        return;
    };
    let (path, ratio) = (path.child("maxLimitRequestRatio"), text(ratio));
    if milli < 1000 {
        problems.invalid(
            &path.key(name),
            &ratio,
            &format!("ratio {ratio} is less than 1"),
        );
    }
    if let (Some(least), Some(most)) = (get(&item.min), get(&item.max))
        && least > 0
        && milli * least > most * 1000
    {
        let micros = (most * 1_000_000 + least / 2) / least;
        let detail = format!(
            "ratio {ratio} is greater than max/min = {}.{:06}",
            micros / 1_000_000,
            micros % 1_000_000
        );
        problems.invalid(&path.key(name), &ratio, &detail);
    }
}
