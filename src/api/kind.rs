//! The kinds of objects that the simulated API server stores.

/// A kind of object, with the facts of its REST resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `v1 Namespace`
    Namespace,
    /// `v1 Node`
    Node,
    /// `v1 ConfigMap`
    ConfigMap,
    /// `v1 Secret`
    Secret,
    /// `v1 Service`
    Service,
    /// `apps/v1 Deployment`
    Deployment,
    /// `apps/v1 ReplicaSet`
    ReplicaSet,
    /// `v1 Pod`
    Pod,
    /// `discovery.k8s.io/v1 EndpointSlice`
    EndpointSlice,
    /// `v1 Event`
    Event,
    /// `apps/v1 StatefulSet`
    StatefulSet,
    /// `apps/v1 DaemonSet`
    DaemonSet,
    /// `batch/v1 Job`
    Job,
    /// `batch/v1 CronJob`
    CronJob,
    /// `autoscaling/v2 HorizontalPodAutoscaler`
    HorizontalPodAutoscaler,
    /// `policy/v1 PodDisruptionBudget`
    PodDisruptionBudget,
    /// `scheduling.k8s.io/v1 PriorityClass`
    PriorityClass,
    /// `v1 LimitRange`
    LimitRange,
    /// `v1 ResourceQuota`
    ResourceQuota,
    /// `v1 PersistentVolumeClaim`
    PersistentVolumeClaim,
    /// `v1 PersistentVolume`
    PersistentVolume,
    /// `storage.k8s.io/v1 StorageClass`
    StorageClass,
    /// `v1 ServiceAccount`
    ServiceAccount,
}

/// What is fixed about a kind.
#[derive(Debug)]
pub struct KindInfo {
    /// The kind.
    pub kind: Kind,
    /// `kind` as written in manifests.
    pub name: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Resource name in URLs.
    pub plural: &'static str,
    /// Singular resource name.
    pub singular: &'static str,
    /// kubectl's short names.
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

const TABLE: &[KindInfo] = &[
    row(
        Kind::Namespace,
        "Namespace",
        "",
        "namespaces",
        &["ns"],
        false,
    ),
    row(Kind::Node, "Node", "", "nodes", &["no"], false),
    row(
        Kind::ConfigMap,
        "ConfigMap",
        "",
        "configmaps",
        &["cm"],
        true,
    ),
    row(Kind::Secret, "Secret", "", "secrets", &[], true),
    row(Kind::Service, "Service", "", "services", &["svc"], true),
    row(
        Kind::Deployment,
        "Deployment",
        "apps",
        "deployments",
        &["deploy"],
        true,
    ),
    row(
        Kind::ReplicaSet,
        "ReplicaSet",
        "apps",
        "replicasets",
        &["rs"],
        true,
    ),
    row(Kind::Pod, "Pod", "", "pods", &["po"], true),
    row(
        Kind::EndpointSlice,
        "EndpointSlice",
        "discovery.k8s.io",
        "endpointslices",
        &[],
        true,
    ),
    row(Kind::Event, "Event", "", "events", &["ev"], true),
    row(
        Kind::StatefulSet,
        "StatefulSet",
        "apps",
        "statefulsets",
        &["sts"],
        true,
    ),
    row(
        Kind::DaemonSet,
        "DaemonSet",
        "apps",
        "daemonsets",
        &["ds"],
        true,
    ),
    row(Kind::Job, "Job", "batch", "jobs", &[], true),
    row(Kind::CronJob, "CronJob", "batch", "cronjobs", &["cj"], true),
    KindInfo {
        version: "v2",
        ..row(
            Kind::HorizontalPodAutoscaler,
            "HorizontalPodAutoscaler",
            "autoscaling",
            "horizontalpodautoscalers",
            &["hpa"],
            true,
        )
    },
    row(
        Kind::PodDisruptionBudget,
        "PodDisruptionBudget",
        "policy",
        "poddisruptionbudgets",
        &["pdb"],
        true,
    ),
    row(
        Kind::PriorityClass,
        "PriorityClass",
        "scheduling.k8s.io",
        "priorityclasses",
        &["pc"],
        false,
    ),
    row(
        Kind::LimitRange,
        "LimitRange",
        "",
        "limitranges",
        &["limits"],
        true,
    ),
    row(
        Kind::ResourceQuota,
        "ResourceQuota",
        "",
        "resourcequotas",
        &["quota"],
        true,
    ),
    row(
        Kind::PersistentVolumeClaim,
        "PersistentVolumeClaim",
        "",
        "persistentvolumeclaims",
        &["pvc"],
        true,
    ),
    row(
        Kind::PersistentVolume,
        "PersistentVolume",
        "",
        "persistentvolumes",
        &["pv"],
        false,
    ),
    row(
        Kind::StorageClass,
        "StorageClass",
        "storage.k8s.io",
        "storageclasses",
        &["sc"],
        false,
    ),
    row(
        Kind::ServiceAccount,
        "ServiceAccount",
        "",
        "serviceaccounts",
        &["sa"],
        true,
    ),
];

const fn row(
    kind: Kind,
    name: &'static str,
    group: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    namespaced: bool,
) -> KindInfo {
    // The plurals here are the singular with one `s`, but for the classes.
    let ending = if name.len() + 2 == plural.len() { 2 } else { 1 };
    let (singular, _) = plural.split_at(plural.len() - ending);
    KindInfo {
        kind,
        name,
        group,
        version: "v1",
        plural,
        singular,
        short_names,
        namespaced,
    }
}

impl Kind {
    /// Every kind, in the order in which `kubectl get all`-like listings and the store keep them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|info| info.kind)
    }

