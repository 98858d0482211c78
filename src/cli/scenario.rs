//! The scenario file of `podarium play`: a cluster, and what is done to it at which second.

use std::rc::Rc;
use std::time::Duration;

use podarium::kernel::SimTime;
use podarium::session::cluster::{ClusterConfig, Fault};
use serde::Deserialize;

/// How long a cluster has been up when the first step is made: its nodes are Ready and quiet by then.
pub const SETTLING: Duration = Duration::from_secs(60);

/// How long a manifest is played if nothing else is said.
const DEFAULT_LENGTH: Duration = Duration::from_secs(120);

/// What to play.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    /// Its name; empty for a manifest.
    pub name: String,
    /// The wall clock at the first step, in microseconds since 1970.
    pub start_unix_micros: i64,
    /// Images that lie on every node already.
    pub pulled_images: Vec<String>,
    /// How long it goes on after the first step.
    pub length: Duration,
    /// In order of time.
    pub steps: Vec<ScenarioStep>,
}

/// One thing that is done.
#[derive(Debug, PartialEq)]
pub struct ScenarioStep {
    /// When, since the first step.
    pub at: Duration,
    /// What.
    pub deed: Deed,
}

/// What a step does.
#[derive(Debug, PartialEq)]
pub enum Deed {
    /// `kubectl apply -f -` of this text.
    Apply(String),
    /// A kubectl command line, without `kubectl`, and what it reads from standard input.
    Kubectl(String, String),
    /// Something breaks or heals.
    Fault(Fault),
}

/// The file as it is written.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: String,
    start: Option<String>,
    #[serde(default)]
    pulled: Vec<String>,
    until: Option<f64>,
    steps: Vec<FileStep>,
}

#[derive(Deserialize)]
struct FileStep {
    at: f64,
    apply: Option<String>,
    kubectl: Option<String>,
    fault: Option<String>,
    #[serde(default)]
    stdin: String,
}

impl Scenario {
    /// Reads a scenario, or a manifest, which is a scenario of one step.
    ///
    /// # Errors
    /// What is wrong with the scenario, in one sentence. A manifest is taken as it is.
    pub fn read(text: &str) -> Result<Self, String> {
        if !is_scenario(text) {
            return Ok(Self::of_manifest(text));
        }
        let file: File = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let mut steps = Vec::new();
        for step in file.steps {
            steps.push(ScenarioStep {
                at: seconds(step.at)?,
                deed: deed(step)?,
            });
        }
        steps.sort_by_key(|step| step.at);
        Ok(Self {
            name: file.name,
            start_unix_micros: file
                .start
                .map_or(Ok(default_start()), |text| unix_micros(&text))?,
            pulled_images: file.pulled,
            length: file.until.map_or(Ok(DEFAULT_LENGTH), seconds)?,
            steps,
        })
    }

    fn of_manifest(text: &str) -> Self {
        Self {
            name: String::new(),
            start_unix_micros: default_start(),
            pulled_images: Vec::new(),
            length: DEFAULT_LENGTH,
            steps: vec![ScenarioStep {
                at: Duration::ZERO,
                deed: Deed::Apply(text.to_owned()),
            }],
        }
    }

    /// The cluster that it is played on. Its time begins [`SETTLING`] before the first step.
    pub fn cluster(&self, seed: u64) -> ClusterConfig {
        ClusterConfig {
            seed,
            start_unix_micros: self.start_unix_micros - SETTLING.as_micros() as i64,
            pulled_images: self.pulled_images.clone(),
            ..ClusterConfig::default()
        }
    }

    /// The moment of the first step in the cluster's time.
    pub const fn epoch() -> SimTime {
        SimTime::from_micros(SETTLING.as_micros() as u64)
    }
}

/// A scenario is a mapping with `steps`; no manifest has that at its top.
fn is_scenario(text: &str) -> bool {
    serde_yaml::from_str::<serde_yaml::Value>(text).is_ok_and(|value| value.get("steps").is_some())
}

