//! [`Object`]: an object of any kind, and its JSON.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::codec::{self, Codec};
use super::meta::ObjectMeta;
use super::typed::{Resource, Typed};
use super::{
    Kind, ObjectKey, apps, batch, core, discovery, json_text, policy, scheduling, storage,
};

macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident: $layout:ident<$spec:ty, $status:ty>,)*) => {
        $($(#[$doc])* pub type $name = Typed<$spec, $status>;)*

        /// An object of any kind. Cloning it copies three reference counts.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object { $(#[allow(missing_docs)] $name($name),)* }

        $(objects!(@resource $layout $name);)*

        impl Object {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name,)* }
            }

            /// Its metadata.
            #[must_use]
            pub fn meta(&self) -> &Rc<ObjectMeta> {
                match self { $(Self::$name(typed) => &typed.meta,)* }
            }

            /// Its metadata to change; copied first if shared.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Self::$name(typed) => Rc::make_mut(&mut typed.meta),)* }
            }

            /// Its resource version; 0 before it is stored.
            #[must_use]
            pub fn version(&self) -> u64 {
                match self { $(Self::$name(typed) => typed.version,)* }
            }

            /// Sets the resource version.
            pub fn set_version(&mut self, version: u64) {
                match self { $(Self::$name(typed) => typed.version = version,)* }
            }

            /// Takes the status from another object of the same kind; other kinds are left alone.
            pub fn copy_status(&mut self, from: &Self) {
                match (self, from) {
                    $((Self::$name(to), Self::$name(from)) => to.status = Rc::clone(&from.status),)*
                    _ => {}
                }
            }

            /// Takes the spec (or body) from another object of the same kind; other kinds are left alone.
            pub fn copy_spec(&mut self, from: &Self) {
                match (self, from) {
                    $((Self::$name(to), Self::$name(from)) => to.spec = Rc::clone(&from.spec),)*
                    _ => {}
                }
            }

            /// Whether both have equal specs (or bodies).
            #[must_use]
            pub fn same_spec(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => Rc::ptr_eq(&a.spec, &b.spec) || a.spec == b.spec,)*
                    _ => false,
                }
            }

            /// Whether both share one spec in memory, so that nothing can differ.
            #[must_use]
            pub fn shares_spec(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => Rc::ptr_eq(&a.spec, &b.spec),)*
                    _ => false,
                }
            }

            /// Whether both have equal statuses.
            #[must_use]
            pub fn same_status(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => Rc::ptr_eq(&a.status, &b.status) || a.status == b.status,)*
                    _ => false,
                }
            }

            /// The JSON that the API server would send. Maps are sorted by key.
            #[must_use]
            pub fn to_json(&self) -> Value {
                let mut json = match self { $(Self::$name(typed) => objects!(@to_json $layout typed),)* };
                json["apiVersion"] = self.kind().api_version().into();
                json["kind"] = self.kind().name().into();
                let mut meta = codec::to_json(self.meta().as_ref());
                if self.version() != 0 {
                    meta["resourceVersion"] = self.version().to_string().into();
                }
                json["metadata"] = meta;
                if self.kind() == Kind::StatefulSet {
                    name_claims(&mut json);
                }
                if matches!(self.kind(), Kind::Pod | Kind::Job | Kind::PersistentVolumeClaim) {
                    tell_no_probe_time(&mut json);
                }
                json
            }

            /// Reads JSON of the kind that its `apiVersion` and `kind` name. Unknown fields are ignored:
            /// strict decoding is the manifest reader's work.
            ///
            /// # Errors
            /// An unknown kind, or a field of the wrong type, with its place.
            pub fn from_json(mut json: Value) -> Result<Self, String> {
                let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
                let (api_version, kind) = (text("apiVersion"), text("kind"));
                let Some(kind) = Kind::from_manifest(&api_version, &kind) else {
                    return Err(format!("no matches for kind {kind:?} in version {api_version:?}"));
                };
                tell_empty_selector(&mut json);
                let mut meta: ObjectMeta = decode(json["metadata"].take())?;
                let version = meta.resource_version.take().and_then(|text| text.parse().ok()).unwrap_or(0);
                let mut object = match kind {
                    $(Kind::$name => Self::$name(objects!(@from_json $layout json meta $spec, $status)),)*
                };
                object.set_version(version);
                Ok(object)
            }
        }
    };
    // Kinds that are kept as JSON are one type in Rust, which cannot tell its kind.
    (@resource json $name:ident) => {};
    (@resource $layout:ident $name:ident) => {
        impl Resource for $name {
            const KIND: Kind = Kind::$name;

            fn from_object(object: &Object) -> Option<&Self> {
                match object { Object::$name(typed) => Some(typed), _ => None }
            }

            fn into_object(self) -> Object {
                Object::$name(self)
            }
        }
    };
    (@to_json split $typed:ident) => {
        json!({"spec": codec::to_json($typed.spec.as_ref()), "status": codec::to_json($typed.status.as_ref())})
    };
    (@to_json spec $typed:ident) => { json!({"spec": codec::to_json($typed.spec.as_ref())}) };
    (@to_json flat $typed:ident) => { codec::to_json($typed.spec.as_ref()) };
    (@to_json json $typed:ident) => { json_body(&$typed.spec, &$typed.status) };
    (@from_json split $json:ident $meta:ident $spec:ty, $status:ty) => {
        Typed::new($meta, decode::<$spec>($json["spec"].take())?, decode::<$status>($json["status"].take())?)
    };
    (@from_json spec $json:ident $meta:ident $spec:ty, $status:ty) => {
        Typed::new($meta, decode::<$spec>($json["spec"].take())?, ())
    };
    (@from_json json $json:ident $meta:ident $spec:ty, $status:ty) => {
        Typed::new($meta, part_of_json(&mut $json, "spec")?, part_of_json(&mut $json, "status")?)
    };
    (@from_json flat $json:ident $meta:ident $spec:ty, $status:ty) => {
        { $json["metadata"] = json!({}); Typed::new($meta, decode::<$spec>($json)?, ()) }
    };
}

