//! Rules of probes, hooks and the actions that both consist of.

use crate::api::IntOrString;
use crate::api::core::{
    Container, ExecAction, GRPCAction, HTTPGetAction, LifecycleHandler, Probe, SleepAction,
    TCPSocketAction,
};

use super::field::{FieldPath, Problems};
use super::names;

/// Hooks and probes of a container that may have them. `grace_seconds` is the pod's grace period.
pub(super) fn hooks_and_probes(
    container: &Container,
    grace_seconds: Option<i64>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    if let Some(lifecycle) = &container.lifecycle {
        let path = path.child("lifecycle");
        let hooks = [
            ("postStart", &lifecycle.post_start),
            ("preStop", &lifecycle.pre_stop),
        ];
        for (field, hook) in hooks {
            if let Some(hook) = hook {
                handler(
                    &Actions::of_hook(hook),
                    grace_seconds,
                    &path.child(field),
                    problems,
                );
            }
        }
        if lifecycle.stop_signal.is_some() {
            let detail = "may not be set for containers with empty `spec.os.name`";
            problems.forbidden(&path.child("stopSignal"), detail);
        }
    }
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (field, probe) in probes {
        let Some(probe) = probe else { continue };
        let path = path.child(field);
        common(probe, grace_seconds, &path, problems);
        if field == "readinessProbe" {
            if let Some(seconds) = probe.termination_grace_period_seconds {
                let detail = "must not be set for readinessProbes";
                problems.invalid(
                    &path.child("terminationGracePeriodSeconds"),
                    seconds,
                    detail,
                );
            }
        } else if probe.success_threshold != Some(1) {
            let threshold = probe.success_threshold.unwrap_or(0);
            problems.invalid(&path.child("successThreshold"), threshold, "must be 1");
        }
    }
}

fn common(probe: &Probe, grace_seconds: Option<i64>, path: &FieldPath, problems: &mut Problems) {
    handler(&Actions::of_probe(probe), grace_seconds, path, problems);
    for (field, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        problems.non_negative(&path.child(field), value);
    }
    let own_grace = probe.termination_grace_period_seconds;
    if let Some(seconds) = own_grace.filter(|seconds| *seconds <= 0) {
        let path = path.child("terminationGracePeriodSeconds");
        problems.invalid(&path, seconds, "must be greater than 0");
    }
}

/// What a probe or hook does; exactly one of these.
#[derive(Default)]
struct Actions<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

impl<'a> Actions<'a> {
    fn of_probe(probe: &'a Probe) -> Self {
        Self {
            exec: probe.exec.as_ref(),
            http_get: probe.http_get.as_ref(),
            tcp_socket: probe.tcp_socket.as_ref(),
            grpc: probe.grpc.as_ref(),
            sleep: None,
        }
    }

    fn of_hook(hook: &'a LifecycleHandler) -> Self {
        Self {
            exec: hook.exec.as_ref(),
            http_get: hook.http_get.as_ref(),
            tcp_socket: hook.tcp_socket.as_ref(),
            grpc: None,
            sleep: hook.sleep.as_ref(),
        }
    }
}

fn handler(
    actions: &Actions,
    grace_seconds: Option<i64>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let given = [
        ("exec", actions.exec.is_some()),
        ("httpGet", actions.http_get.is_some()),
        ("tcpSocket", actions.tcp_socket.is_some()),
        ("grpc", actions.grpc.is_some()),
        ("sleep", actions.sleep.is_some()),
    ];
    let mut given = given
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(field, _)| field);
    let Some(first) = given.next() else {
        problems.required(path, "must specify a handler type");
        return;
    };
    action(actions, first, grace_seconds, &path.child(first), problems);
    for field in given {
        problems.forbidden(
            &path.child(field),
            "may not specify more than 1 handler type",
        );
    }
}

fn action(
    actions: &Actions,
    field: &str,
    grace_seconds: Option<i64>,
    path: &FieldPath,
    problems: &mut Problems,
) {
    let port = path.child("port");
    match field {
        "exec" => {
            let command = actions.exec.and_then(|exec| exec.command.as_ref());
            if command.is_none_or(Vec::is_empty) {
                problems.required(&path.child("command"), "");
            }
        }
        "httpGet" => actions
            .http_get
            .into_iter()
            .for_each(|get| http_get(get, path, problems)),
        "tcpSocket" => {
            actions
                .tcp_socket
                .into_iter()
                .for_each(|tcp| port_number_or_name(&tcp.port, &port, problems));
        }
        "grpc" => {
            let number = actions.grpc.map_or(0, |grpc| grpc.port);
            port_number_or_name(&IntOrString::Int(number), &port, problems);
        }
        _ => {
            let seconds = actions.sleep.map_or(0, |sleep| sleep.seconds);
            if let Some(most) = grace_seconds.filter(|most| !(0..=*most).contains(&seconds)) {
                let detail = format!(
                    "must be non-negative and less than terminationGracePeriodSeconds ({most})"
                );
                problems.invalid(path, seconds, &detail);
            }
        }
    }
}

fn http_get(get: &HTTPGetAction, path: &FieldPath, problems: &mut Problems) {
    port_number_or_name(&get.port, &path.child("port"), problems);
    let scheme = get.scheme.as_deref().unwrap_or_default();
    if !matches!(scheme, "HTTP" | "HTTPS") {
        problems.not_supported(&path.child("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for header in get.http_headers.iter().flatten() {
        let wrong = names::header_name(&header.name);
        problems.invalid_each(&path.child("httpHeaders"), &header.name, wrong);
    }
}

/// A port by its number or by the name that it has in the container.
pub(super) fn port_number_or_name(port: &IntOrString, path: &FieldPath, problems: &mut Problems) {
    match port {
        IntOrString::Int(number) => {
            if let Some(detail) = names::port_number(*number) {
                problems.invalid(path, *number, &detail);
            }
        }
        IntOrString::String(name) => problems.invalid_each(path, name, names::port_name(name)),
    }
}
