//! The pod sandbox: the network namespace that the containers of a pod share.

use std::rc::Rc;

use crate::cluster::Context;
use crate::cluster::timing::{SANDBOX_MAX, SANDBOX_MIN};

use super::conditions;
use super::host::Host;
use super::inspect::{CreationKind, StepProgress};
use super::network_files;
use super::runtime::Sandbox;
use super::sync::{Flow, Task};
use super::worker::Worker;

impl Worker {
    /// Begins to make the sandbox.
    pub fn create_sandbox(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        if self.observed.sandbox.is_some() {
            let message = "Pod sandbox changed, it will be killed and re-created.".to_owned();
            self.event(None, false, "SandboxChanged", message, host, context);
        }
        let takes = host.between(SANDBOX_MIN, SANDBOX_MAX);
        let until = Some(context.now + takes);
        let since = context.now;
        self.note(
            None,
            CreationKind::Sandbox,
            StepProgress::Active { since, until },
        );
        self.next_task(Task::SandboxReady);
        Flow::After(takes)
    }

    /// The sandbox runs and has its address.
    pub fn sandbox_ready(&mut self, host: &mut Host, context: &mut Context) -> Flow {
        let ip = if self.plan.host_network {
            Rc::clone(&host.ip)
        } else {
            host.new_address(&self.uid)
        };
        let attempt = self
            .runtime
            .sandbox
            .as_ref()
            .map_or(0, |old| old.attempt + 1);
        self.runtime.sandbox = Some(Sandbox {
            attempt,
            ready: true,
            files: network_files::all(&self.pod, &ip, host),
            ip: Rc::clone(&ip),
        });
        self.runtime.resources = self.pod_resources().clone();
        self.runtime.version += 1;
        host.mark_dirty(&self.uid, context);
        self.note(
            None,
            CreationKind::Sandbox,
            StepProgress::Done { at: context.now },
        );
        let text = format!("Sandbox and network are ready: the pod's address is **{ip}**");
        self.step(None, "sandbox-ready", text, &[], host, context);
        self.report_sandbox(host, context);
        Flow::Next
    }

    /// kubelet: the condition PodReadyToStartContainers is reported as soon as the sandbox is ready, before
    /// any image is pulled.
    fn report_sandbox(&mut self, host: &mut Host, context: &mut Context) {
        let mut status = (*self.old_status()).clone();
        let ready = conditions::condition(&self.pod, "PodReadyToStartContainers", "True", "", "");
        conditions::replace(&mut status, ready);
        self.set_status(status, self.pod.is_deleting(), host, context);
    }
}
