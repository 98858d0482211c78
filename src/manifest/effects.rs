//! What is accepted without effect: the one table of fields that the API server takes and that change
//! nothing in the simulation.
//!
//! Everything that is not listed here does what it does in a real cluster. The editor shows a note at such
//! fields, the app shows the whole table, and so does `podarium fields`.

use super::diagnostic::Diagnostic;
use super::schema::{self, Form, Shape, Type};
use super::tree::{Entry, Node, Resolved, Value};

/// A field that is accepted without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEffect {
    /// The type that has the field: `PodSpec`.
    pub type_name: &'static str,
    /// The field.
    pub field: &'static str,
    /// What is missing, in a few words.
    pub why: &'static str,
}

const fn row(type_name: &'static str, field: &'static str, why: &'static str) -> NoEffect {
    NoEffect {
        type_name,
        field,
        why,
    }
}

const SECURITY: &str = "processes are simulated without Linux security";
const WINDOWS: &str = "every node runs Linux";
const SCHEDULING: &str = "the scheduler does not look at it yet";
const MODES: &str = "files have no permissions here";
const STORAGE: &str =
    "volumes of this type are not simulated; the pod runs as if it were an empty folder";
const LOAD_BALANCER: &str = "there is no load balancer outside the cluster";

const CONTROLLER: &str =
    "its controller is not simulated yet: the object is checked and stored, and nothing follows";
const STORED: &str = "the object is checked and stored, and nothing looks at it yet";
const PROGRAM: &str = "the scheduler is no program of its own here";
const ARGUMENT: &str = "the plugin runs with its default";

