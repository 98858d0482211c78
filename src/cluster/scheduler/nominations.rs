//! Which pods wait for room on which node: those that had victims evicted there.

use std::rc::Rc;

use crate::api::ObjectKey;

use super::pod_info::PodInfo;

/// The nominated pods, in the order of their nominations (backend/queue: `nominator`).
#[derive(Clone, Debug, Default)]
pub struct Nominations(Vec<(Rc<str>, Rc<PodInfo>)>);

impl Nominations {
    /// Nominates a pod to a node, in place of an earlier node.
    pub fn put(&mut self, node: &Rc<str>, pod: &Rc<PodInfo>) {
        self.remove(&pod.key);
        self.0.push((Rc::clone(node), Rc::clone(pod)));
    }

    /// A pod is nominated no more.
    pub fn remove(&mut self, pod: &ObjectKey) {
        self.0.retain(|(_, nominated)| nominated.key != *pod);
    }

    /// The node of a nominated pod.
    #[must_use]
    pub fn of(&self, pod: &ObjectKey) -> Option<&Rc<str>> {
        let mut all = self.0.iter();
        let found = all.find(|(_, nominated)| nominated.key == *pod);
        found.map(|(node, _)| node)
    }

    /// The pods that a node is kept for when `pod` is scheduled: those of its priority or a higher one.
    #[must_use]
    pub fn before(&self, pod: &PodInfo, node: &str) -> Vec<Rc<PodInfo>> {
        let counts = |nominated: &PodInfo| {
            nominated.priority() >= pod.priority() && nominated.key != pod.key
        };
        self.on(node)
            .filter(|nominated| counts(nominated))
            .cloned()
            .collect()
    }

    /// The pods that are nominated to a node and less important than `priority`.
    #[must_use]
    pub fn below(&self, priority: i32, node: &str) -> Vec<Rc<PodInfo>> {
        let on_node = self.on(node);
        on_node
            .filter(|nominated| nominated.priority() < priority)
            .cloned()
            .collect()
    }

    fn on(&self, node: &str) -> impl Iterator<Item = &Rc<PodInfo>> {
        let on_node = self.0.iter().filter(move |(name, _)| **name == *node);
        on_node.map(|(_, pod)| pod)
    }
}
