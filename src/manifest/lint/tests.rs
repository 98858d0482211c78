//! Each hint, where it stands, and texts without it.

use super::super::{Document, Severity, read};
use super::{check, defined_twice};

/// The hints for a text, as `code "underlined"`, in order; the fixes' results must read without an error.
fn hints(text: &str) -> Vec<String> {
    let manifest = read(text);
    assert!(manifest.is_valid(), "{:?}", manifest.diagnostics);
    let documents: Vec<&Document> = manifest.documents.iter().collect();
    let mut found = check(&documents, &|_, _, name| name == "in-the-cluster");
    found.extend(
        defined_twice(&manifest.documents)
            .into_iter()
            .map(|hint| (0, hint)),
    );
    found.sort_by_key(|(_, one)| one.span.start);
    for (_, hint) in &found {
        assert_ne!(hint.severity, Severity::Error);
        for fix in &hint.fixes {
            assert!(read(&fix.apply(text)).is_valid(), "{}", fix.title);
        }
    }
    found
        .iter()
        .map(|(_, one)| format!("{} {:?}", one.code, &text[one.span.clone()]))
        .collect()
}

fn pod(spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{app: web}}}}\nspec: {spec}\n"
    )
}

fn check_pod(spec: &str, expect: &[&str]) {
    assert_eq!(hints(&pod(spec)), expect, "{spec}");
}

#[test]
fn containers() {
    check_pod(
        "{containers: [{name: c, image: 'i:1', resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1}}}]}",
        &["limit-without-request \"memory\""],
    );
    check_pod(
        "{containers: [{name: c, image: 'a/i:latest', imagePullPolicy: IfNotPresent}]}",
        &["latest-not-pulled \"IfNotPresent\""],
    );
    check_pod(
        "{containers: [{name: c, image: 'a:5000/i', imagePullPolicy: IfNotPresent}]}",
        &["latest-not-pulled \"IfNotPresent\""],
    );
    check_pod(
        "{containers: [{name: c, image: 'i:latest', imagePullPolicy: Always}]}",
        &[],
    );
    check_pod(
        "{containers: [{name: c, image: 'i@sha256:1', imagePullPolicy: IfNotPresent}]}",
        &[],
    );
}

#[test]
fn annotations_that_script() {
    let annotated = |annotation: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{{annotation}}}}}\n\
             spec: {{containers: [{{name: main, image: 'i:1'}}]}}\n"
        )
    };
    let check = |annotation: &str, expect: &[&str]| {
        assert_eq!(hints(&annotated(annotation)), expect, "{annotation}");
    };
    let underlined = |key: &str| format!("behaviour-without-effect {key:?}");
    check("podarium/memory: '50Mi@0,1Gi@30', other/key: x", &[]);
    check("main.podarium/exit: '3@20'", &[]);
    check("podarium/memroy: 50Mi", &[&underlined("podarium/memroy")]);
    check("podarium/exit: soon", &[&underlined("podarium/exit")]);
    check(
        "side.podarium/exit: '3'",
        &[&underlined("side.podarium/exit")],
    );
    let manifest = read(&annotated("podarium/memroy: 50Mi"));
    let documents: Vec<&Document> = manifest.documents.iter().collect();
    let found = super::check(&documents, &|_, _, _| false);
    let fixed = found[0].1.fixes[0].apply(&annotated("podarium/memroy: 50Mi"));
    assert_eq!(fixed, annotated("podarium/memory: 50Mi"));
    let deployment = "apiVersion: apps/v1\nkind: Deployment\n\
        metadata: {name: d, annotations: {podarium/exit: '3@20'}}\n\
        spec:\n  selector: {matchLabels: {app: d}}\n  template:\n    metadata: {labels: {app: d}}\n    \
        spec: {containers: [{name: main, image: 'i:1'}]}\n";
    assert_eq!(hints(deployment), [underlined("podarium/exit")]);
}

