//! Counting pods by topology domain: what PodTopologySpread and InterPodAffinity keep between cycles.

use crate::kernel::OrderedMap;
use std::rc::Rc;

use crate::api::meta::ObjectMeta;
use crate::api::selector::Labels;

use super::nodes::NodeInfo;

/// For one topology key, how much is in each domain, with the domain of every node at hand.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The node label whose values are the domains.
    pub key: String,
    domains: OrderedMap<String, usize>,
    counts: Vec<i64>,
    /// How many nodes make up each domain.
    nodes: Vec<usize>,
    /// The domain of every slot, plus one; 0 for none.
    of_slot: Vec<usize>,
    /// How many domains, of those with nodes, have each count.
    sizes: OrderedMap<i64, usize>,
    /// The first of `sizes`, and their sum: asked for every node of every cycle.
    smallest: i64,
    domain_count: usize,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            domains: OrderedMap::new(),
            counts: Vec::new(),
            nodes: Vec::new(),
            of_slot: Vec::new(),
            sizes: OrderedMap::new(),
            smallest: 0,
            domain_count: 0,
        }
    }

    /// A node comes into its domain; nothing happens without the label. A node that does not count is in the
    /// domain, but does not make it one.
    pub fn join(&mut self, slot: usize, labels: Option<&Labels>, counts: bool) {
        let Some(value) = labels.and_then(|labels| labels.get(&self.key)) else {
            return;
        };
        let domain = match self.domains.get(value) {
            Some(domain) => *domain,
            None => {
                self.domains.insert(value.clone(), self.counts.len());
                self.counts.push(0);
                self.nodes.push(0);
                self.counts.len() - 1
            }
        };
        if self.of_slot.len() <= slot {
            self.of_slot.resize(slot + 1, 0);
        }
        self.of_slot[slot] = domain + 1;
        self.nodes[domain] += usize::from(counts);
        if counts && self.nodes[domain] == 1 {
            *self.sizes.entry(self.counts[domain]).or_insert(0) += 1;
            self.domain_count += 1;
            self.note_smallest();
        }
    }

    /// A node leaves, after all that was counted on it has been taken away.
    pub fn leave(&mut self, slot: usize, counts: bool) {
        let Some(domain) = self.domain(slot) else {
            return;
        };
        self.of_slot[slot] = 0;
        self.nodes[domain] -= usize::from(counts);
        if counts && self.nodes[domain] == 0 {
            self.forget_size(self.counts[domain]);
            self.domain_count -= 1;
            self.note_smallest();
        }
    }

    /// Counts something on a node; nothing happens if the node is in no domain.
    pub fn add(&mut self, slot: usize, by: i64) {
        let Some(domain) = self.domain(slot) else {
            return;
        };
        self.forget_size(self.counts[domain]);
        self.counts[domain] += by;
        *self.sizes.entry(self.counts[domain]).or_insert(0) += 1;
        self.note_smallest();
    }

    fn note_smallest(&mut self) {
        self.smallest = self.sizes.keys().next().copied().unwrap_or(0);
    }

    /// What is in the domain of a node; `None` if it is in no domain.
    #[must_use]
    pub fn count(&self, slot: usize) -> Option<i64> {
        Some(self.counts[self.domain(slot)?])
    }

    /// The domain of a node, as a number.
    #[must_use]
    pub fn domain(&self, slot: usize) -> Option<usize> {
        self.of_slot.get(slot)?.checked_sub(1)
    }

    /// How many of these domains differ; none at all is one, too.
    pub fn distinct(&self, domains: &mut dyn Iterator<Item = Option<usize>>) -> usize {
        let mut seen = vec![false; self.counts.len() + 1];
        for domain in domains {
            seen[domain.map_or(0, |domain| domain + 1)] = true;
        }
        seen.into_iter().filter(|seen| *seen).count()
    }

    /// The count of the smallest domain; 0 without domains.
    #[must_use]
    pub const fn smallest(&self) -> i64 {
        self.smallest
    }

    /// The number of domains with nodes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.domain_count
    }

    /// Whether nothing is counted in any domain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sizes.keys().all(|count| *count == 0)
    }

    fn forget_size(&mut self, size: i64) {
        if let Some(domains) = self.sizes.get_mut(&size) {
            *domains -= 1;
            if *domains == 0 {
                self.sizes.remove(&size);
            }
        }
    }
}

/// Tallies by topology key, where the keys are those that pods on nodes bring along.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    by_key: Vec<Tally>,
    /// The nodes that are there, by slot.
    present: Vec<Option<Rc<ObjectMeta>>>,
    /// How much was counted, whatever its sign.
    entries: i64,
}

impl Tallies {
    /// A node comes (1) or goes (-1).
    pub fn count_node(&mut self, node: &NodeInfo, by: i64) {
        if self.present.len() <= node.slot {
            self.present.resize(node.slot + 1, None);
        }
        let meta = node.node.as_ref().map(|node| Rc::clone(&node.meta));
        self.present[node.slot] = meta.filter(|_| by > 0);
        for tally in &mut self.by_key {
            if by > 0 {
                tally.join(node.slot, node.labels(), true);
            } else {
                tally.leave(node.slot, true);
            }
        }
    }

    /// Counts `weight` in the domain of a node for `key`, once (1) or once less (-1).
    pub fn add(&mut self, key: &str, slot: usize, weight: i64, by: i64) {
        let known = self.by_key.iter().position(|tally| tally.key == key);
        let index = known.unwrap_or_else(|| {
            let mut tally = Tally::new(key);
            for (slot, meta) in self.present.iter().enumerate() {
                if let Some(meta) = meta {
                    tally.join(slot, meta.labels.as_ref(), true);
                }
            }
            self.by_key.push(tally);
            self.by_key.len() - 1
        });
        let tally = &mut self.by_key[index];
        if tally.domain(slot).is_some() {
            tally.add(slot, weight * by);
            self.entries += by;
        }
    }

    /// What is in the domains of a node, in all.
    #[must_use]
    pub fn sum(&self, slot: usize) -> i64 {
        let counts = self.by_key.iter().filter_map(|tally| tally.count(slot));
        counts.sum()
    }

    /// Whether nothing is counted anywhere.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scheduler::tests::nodes;
    use serde_json::json;

    #[test]
    fn domains_are_counted() {
        let zones = ["a", "a", "b"].map(|zone| json!({"metadata": {"labels": {"zone": zone}}}));
        let nodes = nodes(&[&zones[..], &[json!({})]].concat());
        let mut tally = Tally::new("zone");
        for node in nodes.iter() {
            tally.join(node.slot, node.labels(), true);
        }
        assert_eq!((tally.len(), tally.smallest()), (2, 0));
        for (slot, by) in [(0, 2), (2, 1), (3, 9)] {
            tally.add(slot, by);
        }
        let counts: Vec<_> = (0..4).map(|slot| tally.count(slot)).collect();
        assert_eq!(counts, [Some(2), Some(2), Some(1), None]);
        assert_eq!(tally.smallest(), 1);
        tally.add(2, -1);
        tally.leave(2, true);
        assert_eq!(
            (tally.len(), tally.smallest(), tally.count(2)),
            (1, 2, None)
        );
    }
}
