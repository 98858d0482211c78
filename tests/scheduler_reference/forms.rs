//! Random clusters and pods, small enough that everything happens often.

use podarium::kernel::Rng;
use serde_json::{Value, json};

use super::Cluster;
use super::rules::{Rules, WEIGHTS};
use super::volumes::{CLASSES, Claim, Storage, Volume};

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";
const APPS: [&str; 3] = ["web", "db", "cache"];
const IMAGES: [(&str, i64); 3] = [
    ("example.com/small:1", 10),
    ("example.com/middle:1", 400),
    ("example.com/large:1", 1_500),
];

/// Where the random forms come from.
pub struct Forms {
    rng: Rng,
}

impl Forms {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed).fork("forms"),
        }
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.rng.below(times) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.rng.below(from.len() as u64) as usize]
    }

    pub fn cluster(&mut self) -> Cluster {
        let count = 2 + self.rng.below(5);
        let nodes = (0..count).map(|index| {
            let name = format!("node-{index}");
            (name.clone(), self.node(&name))
        });
        let namespaces = [
            ("default", json!({"team": "a"})),
            ("other", json!({"team": "b"})),
        ];
        Cluster {
            nodes: nodes.collect(),
            pods: Vec::new(),
            namespaces: namespaces.into(),
            storage: self.storage(count),
            rules: Rules::default(),
            kin: Vec::new(),
        }
    }

    fn storage(&mut self, nodes: u64) -> Storage {
        let volumes: Vec<Volume> = (0..8)
            .map(|_| Volume {
                class: self.pick(&CLASSES),
                gibibytes: 1 + self.rng.below(3),
                exclusive: self.one_in(3),
                host: self
                    .one_in(3)
                    .then(|| format!("node-{}", self.rng.below(nodes))),
                zone: self.one_in(2).then(|| self.pick(&["a", "b", "a__c"])),
            })
            .collect();
        let claims = (0..8).map(|index| {
            let own = &volumes[index];
            let bound = self.one_in(2).then_some(index);
            Claim {
                namespace: if index < 6 { "default" } else { "other" },
                class: bound.map_or_else(|| self.pick(&CLASSES), |_| own.class),
                gibibytes: bound.map_or_else(|| 1 + self.rng.below(3), |_| own.gibibytes),
                exclusive: bound.map_or_else(|| self.one_in(3), |_| own.exclusive),
                bound,
            }
        });
        let claims = claims.collect();
        Storage { volumes, claims }
    }

    /// Kubernetes' own rules, or those of a profile.
    pub fn rules(&mut self) -> Rules {
        let mut rules = Rules {
            configured: true,
            ..Rules::default()
        };
        for filter in [
            "TaintToleration",
            "NodeAffinity",
            "NodeResourcesFit",
            "PodTopologySpread",
            "InterPodAffinity",
            "VolumeZone",
        ] {
            if self.one_in(8) {
                rules.off.push(filter);
            }
        }
        for (plugin, _) in WEIGHTS {
            match self.rng.below(4) {
                0 => drop(rules.weights.remove(plugin)),
                1 => drop(rules.weights.insert(plugin, 1 + self.rng.below(9) as i64)),
                _ => {}
            }
        }
        rules.strategy = self.pick(&[
            "LeastAllocated",
            "MostAllocated",
            "RequestedToCapacityRatio",
        ]);
        if rules.strategy == "RequestedToCapacityRatio" {
            let middle = 1 + self.rng.below(98) as i64;
            let score = |rng: &mut Rng| rng.below(11) as i64;
            rules.shape = [0, middle, 100]
                .map(|place| (place, score(&mut self.rng)))
                .into();
        }
        if self.one_in(2) {
            let weight = |rng: &mut Rng| 1 + rng.below(5) as i64;
            rules.resources = ["cpu", "memory", "example.com/gpu"]
                .map(|name| (name, weight(&mut self.rng)))
                .into();
        }
        if self.one_in(2) {
            let constraints = (0..=self.rng.below(2)).map(|_| {
                let mut constraint = self.constraint("");
                constraint.as_object_mut().unwrap().remove("labelSelector");
                constraint
            });
            rules.constraints = Some(constraints.collect());
        }
        if self.one_in(3) {
            rules.affinity = self.affinity("nodeAffinity");
        }
        rules.required_weight = self.rng.below(4) as i64 * 10;
        rules
    }

    fn node(&mut self, name: &str) -> Value {
        let mut labels = json!({HOST: name});
        if !self.one_in(6) {
            labels[ZONE] = self.pick(&["a", "b", "c"]).into();
        }
        if !self.one_in(4) {
            labels["disk"] = self.pick(&["ssd", "hdd"]).into();
        }
        if self.one_in(2) {
            labels["cores"] = self.pick(&["2", "4", "8"]).into();
        }
        let mut allocatable = json!({
            "cpu": format!("{}m", 1_000 * (1 + self.rng.below(4))),
            "memory": format!("{}Mi", 1_024 * (1 + self.rng.below(4))),
            "pods": (2 + self.rng.below(7)).to_string()});
        if self.one_in(3) {
            allocatable["example.com/gpu"] = "1".into();
        }
        let held: Vec<Value> = IMAGES
            .iter()
            .filter(|_| self.rng.below(2) == 0)
            .map(|(image, mebibytes)| json!({"names": [image], "sizeBytes": mebibytes << 20}))
            .collect();
        let mut node = json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": labels}, "spec": {},
            "status": {"allocatable": allocatable, "images": held}});
        if self.one_in(4) {
            let effect = self.pick(&[
                "NoSchedule",
                "NoExecute",
                "PreferNoSchedule",
                "PreferNoSchedule",
            ]);
            let value = self.pick(&["x", "y"]);
            node["spec"]["taints"] =
                json!([{"key": "dedicated", "value": value, "effect": effect}]);
        }
        if self.one_in(8) {
            node["spec"]["unschedulable"] = true.into();
        }
        node
    }

    /// Now and then a node as it is from now on.
    pub fn changed_node(&mut self, cluster: &Cluster) -> Option<Value> {
        if !self.one_in(5) {
            return None;
        }
        let index = self.rng.below(cluster.nodes.len() as u64) as usize;
        let name = cluster.nodes.keys().nth(index)?.clone();
        Some(self.node(&name))
    }

    /// Now and then the name of a pod that goes.
    pub fn leaving_pod(&mut self, cluster: &Cluster) -> Option<String> {
        if cluster.pods.is_empty() || !self.one_in(4) {
            return None;
        }
        let index = self.rng.below(cluster.pods.len() as u64) as usize;
        let name = cluster.pods[index]["metadata"]["name"].as_str()?;
        Some(name.to_owned())
    }

    /// A pod. Some forms come again and again, as those of a Deployment do.
    pub fn pod(&mut self, index: usize) -> Value {
        let again = self.one_in(2).then(|| self.rng.below(4));
        let mut own = match again {
            Some(form) => Self {
                rng: self.rng_of_form(form),
            },
            None => Self {
                rng: self.rng.fork(&format!("pod {index}")),
            },
        };
        let mut pod = own.form();
        pod["metadata"]["name"] = format!("pod-{index}").into();
        if self.one_in(4) {
            let count = if pod["metadata"]["namespace"] == "default" {
                6
            } else {
                2
            };
            let mut claims: Vec<u64> = (0..=self.rng.below(2))
                .map(|_| self.rng.below(count))
                .collect();
            claims.dedup();
            let volumes = claims.iter().map(|claim| {
                let name = format!("claim-{claim}");
                json!({"name": name, "persistentVolumeClaim": {"claimName": name}})
            });
            pod["spec"]["volumes"] = volumes.collect();
        }
        if self.one_in(20) {
            pod["spec"]["nodeName"] = format!("node-{}", self.rng.below(3)).into();
        }
        pod["spec"]["priority"] = (self.rng.below(3) * 10).into();
        pod
    }

    fn rng_of_form(&self, form: u64) -> Rng {
        Rng::new(form).fork("form")
    }

    fn form(&mut self) -> Value {
        let namespace = if self.one_in(5) { "other" } else { "default" };
        let app = self.pick(&APPS);
        let containers: Vec<Value> = (0..=self.rng.below(2))
            .map(|index| self.container(index))
            .collect();
        let mut spec = json!({"containers": containers});
        if self.one_in(4) {
            spec["nodeSelector"] = json!({"disk": self.pick(&["ssd", "hdd"])});
        }
        if self.one_in(3) {
            let value = self.pick(&["x", "y"]);
            spec["tolerations"] = match self.rng.below(3) {
                0 => json!([{"operator": "Exists"}]),
                1 => json!([{"key": "dedicated", "operator": "Equal", "value": value}]),
                _ => {
                    json!([{"key": "dedicated", "operator": "Exists", "effect": "PreferNoSchedule"}])
                }
            };
        }
        for kind in ["nodeAffinity", "podAffinity", "podAntiAffinity"] {
            if self.one_in(4) {
                spec["affinity"][kind] = self.affinity(kind);
            }
        }
        if self.one_in(3) {
            let constraints: Vec<Value> = (0..=self.rng.below(2))
                .map(|_| self.constraint(app))
                .collect();
            spec["topologySpreadConstraints"] = constraints.into();
        }
        json!({"apiVersion": "v1", "kind": "Pod", "spec": spec,
            "metadata": {"namespace": namespace, "labels": {"app": app}}})
    }

    fn container(&mut self, index: u64) -> Value {
        let image = IMAGES[self.rng.below(3) as usize].0;
        let mut container = json!({"name": format!("c{index}"), "image": image});
        let requests = &mut container["resources"]["requests"];
        if self.one_in(2) {
            requests["cpu"] = format!("{}m", 100 * self.rng.below(12)).into();
        }
        if self.one_in(2) {
            requests["memory"] = format!("{}Mi", 100 * self.rng.below(12)).into();
        }
        if self.one_in(12) {
            requests["example.com/gpu"] = "1".into();
        }
        if self.one_in(6) {
            let port = 8_000 + self.rng.below(2);
            let mut declared = json!({"containerPort": 80, "hostPort": port});
            if self.one_in(3) {
                declared["hostIP"] = "127.0.0.1".into();
            }
            container["ports"] = json!([declared]);
        }
        if container["resources"]["requests"].is_null() {
            container.as_object_mut().unwrap().remove("resources");
        }
        container
    }

    fn affinity(&mut self, kind: &str) -> Value {
        let hard = self.one_in(2);
        let weight = 1 + self.rng.below(100);
        let (required, preferred) = (
            "requiredDuringSchedulingIgnoredDuringExecution",
            "preferredDuringSchedulingIgnoredDuringExecution",
        );
        if kind == "nodeAffinity" {
            let term = json!({"matchExpressions": [self.expression()]});
            return match hard {
                true => json!({required: {"nodeSelectorTerms": [term]}}),
                false => json!({preferred: [{"weight": weight, "preference": term}]}),
            };
        }
        let term = self.term();
        match hard {
            true => json!({required: [term]}),
            false => json!({preferred: [{"weight": weight, "podAffinityTerm": term}]}),
        }
    }

    fn expression(&mut self) -> Value {
        match self.rng.below(5) {
            0 => json!({"key": "disk", "operator": "In", "values": ["ssd"]}),
            1 => json!({"key": "disk", "operator": "NotIn", "values": ["ssd"]}),
            2 => json!({"key": "cores", "operator": "Exists"}),
            3 => json!({"key": "cores", "operator": "DoesNotExist"}),
            _ => json!({"key": "cores", "operator": "Gt", "values": ["3"]}),
        }
    }

    fn term(&mut self) -> Value {
        let key = self.pick(&[ZONE, HOST]);
        let mut term = json!({"topologyKey": key,
            "labelSelector": {"matchLabels": {"app": self.pick(&APPS)}}});
        match self.rng.below(5) {
            0 => term["namespaces"] = json!(["other"]),
            1 => term["namespaceSelector"] = json!({"matchLabels": {"team": "b"}}),
            _ => {}
        }
        term
    }

    fn constraint(&mut self, app: &str) -> Value {
        let key = self.pick(&[ZONE, HOST]);
        let when = self.pick(&["DoNotSchedule", "ScheduleAnyway"]);
        let selected = if self.one_in(4) {
            self.pick(&APPS)
        } else {
            app
        };
        let mut constraint = json!({"topologyKey": key, "maxSkew": 1 + self.rng.below(2),
            "whenUnsatisfiable": when, "labelSelector": {"matchLabels": {"app": selected}}});
        if when == "DoNotSchedule" && self.one_in(4) {
            constraint["minDomains"] = 3.into();
        }
        if self.one_in(4) {
            constraint["nodeAffinityPolicy"] = "Ignore".into();
        }
        if self.one_in(4) {
            constraint["nodeTaintsPolicy"] = "Honor".into();
        }
        constraint
    }

    /// The selectors of the pod's kind, as its Service would have them.
    pub fn kin(&mut self, pod: &Value) -> Vec<Value> {
        if self.one_in(2) {
            return Vec::new();
        }
        vec![json!({"matchLabels": {"app": pod["metadata"]["labels"]["app"]}})]
    }
}
