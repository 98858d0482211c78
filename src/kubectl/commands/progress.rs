//! `kubectl rollout status` and `kubectl rollout history`.

use std::time::Duration;

use crate::api::{DaemonSet, Deployment, Object, ObjectKey, ReplicaSet, StatefulSet, owner};
use crate::apiserver::Status;
use crate::cluster::Client;
use crate::kubectl::{Arguments, Failure, Output, describe, targets};

use super::logs::duration;
use super::wait::LOOK;

/// How far a rollout is: what to say, and whether it is over.
type Progress = (String, bool);

/// Tells how far a rollout is each time that it changes, until it is over.
pub(super) fn status(
    key: &ObjectKey,
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let timeout = duration(arguments.get("timeout").unwrap_or("0")).unwrap_or_default();
    let watches = arguments.get("watch").is_none_or(|text| text == "true");
    let mut left = if timeout.is_zero() {
        Duration::MAX
    } else {
        timeout
    };
    let mut seen = 0;
    loop {
        let store = client.world().api().store();
        let Some(object) = store.get(key) else {
            return match seen {
                0 => Err(Status::not_found(key.kind, &key.name).into()),
                _ => Failure::usage("object has been deleted"),
            };
        };
        if object.version() != seen {
            seen = object.version();
            let (text, done) = progress(object, key)?;
            output.stdout.push_str(&text);
            if done || !watches {
                return Ok(());
            }
        }
        if left.is_zero() || !client.advance(LOOK) {
            return Failure::usage("timed out waiting for the condition");
        }
        left = left.saturating_sub(LOOK);
    }
}

fn progress(object: &Object, key: &ObjectKey) -> Result<Progress, Failure> {
    match object {
        Object::Deployment(deployment) => of_deployment(deployment),
        Object::DaemonSet(set) => of_daemon_set(set),
        Object::StatefulSet(set) => of_stateful_set(set),
        _ => {
            let qualified = targets::qualified_kind(key.kind);
            Failure::usage(format!(
                "no status viewer has been implemented for {qualified}"
            ))
        }
    }
}

/// polymorphichelpers: DeploymentStatusViewer.
fn of_deployment(deployment: &Deployment) -> Result<Progress, Failure> {
    let (name, status) = (deployment.name(), &deployment.status);
    let number = |count: Option<i32>| count.unwrap_or(0);
    if deployment.meta.generation > status.observed_generation {
        let text = "Waiting for deployment spec update to be observed...\n";
        return Ok((text.to_owned(), false));
    }
    let mut conditions = status.conditions.iter().flatten();
    if conditions.any(|one| one.reason.as_deref() == Some("ProgressDeadlineExceeded")) {
        return Failure::usage(format!(
            "deployment {name:?} exceeded its progress deadline"
        ));
    }
    let (updated, total) = (number(status.updated_replicas), number(status.replicas));
    let (available, wanted) = (
        number(status.available_replicas),
        deployment.spec.replicas.unwrap_or(1),
    );
    let why = if updated < wanted {
        format!("{updated} out of {wanted} new replicas have been updated")
    } else if total > updated {
        format!("{} old replicas are pending termination", total - updated)
    } else if available < updated {
        format!("{available} of {updated} updated replicas are available")
    } else {
        return Ok((
            format!("deployment {name:?} successfully rolled out\n"),
            true,
        ));
    };
    Ok((
        format!("Waiting for deployment {name:?} rollout to finish: {why}...\n"),
        false,
    ))
}

/// polymorphichelpers: DaemonSetStatusViewer.
fn of_daemon_set(set: &DaemonSet) -> Result<Progress, Failure> {
    let (name, status) = (set.name(), &set.status);
    let strategy = set.spec.update_strategy.as_ref();
    only_rolling(strategy.and_then(|one| one.type_.as_deref()))?;
    if set.meta.generation > status.observed_generation {
        let text = "Waiting for daemon set spec update to be observed...\n";
        return Ok((text.to_owned(), false));
    }
    let wanted = status.desired_number_scheduled;
    let updated = status.updated_number_scheduled.unwrap_or(0);
    let available = status.number_available.unwrap_or(0);
    let why = if updated < wanted {
        format!("{updated} out of {wanted} new pods have been updated")
    } else if available < wanted {
        format!("{available} of {wanted} updated pods are available")
    } else {
        return Ok((
            format!("daemon set {name:?} successfully rolled out\n"),
            true,
        ));
    };
    Ok((
        format!("Waiting for daemon set {name:?} rollout to finish: {why}...\n"),
        false,
    ))
}

