//! The resize subresource of pods: new requests and limits for pods and containers that go on running.

use crate::api::core::{Container, PodSpec, ResourceRequirements};
use crate::api::quantity::{milli_value, value};
use crate::api::{Kind, Node, Object, Pod};

use super::{ApiServer, Moment, Status, admission, defaults, validation};

impl ApiServer {
    /// Replaces the resources of a pod and its containers: PUT …/resize. Whatever else differs is dropped.
    ///
    /// # Errors
    /// NotFound and Conflict as for [`ApiServer::update`]; Invalid, also where the class of service
    /// would change; Forbidden for requests beyond the node's allocatable.
    pub(super) fn resize(&mut self, mut object: Object, at: Moment) -> Result<Object, Status> {
        let old = self.current(&object)?;
        defaults::apply(&mut object);
        let (Object::Pod(new), Object::Pod(before)) = (&mut object, &old) else {
            return Err(Status::not_found(object.kind(), object.name()));
        };
        let asked = std::rc::Rc::clone(&new.spec);
        *new = before.clone();
        let spec = new.spec_mut();
        if !take_resources(&mut spec.containers, &asked.containers)
            || !take_resources(
                spec.init_containers.as_deref_mut().unwrap_or_default(),
                asked.init_containers.as_deref().unwrap_or_default(),
            )
        {
            // Validation says what is wrong with the lists.
            *spec = (*asked).clone();
        }
        spec.resources.clone_from(&asked.resources);
        if spec == &*before.spec {
            return Ok(old);
        }
        let problems = validation::on_resize(new, before);
        if !problems.is_empty() {
            return Err(Status::invalid(Kind::Pod, object.name(), problems));
        }
        self.fits_node(new)?;
        let now = self.clock.time(at.now);
        let charged = admission::validate_resize(&object, &old, self, &now)?;
        self.charge(charged, at);
        let generation = before.meta.generation.unwrap_or(0) + 1;
        object.meta_mut().generation = Some(generation);
        Ok(self.write(object, &old, at))
    }

    /// Admission: the pod alone must fit its node.
    fn fits_node(&self, pod: &Pod) -> Result<(), Status> {
        let Some(node) = &pod.spec.node_name else {
            return Ok(());
        };
        let forbidden = |why: &str| Err(Status::forbidden(Kind::Pod, pod.name(), why));
        let Some(node) = self.get::<Node>("", node) else {
            return forbidden(&format!("node {node:?} not found"));
        };
        let allocatable = node.status.allocatable.as_ref();
        let short = ["cpu", "memory"].into_iter().filter_map(|name| {
            let allocatable = allocatable.and_then(|list| list.get(name));
            let allocatable = allocatable.map_or(0, |one| amount(name, one));
            let requested = requested(&pod.spec, name);
            (requested > allocatable)
                .then(|| format!("{name}, requested: {requested}, allocatable: {allocatable}"))
        });
        let short: Vec<String> = short.collect();
        if short.is_empty() {
            return Ok(());
        }
        let what = "node didn't have enough allocatable resources";
        forbidden(&format!("{what}: {}", short.join("; ")))
    }
}

/// Copies the resources of containers of the same names; false if the lists do not match.
fn take_resources(containers: &mut [Container], from: &[Container]) -> bool {
    let same = containers.len() == from.len()
        && containers.iter().zip(from).all(|(a, b)| a.name == b.name);
    if same {
        for (container, from) in containers.iter_mut().zip(from) {
            container.resources.clone_from(&from.resources);
            container.resize_policy.clone_from(&from.resize_policy);
        }
    }
    same
}

/// Millicores of CPU, bytes of memory.
fn amount(name: &str, quantity: &crate::api::Quantity) -> i128 {
    match name {
        "cpu" => milli_value(quantity),
        _ => value(quantity),
    }
    .unwrap_or(0)
}

/// What a pod requests: as a whole if it says so, else its containers and sidecars, or an init container with the sidecars before it.
fn requested(spec: &PodSpec, name: &str) -> i128 {
    let asked = |resources: Option<&ResourceRequirements>| {
        Some(amount(name, resources?.requests.as_ref()?.get(name)?))
    };
    if let Some(whole) = asked(spec.resources.as_ref()) {
        return whole;
    }
    let of = |container: &Container| asked(container.resources.as_ref());
    let (mut sidecars, mut largest) = (0, 0);
    for container in spec.init_containers.iter().flatten() {
        let own = of(container).unwrap_or(0);
        largest = largest.max(sidecars + own);
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars += own;
        }
    }
    let apps: i128 = spec.containers.iter().filter_map(of).sum();
    largest.max(apps + sidecars)
}

