//! Defaults of a pod spec, wherever it stands: in a pod or in a template.

use crate::api::core::{PodSpec, PodTemplateSpec};

use super::{absent, container, or, resources, volume};

pub(super) fn apply(spec: &mut PodSpec) {
    absent::pod_spec(spec);
    or(&mut spec.dns_policy, "ClusterFirst");
    or(&mut spec.restart_policy, "Always");
    or(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    service_account(spec);
    spec.volumes.iter_mut().flatten().for_each(volume::apply);
    let init_containers = spec.init_containers.iter_mut().flatten();
    init_containers
        .chain(&mut spec.containers)
        .for_each(container::container);
    let ephemeral = spec.ephemeral_containers.iter_mut().flatten();
    ephemeral.for_each(container::ephemeral);
    resources::list(&mut spec.overhead);
    spec.resources.iter_mut().for_each(resources::requirements);
}

pub(super) fn template(template: &mut PodTemplateSpec) {
    absent::meta(template.metadata.get_or_insert_default());
    apply(template.spec.get_or_insert_default());
}

/// The deprecated `serviceAccount` is a second name of `serviceAccountName`; both are stored.
fn service_account(spec: &mut PodSpec) {
    let name = spec.service_account_name.take();
    spec.service_account_name = name.or_else(|| spec.service_account.take());
    spec.service_account.clone_from(&spec.service_account_name);
}
