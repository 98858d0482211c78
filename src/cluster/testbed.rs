//! A small cluster for the tests of scheduler and controllers: both are real, the machines are made up.
//!
//! A pod that is bound becomes Ready after a while, a pod that is deleted is gone after a while.

use crate::kernel::OrderedSet;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::core::PodCondition;
use crate::api::{Kind, Node, Object, ObjectKey, Pod, Resource, conditions};
use crate::apiserver::{ApiServer, Change, Clock, DeleteOptions, Moment};
use crate::kernel::{Queue, Rng, SimTime, Trace, TraceId};

use super::controllers::Controllers;
use super::scheduler::Scheduler;
use super::{Context, Event, Step};

/// The cluster.
#[derive(Debug)]
pub struct Testbed {
    /// The time.
    pub now: SimTime,
    /// The API server.
    pub api: ApiServer,
    /// The scheduler.
    pub scheduler: Scheduler,
    /// The controllers.
    pub controllers: Controllers,
    /// Everything that was written.
    pub changes: Vec<Change>,
    /// After which time a bound pod is Ready; `None` for never.
    pub ready_after: Option<Duration>,
    /// After which time a deleted pod is gone.
    pub gone_after: Duration,
    /// The nodes whose kubelets renew their leases.
    pub heartbeats: OrderedSet<Rc<str>>,
    queue: Queue<Event>,
    trace: Trace<Step>,
    next_heartbeat: SimTime,
    /// What the made-up machines do later: (moment, pod, what).
    due: Vec<(SimTime, ObjectKey, Deed)>,
}

/// What a made-up machine does with a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    BecomeReady,
    Remove,
}

