//! The profiles of the scheduler's configuration, and whom they serve.

use std::rc::Rc;

use crate::api::scheduler_configuration::{self, CONFIG_MAP, DEFAULT_NAME, Profile};
use crate::api::{Kind, ObjectKey, Pod};
use crate::cluster::{Actor, Context, Step};

use super::Scheduler;
use super::queue::SchedulingQueue;

impl Scheduler {
    /// Whether the pod is for this scheduler; a pod that names another one stays Pending.
    #[must_use]
    pub fn serves(&self, pod: &Pod) -> bool {
        let name = name(pod);
        match self.profiles.is_empty() {
            true => name == DEFAULT_NAME,
            false => self.profiles.iter().any(|profile| profile.name == name),
        }
    }

    /// The profile that a pod asks for.
    pub(super) fn profile(&self, pod: &Pod) -> Option<&Rc<Profile>> {
        let name = name(pod);
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The scheduler starts anew with a configuration, or without one: kube-scheduler reads it at its start alone.
    /// One with mistakes is not taken.
    pub(super) fn restart(&mut self, json: Option<&str>, context: &mut Context) {
        let (profiles, problems) = match json.map(serde_json::from_str) {
            None => (Vec::new(), Vec::new()),
            Some(Ok(json)) => scheduler_configuration::read(&json),
            Some(Err(_)) => return,
        };
        let profiles: Vec<Rc<Profile>> = profiles.into_iter().map(Rc::new).collect();
        if !problems.is_empty() || profiles == self.profiles {
            return;
        }
        let names: Vec<&str> = profiles.iter().map(|profile| &*profile.name).collect();
        let text = match names.as_slice() {
            [] => "Started again **without a configuration**".to_owned(),
            names => format!("Started again with **the profiles {}**", names.join(", ")),
        };
        let key = ObjectKey::new(Kind::ConfigMap, CONFIG_MAP.1, CONFIG_MAP.0);
        context.step(Step::new(Actor::Scheduler, key, "configured", text).reading("data"));
        self.profiles = profiles;
        self.queue = SchedulingQueue::default();
        let waiting = context.api.list::<Pod>(None);
        let waiting = waiting.filter(|pod| pod.spec.node_name.is_none());
        for pod in waiting.cloned().collect::<Vec<_>>() {
            self.observe_waiting(false, &pod, Some(&pod), context.now);
        }
    }
}

/// The scheduler that a pod asks for.
pub(super) fn name(pod: &Pod) -> &str {
    pod.spec.scheduler_name.as_deref().unwrap_or(DEFAULT_NAME)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use crate::api::scheduler_configuration::to_config_map;
    use crate::api::{Event, Kind, ObjectKey, Pod};
    use crate::apiserver::DeleteOptions;
    use crate::cluster::testbed::Testbed;

    fn pod(name: &str, scheduler: &str) -> Value {
        let resources = json!({"requests": {"cpu": "1"}});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"schedulerName": scheduler,
                "containers": [{"name": "c", "image": "nginx", "resources": resources}]}})
    }

    fn places(testbed: &mut Testbed) -> String {
        testbed.run_for(Duration::from_secs(5));
        let place = |pod: &Pod| pod.spec.node_name.clone().unwrap_or("-".to_owned());
        testbed
            .pods()
            .iter()
            .map(place)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn each_profile_places_its_pods_by_its_own_rules() {
        let mut small = Testbed::node("small");
        small["status"]["allocatable"]["cpu"] = "1500m".into();
        let mut testbed = Testbed::new(1, &[Testbed::node("large"), small]);
        testbed.create(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
        );
        testbed.create(pod("a", "default-scheduler"));
        testbed.create(pod("b", "tight"));
        // Nobody is called so.
        assert_eq!(places(&mut testbed), "large -");
        let fit = json!({"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAllocated"}}});
        let only = json!({"disabled": [{"name": "*"}], "enabled": [{"name": "NodeResourcesFit"}]});
        let configuration = json!({"profiles": [{}, {"schedulerName": "tight",
            "plugins": {"score": only}, "pluginConfig": [fit]}]});
        testbed.create(to_config_map(&configuration));
        assert_eq!(places(&mut testbed), "large small");
        assert!(testbed.step_codes().contains(&"configured"));
        let key = ObjectKey::new(Kind::ConfigMap, "kube-system", "kube-scheduler");
        testbed.delete(&key, &DeleteOptions::default());
        testbed.create(pod("c", "tight"));
        testbed.create(pod("d", "default-scheduler"));
        assert_eq!(places(&mut testbed), "large small - large");
    }

    #[test]
    fn each_profile_speaks_under_its_own_name() {
        let mut testbed = Testbed::new(1, &[Testbed::node("node-1")]);
        testbed.create(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
        );
        let profiles = json!({"profiles": [{}, {"schedulerName": "tight"}]});
        testbed.create(to_config_map(&profiles));
        testbed.create(
            json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": "first"}, "value": 9}),
        );
        let sized = |name: &str, scheduler: &str, cpu: &str| {
            let mut pod = pod(name, scheduler);
            pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu.into();
            if name == "high" {
                pod["spec"]["priorityClassName"] = "first".into();
            }
            pod
        };
        testbed.create(sized("low", "default-scheduler", "3"));
        testbed.run_for(Duration::from_secs(5));
        testbed.create(sized("huge", "tight", "99"));
        testbed.create(sized("high", "tight", "3"));
        testbed.run_for(Duration::from_millis(500));
        let low = testbed.pods().into_iter().find(|pod| pod.name() == "low");
        let conditions = low.and_then(|low| low.status.conditions.clone());
        let told = conditions
            .iter()
            .flatten()
            .filter_map(|condition| condition.message.as_deref());
        let victim = "tight: preempting to accommodate a higher priority pod";
        assert!(
            told.clone().any(|message| message == victim),
            "{conditions:?}"
        );
        let mut said: Vec<String> = testbed
            .api
            .list::<Event>(None)
            .filter(|event| event.spec.event_time.is_some())
            .map(|event| {
                let event = &event.spec;
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let about = text(&event.involved_object.name);
                let related = event.related.as_ref().map(|other| text(&other.name));
                let (who, instance) = (&event.reporting_component, &event.reporting_instance);
                let reason = text(&event.reason);
                format!(
                    "{reason} {about} {related:?}: {} {}",
                    text(who),
                    text(instance)
                )
            })
            .collect();
        said.sort();
        said.dedup();
        let tight = "tight tight-control-plane";
        let expect = [
            format!("FailedScheduling high None: {tight}"),
            format!("FailedScheduling huge None: {tight}"),
            format!("Preempted low Some(\"high\"): {tight}"),
            "Scheduled low None: default-scheduler default-scheduler-control-plane".to_owned(),
        ];
        assert_eq!(said, expect);
    }

    #[test]
    fn filters_can_be_off_and_affinity_added() {
        let mut tainted = Testbed::node("tainted");
        tainted["metadata"]["labels"]["disk"] = "ssd".into();
        let mut testbed = Testbed::new(1, &[Testbed::node("plain"), tainted]);
        testbed.create(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
        );
        let taint = json!([{"key": "a", "effect": "NoSchedule"}]);
        let node = ObjectKey::new(Kind::Node, "", "tainted");
        testbed.patch(&node, &json!({"spec": {"taints": taint}}));
        let expression = json!({"key": "disk", "operator": "In", "values": ["ssd"]});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}});
        let added = json!([{"name": "NodeAffinity", "args": {"addedAffinity": required}}]);
        let off = json!({"filter": {"disabled": [{"name": "TaintToleration"}]}});
        let configuration = json!({"profiles": [{"pluginConfig": added},
            {"schedulerName": "blind", "pluginConfig": added, "plugins": off}]});
        testbed.create(to_config_map(&configuration));
        testbed.create(pod("a", "default-scheduler"));
        testbed.create(pod("b", "blind"));
        assert_eq!(places(&mut testbed), "- tainted");
        let events = testbed.events(Kind::Pod).join("\n");
        let reasons = "1 node(s) didn't match scheduler-enforced node affinity, 1 node(s) had untolerated taint(s)";
        assert!(events.contains(reasons), "{events}");
    }
}