/// polymorphichelpers: StatefulSetStatusViewer.
fn of_stateful_set(set: &StatefulSet) -> Result<Progress, Failure> {
    let (spec, status) = (&set.spec, &set.status);
    let strategy = spec.update_strategy.as_ref();
    only_rolling(strategy.and_then(|one| one.type_.as_deref()))?;
    if status.observed_generation.unwrap_or(0) == 0
        || set.meta.generation > status.observed_generation
    {
        let text = "Waiting for statefulset spec update to be observed...\n";
        return Ok((text.to_owned(), false));
    }
    let wanted = spec.replicas.unwrap_or(1);
    let ready = status.ready_replicas.unwrap_or(0);
    if ready < wanted {
        return Ok((
            format!("Waiting for {} pods to be ready...\n", wanted - ready),
            false,
        ));
    }
    let updated = status.updated_replicas.unwrap_or(0);
    let rolling = strategy.and_then(|one| one.rolling_update.as_ref());
    let Some(rolling) = rolling else {
        let (current, new) = (&status.current_revision, &status.update_revision);
        let revision = new.as_deref().unwrap_or_default();
        let text = if current == new {
            let current = status.current_replicas.unwrap_or(0);
            format!(
                "statefulset rolling update complete {current} pods at revision {revision}...\n"
            )
        } else {
            format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {revision}...\n"
            )
        };
        return Ok((text, current == new));
    };
    let share = wanted - rolling.partition.unwrap_or(0);
    if updated < share {
        let why = format!("{updated} out of {share} new pods have been updated");
        return Ok((
            format!("Waiting for partitioned roll out to finish: {why}...\n"),
            false,
        ));
    }
    let text = format!("partitioned roll out complete: {updated} new pods have been updated...\n");
    Ok((text, true))
}

fn only_rolling(strategy: Option<&str>) -> Result<(), Failure> {
    match strategy {
        Some("RollingUpdate") | None => Ok(()),
        Some(_) => {
            Failure::usage("rollout status is only available for RollingUpdate strategy type")
        }
    }
}

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The revisions of a Deployment, or the pod template of one.
pub(super) fn history(
    key: &ObjectKey,
    arguments: &Arguments,
    client: &impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let Object::Deployment(deployment) = targets::fetch(key, client)? else {
        let qualified = targets::qualified_kind(key.kind);
        return Failure::usage(format!(
            "no history viewer has been implemented for {qualified:?}"
        ));
    };
    let store = client.world().api().store();
    let sets = store
        .dependents(deployment.uid())
        .filter_map(Object::typed::<ReplicaSet>);
    let sets = sets.filter(|set| owner::is_controlled_by(&set.meta, deployment.uid()));
    let number = |set: &ReplicaSet| set.annotation(REVISION)?.parse::<u64>().ok();
    let sets = sets.filter_map(|set| Some((number(set)?, set)));
    let mut sets: Vec<(u64, &ReplicaSet)> = sets.collect();
    sets.sort_by_key(|(revision, _)| *revision);
    let label = targets::label(key);
    let Some(wanted) = arguments.get("revision").filter(|text| *text != "0") else {
        let mut text = format!("{label} \nREVISION  CHANGE-CAUSE\n");
        for (revision, set) in sets {
            let cause = set.annotation(CHANGE_CAUSE).unwrap_or("<none>");
            text.push_str(&format!("{revision:<10}{cause}\n"));
        }
        output.stdout.push_str(&format!("{text}\n"));
        return Ok(());
    };
    let Ok(revision) = wanted.parse::<u64>() else {
        return Failure::usage("revision must be a positive integer");
    };
    let Some((_, set)) = sets.iter().find(|(number, _)| *number == revision) else {
        return Failure::usage("unable to find the specified revision");
    };
    let mut template = set.spec.template.clone().unwrap_or_default();
    if let Some(cause) = set.annotation(CHANGE_CAUSE) {
        let annotations = &mut template.metadata.get_or_insert_default().annotations;
        annotations
            .get_or_insert_default()
            .insert(CHANGE_CAUSE.to_owned(), cause.to_owned());
    }
    let template = describe::template(&template);
    let text = format!("{label} with revision #{revision}\n{template}\n");
    output.stdout.push_str(&text);
    Ok(())
}