fn default_start() -> i64 {
    ClusterConfig::default().start_unix_micros
}

fn unix_micros(text: &str) -> Result<i64, String> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|error| format!("start {text:?}: {error}"))?;
    Ok(time.as_microsecond())
}

fn seconds(number: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number).map_err(|error| format!("{number} seconds: {error}"))
}

fn deed(step: FileStep) -> Result<Deed, String> {
    match (step.apply, step.kubectl, step.fault) {
        (Some(text), None, None) => Ok(Deed::Apply(text)),
        (None, Some(line), None) => Ok(Deed::Kubectl(line, step.stdin)),
        (None, None, Some(text)) => Ok(Deed::Fault(fault(&text)?)),
        _ => Err(format!(
            "the step at {} s needs exactly one of apply, kubectl and fault",
            step.at
        )),
    }
}

/// `kubelet-stop node-2`, `machine-start node-2`, `registry-down` …
fn fault(text: &str) -> Result<Fault, String> {
    let mut words = text.split_whitespace();
    let (verb, target) = (words.next().unwrap_or_default(), words.next());
    let node = || {
        target
            .map(Rc::from)
            .ok_or_else(|| format!("fault {text:?} names no node"))
    };
    match verb {
        "kubelet-stop" => Ok(Fault::KubeletStop(node()?)),
        "kubelet-start" => Ok(Fault::KubeletStart(node()?)),
        "machine-stop" => Ok(Fault::MachineStop(node()?)),
        "machine-start" => Ok(Fault::MachineStart(node()?)),
        "machine-shutdown" => Ok(Fault::MachineShutdown(node()?)),
        "registry-down" => Ok(Fault::RegistryDown(true)),
        "registry-up" => Ok(Fault::RegistryDown(false)),
        _ => Err(format!("unknown fault {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_steps_of_every_type_in_order_of_time() {
        let scenario = Scenario::read(
            "name: demo\nstart: 2026-11-21T18:42:39Z\npulled: [busybox]\nuntil: 30\nsteps:\n\
             - {at: 2.5, fault: kubelet-stop node-2}\n- {at: 0, apply: 'kind: Pod'}\n\
             - {at: 1, kubectl: get pods, stdin: x}\n",
        )
        .unwrap();
        let deeds: Vec<&Deed> = scenario.steps.iter().map(|step| &step.deed).collect();
        assert_eq!(
            deeds,
            [
                &Deed::Apply("kind: Pod".to_owned()),
                &Deed::Kubectl("get pods".to_owned(), "x".to_owned()),
                &Deed::Fault(Fault::KubeletStop("node-2".into())),
            ]
        );
        assert_eq!(scenario.length, Duration::from_secs(30));
        assert_eq!(scenario.start_unix_micros, 1_795_286_559_000_000);
        assert_eq!(scenario.cluster(7).start_unix_micros, 1_795_286_499_000_000);
    }

    #[test]
    fn anything_else_is_a_manifest() {
        for text in ["kind: Pod\n---\nkind: Pod\n", "a: [", ""] {
            let scenario = Scenario::read(text).unwrap();
            assert_eq!(scenario.steps[0].deed, Deed::Apply(text.to_owned()));
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_scenario() {
        let check = |steps: &str, expect: &str| {
            let error = Scenario::read(&format!("steps: [{steps}]")).unwrap_err();
            assert_eq!(error, expect);
        };
        check(
            "{at: 1}",
            "the step at 1 s needs exactly one of apply, kubectl and fault",
        );
        check("{at: 1, fault: melt}", r#"unknown fault "melt""#);
        check(
            "{at: 1, fault: machine-stop}",
            r#"fault "machine-stop" names no node"#,
        );
        check(
            "{at: -1, apply: x}",
            "-1 seconds: cannot convert float seconds to Duration: value is negative",
        );
    }
}
