//! What the scheduler writes about a pod: its events, and the condition PodScheduled.

use crate::api::core::PodCondition;
use crate::api::{ObjectKey, Pod, Resource, conditions};
use crate::cluster::Context;
use crate::cluster::recorder::Occurrence;

use super::Scheduler;
use super::explanation::Nomination;
use super::profiles;

/// kube-scheduler cuts the note of its events here.
const MAX_NOTE_LENGTH: usize = 1_024;

impl Scheduler {
    /// Says that an attempt failed, and which node is going to take the pod: one event and one status write. The
    /// reason is `Unschedulable` where no node can take it, else `SchedulerError`.
    pub(super) fn report_failure(
        &mut self,
        pod: &Pod,
        reason: &'static str,
        message: &str,
        nomination: &Nomination,
        context: &mut Context,
    ) {
        let mut note = message.to_owned();
        if note.len() > MAX_NOTE_LENGTH {
            note.truncate(note.floor_char_boundary(MAX_NOTE_LENGTH - 4));
            note.push_str(" ...");
        }
        self.report(pod, "FailedScheduling", note, context);
        let condition = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            observed_generation: pod.meta.generation,
            last_transition_time: Some(context.api.clock().time(context.now)),
            ..Default::default()
        };
        let mut pod = pod.clone();
        let status = pod.status_mut();
        let mut changed = conditions::set_pod_condition(status, condition);
        let nominated = match nomination {
            Nomination::Keep => status.nominated_node_name.clone(),
            Nomination::Clear => None,
            Nomination::Of { node, .. } => Some(node.to_string()),
        };
        changed |= status.nominated_node_name != nominated;
        status.nominated_node_name = nominated;
        if changed {
            let written = context
                .api
                .update_status(&pod.into_object(), context.moment());
            // The pod was read in this very moment, so nobody else can have changed it.
            debug_assert!(written.is_ok(), "{written:?}");
        }
    }

    /// Records a warning.
    pub(super) fn report(
        &mut self,
        pod: &Pod,
        reason: &'static str,
        message: String,
        context: &mut Context,
    ) {
        self.record((pod, None), true, reason, message, context);
    }

    /// Records an event about a pod, and about the one that takes its place. The profile of the pod that is
    /// scheduled says it: every profile has a recorder of its own name.
    pub(super) fn record(
        &mut self,
        (pod, preemptor): (&Pod, Option<&Pod>),
        warning: bool,
        reason: &'static str,
        message: String,
        context: &mut Context,
    ) {
        let occurrence = Occurrence {
            about: &pod.clone().into_object(),
            field_path: None,
            warning,
            reason,
            message: message.into(),
        };
        let reporter = profiles::name(preemptor.unwrap_or(pod));
        let related = preemptor.map(|pod| pod.clone().into_object());
        let recorder = &mut self.recorder;
        recorder.record_series(&occurrence, reporter, related.as_ref(), context);
    }
}

/// Writes which node is going to take a pod, or that none is any more.
pub(super) fn write_nomination(key: &ObjectKey, node: Option<&str>, context: &mut Context) {
    if let Some(pod) = context.api.get::<Pod>(&key.namespace, &key.name) {
        let mut pod = pod.clone();
        pod.status_mut().nominated_node_name = node.map(str::to_owned);
        let _same_moment = context
            .api
            .update_status(&pod.into_object(), context.moment());
    }
}
