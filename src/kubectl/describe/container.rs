//! The containers of a page.

use crate::api::core::{
    Container, ContainerPort, ContainerState, ContainerStatus, EnvVar, EnvVarSource, HTTPGetAction,
    Probe, ResourceRequirements,
};
use crate::api::{IntOrString, Pod, Quantity};

use super::sheet::Sheet;
use super::{date, or_none};

/// Containers under a title. In a template (`indent` 1) there are no statuses.
pub(super) fn describe(
    title: &str,
    containers: &[Container],
    statuses: Option<&[ContainerStatus]>,
    pod: Option<&Pod>,
    indent: usize,
    sheet: &mut Sheet,
) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    sheet.line(indent, format!("{title}:{none}"));
    for container in containers {
        let status = statuses
            .into_iter()
            .flatten()
            .find(|status| status.name == container.name);
        // A template's container names are indented by one blank more.
        let blank = if indent > 0 { " " } else { "" };
        sheet.line(1, format!("{blank}{}:", container.name));
        basics(container, status, sheet);
        words("Command", container.command.as_deref(), sheet);
        words("Args", container.args.as_deref(), sheet);
        if let Some(status) = status {
            state("State", status.state.as_ref(), sheet);
            if let Some(last) = status
                .last_state
                .as_ref()
                .filter(|last| last.terminated.is_some())
            {
                state("Last State", Some(last), sheet);
            }
            sheet.line(
                2,
                format!("Ready:\t{}", if status.ready { "True" } else { "False" }),
            );
            sheet.line(2, format!("Restart Count:\t{}", status.restart_count));
        }
        if let Some(resources) = &container.resources {
            self::resources(resources, sheet);
        }
        let probes = [
            ("Liveness", &container.liveness_probe),
            ("Readiness", &container.readiness_probe),
            ("Startup", &container.startup_probe),
        ];
        for (title, probe) in probes
            .iter()
            .filter_map(|(title, probe)| Some((title, probe.as_ref()?)))
        {
            sheet.line(2, format!("{title}:\t{}", self::probe(probe)));
        }
        environment(container, pod, sheet);
        mounts(container, sheet);
    }
}

fn basics(container: &Container, status: Option<&ContainerStatus>, sheet: &mut Sheet) {
    if let Some(status) = status {
        sheet.line(
            2,
            format!(
                "Container ID:\t{}",
                status.container_id.as_deref().unwrap_or_default()
            ),
        );
    }
    sheet.line(
        2,
        format!("Image:\t{}", container.image.as_deref().unwrap_or_default()),
    );
    if let Some(status) = status {
        sheet.line(2, format!("Image ID:\t{}", status.image_id));
    }
    let ports = container.ports.as_deref().unwrap_or_default();
    let listed = |title: &str, port: &dyn Fn(&ContainerPort) -> i32| {
        let one = |one: &ContainerPort| {
            let name = one.name.as_ref().filter(|name| !name.is_empty());
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            format!(
                "{}/{}{name}",
                port(one),
                one.protocol.as_deref().unwrap_or("TCP")
            )
        };
        let all: Vec<String> = ports.iter().map(one).collect();
        let plural = if all.len() > 1 { "s" } else { "" };
        format!("{title}{plural}:\t{}", or_none(&all.join(", ")))
    };
    sheet.line(2, listed("Port", &|port| port.container_port));
    sheet.line(2, listed("Host Port", &|port| port.host_port.unwrap_or(0)));
}

fn words(title: &str, words: Option<&[String]>, sheet: &mut Sheet) {
    let words = words.unwrap_or_default();
    if !words.is_empty() {
        sheet.line(2, format!("{title}:"));
        words.iter().for_each(|word| sheet.lines(3, word));
    }
}

