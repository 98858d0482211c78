//! Random users: they apply, change, delete and break things.

use std::time::Duration;

use podarium::api::{Kind, Object, ObjectKey};
use podarium::cluster::fault::ProbeType;
use podarium::cluster::{Client, Fault, Request, World};
use podarium::kernel::Rng;
use podarium::kubectl;
use serde_json::{Value, json};

/// A random user.
pub struct Inputs {
    rng: Rng,
    made: u64,
}

impl Inputs {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed).fork("user"),
            made: 0,
        }
    }

    /// How long the user waits before the next deed.
    pub fn pause(&mut self) -> Duration {
        self.rng
            .between(Duration::from_millis(1), Duration::from_secs(40))
    }

    /// Does one random thing, or nothing.
    pub fn maybe_act(&mut self, world: &mut World) {
        match self.rng.below(10) {
            0..=2 => {
                let pod = self.pod();
                self.request(world, Request::Apply(pod));
            }
            3 => {
                let deployment = self.deployment();
                self.request(world, Request::Apply(deployment));
            }
            4..=5 => self.command(world),
            6 => self.fault(world),
            _ => {}
        }
    }

    /// A refusal is an answer like any other: what must hold is checked elsewhere.
    fn request(&mut self, world: &mut World, request: Request) {
        match world.request(request) {
            Ok(_) => {}
            Err(status) => assert!(status.code >= 400, "{status:?}"),
        }
    }

    fn command(&mut self, world: &mut World) {
        let line = match self.rng.below(10) {
            0 => format!(
                "scale deployment d{} --replicas={}",
                self.rng.below(3),
                self.rng.below(7)
            ),
            1 => format!(
                "set image deployment/d{} main=nginx:{}",
                self.rng.below(3),
                self.rng.below(3)
            ),
            2 => format!("rollout undo deployment/d{}", self.rng.below(3)),
            3 => format!("delete deployment d{}", self.rng.below(3)),
            4 => format!(
                "{} node-{}",
                self.pick(&["cordon", "uncordon"]),
                1 + self.rng.below(3)
            ),
            5 => match self.any_pod(world) {
                Some(key) => {
                    let memory = 32 * (1 + self.rng.below(8));
                    format!(
                        "patch pod {} --subresource=resize -p '{{\"spec\":{{\"containers\":[{{\"name\":\"main\",\
                         \"resources\":{{\"requests\":{{\"memory\":\"{memory}Mi\"}}}}}}]}}}}'",
                        key.name
                    )
                }
                None => return,
            },
            6 => match self.any_pod(world) {
                Some(key) => {
                    let command =
                        self.pick(&["touch /tmp/ok", "rm -f /tmp/ok", "kill 1", "sleep 30"]);
                    format!("exec {} -- sh -c '{command}'", key.name)
                }
                None => return,
            },
            7 => match self.any_pod(world) {
                Some(key) => format!(
                    "logs {} {}",
                    key.name,
                    self.pick(&["", "--previous", "--tail=3"])
                ),
                None => return,
            },
            _ => match self.any_pod(world) {
                Some(key) => {
                    let how = self.pick(&["", " --grace-period=1", " --force --grace-period=0"]);
                    format!("delete pod {}{how}", key.name)
                }
                None => return,
            },
        };
        let output = kubectl::run(&line, "", world);
        assert!(
            output.code == 0 || !output.stderr.is_empty(),
            "{line}: {output:?}"
        );
    }

    fn fault(&mut self, world: &mut World) {
        let node = || -> std::rc::Rc<str> { "node-2".into() };
        let fault = match self.rng.below(8) {
            0 => Fault::KubeletStop(node()),
            1 => Fault::KubeletStart(node()),
            2 => Fault::MachineStop(node()),
            3 => Fault::MachineStart(node()),
            4 => Fault::RegistryDown(self.rng.below(2) == 0),
            5 => Fault::MachineShutdown(node()),
            _ => {
                let Some(pod) = self.any_pod(world) else {
                    return;
                };
                let container = "main".into();
                if self.rng.below(2) == 0 {
                    Fault::KillContainer { pod, container }
                } else {
                    let outcome = [None, Some(true), Some(false)][self.rng.below(3) as usize];
                    Fault::Probe {
                        pod,
                        container,
                        probe: ProbeType::Liveness,
                        outcome,
                    }
                }
            }
        };
        world.fault(fault);
    }

    fn any_pod(&mut self, world: &World) -> Option<ObjectKey> {
        let pods: Vec<ObjectKey> = world
            .api()
            .store()
            .list(Kind::Pod, None)
            .map(Object::key)
            .collect();
        self.rng.pick(&pods).cloned()
    }

    fn pick(&mut self, items: &[&'static str]) -> &'static str {
        self.rng.pick(items).copied().unwrap_or_default()
    }

    fn pod(&mut self) -> Value {
        self.made += 1;
        let mut meta = json!({"name": format!("p{}", self.rng.below(12)), "labels": {"app": "p"}});
        if self.rng.below(3) == 0 {
            let memory = self.pick(&["50Mi", "20Mi@0,3Gi@40", "100Mi@0,9Gi@25,10Mi@60"]);
            meta["annotations"] = json!({"podarium/memory": memory});
        }
        if self.rng.below(6) == 0 {
            let exit = self.pick(&["0@15", "1@3", "7@120"]);
            meta["annotations"]["podarium/exit"] = json!(exit);
        }
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": self.pod_spec(false)})
    }

    fn deployment(&mut self) -> Value {
        let name = format!("d{}", self.rng.below(3));
        let labels = json!({ "app": name });
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": self.rng.below(5), "minReadySeconds": self.rng.below(3),
                "progressDeadlineSeconds": 20 + self.rng.below(60),
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": self.pod_spec(true)},
            },
        })
    }

    fn pod_spec(&mut self, always: bool) -> Value {
        let mut main = json!({
            "name": "main",
            "image": self.pick(&["busybox:1.36", "nginx:1.27", "registry.example/notfound:1", "slow20/x:1", "redis:7"]),
        });
        let script = self.pick(&[
            "",
            "",
            "exit 0",
            "exit 1",
            "sleep 7; exit 1",
            "sleep 1000",
            "trap 'exit 0' TERM; sleep 1000 & wait",
            "touch /tmp/ok; sleep 20; rm /tmp/ok; sleep 600",
            "while true; do sleep 3; done",
            "nosuchcommand",
        ]);
        if !script.is_empty() {
            main["command"] = json!(["sh", "-c", script]);
        }
        if self.rng.below(2) == 0 {
            main["resources"] = json!({"requests": {"cpu": format!("{}m", 100 * self.rng.below(30)), "memory": "64Mi"}});
            if self.rng.below(3) == 0 {
                main["resources"]["limits"] = json!({"memory": "200Mi"});
            }
            if self.rng.below(3) == 0 {
                main["resizePolicy"] =
                    json!([{"resourceName": "memory", "restartPolicy": "RestartContainer"}]);
            }
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if self.rng.below(4) == 0 {
                main[probe] = self.probe();
            }
        }
        if self.rng.below(4) == 0 {
            main["lifecycle"] =
                json!({"preStop": {"exec": {"command": ["sleep", self.rng.below(9).to_string()]}}});
        }
        if self.rng.below(6) == 0 {
            let hook = self.pick(&["exit 1", "sleep 3", "touch /tmp/ok"]);
            main["lifecycle"]["postStart"] = json!({"exec": {"command": ["sh", "-c", hook]}});
        }
        if self.rng.below(8) == 0 {
            let action = self.pick(&["Restart", "RestartAllContainers"]);
            let codes = json!({"operator": self.pick(&["In", "NotIn"]), "values": [1]});
            main["restartPolicy"] = json!(self.pick(&["Never", "OnFailure", "Always"]));
            main["restartPolicyRules"] = json!([{"action": action, "exitCodes": codes}]);
        }
        if self.rng.below(6) == 0 {
            main["ports"] = json!([{"containerPort": 80, "hostPort": 8080}]);
        }
        let mut spec =
            json!({"containers": [main], "terminationGracePeriodSeconds": self.rng.below(12)});
        if self.rng.below(4) == 0 {
            let exit = self.pick(&["exit 0", "sleep 3", "sleep 2; exit 1"]);
            spec["initContainers"] =
                json!([{"name": "init", "image": "busybox:1.36", "command": ["sh", "-c", exit]}]);
        }
        if self.rng.below(4) == 0 {
            let script = self.pick(&[
                "sleep 1000",
                "sleep 9; exit 1",
                "trap 'exit 0' TERM; sleep 1000 & wait",
            ]);
            let sidecar = json!({"name": "side", "image": "busybox:1.36", "restartPolicy": "Always",
                "command": ["sh", "-c", script]});
            match spec["initContainers"].as_array_mut() {
                Some(init) => init.push(sidecar),
                None => spec["initContainers"] = json!([sidecar]),
            }
        }
        if self.rng.below(5) == 0 {
            let extra =
                json!({"name": "extra", "image": "nginx:1.27", "readinessProbe": self.probe()});
            spec["containers"]
                .as_array_mut()
                .into_iter()
                .for_each(|all| all.push(extra.clone()));
        }
        if self.rng.below(6) == 0 {
            spec["shareProcessNamespace"] = json!(true);
        }
        if !always && self.rng.below(5) == 0 {
            spec["activeDeadlineSeconds"] = json!(10 + self.rng.below(60));
        }
        if !always {
            spec["restartPolicy"] = json!(self.pick(&["Always", "OnFailure", "Never"]));
        }
        if self.rng.below(8) == 0 {
            spec["nodeSelector"] =
                json!({"kubernetes.io/hostname": self.pick(&["node-1", "node-2", "nowhere"])});
        }
        spec
    }

    fn probe(&mut self) -> Value {
        let mut probe = match self.rng.below(3) {
            0 => json!({"httpGet": {"path": "/", "port": 80}}),
            1 => json!({"tcpSocket": {"port": 6379}}),
            _ => json!({"exec": {"command": ["cat", "/tmp/ok"]}}),
        };
        probe["periodSeconds"] = json!(1 + self.rng.below(10));
        probe["failureThreshold"] = json!(1 + self.rng.below(3));
        probe["initialDelaySeconds"] = json!(self.rng.below(10));
        probe
    }
}
