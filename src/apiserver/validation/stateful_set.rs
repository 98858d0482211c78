//! Rules of stateful sets.

use crate::api::json_text;
use serde_json::json;

use crate::api::IntOrString;
use crate::api::apps::{StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy};
use crate::api::core::Volume;

use super::field::{FieldPath, Problems, Raw, go_struct};
use super::template::{self, amount, at_most_all, number_or_percent};
use super::{names, selector};

const POLICIES: [&str; 2] = ["Retain", "Delete"];

const CHANGEABLE: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
    'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are \
    forbidden";

/// A new stateful set, or with `old` a changed one.
pub(super) fn stateful_set(
    spec: &StatefulSetSpec,
    old: Option<&StatefulSetSpec>,
    problems: &mut Problems,
) {
    let path = FieldPath::new("spec");
    let is_new = old.is_none();
    policies(spec, &path, problems);
    if is_new {
        claims(spec, &path, problems);
    }
    let ordinals = spec.ordinals.as_ref().and_then(|own| own.start);
    let numbers = [
        ("replicas", spec.replicas.map(i64::from)),
        ("minReadySeconds", spec.min_ready_seconds.map(i64::from)),
        ("ordinals.start", ordinals.map(i64::from)),
    ];
    problems.all_non_negative(&path, &numbers);
    // The name never changes, so one from before this rule is borne with.
    if let Some(name) = spec
        .service_name
        .as_deref()
        .filter(|name| is_new && !name.is_empty())
    {
        problems.invalid_each(&path.child("serviceName"), name, names::dns_label(name));
    }
    selector_and_template(spec, &path, problems);
    if let Some(old) = old {
        let mut rest = spec.clone();
        take_changeable_fields(&mut rest, old);
        if rest != *old {
            problems.forbidden(&path, CHANGEABLE);
        }
    }
}

/// Numbers that are not negative, and no more of one kind than there are replicas.
pub(super) fn status(new: &StatefulSetStatus, old: &StatefulSetStatus, problems: &mut Problems) {
    let path = FieldPath::new("status");
    let ready = new.ready_replicas.unwrap_or(0);
    let counts = [
        ("readyReplicas", ready),
        ("currentReplicas", new.current_replicas.unwrap_or(0)),
        ("updatedReplicas", new.updated_replicas.unwrap_or(0)),
        ("availableReplicas", new.available_replicas.unwrap_or(0)),
    ];
    problems.non_negative(&path.child("replicas"), Some(new.replicas));
    problems.all_non_negative(
        &path,
        &counts.map(|(field, count)| (field, Some(count.into()))),
    );
    let numbers = [
        ("observedGeneration", new.observed_generation),
        ("collisionCount", new.collision_count.map(i64::from)),
    ];
    problems.all_non_negative(&path, &numbers);
    for (field, count) in counts {
        if count > new.replicas {
            problems.invalid(
                &path.child(field),
                count,
                "cannot be greater than status.replicas",
            );
        }
    }
    let available = counts[3].1;
    if available > ready {
        let detail = "cannot be greater than status.readyReplicas";
        problems.invalid(&path.child("availableReplicas"), available, detail);
    }
    collisions(new.collision_count, old.collision_count, &path, problems);
}

/// The count of collisions only rises.
pub(super) fn collisions(
    new: Option<i32>,
    old: Option<i32>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if let Some(old) = old
        && new.is_none_or(|new| new < old)
    {
        let path = path.child("collisionCount");
        problems.invalid(&path, new.unwrap_or(0), "cannot be decremented");
    }
}

fn policies(spec: &StatefulSetSpec, path: &FieldPath, problems: &mut Problems) {
    let management = spec.pod_management_policy.as_deref().unwrap_or_default();
    if !matches!(management, "OrderedReady" | "Parallel") {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        problems.invalid(&path.child("podManagementPolicy"), management, detail);
    }
    if let Some(own) = &spec.update_strategy {
        update_strategy(own, &path.child("updateStrategy"), problems);
    }
    let path = path.child("persistentVolumeClaimRetentionPolicy");
    if let Some(own) = &spec.persistent_volume_claim_retention_policy {
        for (field, policy) in [
            ("whenDeleted", &own.when_deleted),
            ("whenScaled", &own.when_scaled),
        ] {
            let policy = policy.as_deref().unwrap_or_default();
            if !POLICIES.contains(&policy) {
                problems.not_supported(&path.child(field), policy, &POLICIES);
            }
        }
    }
}

