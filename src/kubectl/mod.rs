//! kubectl: a command line in, what kubectl would print out.
//!
//! Commands talk to the cluster through [`Client`] only, so that whoever logs the run sees every request.

pub mod age;
mod commands;
mod containers;
pub mod describe;
mod flags;
pub mod get;
pub mod pod_status;
mod targets;
mod words;
pub mod yaml;

use crate::apiserver::{Reason, Status};
use crate::cluster::Client;

pub use flags::Arguments;
pub use pod_status::{PodColumns, pod_columns};

/// What a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// A command that failed before or at the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// kubectl's own complaint, without the leading `error: `.
    Usage(String),
    /// The API server's refusal.
    Server(Box<Status>),
    /// Several complaints, a line each.
    Several(Vec<String>),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Server(Box::new(status))
    }
}

impl Failure {
    fn usage<T>(text: impl Into<String>) -> Result<T, Self> {
        Err(Self::Usage(text.into()))
    }

    /// The line among those of several failures (cmd/util: `MultipleErrors`).
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Usage(text) => text.clone(),
            Self::Several(lines) => lines.join("\n"),
            Self::Server(status) if status.reason == Reason::Unknown => {
                format!("Error from server: {}", status.message)
            }
            Self::Server(status) => {
                let reason = status.reason.as_str();
                format!("Error from server ({reason}): {}", status.message)
            }
        }
    }

    /// The line on standard error (cmd/util: `CheckErr`).
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Usage(text) => format!("error: {text}\n"),
            Self::Server(status) if status.reason == Reason::Invalid => {
                // cmd/util: `The Pod "web" is invalid: …`, a list item per cause if there are several.
                let mut causes: Vec<String> = Vec::new();
                for cause in &status.causes {
                    let text = format!("{}: {}\n", cause.field, cause.message);
                    if !causes.contains(&text) {
                        causes.push(text);
                    }
                }
                let list = match causes.as_slice() {
                    [] => return format!("The {}\n", status.message),
                    [one] => one.clone(),
                    several => format!("\n* {}", several.join("* ")),
                };
                format!("The {} {:?} is invalid: {list}", status.kind, status.name)
            }
            Self::Server(_) | Self::Several(_) => self.line() + "\n",
        }
    }
}

/// Runs a command line without the leading `kubectl` (which is accepted), with `stdin` as standard input.
/// Objects without a namespace go to `default`.
pub fn run(command_line: &str, stdin: &str, client: &mut impl Client) -> Output {
    let arguments = match words::split(command_line) {
        Ok(words) => words,
        Err(unclosed) => return failed(&Failure::Usage(format!("unclosed {unclosed} quote"))),
    };
    run_words(&arguments, stdin, client)
}

/// Runs a command that is split into words already.
pub fn run_words(words: &[String], stdin: &str, client: &mut impl Client) -> Output {
    let words = match words {
        [first, rest @ ..] if first == "kubectl" => rest,
        words => words,
    };
    let mut output = Output::default();
    if let Err(failure) = commands::dispatch(words, stdin, client, &mut output) {
        output.stderr.push_str(&failure.text());
        output.code = 1;
    }
    output
}

/// Runs a command that only reads, on objects from anywhere.
pub fn read(words: &[String], objects: &impl get::Objects) -> Output {
    let mut output = Output::default();
    let result = match words {
        [verb, rest @ ..] if verb == "get" => Arguments::parse("get", rest, get::FLAGS)
            .and_then(|arguments| get::run(&arguments, objects, &mut output)),
        [verb, rest @ ..] if verb == "describe" => {
            Arguments::parse("describe", rest, describe::FLAGS)
                .and_then(|arguments| describe::run(&arguments, objects, &mut output))
        }
        [verb, ..] => Failure::usage(format!(
            "kubectl {verb} cannot be answered from objects alone"
        )),
        [] => Failure::usage("a command is required"),
    };
    if let Err(failure) = result {
        output.stderr.push_str(&failure.text());
        output.code = 1;
    }
    output
}

