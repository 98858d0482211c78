//! "What if": a node as it would be with other pods on it, without changing anything.

use std::rc::Rc;

use super::explanation::Rejection;
use super::nodes::NodeInfo;
use super::pod_info::PodInfo;
use super::template::Template;

/// A copy of a node whose pods can be changed. The counting plugins are told of every change, and of its
/// reverse when the question is settled.
pub struct WhatIf<'a> {
    node: NodeInfo,
    template: &'a mut Template,
    changes: Vec<(Rc<PodInfo>, i64)>,
}

impl<'a> WhatIf<'a> {
    /// The node as it is.
    pub fn new(node: &NodeInfo, template: &'a mut Template) -> Self {
        Self {
            node: node.clone(),
            template,
            changes: Vec::new(),
        }
    }

    /// If this pod were there …
    pub fn add(&mut self, pod: &Rc<PodInfo>) {
        self.node.add_pod(pod);
        self.shift(pod, 1);
    }

    /// If this pod were not there …
    pub fn remove(&mut self, pod: &Rc<PodInfo>) {
        if self.node.remove_pod(&pod.key).is_some() {
            self.shift(pod, -1);
        }
    }

    /// … could the node take the pod of the template? It must fit beside the `nominated` pods, and without
    /// them too, for they may never come (`RunFilterPluginsWithNominatedPods`).
    pub fn rejection(&mut self, nominated: &[Rc<PodInfo>]) -> Option<Rejection> {
        for pod in nominated {
            self.add(pod);
        }
        let beside = self.template.rejection_if(&self.node);
        if beside.is_some() || nominated.is_empty() {
            return beside;
        }
        for pod in nominated {
            self.remove(pod);
        }
        self.template.rejection_if(&self.node)
    }

    fn shift(&mut self, pod: &Rc<PodInfo>, by: i64) {
        self.template.shift(pod, &self.node, by);
        self.changes.push((Rc::clone(pod), by));
    }
}

impl Drop for WhatIf<'_> {
    fn drop(&mut self) {
        for (pod, by) in std::mem::take(&mut self.changes) {
            self.template.shift(&pod, &self.node, -by);
        }
    }
}