fn state(title: &str, state: Option<&ContainerState>, sheet: &mut Sheet) {
    let state = state.cloned().unwrap_or_default();
    if let Some(running) = state.running {
        sheet.line(2, format!("{title}:\tRunning"));
        sheet.line(
            3,
            format!("Started:\t{}", date(running.started_at.as_ref())),
        );
    } else if let Some(terminated) = state.terminated {
        sheet.line(2, format!("{title}:\tTerminated"));
        let texts = [
            ("Reason", terminated.reason),
            ("Message", terminated.message),
        ];
        for (title, text) in texts
            .into_iter()
            .filter_map(|(title, text)| Some((title, text?)))
        {
            if !text.is_empty() {
                sheet.lines(3, &format!("{title}:\t{text}"));
            }
        }
        sheet.line(3, format!("Exit Code:\t{}", terminated.exit_code));
        if let Some(signal) = terminated.signal.filter(|signal| *signal > 0) {
            sheet.line(3, format!("Signal:\t{signal}"));
        }
        sheet.line(
            3,
            format!("Started:\t{}", date(terminated.started_at.as_ref())),
        );
        sheet.line(
            3,
            format!("Finished:\t{}", date(terminated.finished_at.as_ref())),
        );
    } else {
        sheet.line(2, format!("{title}:\tWaiting"));
        let reason = state.waiting.and_then(|waiting| waiting.reason);
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            sheet.line(3, format!("Reason:\t{reason}"));
        }
    }
}

fn resources(resources: &ResourceRequirements, sheet: &mut Sheet) {
    for (title, list) in [
        ("Limits", &resources.limits),
        ("Requests", &resources.requests),
    ] {
        let list = list.iter().flatten().collect::<Vec<_>>();
        if !list.is_empty() {
            sheet.line(2, format!("{title}:"));
            list.iter()
                .for_each(|(name, Quantity(text))| sheet.line(3, format!("{name}:\t{text}")));
        }
    }
}

fn probe(probe: &Probe) -> String {
    let number = |value: Option<i32>, default: i32| value.unwrap_or(default);
    let numbers = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number(probe.initial_delay_seconds, 0),
        number(probe.timeout_seconds, 1),
        number(probe.period_seconds, 10),
        number(probe.success_threshold, 1),
        number(probe.failure_threshold, 3),
    );
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    if let Some(exec) = &probe.exec {
        format!(
            "exec [{}] {numbers}",
            exec.command.clone().unwrap_or_default().join(" ")
        )
    } else if let Some(HTTPGetAction {
        host,
        path,
        port: to,
        scheme,
        ..
    }) = &probe.http_get
    {
        let (host, path) = (
            host.as_deref().unwrap_or_default(),
            path.as_deref().unwrap_or_default(),
        );
        let scheme = scheme.as_deref().unwrap_or("HTTP").to_ascii_lowercase();
        format!("http-get {scheme}://{host}:{}{path} {numbers}", port(to))
    } else if let Some(tcp) = &probe.tcp_socket {
        format!(
            "tcp-socket {}:{} {numbers}",
            tcp.host.as_deref().unwrap_or_default(),
            port(&tcp.port)
        )
    } else if let Some(grpc) = &probe.grpc {
        format!(
            "grpc <pod>:{} {} {numbers}",
            grpc.port,
            grpc.service.as_deref().unwrap_or_default()
        )
    } else {
        format!("unknown {numbers}")
    }
}

fn environment(container: &Container, pod: Option<&Pod>, sheet: &mut Sheet) {
    let sources = container.env_from.as_deref().unwrap_or_default();
    if !sources.is_empty() {
        sheet.line(2, "Environment Variables from:");
    }
    for source in sources {
        let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(map), _) => ("ConfigMap", map.name.as_str(), map.optional),
            (None, Some(secret)) => ("Secret", secret.name.as_str(), secret.optional),
            (None, None) => ("", "", None),
        };
        let prefix = source.prefix.as_deref().filter(|prefix| !prefix.is_empty());
        let prefix = prefix
            .map(|prefix| format!(" with prefix '{prefix}'"))
            .unwrap_or_default();
        sheet.line(
            3,
            format!(
                "{name}\t{kind}{prefix}\tOptional: {}",
                optional.unwrap_or(false)
            ),
        );
    }
    let variables = container.env.as_deref().unwrap_or_default();
    sheet.line(
        2,
        if variables.is_empty() {
            "Environment:\t<none>"
        } else {
            "Environment:"
        },
    );
    variables.iter().for_each(|one| variable(one, pod, sheet));
}

