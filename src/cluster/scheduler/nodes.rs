//! What the scheduler knows of the nodes: what they offer, and what the pods on them take.
//!
//! Kept up with every change in the store, so that a scheduling cycle computes nothing twice. Every node has
//! a slot, a small number by which plugins keep what they know of it, and a generation that rises with
//! every change of the node or of its pods.

use crate::kernel::OrderedMap;
use std::rc::Rc;

use crate::api::quantity::value;
use crate::api::selector::Labels;
use crate::api::{Node, ObjectKey};

use super::pod_affinity;
use super::pod_info::{HostPort, PodInfo};
use super::resources::Resources;
use super::zones::Zones;

/// The labels of every namespace.
pub type Namespaces = Rc<OrderedMap<Rc<str>, Labels>>;

/// All nodes, and how many of them hold each image.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    by_name: OrderedMap<Rc<str>, usize>,
    slots: Vec<Rc<NodeInfo>>,
    free: Vec<usize>,
    generations: Vec<u64>,
    generation: u64,
    /// Rises when something changes that plugins read apart from single nodes.
    shape: u64,
    zones: Zones,
    image_holders: OrderedMap<String, i64>,
    namespaces: Namespaces,
    with_affinity: usize,
}

/// One node with the pods on it, those assumed to be there included.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its name.
    pub name: Rc<str>,
    /// Its place in the lists of the plugins.
    pub slot: usize,
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
    /// Its pods that have not ended, in the order in which they came. A pod that changes comes anew, and the
    /// last one takes the place of one that goes.
    pub pods: Vec<Rc<PodInfo>>,
    /// The ports that its pods hold. A port that two pods were given by hand is free when one of them goes,
    /// as in the real scheduler.
    pub ports: Vec<HostPort>,
    /// Sizes in bytes of the images on it, by every name they have.
    pub images: Rc<OrderedMap<String, i64>>,
}

