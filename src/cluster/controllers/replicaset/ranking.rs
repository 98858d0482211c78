//! Which pods go first when a ReplicaSet shrinks.

use crate::kernel::{OrderedMap, OrderedSet};
use std::cmp::Ordering;

use crate::api::meta::Time;
use crate::api::{Pod, ReplicaSet, selector};
use crate::apiserver::Clock;
use crate::cluster::Context;
use crate::cluster::controllers::pods;
use crate::kernel::SimTime;

/// A pod that goes, and why it goes before others.
#[derive(Debug)]
pub struct Chosen {
    /// The pod.
    pub pod: Pod,
    /// The reason in words.
    pub why: &'static str,
    /// The field of the pod that decided, if one did.
    pub field: Option<&'static str>,
}

/// Chooses `count` of the pods of a set.
pub fn choose(set: &ReplicaSet, active: &[Pod], count: usize, context: &Context) -> Vec<Chosen> {
    let clock = context.api.clock();
    let mut ranked: Vec<Ranked> = {
        let crowd = pods_per_node(set, context);
        let rank = |pod: &Pod| crowd.get(node_of(pod)).copied().unwrap_or(0);
        active
            .iter()
            .map(|pod| Ranked::new(pod, rank(pod), clock, context.now))
            .collect()
    };
    if count < active.len() {
        ranked.sort_by(|one, other| compare(one, other).0);
    }
    let stays = ranked.get(count);
    let chosen = ranked.iter().take(count).map(|goes| {
        let (why, field) =
            stays.map_or(("all of its pods go", None), |stays| compare(goes, stays).1);
        Chosen {
            pod: goes.pod.clone(),
            why,
            field,
        }
    });
    chosen.collect()
}

/// A pod with what the comparison asks.
struct Ranked<'a> {
    pod: &'a Pod,
    ready: bool,
    deletion_cost: i32,
    /// How many pods of the same controller run on its node.
    crowd: usize,
    /// log2 of the nanoseconds since it became ready.
    ready_age: Option<i64>,
    ready_since: Option<&'a Time>,
    restarts: (i32, i32),
    /// log2 of the nanoseconds since it was created.
    age: i64,
}

impl<'a> Ranked<'a> {
    fn new(pod: &'a Pod, crowd: usize, clock: &Clock, now: SimTime) -> Self {
        let ready_since = crate::api::conditions::pod_condition(&pod.status, "Ready")
            .filter(|ready| ready.status == "True")
            .and_then(|ready| ready.last_transition_time.as_ref());
        let age = |time: &Time| log2_nanos(clock.unix_micros(now) - time.0.as_microsecond());
        let cost = pod.annotation("controller.kubernetes.io/pod-deletion-cost");
        Self {
            pod,
            ready: pods::is_ready(pod),
            deletion_cost: cost.and_then(|cost| cost.parse().ok()).unwrap_or(0),
            crowd,
            ready_age: ready_since.map(age),
            ready_since,
            restarts: restarts(pod),
            age: pod.meta.creation_timestamp.as_ref().map_or(-1, age),
        }
    }
}

type Why = (&'static str, Option<&'static str>);

/// controller: ActivePodsWithRanks. `Less` means: goes first.
fn compare(one: &Ranked, other: &Ranked) -> (Ordering, Why) {
    let unassigned = |ranked: &Ranked| !node_of(ranked.pod).is_empty();
    let phase = |ranked: &Ranked| match ranked.pod.status.phase.as_deref() {
        Some("Running") => 2,
        Some("Unknown") => 1,
        _ => 0,
    };
    let times = [one, other].map(|ranked| ranked.ready_since);
    // Ages count by their order of magnitude only, and the uid breaks ties: that spreads the
    // deletions over time (LogarithmicScaleDown).
    let by_uid = || one.pod.uid().cmp(other.pod.uid());
    let by_ready_age = || match (one.ready_age, other.ready_age) {
        (Some(a), Some(b)) if times[0] != times[1] => a.cmp(&b).then_with(by_uid),
        _ => Ordering::Equal,
    };
    let by_age = || {
        if one.pod.meta.creation_timestamp == other.pod.meta.creation_timestamp {
            Ordering::Equal
        } else {
            one.age.cmp(&other.age).then_with(by_uid)
        }
    };
    let rules: [(Ordering, Why); 7] = [
        (
            unassigned(one).cmp(&unassigned(other)),
            ("it has no node yet", Some("spec.nodeName")),
        ),
        (
            phase(one).cmp(&phase(other)),
            ("it does not run yet", Some("status.phase")),
        ),
        (
            one.ready.cmp(&other.ready),
            ("it is not ready", Some("status.conditions")),
        ),
        (
            one.deletion_cost.cmp(&other.deletion_cost),
            ("its deletion cost is lower", Some("metadata.annotations")),
        ),
        (
            other.crowd.cmp(&one.crowd),
            ("its node has more pods of this kind", Some("spec.nodeName")),
        ),
        (
            by_ready_age(),
            ("it became ready later", Some("status.conditions")),
        ),
        (
            other.restarts.cmp(&one.restarts),
            ("it restarted more often", Some("status.containerStatuses")),
        ),
    ];
    for (ordering, why) in rules {
        if ordering != Ordering::Equal {
            return (ordering, why);
        }
    }
    (
        by_age(),
        (
            "it is as good as the others, and younger or picked by its uid",
            None,
        ),
    )
}

/// How many active pods each node has of all ReplicaSets with the same controller.
fn pods_per_node(set: &ReplicaSet, context: &Context) -> OrderedMap<String, usize> {
    let siblings: Vec<&ReplicaSet> = match set.controller() {
        None => vec![set],
        Some(owner) => context
            .api
            .list::<ReplicaSet>(Some(set.namespace()))
            .filter(|other| other.controller().is_some_and(|of| of.uid == owner.uid))
            .collect(),
    };
    let mut seen = OrderedSet::new();
    let mut crowd = OrderedMap::new();
    for sibling in siblings {
        for pod in context.api.list::<Pod>(Some(set.namespace())) {
            let selected = selector::matches(&sibling.spec.selector, pod.meta.labels.as_ref());
            if selected && pods::is_active(pod) && seen.insert(pod.uid()) {
                *crowd.entry(node_of(pod).to_owned()).or_insert(0) += 1;
            }
        }
    }
    crowd
}

fn node_of(pod: &Pod) -> &str {
    pod.spec.node_name.as_deref().unwrap_or_default()
}

/// The most restarts of a container, and of a sidecar.
fn restarts(pod: &Pod) -> (i32, i32) {
    let containers = pod.status.container_statuses.iter().flatten();
    let regular = containers.map(|status| status.restart_count).max();
    let is_sidecar = |name: &str| {
        let mut init = pod.spec.init_containers.iter().flatten();
        init.any(|c| c.name == name && c.restart_policy.as_deref() == Some("Always"))
    };
    let sidecar = pod
        .status
        .init_container_statuses
        .iter()
        .flatten()
        .filter(|status| is_sidecar(&status.name))
        .map(|status| status.restart_count)
        .max();
    (regular.unwrap_or(0), sidecar.unwrap_or(0))
}

/// The whole part of log2 of a duration's nanoseconds; -1 for none.
fn log2_nanos(micros: i64) -> i64 {
    let nanos = i128::from(micros) * 1_000;
    if nanos > 0 {
        i64::from(nanos.ilog2())
    } else {
        -1
    }
}
