//! The rules of a profile as plain data, and the KubeSchedulerConfiguration that says the same.

use std::collections::BTreeMap;
use std::rc::Rc;

use podarium::api::scheduler_configuration::{Profile, read};
use serde_json::{Value, json};

/// What a profile says.
#[derive(Clone)]
pub struct Rules {
    /// The filters that do not run.
    pub off: Vec<&'static str>,
    /// The scores that run, and what they count.
    pub weights: BTreeMap<&'static str, i64>,
    /// `LeastAllocated`, `MostAllocated` or `RequestedToCapacityRatio`.
    pub strategy: &'static str,
    /// The resources that the strategy looks at, with their weights.
    pub resources: Vec<(&'static str, i64)>,
    /// Utilisation in percent and score from 0 to 10, for RequestedToCapacityRatio.
    pub shape: Vec<(i64, i64)>,
    /// The spread constraints of pods that state none; `None` for Kubernetes' own.
    pub constraints: Option<Vec<Value>>,
    /// The node affinity that every pod has besides its own.
    pub affinity: Value,
    /// What another pod's required affinity counts.
    pub required_weight: i64,
    /// Whether there is a configuration at all.
    pub configured: bool,
}

/// What counts how much without a configuration.
pub const WEIGHTS: [(&str, i64); 7] = [
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodeResourcesFit", 1),
    ("PodTopologySpread", 2),
    ("InterPodAffinity", 2),
    ("NodeResourcesBalancedAllocation", 1),
    ("ImageLocality", 1),
];

impl Default for Rules {
    fn default() -> Self {
        Self {
            off: Vec::new(),
            weights: WEIGHTS.into(),
            strategy: "LeastAllocated",
            resources: vec![("cpu", 1), ("memory", 1)],
            shape: Vec::new(),
            constraints: None,
            affinity: Value::Null,
            required_weight: 1,
            configured: false,
        }
    }
}

impl Rules {
    /// The profile that these rules are read into; none without a configuration.
    pub fn profile(&self) -> Option<Rc<Profile>> {
        let (profiles, problems) = read(&json!({"profiles": [self.to_json()]}));
        assert_eq!(problems, [], "{}", self.to_json());
        let profile = profiles.into_iter().next().map(Rc::new);
        profile.filter(|_| self.configured)
    }

    fn to_json(&self) -> Value {
        let named = |name: &&'static str| json!({"name": name});
        let resources = self.resources.iter();
        let resources: Vec<Value> = resources
            .map(|(name, weight)| json!({"name": name, "weight": weight}))
            .collect();
        let mut strategy = json!({"type": self.strategy, "resources": resources});
        if !self.shape.is_empty() {
            let points = self.shape.iter();
            let points = points.map(|(place, score)| json!({"utilization": place, "score": score}));
            strategy["requestedToCapacityRatio"] = json!({"shape": points.collect::<Vec<_>>()});
        }
        let mut arguments = vec![
            json!({"name": "NodeResourcesFit", "args": {"scoringStrategy": strategy}}),
            json!({"name": "InterPodAffinity",
                "args": {"hardPodAffinityWeight": self.required_weight}}),
        ];
        if let Some(constraints) = &self.constraints {
            arguments.push(json!({"name": "PodTopologySpread",
                "args": {"defaultingType": "List", "defaultConstraints": constraints}}));
        }
        if !self.affinity.is_null() {
            arguments.push(json!({"name": "NodeAffinity",
                "args": {"addedAffinity": self.affinity}}));
        }
        let weights = self.weights.iter();
        let enabled: Vec<Value> = weights
            .map(|(name, weight)| json!({"name": name, "weight": weight}))
            .collect();
        json!({"pluginConfig": arguments, "plugins": {
            "filter": {"disabled": self.off.iter().map(named).collect::<Vec<_>>()},
            "score": {"disabled": [{"name": "*"}], "enabled": enabled}}})
    }
}