impl Testbed {
    /// A cluster with the namespace `default` and these nodes.
    pub fn new(seed: u64, nodes: &[Value]) -> Self {
        let rng = Rng::new(seed);
        let mut testbed = Self {
            now: SimTime::ZERO,
            api: ApiServer::new(Clock::default(), rng.fork("apiserver")),
            scheduler: Scheduler::new(rng.fork("scheduler")),
            controllers: Controllers::new(&rng),
            changes: Vec::new(),
            ready_after: Some(Duration::from_secs(1)),
            gone_after: Duration::from_secs(1),
            heartbeats: OrderedSet::new(),
            queue: Queue::default(),
            trace: Trace::default(),
            next_heartbeat: SimTime::ZERO,
            due: Vec::new(),
        };
        testbed.create(
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}),
        );
        for node in nodes {
            let key = testbed.create(node.clone()).key();
            // New nodes are tainted as not ready until the node controller has looked at them.
            testbed.patch(&key, &json!({"spec": {"taints": null}}));
            testbed.heartbeats.insert(Rc::clone(&key.name));
        }
        testbed
    }

    /// A node of 4 cores and 8 GiB.
    pub fn node(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}]}})
    }

    /// Creates an object.
    pub fn create(&mut self, manifest: Value) -> Object {
        let at = self.moment();
        let created = self.api.create(Object::from_json(manifest).unwrap(), at);
        self.spread();
        created.unwrap()
    }

    /// Merges a patch into an object.
    pub fn patch(&mut self, key: &ObjectKey, patch: &Value) {
        let at = self.moment();
        let merge = crate::apiserver::PatchType::Merge;
        self.api.patch(key, "", merge, patch, at).unwrap();
        self.spread();
    }

    /// Deletes an object.
    pub fn delete(&mut self, key: &ObjectKey, options: &DeleteOptions) {
        let at = self.moment();
        self.api.delete(key, options, at).unwrap();
        self.spread();
    }

    /// Lets time pass.
    pub fn run_for(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            let due = self.due.iter().map(|(at, ..)| *at).min();
            let heartbeat = Some(self.next_heartbeat);
            let next = [due, heartbeat, self.queue.next_time()];
            let Some(next) = next
                .into_iter()
                .flatten()
                .min()
                .filter(|next| *next <= until)
            else {
                break;
            };
            self.now = next;
            if self.next_heartbeat == next {
                self.next_heartbeat = next + Duration::from_secs(10);
                for node in &self.heartbeats {
                    self.api.renew_lease(node, next);
                }
            } else if due == Some(next) {
                self.do_deed(next);
            } else if let Some(scheduled) = self.queue.pop() {
                let (api, queue) = (&mut self.api, &mut self.queue);
                let mut context = Context::outside(self.now, api, queue, &mut self.trace);
                match &scheduled.event {
                    Event::Scheduler(wake) => self.scheduler.handle(wake, &mut context),
                    Event::Controllers(wake) => self.controllers.handle(wake, &mut context),
                    Event::Kubelet { .. } => {}
                }
            }
            self.spread();
        }
        self.now = until;
    }

    /// The pods, sorted by name.
    pub fn pods(&self) -> Vec<Pod> {
        self.api.list::<Pod>(None).cloned().collect()
    }

    /// `reason: message` of every event about objects of a kind, in order, without namesakes' hashes.
    pub fn events(&self, about: Kind) -> Vec<String> {
        self.changes
            .iter()
            .filter_map(|change| change.object.typed::<crate::api::Event>())
            .filter(|event| event.spec.involved_object.kind.as_deref() == Some(about.name()))
            .map(|event| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!(
                    "{}: {}",
                    text(&event.spec.reason),
                    text(&event.spec.message)
                )
            })
            .collect()
    }

    /// The codes of the steps so far, each once, sorted.
    pub fn step_codes(&mut self) -> OrderedSet<&'static str> {
        self.trace
            .drain()
            .into_iter()
            .map(|entry| entry.what.code)
            .collect()
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.now,
            cause: TraceId::ROOT,
        }
    }

    fn spread(&mut self) {
        for change in self.api.drain_changes() {
            let (api, queue) = (&mut self.api, &mut self.queue);
            let mut context = Context::outside(self.now, api, queue, &mut self.trace);
            self.scheduler.observe(&change, &mut context);
            self.controllers.observe(&change, &mut context);
            if let Object::Pod(pod) = &change.object {
                self.plan(pod, change.previous.as_ref().and_then(Object::typed::<Pod>));
            }
            self.changes.push(change);
        }
    }

    fn plan(&mut self, pod: &Pod, previous: Option<&Pod>) {
        let bound = |pod: &Pod| pod.spec.node_name.is_some();
        if bound(pod)
            && !previous.is_some_and(bound)
            && let Some(after) = self.ready_after
        {
            self.due
                .push((self.now + after, pod.key(), Deed::BecomeReady));
        }
        if pod.is_deleting() && !previous.is_some_and(Pod::is_deleting) {
            self.due
                .push((self.now + self.gone_after, pod.key(), Deed::Remove));
        }
    }

    fn do_deed(&mut self, at: SimTime) {
        let Some(index) = self.due.iter().position(|(due, ..)| *due == at) else {
            return;
        };
        let (_, key, deed) = self.due.remove(index);
        let Some(pod) = self.api.get::<Pod>(&key.namespace, &key.name).cloned() else {
            return;
        };
        if deed == Deed::Remove {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                uid: Some(pod.uid().to_owned()),
                ..Default::default()
            };
            self.api.delete(&key, &options, self.moment()).unwrap();
            return;
        }
        self.set_ready(&key, true);
    }

    /// A kubelet posts that its node is ready.
    pub fn post_ready(&mut self, node: &str) {
        let mut node = self.api.get::<Node>("", node).unwrap().clone();
        let now = self.api.clock().time(self.now);
        for condition in node.status_mut().conditions.iter_mut().flatten() {
            let ready = condition.type_ == "Ready";
            condition.status = if ready { "True" } else { "False" }.to_owned();
            condition.last_heartbeat_time = Some(now.clone());
        }
        let at = self.moment();
        self.api.update_status(&node.into_object(), at).unwrap();
        self.spread();
    }

    /// Writes the phase and the condition Ready of a pod.
    pub fn set_ready(&mut self, key: &ObjectKey, ready: bool) {
        let mut pod = self
            .api
            .get::<Pod>(&key.namespace, &key.name)
            .unwrap()
            .clone();
        let condition = PodCondition {
            type_: "Ready".to_owned(),
            status: if ready { "True" } else { "False" }.to_owned(),
            last_transition_time: Some(self.api.clock().time(self.now)),
            ..Default::default()
        };
        let status = pod.status_mut();
        status.phase = Some("Running".to_owned());
        status.pod_ip = Some("10.244.0.2".to_owned());
        conditions::set_pod_condition(status, condition);
        let at = self.moment();
        self.api.update_status(&pod.into_object(), at).unwrap();
        self.spread();
    }
}

/// A Deployment called `web`.
pub fn deployment(replicas: i32, more: &Value) -> Value {
    let mut manifest = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "nginx"}]}}}});
    for (field, value) in more.as_object().into_iter().flatten() {
        manifest["spec"][field] = value.clone();
    }
    manifest
}

/// The key of the Deployment called `web`.
pub fn web() -> ObjectKey {
    ObjectKey::new(Kind::Deployment, "default", "web")
}

/// A name with the hash of its template taken out.
pub fn unhashed(text: &str, names: &[Rc<str>]) -> String {
    names
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (index, name)| {
            text.replace(&**name, &format!("web-{}", index + 1))
        })
}