impl Nodes {
    /// A node by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Rc<NodeInfo>> {
        let info = self.slots.get(*self.by_name.get(name)?)?;
        info.node.is_some().then_some(info)
    }

    /// The node in a slot; without its `node` if there is none.
    #[must_use]
    pub fn at(&self, slot: usize) -> &Rc<NodeInfo> {
        &self.slots[slot]
    }

    /// The generation of every slot.
    #[must_use]
    pub fn generations(&self) -> &[u64] {
        &self.generations
    }

    /// Rises when nodes come or go, when their images change, when namespaces change, and when the first pod
    /// with an affinity comes.
    #[must_use]
    pub const fn shape(&self) -> u64 {
        self.shape
    }

    /// Whether any pod on a node has an affinity to other pods or against them.
    #[must_use]
    pub const fn has_affinity(&self) -> bool {
        self.with_affinity > 0
    }

    /// A pod that is on a node or assumed to be.
    #[must_use]
    pub fn pod_on(&self, node: &str, pod: &ObjectKey) -> Option<&Rc<PodInfo>> {
        self.slots[*self.by_name.get(node)?].pod(pod)
    }

    /// The nodes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<NodeInfo>> {
        self.by_name
            .values()
            .map(|slot| &self.slots[*slot])
            .filter(|info| info.node.is_some())
    }

    /// The slots of the nodes in the order in which they are searched: zone by zone in turn, in each the
    /// longest registered first (internal/cache: `nodeTree`).
    pub fn order(&mut self) -> Rc<Vec<usize>> {
        self.zones.order()
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many nodes hold an image.
    #[must_use]
    pub fn holders_of_image(&self, name: &str) -> i64 {
        self.image_holders.get(name).copied().unwrap_or(0)
    }

    /// The labels of every namespace.
    #[must_use]
    pub const fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// A namespace came or changed; `None` if it is gone.
    pub fn put_namespace(&mut self, name: &str, labels: Option<Labels>) {
        self.shape += 1;
        let namespaces = Rc::make_mut(&mut self.namespaces);
        match labels {
            Some(labels) => {
                namespaces.insert(Rc::from(name), labels);
            }
            None => {
                namespaces.remove(name);
            }
        }
    }

    /// A node came or changed.
    pub fn put_node(&mut self, node: &Node) {
        let info = self.entry(node.name());
        let slot = info.slot;
        let old = info.node.take();
        let old_images = std::mem::take(&mut info.images);
        info.set_node(node);
        if old.is_none() || old_images != info.images {
            let new_images: Vec<String> = info.images.keys().cloned().collect();
            self.forget_images(&old_images);
            for image in new_images {
                *self.image_holders.entry(image).or_insert(0) += 1;
            }
            self.shape += 1;
        }
        self.zones.put(slot, node);
    }

    /// A node is gone. What is known of its pods stays until they go too.
    pub fn remove_node(&mut self, name: &str) {
        if !self.by_name.contains_key(name) {
            return;
        }
        let info = self.entry(name);
        let slot = info.slot;
        info.node = None;
        let images = std::mem::take(&mut info.images);
        let empty = info.pods.is_empty();
        self.forget_images(&images);
        self.zones.remove(slot);
        self.shape += 1;
        if empty {
            self.release(name);
        }
    }

    /// A pod is on a node, or assumed to be.
    pub fn put_pod(&mut self, node: &str, pod: &Rc<PodInfo>) {
        let info = self.entry(node);
        let before = info.remove_pod(&pod.key);
        info.add_pod(pod);
        self.count_affinity(before.as_deref(), -1);
        self.count_affinity(Some(pod), 1);
    }

    /// A pod is on a node no more.
    pub fn remove_pod(&mut self, node: &str, pod: &ObjectKey) {
        if !self.by_name.contains_key(node) {
            return;
        }
        let info = self.entry(node);
        let removed = info.remove_pod(pod);
        let unused = info.pods.is_empty() && info.node.is_none();
        self.count_affinity(removed.as_deref(), -1);
        if unused {
            self.release(node);
        }
    }

    fn count_affinity(&mut self, pod: Option<&PodInfo>, by: isize) {
        if pod.is_some_and(|pod| pod_affinity::has_terms(&pod.pod)) {
            self.with_affinity = self.with_affinity.saturating_add_signed(by);
            self.shape += u64::from(self.with_affinity == 1 && by > 0);
        }
    }

    /// A node to change, in a new generation.
    fn entry(&mut self, name: &str) -> &mut NodeInfo {
        let slot = match self.by_name.get(name) {
            Some(slot) => *slot,
            None => self.allot(name),
        };
        self.generation += 1;
        self.generations[slot] = self.generation;
        Rc::make_mut(&mut self.slots[slot])
    }

    fn allot(&mut self, name: &str) -> usize {
        let slot = self.free.pop().unwrap_or(self.slots.len());
        let info = Rc::new(NodeInfo::named(name, slot));
        self.by_name.insert(Rc::clone(&info.name), slot);
        if slot == self.slots.len() {
            self.slots.push(info);
            self.generations.push(0);
        } else {
            self.slots[slot] = info;
        }
        slot
    }

    fn release(&mut self, name: &str) {
        if let Some(slot) = self.by_name.remove(name) {
            self.free.push(slot);
        }
    }

    fn forget_images(&mut self, images: &OrderedMap<String, i64>) {
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
    fn named(name: &str, slot: usize) -> Self {
        Self {
            name: name.into(),
            slot,
            node: None,
            allocatable: Resources::default(),
            allowed_pods: 0,
            requested: Resources::default(),
            requested_or_default: Resources::default(),
            pods: Vec::new(),
            ports: Vec::new(),
            images: Rc::default(),
        }
    }

    /// A node without pods, to ask what it would offer.
    #[must_use]
    pub fn empty(node: &Node) -> Self {
        let mut info = Self::named(node.name(), 0);
        info.set_node(node);
        info
    }

    /// The labels of the node.
    #[must_use]
    pub fn labels(&self) -> Option<&Labels> {
        self.node.as_ref()?.meta.labels.as_ref()
    }

    /// The taints of the node.
    pub fn taints(&self) -> impl Iterator<Item = &crate::api::core::Taint> {
        self.node
            .iter()
            .flat_map(|node| node.spec.taints.iter().flatten())
    }

    /// One of its pods.
    #[must_use]
    pub fn pod(&self, key: &ObjectKey) -> Option<&Rc<PodInfo>> {
        self.pods.iter().find(|pod| pod.key == *key)
    }

    fn set_node(&mut self, node: &Node) {
        let allocatable = node.status.allocatable.as_ref();
        self.allocatable = Resources::from_list(allocatable);
        self.allowed_pods = allocatable
            .and_then(|list| list.get("pods"))
            .and_then(|pods| value(pods).ok())
            .and_then(|pods| i64::try_from(pods).ok())
            .unwrap_or(0);
        let images = node.status.images.iter().flatten().flat_map(|image| {
            let size = image.size_bytes.unwrap_or(0);
            let names = image.names.iter().flatten();
            names.map(move |name| (name.clone(), size))
        });
        self.images = Rc::new(images.collect());
        self.node = Some(node.clone());
    }

    /// Puts a pod on the node, in a copy of it (a "what if") or in truth.
    pub(super) fn add_pod(&mut self, pod: &Rc<PodInfo>) {
        self.requested.add(&pod.requests);
        self.requested_or_default.add(&pod.requests_or_default);
        for port in &pod.host_ports {
            if !self.ports.contains(port) {
                self.ports.push(port.clone());
            }
        }
        self.pods.push(Rc::clone(pod));
    }

    /// Takes a pod away, in a copy of the node or in truth.
    pub(super) fn remove_pod(&mut self, key: &ObjectKey) -> Option<Rc<PodInfo>> {
        let index = self.pods.iter().position(|pod| pod.key == *key)?;
        let pod = self.pods.swap_remove(index);
        self.requested.subtract(&pod.requests);
        self.requested_or_default.subtract(&pod.requests_or_default);
        if !pod.host_ports.is_empty() {
            self.ports.retain(|port| !pod.host_ports.contains(port));
        }
        Some(pod)
    }
}
