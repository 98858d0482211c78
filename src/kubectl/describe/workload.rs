//! `kubectl describe` of Deployments and ReplicaSets.

use crate::api::meta::ObjectMeta;
use crate::api::{Deployment, IntOrString, Kind, Object, ReplicaSet, owner};
use crate::kubectl::get::{Objects, selector_text};

use super::sheet::Sheet;
use super::{controlled_by, date, or_none, pod};

/// The annotation in which the deployment controller counts revisions.
const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) fn deployment(deployment: &Deployment, objects: &impl Objects, sheet: &mut Sheet) {
    let (spec, status) = (&deployment.spec, &deployment.status);
    sheet.line(0, format!("Name:\t{}", deployment.name()));
    sheet.line(0, format!("Namespace:\t{}", deployment.namespace()));
    sheet.line(
        0,
        format!(
            "CreationTimestamp:\t{}",
            date(deployment.meta.creation_timestamp.as_ref())
        ),
    );
    sheet.labels(0, "Labels", deployment.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", deployment.meta.annotations.as_ref());
    sheet.line(0, format!("Selector:\t{}", selector_text(&spec.selector)));
    let count = |count: Option<i32>| count.unwrap_or(0);
    sheet.line(
        0,
        format!(
            "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
            count(spec.replicas),
            count(status.updated_replicas),
            count(status.replicas),
            count(status.available_replicas),
            count(status.unavailable_replicas),
        ),
    );
    let strategy = spec.strategy.clone().unwrap_or_default();
    sheet.line(
        0,
        format!("StrategyType:\t{}", strategy.type_.unwrap_or_default()),
    );
    sheet.line(
        0,
        format!("MinReadySeconds:\t{}", count(spec.min_ready_seconds)),
    );
    if let Some(update) = strategy.rolling_update {
        let (unavailable, surge) = (amount(update.max_unavailable), amount(update.max_surge));
        sheet.line(
            0,
            format!("RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge"),
        );
    }
    pod::template(Some(&spec.template), sheet);
    let conditions = status.conditions.iter().flatten();
    self::conditions(
        conditions.map(|one| (&one.type_, &one.status, one.reason.as_deref())),
        sheet,
    );
    let (old, new) = replica_sets(deployment, objects);
    if !old.is_empty() || !new.is_empty() {
        sheet.line(0, format!("OldReplicaSets:\t{}", or_none(&listed(&old))));
        sheet.line(0, format!("NewReplicaSet:\t{}", or_none(&listed(&new))));
    }
}

pub(super) fn replica_set(set: &ReplicaSet, objects: &impl Objects, sheet: &mut Sheet) {
    sheet.line(0, format!("Name:\t{}", set.name()));
    sheet.line(0, format!("Namespace:\t{}", set.namespace()));
    sheet.line(
        0,
        format!("Selector:\t{}", selector_text(&set.spec.selector)),
    );
    sheet.labels(0, "Labels", set.meta.labels.as_ref());
    sheet.annotations(0, "Annotations", set.meta.annotations.as_ref());
    controlled_by(&set.meta, sheet);
    let desired = set.spec.replicas.unwrap_or(0);
    sheet.line(
        0,
        format!(
            "Replicas:\t{} current / {desired} desired",
            set.status.replicas
        ),
    );
    pods_status(&set.meta, objects, sheet);
    pod::template(set.spec.template.as_ref(), sheet);
    let conditions = set.status.conditions.iter().flatten();
    self::conditions(
        conditions.map(|one| (&one.type_, &one.status, one.reason.as_deref())),
        sheet,
    );
}

/// How many of the pods that an object controls are in each phase.
pub(super) fn pods_status(meta: &ObjectMeta, objects: &impl Objects, sheet: &mut Sheet) {
    let pods = objects.list(Kind::Pod, meta.namespace.as_deref());
    let uid = meta.uid.as_deref().unwrap_or_default();
    let in_phase = |phase: &str| {
        let ours = pods.iter().filter_map(|object| match object {
            Object::Pod(pod) if owner::is_controlled_by(&pod.meta, uid) => Some(pod),
            _ => None,
        });
        ours.filter(|pod| pod.status.phase.as_deref() == Some(phase))
            .count()
    };
    sheet.line(
        0,
        format!(
            "Pods Status:\t{} Running / {} Waiting / {} Succeeded / {} Failed",
            in_phase("Running"),
            in_phase("Pending"),
            in_phase("Succeeded"),
            in_phase("Failed"),
        ),
    );
}

fn conditions<'a>(
    all: impl Iterator<Item = (&'a String, &'a String, Option<&'a str>)>,
    sheet: &mut Sheet,
) {
    let mut all = all.peekable();
    if all.peek().is_some() {
        sheet.lines(
            0,
            "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------",
        );
        all.for_each(|(type_, status, reason)| {
            sheet.line(
                1,
                format!("{type_} \t{status}\t{}", reason.unwrap_or_default()),
            );
        });
    }
}

/// The ReplicaSets of a Deployment that still have pods or want some, apart from the newest; and the newest.
fn replica_sets(
    deployment: &Deployment,
    objects: &impl Objects,
) -> (Vec<ReplicaSet>, Vec<ReplicaSet>) {
    let revision = |set: &ReplicaSet| {
        set.annotation(REVISION)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let all = objects.list(Kind::ReplicaSet, Some(deployment.namespace()));
    let ours = all.iter().filter_map(Object::typed::<ReplicaSet>).cloned();
    let mut ours: Vec<ReplicaSet> = ours
        .filter(|set| owner::is_controlled_by(&set.meta, deployment.uid()))
        .collect();
    let newest = ours.iter().map(revision).max();
    let (new, mut old): (Vec<_>, Vec<_>) = ours
        .drain(..)
        .partition(|set| Some(revision(set)) == newest);
    old.sort_by(|a, b| a.meta.creation_timestamp.cmp(&b.meta.creation_timestamp));
    (old, new)
}

fn listed(sets: &[ReplicaSet]) -> String {
    let one = |set: &ReplicaSet| {
        let desired = set.spec.replicas.unwrap_or(0);
        format!(
            "{} ({}/{desired} replicas created)",
            set.name(),
            set.status.replicas
        )
    };
    sets.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn amount(amount: Option<IntOrString>) -> String {
    match amount {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text,
        None => "0".to_owned(),
    }
}