fn failed(failure: &Failure) -> Output {
    Output {
        stderr: failure.text(),
        code: 1,
        ..Output::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{ClusterConfig, World};

    const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  \
        selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      \
        containers: [{name: main, image: 'nginx:1'}]\n";

    /// Runs each command in one cluster that holds the Deployment `web` and checks all that it prints.
    fn check(rows: &[(&str, &str)]) {
        let mut world = World::new(&ClusterConfig::default());
        let applied = run("apply -f -", WEB, &mut world);
        assert_eq!(
            (applied.stdout.as_str(), applied.stderr.as_str()),
            ("deployment.apps/web created\n", "")
        );
        for (line, expect) in rows {
            let output = run(line, "", &mut world);
            assert_eq!(output.stdout + &output.stderr, *expect, "kubectl {line}");
        }
    }

    #[test]
    fn every_workload_kind_is_applied() {
        let template = "template: {metadata: {labels: {app: a}}, spec: {restartPolicy: RESTART, containers: \
            [{name: main, image: 'nginx:1'}]}}";
        let running = format!(
            "selector: {{matchLabels: {{app: a}}}}, {}",
            template.replace("RESTART", "Always")
        );
        let ending = template.replace("RESTART", "Never");
        let rows = [
            (
                "apps/v1",
                "StatefulSet",
                running.clone()
                    + ", volumeClaimTemplates: [{metadata: {name: data}, spec: \
                {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}}]",
                "replicas: 2",
            ),
            ("apps/v1", "DaemonSet", running, "minReadySeconds: 2"),
            ("batch/v1", "Job", ending.clone(), "parallelism: 2"),
            (
                "batch/v1",
                "CronJob",
                format!("schedule: '@daily', jobTemplate: {{spec: {{{ending}}}}}"),
                "suspend: true",
            ),
            (
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, \
                kind: Deployment, name: web}"
                    .to_owned(),
                "minReplicas: 2",
            ),
            (
                "policy/v1",
                "PodDisruptionBudget",
                "maxUnavailable: 1".to_owned(),
                "selector: {}",
            ),
        ];
        let mut world = World::new(&ClusterConfig::default());
        for (api_version, kind, spec, more) in rows {
            let text = |more: &str| {
                format!(
                    "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{{spec}{more}}}\n"
                )
            };
            // To kubectl the list of claims is one value, in which the server has put its defaults.
            let again = match kind {
                "StatefulSet" => "configured",
                _ => "unchanged",
            };
            for (more, expect) in [
                ("", "created"),
                ("", again),
                (&format!(", {more}"), "configured"),
            ] {
                let output = run("apply -f -", &text(more), &mut world);
                let (group, _) = api_version.split_once('/').unwrap();
                let name = format!("{}.{group}/a", kind.to_lowercase());
                assert_eq!(
                    output.stdout + &output.stderr,
                    format!("{name} {expect}\n"),
                    "{}",
                    text(more)
                );
            }
        }
        for (line, expect) in [
            ("scale sts a --replicas=3", "statefulset.apps/a scaled\n"),
            (
                "scale job a --replicas=2",
                "Error from server (NotFound): the server could not find the requested resource\n",
            ),
            (
                "set image cj/a main=nginx:2",
                "cronjob.batch/a image updated\n",
            ),
            (
                "set image sts/a main=nginx:2",
                "statefulset.apps/a image updated\n",
            ),
            (
                "patch sts a -p '{\"spec\":{\"serviceName\":\"b\"}}'",
                "The StatefulSet \"a\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \
                 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', \
                 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden\n",
            ),
            (
                "delete pdb a",
                "poddisruptionbudget.policy \"a\" deleted from default namespace\n",
            ),
            (
                "delete hpa,cronjob a --wait=false",
                "horizontalpodautoscaler.autoscaling \"a\" deleted from default \
                namespace\ncronjob.batch \"a\" deleted from default namespace\n",
            ),
        ] {
            let output = run(line, "", &mut world);
            assert_eq!(output.stdout + &output.stderr, expect, "kubectl {line}");
        }
    }

    #[test]
    fn workloads_are_changed_in_kubectls_words() {
        check(&[
            (
                "scale deployment web --replicas=3",
                "deployment.apps/web scaled\n",
            ),
            (
                "scale deployment web --current-replicas=2 --replicas=4",
                "error: Expected replicas to be 2, was 3\n",
            ),
            (
                "scale deploy/nosuch --replicas=2",
                "Error from server (NotFound): deployments.apps \"nosuch\" not found\n",
            ),
            (
                "scale cm x --replicas=1",
                "Error from server (NotFound): configmaps \"x\" not found\n",
            ),
            (
                "set image deployment/web main=nginx:2",
                "deployment.apps/web image updated\n",
            ),
            ("set image deployment/web main=nginx:2", ""),
            (
                "set image deployment/web nosuch=nginx",
                "error: unable to find container named \"nosuch\"\n",
            ),
            (
                "rollout pause deployment/web",
                "deployment.apps/web paused\n",
            ),
            (
                "rollout pause deployment/web",
                "error: deployments.apps \"web\" is already paused\n",
            ),
            (
                "rollout resume deployment/web",
                "deployment.apps/web resumed\n",
            ),
            (
                "rollout undo deployment/web",
                "error: no rollout history found for deployment \"web\"\n",
            ),
            (
                "delete deployment web --wait=false",
                "deployment.apps \"web\" deleted from default namespace\n",
            ),
            (
                "delete deployment web",
                "Error from server (NotFound): deployments.apps \"web\" not found\n",
            ),
        ]);
    }

    #[test]
    fn labels_are_set_removed_and_guarded() {
        check(&[
            ("label deploy web env=prod", "deployment.apps/web labeled\n"),
            (
                "label deploy web env=dev",
                "error: 'env' already has a value (prod), and --overwrite is false\n",
            ),
            (
                "label deploy web env=dev --overwrite",
                "deployment.apps/web labeled\n",
            ),
            (
                "label deploy web env=dev",
                "deployment.apps/web not labeled\n",
            ),
            (
                "label deploy web nosuch-",
                "label \"nosuch\" not found.\ndeployment.apps/web not labeled\n",
            ),
            (
                "label deploy web x=1 env-",
                "deployment.apps/web modified\n",
            ),
            ("label deploy --all x-", "deployment.apps/web unlabeled\n"),
            (
                "label deploy web",
                "error: at least one label update is required\n",
            ),
            (
                "label deploy web k=1 k-",
                "error: can not both modify and remove a label in the same command\n",
            ),
            (
                "annotate deploy web note='hello world'",
                "deployment.apps/web annotated\n",
            ),
            (
                "annotate deploy web note=x",
                "error: --overwrite is false but found the following declared annotation(s): \
                 'note' already has a value (hello world)\n",
            ),
        ]);
    }

    #[test]
    fn other_commands_answer_as_kubectl_does() {
        check(&[
            (
                "create configmap settings --from-literal=mode=fast",
                "configmap/settings created\n",
            ),
            (
                "create configmap settings",
                "Error from server (AlreadyExists): configmaps \"settings\" already exists\n",
            ),
            (
                "patch cm settings -p '{\"data\":{\"a\":\"b\"}}'",
                "configmap/settings patched\n",
            ),
            (
                "patch cm settings -p '{\"data\":{\"a\":\"b\"}}'",
                "configmap/settings patched (no change)\n",
            ),
            ("delete cm,deploy -l app=web", ""),
            (
                "frobnicate",
                "error: unknown command \"frobnicate\" for \"kubectl\"\n",
            ),
            ("delete 'x", "error: unclosed ' quote\n"),
            (
                "cordon node-9",
                "Error from server (NotFound): nodes \"node-9\" not found\n",
            ),
            (
                "delete pods",
                "error: resource(s) were provided, but no name was specified\n",
            ),
        ]);
    }
}
