//! Tests of configurations: what they change, and what is refused.

use serde_json::{Value, json};

use super::{FitKind, Profile, read};

fn profile(json: Value) -> Profile {
    let (mut profiles, problems) = read(&json!({"profiles": [json]}));
    assert_eq!(problems, []);
    profiles.remove(0)
}

/// The scores of a profile with their weights, and the filters that do not run.
fn check(plugins: Value, weights: &str, disabled: &str) {
    let profile = profile(json!({"plugins": plugins}));
    let told = profile.weights.iter();
    let told: Vec<String> = told
        .map(|(name, weight)| format!("{name} {weight}"))
        .collect();
    assert_eq!(told.join(", "), weights);
    assert_eq!(profile.disabled_filters.join(", "), disabled);
}

const ALL: &str = "TaintToleration 3, NodeAffinity 2, NodeResourcesFit 1, PodTopologySpread 2, InterPodAffinity 2, \
                   NodeResourcesBalancedAllocation 1, ImageLocality 1";

#[test]
fn plugins_go_on_and_off_everywhere_or_at_one_point() {
    check(json!({}), ALL, "");
    let all = json!([{"name": "*"}]);
    check(
        json!({"score": {"disabled": all, "enabled": [{"name": "ImageLocality", "weight": 5}]}}),
        "ImageLocality 5",
        "",
    );
    check(
        json!({"filter": {"disabled": [{"name": "TaintToleration"}]}}),
        ALL,
        "TaintToleration",
    );
    check(
        json!({"multiPoint": {"disabled": [{"name": "TaintToleration"}], "enabled": [{"name": "NodeResourcesFit", "weight": 9}]}}),
        &ALL.replace("TaintToleration 3, ", "")
            .replace("NodeResourcesFit 1", "NodeResourcesFit 9"),
        "TaintToleration",
    );
}

#[test]
fn arguments_of_plugins_are_read() {
    let config = |name: &str, args: Value| {
        profile(json!({"schedulerName": "tight", "pluginConfig": [{"name": name, "args": args}]}))
    };
    let shape = json!([{"utilization": 0, "score": 0}, {"utilization": 80, "score": 10}]);
    let strategy = json!({"type": "RequestedToCapacityRatio", "resources": [{"name": "example.com/gpu", "weight": 3}],
        "requestedToCapacityRatio": {"shape": shape}});
    let tight = config("NodeResourcesFit", json!({"scoringStrategy": strategy}));
    assert_eq!(tight.name, "tight");
    let shape = FitKind::RequestedToCapacityRatio(vec![(0, 0), (80, 100)]);
    assert_eq!(tight.fit.kind, shape);
    assert_eq!(tight.fit.resources, [("example.com/gpu".to_owned(), 3)]);
    let weight = config("InterPodAffinity", json!({"hardPodAffinityWeight": 7}));
    assert_eq!(weight.hard_pod_affinity_weight, 7);
    let constraint =
        json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
    let args = json!({"defaultingType": "List", "defaultConstraints": [constraint]});
    let spread = config("PodTopologySpread", args).spread;
    assert_eq!(spread.map(|constraints| constraints.len()), Some(1));
}

fn refused(json: Value, expect: &[&str]) {
    let problems = read(&json).1.into_iter();
    let told: Vec<String> = problems
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect();
    assert_eq!(told, expect);
}

#[test]
fn mistakes_are_told_with_their_places() {
    refused(
        json!({"profile": [], "percentageOfNodesToScore": 101}),
        &[
            "profile: unknown field \"profile\"",
            "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]",
        ],
    );
    refused(
        json!({"profiles": [{}, {"plugins": {"score": {"enabled": [{"name": "Nice", "weight": "2"}]}}}]}),
        &[
            "profiles[1].plugins.score.enabled[0].weight: must be an integer",
            "profiles[1].plugins.score.enabled[0].name: Invalid value: \"Nice\": there is no such plugin",
            "profiles[1].schedulerName: Duplicate value: \"default-scheduler\"",
        ],
    );
    let with = |args: Value| json!({"profiles": [{"pluginConfig": [{"name": "NodeResourcesFit", "args": args}]}]});
    refused(
        with(
            json!({"scoringStrategy": {"type": "Best", "resources": [{"name": "cpu", "weight": 0}]}}),
        ),
        &[
            "profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: \
             Invalid value: 0: resource weight of cpu not in valid range (0, 100]",
            "profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: \"Best\": supported values: \
             \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\"",
        ],
    );
}
