//! Places marked with `¦`, and what is offered, told and found there.

use super::{complete, definition, format, hover};
use crate::manifest::read;
use expect_test::{Expect, expect};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n";

/// The text without its mark, and where that was.
fn marked(text: &str) -> (String, usize) {
    let offset = text.find('¦').expect("a mark");
    (text.replace('¦', ""), offset)
}

/// The first labels that are offered, and the text with the first one put in.
fn check(text: &str, labels: &[&str], expect: &str) {
    let (text, offset) = marked(text);
    let found = complete(&text, offset);
    let have: Vec<&str> = found
        .items
        .iter()
        .map(|item| item.label.as_str())
        .take(labels.len())
        .collect();
    assert_eq!(have, labels, "{text}");
    let made = found.items.first().map_or(String::new(), |item| {
        format!(
            "{}{}{}",
            &text[..found.span.start],
            item.insert,
            &text[found.span.end..]
        )
    });
    assert!(made.ends_with(expect), "{made}");
}

fn nothing(text: &str) {
    let (text, offset) = marked(text);
    assert_eq!(complete(&text, offset).items, [], "{text}");
}

#[test]
fn annotations_that_script_a_container() {
    check(
        &format!("{POD}  annotations:\n    ¦"),
        &["podarium/memory", "podarium/exit", "podarium/health"],
        "    podarium/memory: 50Mi@0,900Mi@30",
    );
    check(
        &format!("{POD}  annotations:\n    podarium/memory: 1Gi\n    pod¦"),
        &["podarium/exit"],
        "    podarium/exit: 3@20",
    );
    let deployment = "apiVersion: apps/v1\nkind: Deployment\n";
    nothing(&format!("{deployment}metadata:\n  annotations:\n    ¦"));
    check(
        &format!("{deployment}spec:\n  template:\n    metadata:\n      annotations:\n        ¦"),
        &["podarium/memory"],
        "        podarium/memory: 50Mi@0,900Mi@30",
    );
    let (text, offset) = marked(&format!("{POD}  annotations:\n    podarium/ex¦it: 3@20\n"));
    let found = hover(&text, &read(&text), offset).expect("a hover");
    assert_eq!(
        found.detail,
        "ends with that exit code after so many seconds"
    );
}

#[test]
fn keys_of_the_mapping_around() {
    check(&format!("{POD}¦"), &["spec"], "spec:\n  ");
    check(
        &format!("{POD}spec:\n  ¦"),
        &["containers", "activeDeadlineSeconds"],
        "spec:\n  containers:\n  - ",
    );
    check(
        &format!("{POD}spec:\n  containers:\n  - ¦"),
        &["name", "args"],
        "  - name: ",
    );
    check(
        &format!("{POD}spec:\n  containers:\n  - name: c\n    im¦"),
        &["args", "command"],
        "    args:\n    - ",
    );
    check(
        &format!("{POD}spec:\n  containers:\n    ¦"),
        &["name"],
        "  containers:\n    - name: ",
    );
    check(
        &format!(
            "{POD}spec:\n  containers:\n  - name: c\n    livenessProbe:\n      httpGet:\n        ¦\n    image: x\n"
        ),
        &["port", "host"],
        "        port: \n    image: x\n",
    );
    check(
        &format!("{POD}spec:\n  containers:\n  - name: c\n  ¦\n  volumes: []\n"),
        &["activeDeadlineSeconds", "affinity"],
        "volumes: []\n",
    );
    check(
        &format!("{POD}spec:\n  containers:\n  - resources:\n      limits:\n        ¦"),
        &["cpu", "memory"],
        "cpu: ",
    );
    nothing(&format!("{POD}spec:\n  containers: [{{na¦"));
    nothing(&format!("{POD}spec:\n  # com¦"));
    nothing(&format!("{POD}data: |\n  spec:\n    ¦"));
}

#[test]
fn a_key_that_is_there_is_not_offered_again() {
    let (text, offset) = marked(&format!(
        "{POD}spec:\n  containers:\n  - ¦\n    name: c\n  - image: d\n"
    ));
    let labels: Vec<String> = complete(&text, offset)
        .items
        .into_iter()
        .map(|item| item.label)
        .collect();
    assert!(!labels.contains(&"name".to_owned()));
    assert!(labels.contains(&"image".to_owned()));
}

#[test]
fn values_of_the_field() {
    check(
        &format!("{POD}spec:\n  restartPolicy: ¦"),
        &["Always", "OnFailure", "Never"],
        "restartPolicy: Always",
    );
    check(
        &format!("{POD}spec:\n  hostNetwork: t¦"),
        &["true", "false"],
        "hostNetwork: true",
    );
    check("kind: ¦", &["Namespace", "Node", "Pod"], "kind: Namespace");
    check(
        "apiVersion: apps/v1\nkind: ¦",
        &["ReplicaSet", "Deployment"],
        "kind: ReplicaSet",
    );
    check(
        "kind: Deployment\napiVersion: ¦",
        &["apps/v1"],
        "apiVersion: apps/v1",
    );
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n---\n";
    let spec = "spec:\n  containers:\n  - name: c\n    ports:\n    - name: http\n    volumeMounts:\n    - name: data\n  volumes:\n";
    check(
        &format!("{map}{POD}{spec}  - configMap:\n      name: ¦"),
        &["settings"],
        "name: settings",
    );
    check(
        &(format!("{POD}{}", spec.replace("name: data", "name: ¦"))
            + "  - name: cache\n  - name: data\n"),
        &["cache", "data"],
        "  - name: data\n",
    );
    check(
        &format!(
            "{POD}{}",
            spec.replace(
                "    volumeMounts",
                "    livenessProbe:\n      httpGet:\n        port: ¦\n    volumeMounts"
            )
        ),
        &["http"],
        "volumes:\n",
    );
    check(
        "apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    app: web\nspec:\n  selector:\n    ¦",
        &["app: web"],
        "selector:\n    app: web",
    );
}