/// The table, by type and field.
pub const TABLE: &[NoEffect] = &[
    row("KubeSchedulerConfiguration", "clientConnection", PROGRAM),
    row(
        "KubeSchedulerConfiguration",
        "delayCacheUntilActive",
        PROGRAM,
    ),
    row(
        "KubeSchedulerConfiguration",
        "enableContentionProfiling",
        PROGRAM,
    ),
    row("KubeSchedulerConfiguration", "enableProfiling", PROGRAM),
    row("KubeSchedulerConfiguration", "extenders", PROGRAM),
    row("KubeSchedulerConfiguration", "leaderElection", PROGRAM),
    row("KubeSchedulerConfiguration", "parallelism", PROGRAM),
    row(
        "KubeSchedulerConfiguration",
        "podInitialBackoffSeconds",
        "pods wait 1 s at first",
    ),
    row(
        "KubeSchedulerConfiguration",
        "podMaxBackoffSeconds",
        "pods wait 10 s at most",
    ),
    row(
        "DefaultPreemptionArgs",
        "minCandidateNodesAbsolute",
        ARGUMENT,
    ),
    row(
        "DefaultPreemptionArgs",
        "minCandidateNodesPercentage",
        ARGUMENT,
    ),
    row(
        "InterPodAffinityArgs",
        "ignorePreferredTermsOfExistingPods",
        ARGUMENT,
    ),
    row("NodeResourcesBalancedAllocationArgs", "resources", ARGUMENT),
    row("NodeResourcesFitArgs", "ignoredResourceGroups", ARGUMENT),
    row("NodeResourcesFitArgs", "ignoredResources", ARGUMENT),
    row("VolumeBindingArgs", "bindTimeoutSeconds", ARGUMENT),
    row("VolumeBindingArgs", "shape", ARGUMENT),
    row("PodSpec", "resourceClaims", "devices are not simulated"),
    row("PodSpec", "schedulingGroup", SCHEDULING),
    row("PodSpec", "hostIPC", "processes do not share memory"),
    row(
        "PodSpec",
        "hostPID",
        "processes of the node are not simulated",
    ),
    row("PodSpec", "hostUsers", SECURITY),
    row(
        "PodSpec",
        "imagePullSecrets",
        "the registry asks nobody who they are",
    ),
    row("PodSpec", "os", WINDOWS),
    row(
        "Container",
        "volumeDevices",
        "block devices are not simulated",
    ),
    row("Container", "tty", "nobody sits at the terminal"),
    row("PodSecurityContext", "appArmorProfile", SECURITY),
    row("PodSecurityContext", "fsGroup", SECURITY),
    row("PodSecurityContext", "fsGroupChangePolicy", SECURITY),
    row("PodSecurityContext", "seLinuxChangePolicy", SECURITY),
    row("PodSecurityContext", "seLinuxOptions", SECURITY),
    row("PodSecurityContext", "seccompProfile", SECURITY),
    row("PodSecurityContext", "supplementalGroups", SECURITY),
    row("PodSecurityContext", "supplementalGroupsPolicy", SECURITY),
    row("PodSecurityContext", "sysctls", SECURITY),
    row("PodSecurityContext", "windowsOptions", WINDOWS),
    row("SecurityContext", "allowPrivilegeEscalation", SECURITY),
    row("SecurityContext", "appArmorProfile", SECURITY),
    row("SecurityContext", "capabilities", SECURITY),
    row("SecurityContext", "privileged", SECURITY),
    row("SecurityContext", "procMount", SECURITY),
    row("SecurityContext", "seLinuxOptions", SECURITY),
    row("SecurityContext", "seccompProfile", SECURITY),
    row("SecurityContext", "windowsOptions", WINDOWS),
    row(
        "VolumeMount",
        "mountPropagation",
        "mounts do not spread between containers and node",
    ),
    row(
        "VolumeMount",
        "recursiveReadOnly",
        "volumes hold no mounts of their own",
    ),
    row("Volume", "csi", STORAGE),
    row("Volume", "ephemeral", STORAGE),
    row("Volume", "image", STORAGE),
    row("Volume", "iscsi", STORAGE),
    row("Volume", "nfs", STORAGE),
    row("Volume", "fc", STORAGE),
    row(
        "Volume",
        "persistentVolumeClaim",
        "the pod waits for the claim and goes where its volume can be mounted; there it finds an empty folder",
    ),
    row(
        "ServiceSpec",
        "allocateLoadBalancerNodePorts",
        LOAD_BALANCER,
    ),
    row("ServiceSpec", "externalIPs", LOAD_BALANCER),
    row("ServiceSpec", "externalTrafficPolicy", LOAD_BALANCER),
    row("ServiceSpec", "healthCheckNodePort", LOAD_BALANCER),
    row("ServiceSpec", "loadBalancerClass", LOAD_BALANCER),
    row("ServiceSpec", "loadBalancerIP", LOAD_BALANCER),
    row("ServiceSpec", "loadBalancerSourceRanges", LOAD_BALANCER),
    row(
        "ServiceSpec",
        "sessionAffinity",
        "requests go to endpoints in turn",
    ),
    row(
        "ServiceSpec",
        "sessionAffinityConfig",
        "requests go to endpoints in turn",
    ),
    row(
        "ServiceSpec",
        "trafficDistribution",
        "requests go to endpoints in turn",
    ),
    row(
        "ServiceSpec",
        "internalTrafficPolicy",
        "requests go to endpoints in turn",
    ),
    row("Volume", "awsElasticBlockStore", STORAGE),
    row("Volume", "azureDisk", STORAGE),
    row("Volume", "azureFile", STORAGE),
    row("Volume", "cephfs", STORAGE),
    row("Volume", "cinder", STORAGE),
    row("Volume", "flexVolume", STORAGE),
    row("Volume", "flocker", STORAGE),
    row("Volume", "gcePersistentDisk", STORAGE),
    row("Volume", "gitRepo", STORAGE),
    row("Volume", "glusterfs", STORAGE),
    row("Volume", "photonPersistentDisk", STORAGE),
    row("Volume", "portworxVolume", STORAGE),
    row("Volume", "quobyte", STORAGE),
    row("Volume", "rbd", STORAGE),
    row("Volume", "scaleIO", STORAGE),
    row("Volume", "storageos", STORAGE),
    row("Volume", "vsphereVolume", STORAGE),
    row("PodSecurityContext", "runAsGroup", SECURITY),
    row("SecurityContext", "runAsGroup", SECURITY),
    row("Container", "stdinOnce", "nobody sits at the terminal"),
    row(
        "EmptyDirVolumeSource",
        "medium",
        "a folder in memory behaves like any other",
    ),
    row("KeyToPath", "mode", MODES),
    row("DownwardAPIVolumeFile", "mode", MODES),
    row("ConfigMapVolumeSource", "defaultMode", MODES),
    row("SecretVolumeSource", "defaultMode", MODES),
    row("DownwardAPIVolumeSource", "defaultMode", MODES),
    row("ProjectedVolumeSource", "defaultMode", MODES),
    row(
        "EnvVarSource",
        "fileKeyRef",
        "variables are not read from files yet",
    ),
    row(
        "ConfigMap",
        "binaryData",
        "binary data is not put into volumes yet",
    ),
    row(
        "ServiceAccountTokenProjection",
        "audience",
        "tokens are never checked",
    ),
    row(
        "ServicePort",
        "nodePort",
        "nobody connects from outside the cluster",
    ),
    row("NodeSpec", "configSource", "nodes come from no cloud"),
    row("NodeSpec", "externalID", "nodes come from no cloud"),
    row("NodeSpec", "providerID", "nodes come from no cloud"),
    row(
        "VolumeMount",
        "subPathExpr",
        "variables in it are not expanded yet",
    ),
    row("HTTPGetAction", "host", "the pod itself is asked"),
    row("TCPSocketAction", "host", "the pod itself is asked"),
    row("StatefulSet", "spec", CONTROLLER),
    row("Job", "spec", CONTROLLER),
    row("CronJob", "spec", CONTROLLER),
    row("HorizontalPodAutoscaler", "spec", CONTROLLER),
    row(
        "PodDisruptionBudgetSpec",
        "unhealthyPodEvictionPolicy",
        "there is no eviction by request yet",
    ),
    row(
        "DaemonSetSpec",
        "revisionHistoryLimit",
        "there are no ControllerRevisions yet",
    ),
    row(
        "StorageClass",
        "provisioner",
        "one made-up provisioner makes the volumes of every class",
    ),
    row("ServiceAccount", "secrets", STORED),
];

