//! `kubectl rollout`: pause, resume, restart and undo; status and history stand in `progress`.

use crate::api::timestamp;
use serde_json::{Value, json};

use crate::api::{Deployment, Object, ReplicaSet, owner};
use crate::apiserver::PatchType;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, switch, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

use super::progress;

pub(super) const FLAGS: &[Flag] = &[
    value("to-revision", None),
    value("revision", None),
    value("timeout", None),
    switch("watch", Some('w')),
    value("selector", Some('l')),
];

/// The annotation in which the deployment controller counts revisions.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label by which a ReplicaSet's template differs from the Deployment's.
const POD_TEMPLATE_HASH: &str = "pod-template-hash";

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let [what, words @ ..] = arguments.words.as_slice() else {
        return Failure::usage(
            "a rollout command is required: history, pause, restart, resume, status, undo",
        );
    };
    let act: Act = match what.as_str() {
        "pause" => pause,
        "resume" => resume,
        "restart" => restart,
        "undo" => undo,
        "history" | "status" => {
            if words.is_empty() {
                return Failure::usage("required resource not specified");
            }
            for key in targets::resolve(words, arguments, client)? {
                match what.as_str() {
                    "status" => progress::status(&key, arguments, client, output)?,
                    _ => progress::history(&key, arguments, client, output)?,
                }
            }
            return Ok(());
        }
        _ => {
            return Failure::usage(format!(
                "unknown command \"{}\"\nSee 'kubectl rollout -h' for help and examples",
                arguments.words.join(" ")
            ));
        }
    };
    for key in targets::resolve(words, arguments, client)? {
        let Object::Deployment(deployment) = targets::fetch(&key, client)? else {
            return Failure::usage(format!(
                "{} {what}: not supported for this resource",
                targets::label(&key)
            ));
        };
        let Change {
            patch_type,
            patch,
            did,
        } = act(&deployment, arguments, &*client)?;
        if let Some(patch) = patch {
            let request = Request::Patch {
                key: key.clone(),
                subresource: String::new(),
                patch_type,
                patch,
            };
            client.request(request)?;
        }
        output
            .stdout
            .push_str(&format!("{} {did}\n", targets::label(&key)));
    }
    Ok(())
}

type Act = fn(&Deployment, &Arguments, &dyn ClientView) -> Result<Change, Failure>;

/// What to patch, and what to say then.
struct Change {
    patch_type: PatchType,
    patch: Option<Value>,
    did: String,
}

impl Change {
    fn strategic(patch: Value, did: &str) -> Result<Self, Failure> {
        Ok(Self {
            patch_type: PatchType::Strategic,
            patch: Some(patch),
            did: did.to_owned(),
        })
    }
}

fn refused(deployment: &Deployment, why: &str) -> Result<Change, Failure> {
    Failure::usage(format!("deployments.apps \"{}\" {why}", deployment.name()))
}

fn pause(deployment: &Deployment, _: &Arguments, _: &dyn ClientView) -> Result<Change, Failure> {
    if deployment.spec.paused == Some(true) {
        return refused(deployment, "is already paused");
    }
    Change::strategic(json!({"spec": {"paused": true}}), "paused")
}

fn resume(deployment: &Deployment, _: &Arguments, _: &dyn ClientView) -> Result<Change, Failure> {
    if deployment.spec.paused != Some(true) {
        return refused(deployment, "is not paused");
    }
    Change::strategic(json!({"spec": {"paused": null}}), "resumed")
}

fn restart(
    deployment: &Deployment,
    _: &Arguments,
    client: &dyn ClientView,
) -> Result<Change, Failure> {
    if deployment.spec.paused == Some(true) {
        return refused(
            deployment,
            "can't restart paused deployment (run rollout resume first)",
        );
    }
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": client.timestamp()});
    let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
    Change::strategic(patch, "restarted")
}

/// polymorphichelpers/rollback: the template of the wanted revision without its hash label replaces
/// the Deployment's; the revision before the newest is wanted unless one is named.
fn undo(
    deployment: &Deployment,
    arguments: &Arguments,
    client: &dyn ClientView,
) -> Result<Change, Failure> {
    if deployment.spec.paused == Some(true) {
        let name = deployment.name();
        return Failure::usage(format!(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume \
             deployment/{name}' and try again"
        ));
    }
    let mut sets = client.replica_sets(deployment);
    sets.sort_by_key(revision);
    let wanted = match arguments.get("to-revision").unwrap_or("0").parse::<u64>() {
        Ok(0) => {
            let Some(previous) = sets.len().checked_sub(2).and_then(|index| sets.get(index)) else {
                return Failure::usage(format!(
                    "no rollout history found for deployment \"{}\"",
                    deployment.name()
                ));
            };
            previous
        }
        Ok(number) => match sets.iter().find(|set| revision(set) == number) {
            Some(set) => set,
            None => {
                return Failure::usage(format!(
                    "unable to find specified revision {number} in history"
                ));
            }
        },
        Err(_) => return Failure::usage("revision number should be a positive integer"),
    };
    let mut template = json!(wanted.spec.template);
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove(POD_TEMPLATE_HASH);
    }
    if template == json!(deployment.spec.template) {
        let did = format!(
            "skipped rollback (current template already matches revision {})",
            revision(wanted)
        );
        return Ok(Change {
            patch_type: PatchType::Json,
            patch: None,
            did,
        });
    }
    let patch = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
    Ok(Change {
        patch_type: PatchType::Json,
        patch: Some(patch),
        did: "rolled back".to_owned(),
    })
}

fn revision(set: &ReplicaSet) -> u64 {
    set.annotation(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// What the subcommands read of the cluster.
trait ClientView {
    /// Now, as RFC 3339 with seconds.
    fn timestamp(&self) -> String;
    /// The ReplicaSets that a Deployment controls.
    fn replica_sets(&self, deployment: &Deployment) -> Vec<ReplicaSet>;
}

impl<C: Client> ClientView for C {
    fn timestamp(&self) -> String {
        let world = self.world();
        timestamp::text(world.api().clock().time(world.now()).0)
    }

    fn replica_sets(&self, deployment: &Deployment) -> Vec<ReplicaSet> {
        let dependents = self.world().api().store().dependents(deployment.uid());
        let sets = dependents.filter_map(Object::typed::<ReplicaSet>);
        sets.filter(|set| owner::is_controlled_by(&set.meta, deployment.uid()))
            .cloned()
            .collect()
    }
}