#[cfg(test)]
mod tests {
    use crate::api::ObjectKey;
    use crate::apiserver::PatchType;
    use crate::apiserver::test_server::{AT, server};
    use serde_json::{Value, json};

    use super::*;

    fn create(server: &mut ApiServer, json: Value) {
        server.create(Object::from_json(json).unwrap(), AT).unwrap();
    }

    fn check(patch: Value, expect: &str) {
        let mut server = server();
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
        create(&mut server, node);
        let status = json!({"status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}});
        let key = ObjectKey::new(Kind::Node, "", "n");
        server
            .patch(&key, "status", PatchType::Merge, &status, AT)
            .unwrap();
        let resources =
            json!({"requests": {"cpu": "500m", "memory": "64Mi"}, "limits": {"cpu": "1"}});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {
            "nodeName": "n", "containers": [{"name": "a", "image": "nginx", "resources": resources}]}});
        create(&mut server, pod);
        let key = ObjectKey::new(Kind::Pod, "default", "p");
        let patch = json!({"spec": {"containers": [patch]}});
        let answer = server.patch(&key, "resize", PatchType::Strategic, &patch, AT);
        let text = match answer {
            Ok(Object::Pod(pod)) => format!(
                "{} {} {}",
                pod.meta.generation.unwrap_or(0),
                serde_json::to_string(&pod.spec.containers[0].resources).unwrap(),
                pod.spec.containers[0].image.as_deref().unwrap_or_default()
            ),
            Ok(_) => "not a pod".to_owned(),
            Err(status) => status.message,
        };
        assert_eq!(text, expect);
    }

    #[test]
    fn resources_change_and_nothing_else() {
        check(
            json!({"name": "a", "image": "other", "resources": {"requests": {"cpu": "750m"}}}),
            r#"2 {"limits":{"cpu":"1"},"requests":{"cpu":"750m","memory":"64Mi"}} nginx"#,
        );
    }

    #[test]
    fn a_pods_own_resources_change_too() {
        let change = |patch: Value| {
            let mut server = server();
            let whole =
                json!({"requests": {"cpu": "1", "memory": "64Mi"}, "limits": {"memory": "128Mi"}});
            let pod = json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "p", "namespace": "default"},
                "spec": {"resources": whole, "containers": [{"name": "a", "image": "nginx", "resources": {"requests": {"cpu": "100m"}}}]}});
            create(&mut server, pod);
            let key = ObjectKey::new(Kind::Pod, "default", "p");
            let patch = json!({"spec": {"resources": patch}});
            match server.patch(&key, "resize", PatchType::Strategic, &patch, AT) {
                Ok(Object::Pod(pod)) => serde_json::to_string(&pod.spec.resources).unwrap(),
                Ok(_) => "not a pod".to_owned(),
                Err(status) => status.message,
            }
        };
        assert_eq!(
            change(json!({"limits": {"memory": "256Mi"}})),
            r#"{"limits":{"memory":"256Mi"},"requests":{"cpu":"1","memory":"64Mi"}}"#
        );
        let refused =
            |field: &str, why: &str| format!("Pod \"p\" is invalid: {field}: Forbidden: {why}");
        assert_eq!(
            change(json!(null)),
            refused("spec.resources", "pod-level resources cannot be removed")
        );
        assert_eq!(
            change(json!({"limits": {"memory": null}})),
            refused(
                "spec.resources.limits",
                "pod-level resource limits cannot be removed"
            )
        );
        assert_eq!(
            change(
                json!({"limits": {"hugepages-2Mi": "2Mi"}, "requests": {"hugepages-2Mi": "2Mi"}})
            ),
            refused(
                "spec",
                "only cpu and memory resources are mutable at pod-level"
            )
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        check(
            json!({"name": "a", "resources": {"requests": {"cpu": "5"}, "limits": {"cpu": "6"}}}),
            "pods \"p\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000",
        );
        check(
            json!({"name": "a", "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "64Mi"}}}),
            "Pod \"p\" is invalid: spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing",
        );
        check(
            json!({"name": "a", "resources": {"limits": {"cpu": null}}}),
            "Pod \"p\" is invalid: spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
        );
        check(
            json!({"name": "b", "image": "busybox"}),
            "Pod \"p\" is invalid: spec.containers: Forbidden: containers may not be added or removed on resize",
        );
    }
}