objects! {
    /// A namespace.
    Namespace: split<core::NamespaceSpec, core::NamespaceStatus>,
    /// A node.
    Node: split<core::NodeSpec, core::NodeStatus>,
    /// A config map.
    ConfigMap: flat<core::ConfigMap, ()>,
    /// A secret.
    Secret: flat<core::Secret, ()>,
    /// A service.
    Service: split<core::ServiceSpec, core::ServiceStatus>,
    /// A deployment.
    Deployment: split<apps::DeploymentSpec, apps::DeploymentStatus>,
    /// A replica set.
    ReplicaSet: split<apps::ReplicaSetSpec, apps::ReplicaSetStatus>,
    /// A pod.
    Pod: split<core::PodSpec, core::PodStatus>,
    /// An endpoint slice.
    EndpointSlice: flat<discovery::EndpointSlice, ()>,
    /// An event.
    Event: flat<core::Event, ()>,
    /// A stateful set.
    StatefulSet: split<apps::StatefulSetSpec, apps::StatefulSetStatus>,
    /// A daemon set.
    DaemonSet: split<apps::DaemonSetSpec, apps::DaemonSetStatus>,
    /// A job.
    Job: split<batch::JobSpec, batch::JobStatus>,
    /// A cron job.
    CronJob: split<batch::CronJobSpec, batch::CronJobStatus>,
    /// A horizontal pod autoscaler. Its spec and status stay JSON: only the front door reads them, and the
    /// code of their many types would be in every download.
    HorizontalPodAutoscaler: json<Value, Value>,
    /// A pod disruption budget.
    PodDisruptionBudget: split<policy::PodDisruptionBudgetSpec, policy::PodDisruptionBudgetStatus>,
    /// A priority class.
    PriorityClass: flat<scheduling::PriorityClass, ()>,
    /// A limit range.
    LimitRange: spec<core::LimitRangeSpec, ()>,
    /// A resource quota.
    ResourceQuota: split<core::ResourceQuotaSpec, core::ResourceQuotaStatus>,
    /// A claim of a persistent volume.
    PersistentVolumeClaim: split<core::PersistentVolumeClaimSpec, core::PersistentVolumeClaimStatus>,
    /// A persistent volume. Its spec and status stay JSON, as those of an autoscaler: its source is one of
    /// two dozen types.
    PersistentVolume: json<Value, Value>,
    /// A storage class.
    StorageClass: flat<storage::StorageClass, ()>,
    /// A service account.
    ServiceAccount: flat<core::ServiceAccount, ()>,
}