fn variable(variable: &EnvVar, pod: Option<&Pod>, sheet: &mut Sheet) {
    let name = &variable.name;
    let Some(EnvVarSource {
        config_map_key_ref,
        field_ref,
        resource_field_ref,
        secret_key_ref,
        ..
    }) = &variable.value_from
    else {
        let mut lines = variable.value.as_deref().unwrap_or_default().split('\n');
        sheet.line(3, format!("{name}:\t{}", lines.next().unwrap_or_default()));
        lines.for_each(|line| sheet.line(3, format!("\t{line}")));
        return;
    };
    if let Some(field) = field_ref {
        let value = pod
            .map(|pod| field_value(pod, &field.field_path))
            .unwrap_or_default();
        let version = field.api_version.as_deref().unwrap_or("v1");
        sheet.line(
            3,
            format!("{name}:\t{value} ({version}:{})", field.field_path),
        );
    } else if let Some(field) = resource_field_ref {
        sheet.line(3, format!("{name}:\t ({})", field.resource));
    } else if let Some(key) = secret_key_ref {
        let optional = key.optional.unwrap_or(false);
        let (key, secret) = (&key.key, &key.name);
        sheet.line(
            3,
            format!("{name}:\t<set to the key '{key}' in secret '{secret}'>\tOptional: {optional}"),
        );
    } else if let Some(key) = config_map_key_ref {
        let optional = key.optional.unwrap_or(false);
        let (key, map) = (&key.key, &key.name);
        sheet.line(
            3,
            format!(
                "{name}:\t<set to the key '{key}' of config map '{map}'>\tOptional: {optional}"
            ),
        );
    }
}

/// The downward API's fields that describe resolves.
fn field_value(pod: &Pod, path: &str) -> String {
    let subscript = |prefix: &str| {
        path.strip_prefix(prefix)
            .and_then(|rest| rest.strip_suffix("']"))
    };
    if let Some(key) = subscript("metadata.labels['") {
        return pod.label(key).unwrap_or_default().to_owned();
    }
    if let Some(key) = subscript("metadata.annotations['") {
        return pod.annotation(key).unwrap_or_default().to_owned();
    }
    match path {
        "metadata.name" => pod.name().to_owned(),
        "metadata.namespace" => pod.namespace().to_owned(),
        "metadata.uid" => pod.uid().to_owned(),
        "spec.nodeName" => pod.spec.node_name.clone().unwrap_or_default(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.podIP" | "status.podIPs" => pod.status.pod_ip.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => pod.status.host_ip.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

fn mounts(container: &Container, sheet: &mut Sheet) {
    let mut mounts = container.volume_mounts.clone().unwrap_or_default();
    sheet.line(
        2,
        if mounts.is_empty() {
            "Mounts:\t<none>"
        } else {
            "Mounts:"
        },
    );
    mounts.sort_by(|a, b| a.mount_path.cmp(&b.mount_path));
    for mount in mounts {
        let access = if mount.read_only == Some(true) {
            "ro"
        } else {
            "rw"
        };
        let path = mount.sub_path.filter(|path| !path.is_empty());
        let path = path
            .map(|path| format!(",path={path:?}"))
            .unwrap_or_default();
        sheet.line(
            3,
            format!("{} from {} ({access}{path})", mount.mount_path, mount.name),
        );
    }
}