#[test]
fn snippets_begin_a_text() {
    let found = complete("", 0);
    let pod = found
        .items
        .iter()
        .find(|item| item.label == "Pod")
        .expect("a snippet");
    assert_eq!(&pod.insert[pod.select.clone()], "web");
    for item in &found.items {
        if item.insert.contains('\n') {
            assert!(read(&item.insert).is_valid(), "{}", item.insert);
        }
    }
    let (text, offset) = marked(&format!("{POD}spec:\n  containers:\n  - name: c\n    ¦"));
    let found = complete(&text, offset);
    for item in found.items.iter().filter(|item| item.label.contains(' ')) {
        let made = format!("{text}{}\n", item.insert);
        assert!(read(&made).is_valid(), "{made}");
    }
}

fn shown(text: &str, expect: &Expect) {
    let (text, offset) = marked(text);
    let have = hover(&text, &read(&text), offset).map_or("nothing".to_owned(), |one| {
        format!(
            "{:?} {} ({}) {:?} {:?} {}",
            &text[one.span], one.path, one.detail, one.values, one.without_effect, one.topic
        )
    });
    expect.assert_eq(&have);
}

#[test]
fn a_field_is_told() {
    shown(
        &format!("{POD}spec:\n  containers:\n  - name: c\n    imagePull¦Policy: Always\n"),
        &expect![[
            r#""imagePullPolicy" spec.containers[0].imagePullPolicy (text) ["Always", "IfNotPresent", "Never"] None Container.imagePullPolicy"#
        ]],
    );
    shown(
        &format!("{POD}spec: {{containers: [{{name: ¦c}}]}}\n"),
        &expect![[r#""name" spec.containers[0].name (text, required) [] None Container.name"#]],
    );
    shown(
        &format!("{POD}spec:\n  hostIPC¦: true\n  broken: [\n"),
        &expect![[
            r#""hostIPC" spec.hostIPC (`true` or `false`) [] Some("processes do not share memory") PodSpec.hostIPC"#
        ]],
    );
    shown(
        &format!("{POD}  labels:\n    a¦: b\n"),
        &expect![[r#""a" metadata.labels.a (a mapping) [] None ObjectMeta.labels"#]],
    );
    shown("a: ¦b\n", &expect!["nothing"]);
}

#[test]
fn names_lead_to_what_they_name() {
    let found = |text: &str, expect: &str, before: &str| {
        let (text, offset) = marked(text);
        let span = definition(&read(&text), offset);
        let have = span.clone().map_or("", |span| &text[span]);
        assert_eq!(have, expect, "{text}");
        if let Some(span) = span {
            assert!(
                text[..span.start].ends_with(before),
                "{}",
                &text[..span.start]
            );
        }
    };
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n";
    let volumes = "spec:\n  volumes:\n  - name: v\n    configMap: {name: set¦tings}\n  containers:\n  - name: c\n";
    found(
        &format!("{POD}{volumes}{map}"),
        "settings",
        "ConfigMap\nmetadata:\n  name: ",
    );
    let mount =
        volumes.replace('¦', "") + "    volumeMounts:\n    - name: ¦v\n      mountPath: /v\n";
    found(&format!("{POD}{mount}"), "v", "  volumes:\n  - name: ");
    let key = "spec:\n  containers:\n  - name: c\n    env:\n    - name: A\n      valueFrom: {configMapKeyRef: {name: settings, key: ¦a}}\n";
    found(&format!("{POD}{key}{map}"), "a", "data:\n  ");
    found(
        &format!(
            "{POD}{}{map}",
            volumes
                .replace("settings", "other")
                .replace("set¦tings", "oth¦er")
        ),
        "",
        "",
    );
    found(&format!("{POD}spec:\n  restart¦Policy: Always\n"), "", "");
}

#[test]
fn texts_are_put_in_order() {
    let check = |text: &str, expect: Option<&str>| {
        let have = format(text);
        assert_eq!(have.as_deref(), expect, "{text}");
        if let Some(have) = have {
            assert_eq!(
                format(&have).as_deref(),
                Some(have.as_str()),
                "twice is once"
            );
        }
    };
    check("a:   1  \nb:\n    c: 2\n\n\n", Some("a: 1\nb:\n  c: 2\n"));
    check(
        "a:\n    # about b\n    -   b: 1\n        c: 2\n    - d",
        Some("a:\n  # about b\n  - b: 1\n    c: 2\n  - d\n"),
    );
    check("a:\n- b\n", Some("a:\n- b\n"));
    check(
        "a: |\n     x\n       y\nb: 1\n",
        Some("a: |\n     x\n       y\nb: 1\n"),
    );
    check(
        "k:\n    a: >\n        folded\n\n        text\n    b: {c: 1,\n        d: 2}\n",
        Some("k:\n  a: >\n      folded\n\n      text\n  b: {c: 1,\n      d: 2}\n"),
    );
    check("a: [\n", None);
    check("---\na: 1\n---\n   b: 2\n", Some("---\na: 1\n---\nb: 2\n"));
    for scenario in [
        include_str!("../../../scenarios/06-liveness-wrong-port.yaml"),
        include_str!("../../../scenarios/12-configured-pod.yaml"),
        include_str!("../../../scenarios/14-probes-and-gate.yaml"),
    ] {
        assert!(format(scenario).is_some());
    }
}