fn update_strategy(own: &StatefulSetUpdateStrategy, path: &FieldPath, problems: &mut Problems) {
    let rolling = own.rolling_update.as_ref();
    let partition = rolling.and_then(|update| update.partition).unwrap_or(0);
    let unavailable = rolling.and_then(|update| update.max_unavailable.as_ref());
    let path_of_rolling = path.child("rollingUpdate");
    match own.type_.as_deref().unwrap_or_default() {
        "OnDelete" if rolling.is_some() => {
            let value = Raw(rolling_struct(partition, unavailable));
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            problems.invalid(&path_of_rolling, value, detail);
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            problems.non_negative(&path_of_rolling.child("partition"), Some(partition));
            if unavailable.is_some() {
                let path = path_of_rolling.child("maxUnavailable");
                number_or_percent(unavailable, &path, problems);
                if amount(unavailable) == 0 {
                    problems.invalid(&path, json!(unavailable), "cannot be 0");
                }
                at_most_all(unavailable, &path, problems);
            }
        }
        other => {
            let rolling = rolling.map(|_| rolling_struct(partition, unavailable));
            let value = go_struct(&[
                ("Type", json_text::text(&json!(other))),
                ("RollingUpdate", rolling.unwrap_or("null".to_owned())),
            ]);
            let detail = "must be 'RollingUpdate' or 'OnDelete'";
            problems.invalid(path, Raw(value), detail);
        }
    }
}

/// `rollingUpdate` as the server shows its internal struct.
fn rolling_struct(partition: i32, unavailable: Option<&IntOrString>) -> String {
    go_struct(&[
        ("Partition", partition.to_string()),
        ("MaxUnavailable", json_text::text(&json!(unavailable))),
    ])
}

fn claims(spec: &StatefulSetSpec, path: &FieldPath, problems: &mut Problems) {
    let list = path.child("volumeClaimTemplates");
    for (index, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
        if let Some(spec) = &claim.spec {
            super::claim::spec(spec, &list.index(index).child("spec"), problems);
        }
    }
}

fn selector_and_template(spec: &StatefulSetSpec, path: &FieldPath, problems: &mut Problems) {
    let own = &spec.selector;
    if !template::required_selector(own, "statefulset", path, problems) {
        problems.invalid(&path.child("selector"), selector::as_json(own), "");
    } else {
        // The controller gives each pod its host name and the volumes of its claims.
        let mut template = spec.template.clone();
        if let Some(pod) = &mut template.spec {
            pod.subdomain = None;
            pod.hostname = None;
            claimed_volumes(spec, &mut pod.volumes);
        }
        if !template::is_empty(own) {
            template::labels_match(own, &template, path, problems);
        }
        let path = path.child("template");
        template::pod_template(&template, &path, problems);
        // The server looks at these twice, and says it twice.
        template::labels_and_annotations(&template, &path, problems);
    }
    template::runs_for_ever(&spec.template, "StatefulSet", path, problems);
}

/// A claim takes the place of the volume of its name.
fn claimed_volumes(spec: &StatefulSetSpec, volumes: &mut Option<Vec<Volume>>) {
    let claims = spec.volume_claim_templates.as_deref().unwrap_or_default();
    if claims.is_empty() {
        return;
    }
    let mut all: Vec<Volume> = Vec::new();
    for claim in claims {
        let name = claim.metadata.name.clone().unwrap_or_default();
        if all.iter().all(|one| one.name != name) {
            all.push(claim_volume(name));
        }
    }
    let claimed = all.len();
    for volume in volumes.take().into_iter().flatten() {
        if all.iter().take(claimed).all(|one| one.name != volume.name) {
            all.push(volume);
        }
    }
    *volumes = Some(all);
}

fn claim_volume(name: String) -> Volume {
    let source = crate::api::core::PersistentVolumeClaimVolumeSource {
        claim_name: name.clone(),
        read_only: None,
    };
    Volume {
        name,
        persistent_volume_claim: Some(source),
        ..Default::default()
    }
}

/// Makes the fields that may differ the same as before.
fn take_changeable_fields(spec: &mut StatefulSetSpec, before: &StatefulSetSpec) {
    spec.replicas = before.replicas;
    spec.template.clone_from(&before.template);
    spec.update_strategy.clone_from(&before.update_strategy);
    spec.min_ready_seconds = before.min_ready_seconds;
    spec.ordinals.clone_from(&before.ordinals);
    spec.revision_history_limit = before.revision_history_limit;
    spec.persistent_volume_claim_retention_policy
        .clone_from(&before.persistent_volume_claim_retention_policy);
}
