//! `kubescheduler.config.k8s.io/v1 KubeSchedulerConfiguration`: the profiles of the scheduler, read strictly.
//!
//! The real one is a file beside kube-scheduler and no object. Here it is stored as what such files are usually
//! mounted from: the ConfigMap `kube-system/kube-scheduler`.

use serde_json::{Map, Value, json};

use super::core::{NodeAffinity, TopologySpreadConstraint};
use super::{codec, json_text};

/// The `apiVersion` of the configuration.
pub const API_VERSION: &str = "kubescheduler.config.k8s.io/v1";
/// Its `kind`.
pub const KIND: &str = "KubeSchedulerConfiguration";
/// The ConfigMap that holds it, and its namespace.
pub const CONFIG_MAP: (&str, &str) = ("kube-scheduler", "kube-system");
/// The key in the ConfigMap.
pub const KEY: &str = "config.yaml";

/// A profile: the pods that name it are placed by its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The `schedulerName` of its pods.
    pub name: String,
    /// The filter plugins that do not run.
    pub disabled_filters: Vec<String>,
    /// The score plugins that run, with their weights.
    pub weights: Vec<(String, i64)>,
    /// How many of the nodes that can take a pod are looked for, in percent; 0 for as many as the cluster's size
    /// suggests.
    pub percentage: usize,
    /// How NodeResourcesFit scores.
    pub fit: FitStrategy,
    /// What PodTopologySpread asks for where a pod asks for nothing; `None` for Kubernetes' own wishes.
    pub spread: Option<Vec<TopologySpreadConstraint>>,
    /// What every pod's node affinity has besides its own.
    pub affinity: Option<NodeAffinity>,
    /// What another pod's required affinity counts.
    pub hard_pod_affinity_weight: i64,
}

/// How NodeResourcesFit scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitStrategy {
    /// Which nodes it likes.
    pub kind: FitKind,
    /// The resources that count, with their weights.
    pub resources: Vec<(String, i64)>,
}

/// Which nodes NodeResourcesFit likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FitKind {
    /// Those with much left.
    LeastAllocated,
    /// Those with little left.
    MostAllocated,
    /// Points by utilisation, both from 0 to 100, in rising order of utilisation.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

/// Something wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field: `profiles[0].plugins`.
    pub path: String,
    /// What is wrong, in kube-scheduler's words where it has some.
    pub message: String,
}

/// The plugins that are on without a configuration: whether they filter, and what their scores count.
const PLUGINS: &[(&str, bool, i64)] = &[
    ("SchedulingGates", false, 0),
    ("PrioritySort", false, 0),
    ("NodeUnschedulable", true, 0),
    ("NodeName", true, 0),
    ("TaintToleration", true, 3),
    ("NodeAffinity", true, 2),
    ("NodePorts", true, 0),
    ("NodeResourcesFit", true, 1),
    ("VolumeRestrictions", true, 0),
    ("NodeVolumeLimits", true, 0),
    ("VolumeBinding", true, 0),
    ("VolumeZone", true, 0),
    ("PodTopologySpread", true, 2),
    ("InterPodAffinity", true, 2),
    ("DefaultPreemption", false, 0),
    ("NodeResourcesBalancedAllocation", false, 1),
    ("ImageLocality", false, 1),
    ("DefaultBinder", false, 0),
];