/// Adds a note for every field of a document that is accepted without effect.
pub(super) fn notes(root: &Node, root_type: &'static Type, diagnostics: &mut Vec<Diagnostic>) {
    visit(root, root_type, diagnostics);
}

fn visit(node: &Node, of_type: &'static Type, diagnostics: &mut Vec<Diagnostic>) {
    let Value::Mapping(entries) = &node.value else {
        return;
    };
    for entry in entries {
        let Some(field) = of_type.field(&entry.key) else {
            continue;
        };
        match find(of_type.name, field.name).filter(|_| says_something(entry)) {
            Some(found) => {
                let message = format!("Accepted, without effect here: {}", found.why);
                diagnostics.push(Diagnostic::note(
                    "no-effect",
                    message,
                    entry.key_span.clone(),
                ));
            }
            None => descend(&entry.value, field.shape, diagnostics),
        }
    }
}

fn descend(node: &Node, shape: Shape, diagnostics: &mut Vec<Diagnostic>) {
    match (shape.form(), &node.value) {
        (Form::Object(name), _) => {
            if let Some(of_type) = schema::find(name) {
                visit(node, of_type, diagnostics);
            }
        }
        (Form::Array(item), Value::Sequence(items)) => {
            items
                .iter()
                .for_each(|node| descend(node, item, diagnostics));
        }
        (Form::Map(value), Value::Mapping(entries)) => {
            entries
                .iter()
                .for_each(|entry| descend(&entry.value, value, diagnostics));
        }
        _ => {}
    }
}

/// The row for a field, if it is accepted without effect.
#[must_use]
pub fn find(type_name: &str, field: &str) -> Option<&'static NoEffect> {
    TABLE
        .iter()
        .find(|row| row.type_name == type_name && row.field == field)
}

/// Whether the value asks for something: `false`, null and empty lists and maps do not.
fn says_something(entry: &Entry) -> bool {
    match &entry.value.value {
        Value::Scalar(scalar) => !matches!(scalar.resolved, Resolved::Null | Resolved::Bool(false)),
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(entries) => !entries.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_field_of_the_schema_once() {
        for (index, row) in TABLE.iter().enumerate() {
            let known = schema::find(row.type_name).and_then(|of_type| of_type.field(row.field));
            // The scheduler's configuration is no object of the API; `manifest/scheduler.rs` tells of its fields.
            let of_scheduler =
                row.type_name == "KubeSchedulerConfiguration" || row.type_name.ends_with("Args");
            let name = format!("{}.{}", row.type_name, row.field);
            assert!(known.is_some() != of_scheduler, "{name}");
            assert_eq!(
                find(row.type_name, row.field),
                TABLE.get(index),
                "listed twice"
            );
        }
    }

    #[test]
    fn notes_stand_at_the_key_of_what_was_asked_for() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {}\n  template:\n    \
            spec:\n      hostPID: true\n      hostIPC: false\n      containers:\n      - name: c\n        \
            securityContext: {privileged: true}\n";
        let notes: Vec<&str> = super::super::read(text)
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == "no-effect")
            .map(|diagnostic| &text[diagnostic.span.clone()])
            .collect();
        assert_eq!(notes, ["hostPID", "privileged"]);
    }
}
