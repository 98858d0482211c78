//! Amounts of resources, and what a pod requests of them.

use crate::kernel::OrderedMap;

use crate::api::Quantity;
use crate::api::core::{Container, PodSpec};
use crate::api::quantity::{milli_value, value};

/// The request that LeastAllocated assumes for a container without one, so that pods without
/// requests spread too: a tenth of a core …
const DEFAULT_CPU_MILLIS: i64 = 100;
/// … and 200 MiB.
const DEFAULT_MEMORY_BYTES: i64 = 200 << 20;

/// Amounts of CPU, memory and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_millis: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of local storage.
    pub ephemeral_bytes: i64,
    /// Extended resources and huge pages, by name, in whole units.
    pub other: OrderedMap<String, i64>,
}

type Amounts = std::collections::BTreeMap<String, Quantity>;

impl Resources {
    /// Reads a resource list. Invalid quantities, which validation refuses, count as nothing.
    #[must_use]
    pub fn from_list(list: Option<&Amounts>) -> Self {
        let mut resources = Self::default();
        for (name, quantity) in list.into_iter().flatten() {
            let whole = || clamp(value(quantity).unwrap_or(0));
            match name.as_str() {
                "cpu" => resources.cpu_millis = clamp(milli_value(quantity).unwrap_or(0)),
                "memory" => resources.memory_bytes = whole(),
                "ephemeral-storage" => resources.ephemeral_bytes = whole(),
                "pods" => {}
                _ => {
                    resources.other.insert(name.clone(), whole());
                }
            }
        }
        resources
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.cpu_millis == 0
            && self.memory_bytes == 0
            && self.ephemeral_bytes == 0
            && self.other.values().all(|amount| *amount == 0)
    }

    /// The amount of an extended resource; 0 if there is none.
    #[must_use]
    pub fn other(&self, name: &str) -> i64 {
        self.other.get(name).copied().unwrap_or(0)
    }

    /// Adds `more`.
    pub fn add(&mut self, more: &Self) {
        self.combine(more, i64::saturating_add);
    }

    /// Takes `less` away.
    pub fn subtract(&mut self, less: &Self) {
        self.combine(less, i64::saturating_sub);
    }

    /// Raises every amount to at least that of `least`.
    pub fn raise_to(&mut self, least: &Self) {
        self.combine(least, i64::max);
    }

    fn combine(&mut self, with: &Self, with_amount: fn(i64, i64) -> i64) {
        self.cpu_millis = with_amount(self.cpu_millis, with.cpu_millis);
        self.memory_bytes = with_amount(self.memory_bytes, with.memory_bytes);
        self.ephemeral_bytes = with_amount(self.ephemeral_bytes, with.ephemeral_bytes);
        for (name, amount) in &with.other {
            let own = self.other.entry(name.clone()).or_insert(0);
            *own = with_amount(*own, *amount);
        }
    }
}

fn clamp(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// What a pod requests: the sum of its containers and sidecars, or the largest init container with
/// the sidecars started before it, whichever is more; plus the overhead. Requests of the pod as a
/// whole replace those of its containers.
#[must_use]
pub fn pod_requests(spec: &PodSpec) -> Resources {
    aggregate(spec, container_requests)
}

/// The same, with a tenth of a core and 200 MiB for containers that request none
/// (util/pod_resources: `GetNonzeroRequests`).
#[must_use]
pub fn pod_requests_or_default(spec: &PodSpec) -> Resources {
    aggregate(spec, |container| {
        let requests = container
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        let missing = |name| !requests.is_some_and(|list| list.contains_key(name));
        let mut resources = Resources::from_list(requests);
        if missing("cpu") {
            resources.cpu_millis = DEFAULT_CPU_MILLIS;
        }
        if missing("memory") {
            resources.memory_bytes = DEFAULT_MEMORY_BYTES;
        }
        resources
    })
}

fn container_requests(container: &Container) -> Resources {
    let resources = container.resources.as_ref();
    Resources::from_list(resources.and_then(|resources| resources.requests.as_ref()))
}

fn aggregate(spec: &PodSpec, requests_of: impl Fn(&Container) -> Resources) -> Resources {
    let mut running = Resources::default();
    for container in &spec.containers {
        running.add(&requests_of(container));
    }
    let mut sidecars = Resources::default();
    let mut starting = Resources::default();
    for container in spec.init_containers.iter().flatten() {
        let requests = requests_of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            running.add(&requests);
            sidecars.add(&requests);
            starting.raise_to(&sidecars);
        } else {
            let mut alone = requests;
            alone.add(&sidecars);
            starting.raise_to(&alone);
        }
    }
    running.raise_to(&starting);
    if let Some(whole) = spec.resources.as_ref().and_then(|r| r.requests.as_ref()) {
        let of_pod = Resources::from_list(Some(whole));
        if whole.contains_key("cpu") {
            running.cpu_millis = of_pod.cpu_millis;
        }
        if whole.contains_key("memory") {
            running.memory_bytes = of_pod.memory_bytes;
        }
        running.other.extend(of_pod.other);
    }
    running.add(&Resources::from_list(spec.overhead.as_ref()));
    running
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(spec: Value, cpu_millis: i64, memory_bytes: i64) {
        let parsed: PodSpec = serde_json::from_value(spec.clone()).unwrap();
        let requests = pod_requests(&parsed);
        assert_eq!(
            (requests.cpu_millis, requests.memory_bytes),
            (cpu_millis, memory_bytes),
            "{spec}"
        );
    }

    fn container(cpu: &str) -> Value {
        json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Ki"}}})
    }

    fn sidecar(cpu: &str) -> Value {
        let mut sidecar = container(cpu);
        sidecar["restartPolicy"] = "Always".into();
        sidecar
    }

    #[test]
    fn sums_containers_and_takes_the_largest_init_container() {
        check(json!({"containers": [{"name": "c"}]}), 0, 0);
        check(
            json!({"containers": [container("1"), container("500m")]}),
            1_500,
            2_048,
        );
        check(
            json!({"containers": [container("1")], "initContainers": [container("3"), container("2")]}),
            3_000,
            1_024,
        );
        // The second init container runs beside the sidecar, the first does not.
        check(
            json!({"containers": [container("1")], "initContainers": [container("3"), sidecar("1"), container("2500m")]}),
            3_500,
            2_048,
        );
        check(
            json!({"containers": [container("1")], "overhead": {"cpu": "250m"}}),
            1_250,
            1_024,
        );
        check(
            json!({"containers": [container("1")], "resources": {"requests": {"cpu": "2"}}}),
            2_000,
            1_024,
        );
    }

    #[test]
    fn containers_without_requests_weigh_something_when_scoring() {
        let spec: PodSpec = serde_json::from_value(
            json!({"containers": [{"name": "a"}, {"name": "b", "resources": {"requests": {"cpu": "1"}}}]}),
        )
        .unwrap();
        let requests = pod_requests_or_default(&spec);
        assert_eq!(
            (requests.cpu_millis, requests.memory_bytes),
            (1_100, 2 * DEFAULT_MEMORY_BYTES)
        );
    }
}