/// The fields of each type: `name:Type`, with `*` in front of the type of a list's items. `text`, `int` and `bool`
/// are plain values, and `any` is taken as it is.
const TYPES: &[(&str, &str)] = &[
    (
        "Configuration",
        "apiVersion:text kind:text parallelism:int percentageOfNodesToScore:int profiles:*Profile extenders:*any \
         podInitialBackoffSeconds:int podMaxBackoffSeconds:int leaderElection:any clientConnection:any \
         enableProfiling:bool enableContentionProfiling:bool delayCacheUntilActive:bool",
    ),
    (
        "Profile",
        "schedulerName:text percentageOfNodesToScore:int plugins:Plugins pluginConfig:*PluginConfig",
    ),
    (
        "Plugins",
        "multiPoint:PluginSet preEnqueue:PluginSet queueSort:PluginSet preFilter:PluginSet filter:PluginSet \
         postFilter:PluginSet preScore:PluginSet score:PluginSet reserve:PluginSet permit:PluginSet \
         preBind:PluginSet bind:PluginSet postBind:PluginSet",
    ),
    ("PluginSet", "enabled:*Plugin disabled:*Plugin"),
    ("Plugin", "name:text weight:int"),
    ("PluginConfig", "name:text args:any"),
    (
        "NodeResourcesFit",
        "apiVersion:text kind:text ignoredResources:*text ignoredResourceGroups:*text scoringStrategy:Strategy",
    ),
    (
        "Strategy",
        "type:text resources:*Resource requestedToCapacityRatio:Ratio",
    ),
    ("Resource", "name:text weight:int"),
    ("Ratio", "shape:*Point"),
    ("Point", "utilization:int score:int"),
    (
        "PodTopologySpread",
        "apiVersion:text kind:text defaultConstraints:*any defaultingType:text",
    ),
    (
        "InterPodAffinity",
        "apiVersion:text kind:text hardPodAffinityWeight:int ignorePreferredTermsOfExistingPods:bool",
    ),
    (
        "NodeAffinity",
        "apiVersion:text kind:text addedAffinity:any",
    ),
    (
        "NodeResourcesBalancedAllocation",
        "apiVersion:text kind:text resources:*Resource",
    ),
    (
        "DefaultPreemption",
        "apiVersion:text kind:text minCandidateNodesPercentage:int minCandidateNodesAbsolute:int",
    ),
    (
        "VolumeBinding",
        "apiVersion:text kind:text bindTimeoutSeconds:int shape:*Point",
    ),
];

/// The name that pods ask for by default.
pub const DEFAULT_NAME: &str = "default-scheduler";

/// The profiles of a configuration, and everything that is wrong with it.
// Loaded with the first text that is not the opening one.
#[inline(never)]
#[must_use]
pub fn read(json: &Value) -> (Vec<Profile>, Vec<Problem>) {
    let mut reader = Reader::default();
    reader.walk(json, "Configuration", "");
    let everywhere = reader.percentage(json, "");
    let mut profiles: Vec<Profile> = Vec::new();
    for (index, profile) in items(&json["profiles"]).enumerate() {
        let path = format!("profiles[{index}]");
        let profile = reader.profile(profile, &path, everywhere);
        if profiles.iter().any(|other| other.name == profile.name) {
            let message = format!("Duplicate value: \"{}\"", profile.name);
            reader.tell(format!("{path}.schedulerName"), &message);
        }
        profiles.push(profile);
    }
    if profiles.is_empty() {
        profiles.push(reader.profile(&Value::Null, "", everywhere));
    }
    (profiles, reader.problems)
}