#[test]
fn processes_that_end() {
    let ends = |container: &str, expect: bool| {
        let found = hints(&pod(&format!("{{containers: [{{name: c, {container}}}]}}")));
        let has = found.iter().any(|one| one.starts_with("ends-and-restarts"));
        assert_eq!(has, expect, "{container}");
    };
    ends("image: busybox", true);
    ends("image: 'alpine:3'", true);
    ends("image: busybox, stdin: true, tty: true", false);
    ends("image: nginx", false);
    ends("image: busybox, command: [sleep, '10']", true);
    ends("image: busybox, command: [sleep, '3600']", false);
    ends("image: busybox, command: [sleep, infinity]", false);
    ends(
        "image: busybox, command: [sh, -c], args: ['echo hi; date']",
        true,
    );
    ends(
        "image: busybox, command: [sh, -c, 'echo hi && exit 0']",
        true,
    );
    ends("image: busybox, command: [sh, -c, 'exit 3']", false);
    ends(
        "image: busybox, command: [sh, -c, 'while true; do date; sleep 1; done']",
        false,
    );
    ends(
        "image: busybox, command: [sh, -c, 'serve & echo started']",
        false,
    );
    ends("image: busybox, command: [/bin/true]", true);
    ends("image: mine, args: [--serve]", false);
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  restartPolicy: OnFailure\n  containers: [{name: c, image: busybox}]\n";
    assert!(hints(text).is_empty());
    assert_eq!(
        hints(&text.replace("OnFailure", "Always")),
        ["ends-and-restarts \"image\""]
    );
}

#[test]
fn probes() {
    let probe = |rest: &str| {
        format!(
            "{{containers: [{{name: c, image: i, livenessProbe: {{tcpSocket: {{port: 1}}, {rest}}}]}}"
        )
    };
    check_pod(
        &probe(
            "initialDelaySeconds: 5, periodSeconds: 5}, env: [{name: START_DELAY, value: '30'}]",
        ),
        &["liveness-before-start \"livenessProbe\""],
    );
    check_pod(
        &probe(
            "initialDelaySeconds: 30, periodSeconds: 5}, env: [{name: START_DELAY, value: '30'}]",
        ),
        &[],
    );
    check_pod(
        &probe(
            "periodSeconds: 5}, readinessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: 60}",
        ),
        &["liveness-before-start \"livenessProbe\""],
    );
    check_pod(
        &probe(
            "periodSeconds: 5}, startupProbe: {tcpSocket: {port: 1}}, env: [{name: START_DELAY, value: '30'}]",
        ),
        &[],
    );
}

#[test]
fn services() {
    let both = |selector: &str, target: &str, probe: &str| {
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {selector}, ports: [{{port: 80, targetPort: {target}}}]}}\n"
        );
        let pod = pod(&format!(
            "{{containers: [{{name: c, image: i, ports: [{{name: http, containerPort: 80}}]{probe}}}]}}"
        ));
        hints(&format!("{service}---\n{pod}"))
    };
    let ready = ", readinessProbe: {tcpSocket: {port: 1}}";
    assert!(both("{app: web}", "http", ready).is_empty());
    assert_eq!(both("{app: web}", "80", ""), ["no-readiness-probe \"c\""]);
    assert_eq!(
        both("{app: wbe}", "80", ""),
        ["selects-nothing \"selector\""]
    );
    assert_eq!(both("{app: web}", "htp", ready), ["no-such-port \"htp\""]);
    assert!(both("{}", "80", "").is_empty());
    let alone = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n";
    assert!(hints(alone).is_empty());
}

#[test]
fn references() {
    let with = |volume: &str| {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n";
        hints(&format!("{map}---\n{}", pod(volume)))
    };
    let volume = |source: &str| {
        format!("{{containers: [{{name: c, image: i}}], volumes: [{{name: v, {source}}}]}}")
    };
    assert!(with(&volume("configMap: {name: settings}")).is_empty());
    assert_eq!(
        with(&volume("configMap: {name: setings}")),
        ["no-such-object \"setings\""]
    );
    assert_eq!(
        with(&volume("secret: {secretName: other}")),
        ["no-such-object \"other\""]
    );
    assert!(with(&volume("secret: {secretName: other, optional: true}")).is_empty());
    assert!(with(&volume("secret: {secretName: in-the-cluster}")).is_empty());
    let variable = "{containers: [{name: c, image: i, env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: aa}}}]}]}";
    assert_eq!(with(variable), ["no-such-key \"aa\""]);
}

#[test]
fn one_object_twice() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
    assert_eq!(hints(&format!("{map}---\n{map}")), ["defined-twice \"m\""]);
    let elsewhere = map.replace("name: m", "name: m, namespace: other");
    assert!(hints(&format!("{map}---\n{elsewhere}")).is_empty());
}
