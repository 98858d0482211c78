//! Defaults of containers of every sort: pull policy, termination message, ports, probes, hooks.

use crate::api::core::{
    Container, EnvVar, EphemeralContainer, HTTPGetAction, Lifecycle, LifecycleHandler, Probe,
};

use super::{absent, or, resources};

pub(super) fn container(container: &mut Container) {
    absent::container(container);
    let image = container.image.as_deref().unwrap_or_default();
    or(&mut container.image_pull_policy, pull_policy(image));
    or(
        &mut container.termination_message_path,
        "/dev/termination-log",
    );
    or(&mut container.termination_message_policy, "File");
    for port in container.ports.iter_mut().flatten() {
        or(&mut port.protocol, "TCP");
    }
    container.env.iter_mut().flatten().for_each(variable);
    resources::requirements(container.resources.get_or_insert_default());
    let probes = [
        &mut container.liveness_probe,
        &mut container.readiness_probe,
        &mut container.startup_probe,
    ];
    probes.into_iter().flatten().for_each(probe);
    container.lifecycle.iter_mut().for_each(lifecycle);
}

pub(super) fn ephemeral(container: &mut EphemeralContainer) {
    let image = container.image.as_deref().unwrap_or_default();
    or(&mut container.image_pull_policy, pull_policy(image));
    or(
        &mut container.termination_message_path,
        "/dev/termination-log",
    );
    or(&mut container.termination_message_policy, "File");
    container.env.iter_mut().flatten().for_each(variable);
    resources::requirements(container.resources.get_or_insert_default());
}

/// `Always` for `:latest` and for no tag at all, `IfNotPresent` otherwise; a digest counts as a tag.
pub(super) fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let latest = match name.split_once('@') {
        Some((name, _)) => name.ends_with(":latest"),
        None => name.split_once(':').is_none_or(|(_, tag)| tag == "latest"),
    };
    // parsers.ParseImageName: an image name that cannot be read has no tag.
    if latest && is_reference(image) {
        "Always"
    } else {
        "IfNotPresent"
    }
}

/// Whether an image name can be read: a path of lower-case parts, perhaps after a host.
fn is_reference(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or_default();
    let path = match name.rsplit_once('/') {
        // The tag stands after the last part.
        Some((path, last)) => format!("{path}/{}", last.split(':').next().unwrap_or_default()),
        None => name.split(':').next().unwrap_or_default().to_owned(),
    };
    let mut parts = path.split('/').peekable();
    let host = |part: &&str| part.contains(['.', ':']) || *part == "localhost";
    if path.contains('/') {
        parts.next_if(host);
    }
    let character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let good = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(character)
    };
    parts.peek().is_some() && parts.all(good)
}

fn variable(variable: &mut EnvVar) {
    let Some(source) = &mut variable.value_from else {
        return;
    };
    if let Some(field) = &mut source.field_ref {
        or(&mut field.api_version, "v1");
    }
    source
        .resource_field_ref
        .iter_mut()
        .for_each(super::volume::divisor);
    if let Some(file) = &mut source.file_key_ref {
        file.optional.get_or_insert(false);
    }
}

fn probe(probe: &mut Probe) {
    absent::drop_zero(&mut probe.initial_delay_seconds);
    for (field, default) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, 10),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if field.unwrap_or(0) == 0 {
            *field = Some(default);
        }
    }
    probe.http_get.iter_mut().for_each(http_get);
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn lifecycle(lifecycle: &mut Lifecycle) {
    let handlers = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
    for handler in handlers.into_iter().flatten() {
        let LifecycleHandler {
            http_get: action, ..
        } = handler;
        action.iter_mut().for_each(http_get);
    }
}

fn http_get(action: &mut HTTPGetAction) {
    absent::drop_zero(&mut action.host);
    or(&mut action.path, "/");
    or(&mut action.scheme, "HTTP");
}

#[cfg(test)]
mod tests {
    use super::pull_policy;

    #[test]
    fn the_tag_decides_the_pull_policy() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("registry:5000/nginx", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("nginx@sha256:00", "IfNotPresent"),
            ("", "IfNotPresent"),
            (" nginx", "IfNotPresent"),
            ("Nginx", "IfNotPresent"),
            ("localhost/nginx", "Always"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