/// The ConfigMap that carries a configuration.
#[must_use]
pub fn to_config_map(json: &Value) -> Value {
    let (name, namespace) = CONFIG_MAP;
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
        "data": {KEY: json_text::text(json)}})
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn tell(&mut self, path: String, message: &str) {
        let message = message.to_owned();
        self.problems.push(Problem { path, message });
    }

    /// Compares a value with a type: unknown fields, and values of the wrong sort.
    fn walk(&mut self, value: &Value, type_name: &str, path: &str) {
        let wrong = match type_name {
            "any" => None,
            _ if value.is_null() => None,
            "text" => (!value.is_string()).then_some("must be a string"),
            "int" => (!value.is_i64()).then_some("must be an integer"),
            "bool" => (!value.is_boolean()).then_some("must be true or false"),
            _ => (!value.is_object()).then_some("must be a map"),
        };
        if let Some(wrong) = wrong {
            self.tell(path.to_owned(), wrong);
            return;
        }
        let known = TYPES.iter().find(|known| known.0 == type_name);
        let (Some((_, fields)), Some(map)) = (known, value.as_object()) else {
            return;
        };
        self.fields(map, fields, path);
    }

    fn fields(&mut self, map: &Map<String, Value>, fields: &str, path: &str) {
        for (name, value) in map {
            let path = below(path, name);
            let known = fields
                .split_whitespace()
                .find_map(|field| field.strip_prefix(name.as_str())?.strip_prefix(':'));
            match (known, known.and_then(|known| known.strip_prefix('*'))) {
                (None, _) => {
                    let message = format!("unknown field \"{path}\"");
                    self.tell(path, &message);
                }
                (_, Some(_)) if !value.is_array() && !value.is_null() => {
                    self.tell(path, "must be a list");
                }
                (_, Some(of_items)) => {
                    for (index, item) in items(value).enumerate() {
                        self.walk(item, of_items, &format!("{path}[{index}]"));
                    }
                }
                (Some(known), None) => self.walk(value, known, &path),
            }
        }
    }

    fn profile(&mut self, json: &Value, path: &str, everywhere: usize) -> Profile {
        let name = json["schedulerName"].as_str().unwrap_or(DEFAULT_NAME);
        let percentage = match self.percentage(json, path) {
            0 => everywhere,
            own => own,
        };
        let mut profile = Profile {
            name: name.to_owned(),
            disabled_filters: Vec::new(),
            weights: Vec::new(),
            percentage,
            fit: FitStrategy::default(),
            spread: None,
            affinity: None,
            hard_pod_affinity_weight: 1,
        };
        self.plugins(&json["plugins"], path, &mut profile);
        let configs: Vec<&Value> = items(&json["pluginConfig"]).collect();
        for (index, config) in configs.iter().enumerate() {
            let path = format!("{path}.pluginConfig[{index}]");
            let name = config["name"].as_str().unwrap_or_default();
            if configs[..index]
                .iter()
                .any(|other| other["name"] == config["name"])
            {
                self.tell(path.clone(), &format!("Duplicate value: \"{name}\""));
            }
            self.arguments(name, &config["args"], &format!("{path}.args"), &mut profile);
        }
        profile
    }

    fn percentage(&mut self, json: &Value, path: &str) -> usize {
        let value = json["percentageOfNodesToScore"].as_i64().unwrap_or(0);
        self.within(
            value,
            0,
            100,
            &below(path, "percentageOfNodesToScore"),
            "[0-100]",
        );
        usize::try_from(value.clamp(0, 100)).unwrap_or(0)
    }

    fn within(&mut self, value: i64, least: i64, most: i64, path: &str, range: &str) {
        if value < least || value > most {
            let message = format!("Invalid value: {value}: not in valid range {range}");
            self.tell(path.to_owned(), &message);
        }
    }

    /// Which plugins run: those of everywhere (`multiPoint`), changed by those of one extension point.
    fn plugins(&mut self, json: &Value, path: &str, profile: &mut Profile) {
        for (point, sets) in json.as_object().into_iter().flatten() {
            for list in ["enabled", "disabled"] {
                for (index, plugin) in items(&sets[list]).enumerate() {
                    let name = plugin["name"].as_str().unwrap_or_default();
                    let is_known = PLUGINS.iter().any(|known| known.0 == name);
                    if !(is_known || name == "*" && list == "disabled") {
                        let path = format!("{path}.plugins.{point}.{list}[{index}].name");
                        self.tell(
                            path,
                            &format!("Invalid value: \"{name}\": there is no such plugin"),
                        );
                    }
                }
            }
        }
        for (name, filters, weight) in PLUGINS {
            let everywhere = state(&json["multiPoint"], name, Some(*weight));
            if *filters && state(&json["filter"], name, everywhere).is_none() {
                profile.disabled_filters.push((*name).to_owned());
            }
            // Without a weight of its own a score counts once.
            if *weight > 0
                && let Some(weight) = state(&json["score"], name, everywhere)
            {
                profile.weights.push(((*name).to_owned(), weight.max(1)));
            }
        }
    }

    fn arguments(&mut self, plugin: &str, args: &Value, path: &str, profile: &mut Profile) {
        if !PLUGINS.iter().any(|known| known.0 == plugin) {
            self.tell(path.to_owned(), &format!("there is no plugin \"{plugin}\""));
            return;
        }
        self.walk(args, plugin, path);
        match plugin {
            "NodeResourcesFit" => self.strategy(args, path, profile),
            "InterPodAffinity" => {
                let weight = args["hardPodAffinityWeight"].as_i64().unwrap_or(1);
                self.within(
                    weight,
                    0,
                    100,
                    &format!("{path}.hardPodAffinityWeight"),
                    "[0, 100]",
                );
                profile.hard_pod_affinity_weight = weight;
            }
            "NodeAffinity" if !args["addedAffinity"].is_null() => {
                match codec::decode::<NodeAffinity>(args["addedAffinity"].clone()) {
                    Ok(affinity) => profile.affinity = Some(affinity),
                    Err(wrong) => self.tell(format!("{path}.addedAffinity"), &wrong.message()),
                }
            }
            "PodTopologySpread" => self.spread(args, path, profile),
            _ => {}
        }
    }

    fn spread(&mut self, args: &Value, path: &str, profile: &mut Profile) {
        let listed = items(&args["defaultConstraints"]).next().is_some();
        let kind = args["defaultingType"].as_str().unwrap_or("System");
        let path_of_type = format!("{path}.defaultingType");
        match kind {
            "List" => {}
            "System" if listed => {
                let message = "Invalid value: \"System\": when .defaultConstraints are not empty";
                self.tell(path_of_type, message);
            }
            "System" => return,
            other => {
                let message = format!(
                    "Unsupported value: \"{other}\": supported values: \"List\", \"System\""
                );
                self.tell(path_of_type, &message);
            }
        }
        let mut constraints = Vec::new();
        for (index, json) in items(&args["defaultConstraints"]).enumerate() {
            let path = format!("{path}.defaultConstraints[{index}]");
            if !json["labelSelector"].is_null() {
                let message = "Forbidden: constraint must not define a selector, as they deduced for each pod";
                self.tell(format!("{path}.labelSelector"), message);
            }
            match codec::decode::<TopologySpreadConstraint>(json.clone()) {
                Ok(constraint) => constraints.push(constraint),
                Err(wrong) => self.tell(path, &wrong.message()),
            }
        }
        profile.spread = Some(constraints);
    }

    fn strategy(&mut self, args: &Value, path: &str, profile: &mut Profile) {
        let strategy = &args["scoringStrategy"];
        let path = format!("{path}.scoringStrategy");
        let resources: Vec<(String, i64)> = items(&strategy["resources"])
            .map(|resource| {
                let name = resource["name"].as_str().unwrap_or_default();
                (name.to_owned(), resource["weight"].as_i64().unwrap_or(1))
            })
            .collect();
        for (index, (name, weight)) in resources.iter().enumerate() {
            if !(1..=100).contains(weight) {
                let message = format!(
                    "Invalid value: {weight}: resource weight of {name} not in valid range (0, 100]"
                );
                self.tell(format!("{path}.resources[{index}].weight"), &message);
            }
        }
        if !resources.is_empty() {
            profile.fit.resources = resources;
        }
        match strategy["type"].as_str().unwrap_or("LeastAllocated") {
            "LeastAllocated" => {}
            "MostAllocated" => profile.fit.kind = FitKind::MostAllocated,
            "RequestedToCapacityRatio" => self.shape(strategy, &path, profile),
            other => {
                let message = format!(
                    "Unsupported value: \"{other}\": supported values: \"LeastAllocated\", \"MostAllocated\", \
                     \"RequestedToCapacityRatio\""
                );
                self.tell(format!("{path}.type"), &message);
            }
        }
    }

    fn shape(&mut self, strategy: &Value, path: &str, profile: &mut Profile) {
        let path = format!("{path}.requestedToCapacityRatio");
        let points = &strategy["requestedToCapacityRatio"]["shape"];
        if items(points).next().is_none() {
            let message = "Required value: must be specified when type is RequestedToCapacityRatio";
            self.tell(path, message);
            return;
        }
        let mut shape: Vec<(i64, i64)> = Vec::new();
        for (index, point) in items(points).enumerate() {
            let path = format!("{path}.shape[{index}]");
            let number = |name: &str| point[name].as_i64().unwrap_or(0);
            let (utilization, score) = (number("utilization"), number("score"));
            let place = format!("{path}.utilization");
            self.within(utilization, 0, 100, &place, "[0, 100]");
            self.within(score, 0, 10, &format!("{path}.score"), "[0, 10]");
            if shape.last().is_some_and(|last| last.0 >= utilization) {
                let message = format!(
                    "Invalid value: {utilization}: values must be sorted in increasing order"
                );
                self.tell(place, &message);
            }
            // Scores are written from 0 to 10 and count from 0 to 100.
            shape.push((utilization, score * 10));
        }
        profile.fit.kind = FitKind::RequestedToCapacityRatio(shape);
    }
}

impl Default for FitStrategy {
    fn default() -> Self {
        Self {
            kind: FitKind::LeastAllocated,
            resources: vec![("cpu".to_owned(), 1), ("memory".to_owned(), 1)],
        }
    }
}

/// The weight of a plugin that runs, once a set of plugins has had its say; `before` is what held before it.
fn state(set: &Value, plugin: &str, before: Option<i64>) -> Option<i64> {
    let named = |list: &str, name: &str| items(&set[list]).find(|one| one["name"] == name);
    if let Some(enabled) = named("enabled", plugin) {
        let own = enabled["weight"].as_i64().filter(|weight| *weight > 0);
        return own.or(before).or(Some(1));
    }
    let disabled = named("disabled", plugin).or_else(|| named("disabled", "*"));
    before.filter(|_| disabled.is_none())
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn below(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

#[cfg(test)]
mod tests;
