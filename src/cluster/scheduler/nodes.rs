//! What the scheduler knows of the nodes: what they offer, and what the pods on them take.
//!
//! Kept up with every change in the store, so that a scheduling cycle computes nothing twice.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::quantity::value;
use crate::api::{Node, ObjectKey};

use super::pod_affinity;
use super::pod_info::{HostPort, PodInfo};
use super::resources::Resources;

/// All nodes by name, and how many of them hold each image.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    by_name: BTreeMap<Rc<str>, NodeInfo>,
    image_holders: BTreeMap<String, i64>,
    /// The labels of every namespace.
    namespaces: BTreeMap<Rc<str>, BTreeMap<String, String>>,
}

/// One node with the pods on it, those assumed to be there included.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its name.
    pub name: Rc<str>,
    /// The node; `None` while only pods name it.
    pub node: Option<Node>,
    /// What it offers.
    pub allocatable: Resources,
    /// How many pods it takes.
    pub allowed_pods: i64,
    /// What its pods request.
    pub requested: Resources,
    /// The same, with something for containers that request nothing.
    pub requested_or_default: Resources,
    /// Its pods that have not ended.
    pub pods: BTreeMap<ObjectKey, Rc<PodInfo>>,
    /// Those of them that have an affinity to other pods or against them.
    with_affinity: BTreeMap<ObjectKey, Rc<PodInfo>>,
    /// The ports that its pods hold, each with its pod.
    pub ports: Vec<(HostPort, ObjectKey)>,
    /// Sizes in bytes of the images on it, by every name they have.
    pub images: BTreeMap<String, i64>,
}

impl Nodes {
    /// A node by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NodeInfo> {
        self.by_name.get(name).filter(|info| info.node.is_some())
    }

    /// A pod that is on a node or assumed to be.
    #[must_use]
    pub fn pod_on(&self, node: &str, pod: &ObjectKey) -> Option<&Rc<PodInfo>> {
        self.by_name.get(node)?.pods.get(pod)
    }

    /// The nodes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &NodeInfo> {
        self.by_name.values().filter(|info| info.node.is_some())
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// How many nodes hold an image.
    #[must_use]
    pub fn holders_of_image(&self, name: &str) -> i64 {
        self.image_holders.get(name).copied().unwrap_or(0)
    }

    /// The labels of a namespace.
    #[must_use]
    pub fn namespace_labels(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.namespaces.get(name)
    }

    /// A namespace came or changed; `None` if it is gone.
    pub fn put_namespace(&mut self, name: &str, labels: Option<BTreeMap<String, String>>) {
        match labels {
            Some(labels) => {
                self.namespaces.insert(Rc::from(name), labels);
            }
            None => {
                self.namespaces.remove(name);
            }
        }
    }

    /// A node came or changed.
    pub fn put_node(&mut self, node: &Node) {
        let info = self.entry(node.name());
        let old_images = std::mem::take(&mut info.images);
        info.set_node(node);
        let new_images: Vec<String> = info.images.keys().cloned().collect();
        self.forget_images(&old_images);
        for image in new_images {
            *self.image_holders.entry(image).or_insert(0) += 1;
        }
    }

    /// A node is gone. What is known of its pods stays until they go too.
    pub fn remove_node(&mut self, name: &str) {
        let Some(info) = self.by_name.get_mut(name) else {
            return;
        };
        info.node = None;
        let images = std::mem::take(&mut info.images);
        if info.pods.is_empty() {
            self.by_name.remove(name);
        }
        self.forget_images(&images);
    }

    /// A pod is on a node, or assumed to be.
    pub fn put_pod(&mut self, node: &str, pod: &Rc<PodInfo>) {
        let info = self.entry(node);
        info.remove_pod(&pod.key);
        info.add_pod(pod);
    }

    /// A pod is on a node no more.
    pub fn remove_pod(&mut self, node: &str, pod: &ObjectKey) {
        let Some(info) = self.by_name.get_mut(node) else {
            return;
        };
        info.remove_pod(pod);
        if info.pods.is_empty() && info.node.is_none() {
            self.by_name.remove(node);
        }
    }

    fn entry(&mut self, name: &str) -> &mut NodeInfo {
        if !self.by_name.contains_key(name) {
            let info = NodeInfo::named(name);
            self.by_name.insert(Rc::clone(&info.name), info);
        }
        // Inserted above if it was missing.
        #[allow(clippy::expect_used, clippy::missing_panics_doc)]
        self.by_name.get_mut(name).expect("was just inserted")
    }

    fn forget_images(&mut self, images: &BTreeMap<String, i64>) {
        for image in images.keys() {
            if let Some(holders) = self.image_holders.get_mut(image) {
                *holders -= 1;
                if *holders == 0 {
                    self.image_holders.remove(image);
                }
            }
        }
    }
}

impl NodeInfo {
    fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            node: None,
            allocatable: Resources::default(),
            allowed_pods: 0,
            requested: Resources::default(),
            requested_or_default: Resources::default(),
            pods: BTreeMap::new(),
            with_affinity: BTreeMap::new(),
            ports: Vec::new(),
            images: BTreeMap::new(),
        }
    }

    /// A node without pods, to ask what it would offer.
    #[must_use]
    pub fn empty(node: &Node) -> Self {
        let mut info = Self::named(node.name());
        info.set_node(node);
        info
    }

    /// The labels of the node.
    #[must_use]
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.node.as_ref()?.meta.labels.as_ref()
    }

    /// The taints of the node.
    pub fn taints(&self) -> impl Iterator<Item = &crate::api::core::Taint> {
        self.node
            .iter()
            .flat_map(|node| node.spec.taints.iter().flatten())
    }

    /// Its pods that have an affinity to other pods or against them.
    pub fn pods_with_affinity(&self) -> impl Iterator<Item = &Rc<PodInfo>> {
        self.with_affinity.values()
    }

    fn set_node(&mut self, node: &Node) {
        let allocatable = node.status.allocatable.as_ref();
        self.allocatable = Resources::from_list(allocatable);
        self.allowed_pods = allocatable
            .and_then(|list| list.get("pods"))
            .and_then(|pods| value(pods).ok())
            .and_then(|pods| i64::try_from(pods).ok())
            .unwrap_or(0);
        self.images = node
            .status
            .images
            .iter()
            .flatten()
            .flat_map(|image| {
                let size = image.size_bytes.unwrap_or(0);
                let names = image.names.iter().flatten();
                names.map(move |name| (name.clone(), size))
            })
            .collect();
        self.node = Some(node.clone());
    }

    fn add_pod(&mut self, pod: &Rc<PodInfo>) {
        self.requested.add(&pod.requests);
        self.requested_or_default.add(&pod.requests_or_default);
        for port in &pod.host_ports {
            self.ports.push((port.clone(), pod.key.clone()));
        }
        if pod_affinity::has_terms(&pod.pod) {
            self.with_affinity.insert(pod.key.clone(), Rc::clone(pod));
        }
        self.pods.insert(pod.key.clone(), Rc::clone(pod));
    }

    /// Takes a pod away, in a copy of the node (preemption's "what if") or in truth.
    pub(super) fn remove_pod(&mut self, key: &ObjectKey) {
        let Some(pod) = self.pods.remove(key) else {
            return;
        };
        self.with_affinity.remove(key);
        self.requested.subtract(&pod.requests);
        self.requested_or_default.subtract(&pod.requests_or_default);
        if !pod.host_ports.is_empty() {
            self.ports.retain(|(_, holder)| holder != key);
        }
    }
}
