//! Making room for a pod: the victims are marked and deleted, and less important claims to the node end.

use std::rc::Rc;

use crate::api::{ObjectKey, Pod, conditions};
use crate::apiserver::DeleteOptions;
use crate::cluster::timing::SCHEDULER_BINDING;
use crate::cluster::{Actor, Context, Event, Step};

use super::explanation::Nomination;
use super::pod_info::PodInfo;
use super::preemption::PREEMPTED;
use super::{Scheduler, Wake, profiles, report};

impl Scheduler {
    /// Notes what an attempt that failed does to the claim of its pod. The victims follow beside the next
    /// cycles (SchedulerAsyncPreemption).
    pub(super) fn nominate(
        &mut self,
        info: &Rc<PodInfo>,
        nomination: &Nomination,
        context: &mut Context,
    ) {
        match nomination {
            Nomination::Keep => {}
            Nomination::Clear => self.algorithm.nominations.remove(&info.key),
            Nomination::Of { node, victims } => {
                self.algorithm.nominations.put(node, info);
                self.queue.hold(&info.key, true);
                let evict = Wake::Evict {
                    pod: info.key.clone(),
                    node: Rc::clone(node),
                    victims: victims.clone(),
                };
                context.after(SCHEDULER_BINDING, Event::Scheduler(evict));
            }
        }
    }

    /// Evicts the victims. Until that is done the pod is not tried again.
    pub(super) fn evict(
        &mut self,
        pod: &ObjectKey,
        node: &str,
        victims: &[ObjectKey],
        context: &mut Context,
    ) {
        self.queue.hold(pod, false);
        let Some(preemptor) = context.api.get::<Pod>(&pod.namespace, &pod.name).cloned() else {
            return;
        };
        let priority = preemptor.spec.priority.unwrap_or(0);
        for waiting in self.algorithm.nominations.below(priority, node) {
            report::write_nomination(&waiting.key, None, context);
        }
        for key in victims {
            let victim = context.api.get::<Pod>(&key.namespace, &key.name).cloned();
            if let Some(victim) = victim.filter(|victim| !victim.is_deleting()) {
                context.step(step(&preemptor, &victim, node));
                delete(&victim, &preemptor, context);
                let message = format!("Preempted by pod {} on node {node}", preemptor.uid());
                let both = (&victim, Some(&preemptor));
                self.record(both, false, "Preempted", message, context);
            }
        }
    }
}

fn delete(victim: &Pod, preemptor: &Pod, context: &mut Context) {
    let scheduler = profiles::name(preemptor);
    let message = format!("{scheduler}: preempting to accommodate a higher priority pod");
    let now = context.api.clock().time(context.now);
    let generation = victim.meta.generation;
    let condition = conditions::disruption_target(PREEMPTED, message, generation, now);
    let (options, at) = (DeleteOptions::default(), context.moment());
    let deleted = context
        .api
        .mark_and_delete(victim.clone(), condition, &options, at);
    // The pod was read in this very moment, so nobody else can have changed it.
    debug_assert!(deleted.is_ok(), "{deleted:?}");
}

fn step(preemptor: &Pod, victim: &Pod, node: &str) -> Step {
    let priority = |pod: &Pod| pod.spec.priority.unwrap_or(0);
    let text = format!(
        "**{}** (priority {}) takes the room of {} (priority {}) on {node}",
        preemptor.name(),
        priority(preemptor),
        victim.name(),
        priority(victim),
    );
    Step::new(Actor::Scheduler, victim.key(), "preempted", text)
        .reading("spec.priority")
        .reading_of(preemptor.key(), "spec.priority")
}