impl Object {
    /// Where it lives.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind(), self.namespace(), self.name())
    }

    /// The name; empty while the object waits for a generated one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }

    /// The namespace; empty for cluster-scoped kinds.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta().namespace.as_deref().unwrap_or_default()
    }

    /// The uid; empty before the object is stored.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    /// The typed object inside, if it is an `R`.
    #[must_use]
    pub fn typed<R: Resource>(&self) -> Option<&R> {
        R::from_object(self)
    }
}

/// A typed workload cannot lack its selector; so one that is there and empty gets an empty map, by which
/// validation can tell it from none.
fn tell_empty_selector(json: &mut Value) {
    let selector = json.pointer("/spec/selector").and_then(Value::as_object);
    if selector.is_some_and(Map::is_empty) && json["apiVersion"] == "apps/v1" {
        json["spec"]["selector"]["matchLabels"] = json!({});
    }
}

/// Go cannot leave out a time that is a struct: a condition that was never probed says so.
fn tell_no_probe_time(json: &mut Value) {
    let conditions = json.pointer_mut("/status/conditions");
    let conditions = conditions.and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        if let Some(fields) = condition.as_object_mut() {
            fields.entry("lastProbeTime").or_insert(Value::Null);
        }
    }
}

/// Go writes the claims inside a stateful set as objects of their own.
fn name_claims(json: &mut Value) {
    let claims = json.pointer_mut("/spec/volumeClaimTemplates");
    for claim in claims.and_then(Value::as_array_mut).into_iter().flatten() {
        claim["apiVersion"] = "v1".into();
        claim["kind"] = "PersistentVolumeClaim".into();
    }
}

/// The JSON of an object that is kept as JSON.
fn json_body(spec: &Value, status: &Value) -> Value {
    json!({"spec": spec, "status": status})
}

/// `spec` or `status` of an object that is kept as JSON; an empty map if there is none. A field that is null
/// is a field that is absent, as when Go reads it.
fn part_of_json(json: &mut Value, field: &str) -> Result<Value, String> {
    let mut part = json[field].take();
    drop_nulls(&mut part);
    match part {
        Value::Null => Ok(Value::Object(Map::new())),
        Value::Object(_) => Ok(part),
        other => {
            let other = json_text::text(&other);
            Err(format!("invalid type: {other}, expected {field}"))
        }
    }
}

fn drop_nulls(json: &mut Value) {
    match json {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// A part of an object from its JSON.
///
/// # Errors
/// The place of a field of the wrong type, and the type that was expected there.
pub fn decode<T: Codec>(part: Value) -> Result<T, String> {
    codec::decode(part).map_err(|mismatch| mismatch.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: Value) {
        let object = Object::from_json(manifest.clone()).unwrap();
        let mut out = object.to_json();
        out.as_object_mut()
            .unwrap()
            .retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
        assert_eq!(out, manifest);
    }

    #[test]
    fn json_round_trips() {
        check(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default", "resourceVersion": "7"},
            "spec": {"containers": [{"name": "main", "image": "nginx"}]},
            "status": {"phase": "Running"},
        }));
        check(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "default"}, "data": {"mode": "fast"},
        }));
        check(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
        }));
    }

    #[test]
    fn unknown_kinds_are_refused_in_the_servers_words() {
        let error =
            Object::from_json(json!({"apiVersion": "v1", "kind": "Deployment"})).unwrap_err();
        assert_eq!(error, r#"no matches for kind "Deployment" in version "v1""#);
    }
}