    /// The fixed facts of this kind.
    #[must_use]
    pub fn info(self) -> &'static KindInfo {
        // The table lists every kind in the order of the enum (tested below).
        &TABLE[self as usize]
    }

    /// `kind` as written in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// `group/version`, or the version alone for the core group.
    #[must_use]
    pub fn api_version(self) -> String {
        let info = self.info();
        if info.group.is_empty() {
            info.version.to_owned()
        } else {
            format!("{}/{}", info.group, info.version)
        }
    }

    /// Whether objects of this kind live in a namespace.
    #[must_use]
    pub fn namespaced(self) -> bool {
        self.info().namespaced
    }

    /// The kind that a manifest's `apiVersion` and `kind` name.
    #[must_use]
    pub fn from_manifest(api_version: &str, kind: &str) -> Option<Self> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        TABLE
            .iter()
            .find(|info| info.name == kind && info.group == group && info.version == version)
            .map(|info| info.kind)
    }

    /// The kind that a kubectl resource argument names: `pods`, `pod`, `po`, `deployments.apps`, any case.
    #[must_use]
    pub fn from_resource(resource: &str) -> Option<Self> {
        let resource = resource.to_ascii_lowercase();
        let (name, group) = resource.split_once('.').unwrap_or((&resource, ""));
        TABLE
            .iter()
            .find(|info| {
                let named = info.plural == name
                    || info.singular == name
                    || info.short_names.contains(&name);
                named
                    && (group.is_empty()
                        || group == info.group
                        || group.strip_prefix("v1.") == Some(info.group))
            })
            .map(|info| info.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, info) in TABLE.iter().enumerate() {
            assert_eq!(info.kind as usize, index, "{}", info.name);
        }
    }

    #[test]
    fn resources_have_all_their_names() {
        for name in ["po", "pod", "pods", "Pods"] {
            assert_eq!(Kind::from_resource(name), Some(Kind::Pod));
        }
        assert_eq!(
            Kind::from_resource("deployments.apps"),
            Some(Kind::Deployment)
        );
        assert_eq!(
            Kind::from_resource("deploy.v1.apps"),
            Some(Kind::Deployment)
        );
        assert_eq!(Kind::from_resource("deployments.batch"), None);
        for name in ["sc", "storageclass", "storageclasses"] {
            assert_eq!(Kind::from_resource(name), Some(Kind::StorageClass));
        }
        assert_eq!(
            Kind::HorizontalPodAutoscaler.api_version(),
            "autoscaling/v2"
        );
        assert_eq!(
            Kind::from_manifest("apps/v1", "Deployment"),
            Some(Kind::Deployment)
        );
        assert_eq!(Kind::from_manifest("v1", "Deployment"), None);
        assert_eq!(Kind::Deployment.api_version(), "apps/v1");
    }
}
