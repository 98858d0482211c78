//! Creating missing pods and deleting those that are too many.

use crate::api::owner::controller_reference;
use crate::api::{Pod, ReplicaSet, Resource};
use crate::apiserver::{DeleteOptions, Reason, Status};
use crate::cluster::controllers::{pods, record, warn};
use crate::cluster::{Actor, Context, Recorder, Step};

use super::{NAME, ranking};

/// At most this many pods are created or deleted in one sync.
const BURST_REPLICAS: usize = 500;

/// So many pods are created in one event; the burst goes on in the next, at the same moment, so that nobody who
/// watches the run has to wait for all of them.
const PART: u32 = 10;

/// Why the set could not be brought to its size.
#[derive(Debug)]
pub struct Failure {
    /// `FailedCreate` or `FailedDelete`.
    pub reason: &'static str,
    /// The API server's answer.
    pub status: Status,
    /// The message of the condition ReplicaFailure.
    pub message: String,
}

/// Brings the number of active pods to `spec.replicas`. `burst` is how many pods are still to be created of the burst
/// that is under way.
pub fn manage(
    set: &ReplicaSet,
    active: &[Pod],
    burst: &mut u32,
    recorder: &mut Recorder,
    context: &mut Context,
) -> Result<(), Failure> {
    let wanted = usize::try_from(set.spec.replicas.unwrap_or(1)).unwrap_or(0);
    if active.len() < wanted {
        let missing = (wanted - active.len()).min(BURST_REPLICAS);
        if *burst == 0 {
            note(set, active.len(), wanted, "creates", missing, context);
        }
        let all = match *burst {
            0 => missing,
            left => missing.min(left as usize),
        };
        // At most `BURST_REPLICAS`.
        *burst = all as u32;
        create_part(set, burst, recorder, context)
    } else if active.len() > wanted {
        let surplus = (active.len() - wanted).min(BURST_REPLICAS);
        note(set, active.len(), wanted, "deletes", surplus, context);
        delete(set, active, surplus, recorder, context)
    } else {
        Ok(())
    }
}

/// Creates the next pods of a burst; `burst` is then how many are left.
pub fn create_part(
    set: &ReplicaSet,
    burst: &mut u32,
    recorder: &mut Recorder,
    context: &mut Context,
) -> Result<(), Failure> {
    let count = (*burst).min(PART);
    *burst -= count;
    create(set, count, recorder, context)
}

/// Whether a part of a burst that is under way is neither its first nor its last: only those look at all pods.
pub const fn is_amid(burst: u32) -> bool {
    burst > PART
}

fn note(
    set: &ReplicaSet,
    active: usize,
    wanted: usize,
    does: &str,
    count: usize,
    context: &mut Context,
) {
    let text = format!(
        "{} has {active} of {wanted} wanted pods and {does} **{count}**",
        set.name()
    );
    let code = if active < wanted {
        "scaled-up"
    } else {
        "scaled-down"
    };
    let step = Step::new(Actor::Controller(NAME), set.key(), code, text).reading("spec.replicas");
    context.step(step);
}

/// Creates pods in batches of 1, 2, 4 …; a batch with a failure is the last, so that a quota that
/// refuses them all is not asked hundreds of times.
fn create(
    set: &ReplicaSet,
    count: u32,
    recorder: &mut Recorder,
    context: &mut Context,
) -> Result<(), Failure> {
    let about = set.clone().into_object();
    let (mut left, mut batch) = (count, 1);
    while left > 0 {
        let size = batch.min(left);
        let mut failure = None;
        for _ in 0..size {
            let owner = controller_reference(set);
            let template = set.spec.template.as_ref();
            let Some(pod) =
                template.map(|template| pods::from_template(template, set.namespace(), owner))
            else {
                return Ok(());
            };
            match context.api.create(pod.into_object(), context.moment()) {
                Ok(pod) => {
                    let message = format!("Created pod: {}", pod.name());
                    record(recorder, &about, "SuccessfulCreate", message, context);
                }
                Err(status) if is_namespace_terminating(&status) => {}
                Err(status) => {
                    let message = format!("Error creating: {}", status.message);
                    warn(recorder, &about, "FailedCreate", message, context);
                    failure.get_or_insert(status);
                }
            }
        }
        if let Some(status) = failure {
            return Err(Failure {
                reason: "FailedCreate",
                message: status.message.clone(),
                status,
            });
        }
        left -= size;
        batch *= 2;
    }
    Ok(())
}

/// NamespaceLifecycle's refusal: nothing can be created any more, so there is nothing to retry.
fn is_namespace_terminating(status: &Status) -> bool {
    status.reason == Reason::Forbidden && status.message.ends_with("because it is being terminated")
}

fn delete(
    set: &ReplicaSet,
    active: &[Pod],
    count: usize,
    recorder: &mut Recorder,
    context: &mut Context,
) -> Result<(), Failure> {
    let about = set.clone().into_object();
    let mut failure = None;
    for chosen in ranking::choose(set, active, count, context) {
        let pod = &chosen.pod;
        let text = format!("{} deletes **{}**: {}", set.name(), pod.name(), chosen.why);
        let mut step = Step::new(Actor::Controller(NAME), pod.key(), "pod-deleted", text);
        step = step.reading_of(set.key(), "spec.replicas");
        if let Some(field) = chosen.field {
            step = step.reading(field);
        }
        context.step(step);
        let options = DeleteOptions::default();
        match context.api.delete(&pod.key(), &options, context.moment()) {
            Ok(_) => {
                let message = format!("Deleted pod: {}", pod.name());
                record(recorder, &about, "SuccessfulDelete", message, context);
            }
            Err(status) if status.reason == Reason::NotFound => {}
            Err(status) => {
                let message = format!("Error deleting: {}", status.message);
                warn(recorder, &about, "FailedDelete", message, context);
                failure.get_or_insert(status);
            }
        }
    }
    match failure {
        None => Ok(()),
        Some(status) => Err(Failure {
            reason: "FailedDelete",
            message: format!("unable to delete pods: {}", status.message),
            status,
        }),
    }
}
