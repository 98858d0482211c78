//! The order in which nodes are searched: zone by zone in turn.

use std::rc::Rc;

use crate::api::Node;

/// The labels whose values together name a zone (component-helpers: `GetZoneKey`).
const ZONE_LABELS: [&str; 2] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];

/// The nodes of every zone, zones and nodes in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    zones: Vec<(String, Vec<usize>)>,
    /// The zone of every slot.
    of_slot: Vec<Option<String>>,
    count: usize,
    /// The order, until something changes.
    order: Option<Rc<Vec<usize>>>,
}

impl Zones {
    /// The number of nodes.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// A node came, or its labels may have changed.
    pub fn put(&mut self, slot: usize, node: &Node) {
        let zone = zone(node);
        if self.of_slot.len() <= slot {
            self.of_slot.resize(slot + 1, None);
        }
        if self.of_slot[slot].as_ref() == Some(&zone) {
            return;
        }
        self.remove(slot);
        match self.zones.iter_mut().find(|(name, _)| *name == zone) {
            Some((_, slots)) => slots.push(slot),
            None => self.zones.push((zone.clone(), vec![slot])),
        }
        self.of_slot[slot] = Some(zone);
        self.count += 1;
        self.order = None;
    }

    /// A node is gone.
    pub fn remove(&mut self, slot: usize) {
        let Some(zone) = self.of_slot.get_mut(slot).and_then(Option::take) else {
            return;
        };
        for (_, slots) in self.zones.iter_mut().filter(|(name, _)| *name == zone) {
            slots.retain(|one| *one != slot);
        }
        self.zones.retain(|(_, slots)| !slots.is_empty());
        self.count -= 1;
        self.order = None;
    }

    /// The first node of every zone, then the second of every zone, and so on.
    pub fn order(&mut self) -> Rc<Vec<usize>> {
        let (zones, count) = (&self.zones, self.count);
        let order = self.order.get_or_insert_with(|| {
            let mut order = Vec::with_capacity(count);
            for turn in 0.. {
                if order.len() == count {
                    break;
                }
                order.extend(zones.iter().filter_map(|(_, slots)| slots.get(turn)));
            }
            Rc::new(order)
        });
        Rc::clone(order)
    }
}

fn zone(node: &Node) -> String {
    let [region, zone] = ZONE_LABELS.map(|label| node.label(label).unwrap_or_default());
    format!("{region}:{zone}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Node, Object};
    use serde_json::json;

    fn node(zone: &str) -> Node {
        let labels = json!({"topology.kubernetes.io/zone": zone});
        let manifest = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": labels}});
        let object = Object::from_json(manifest).unwrap();
        object.typed::<Node>().unwrap().clone()
    }

    #[test]
    fn zones_take_turns() {
        let mut zones = Zones::default();
        for (slot, zone) in ["a", "a", "b", "a", "b"].into_iter().enumerate() {
            zones.put(slot, &node(zone));
        }
        assert_eq!(*zones.order(), [0, 2, 1, 4, 3]);
        zones.remove(0);
        zones.put(1, &node("b"));
        assert_eq!(*zones.order(), [3, 2, 4, 1]);
        assert_eq!(zones.len(), 4);
    }
}
