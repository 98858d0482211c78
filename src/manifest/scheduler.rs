//! A KubeSchedulerConfiguration in a text: it is no object, but it can be edited and applied like one.

use crate::api::scheduler_configuration::{API_VERSION, CONFIG_MAP, KIND, read, to_config_map};

use serde_json::Value;

use super::{Diagnostic, Document, effects};

/// Whether a document configures the scheduler.
pub(super) fn is_configuration(document: &Document) -> bool {
    document.api_version.as_deref() == Some(API_VERSION) && document.kind.as_deref() == Some(KIND)
}

/// Tells what is wrong with a configuration, and makes the document the ConfigMap that carries it.
pub(super) fn check(document: &mut Document, problems: &mut Vec<Diagnostic>) {
    for problem in read(&document.json).1 {
        let span = document.locate(&problem.path);
        let message = format!("{}: {}", problem.path, problem.message);
        problems.push(Diagnostic::error("scheduler-configuration", message, span));
    }
    without_effect(document, KIND, "", &document.json, problems);
    let list = |json: &Value| json.as_array().cloned().unwrap_or_default();
    for (at, profile) in list(&document.json["profiles"]).iter().enumerate() {
        for (index, config) in list(&profile["pluginConfig"]).iter().enumerate() {
            let type_name = format!("{}Args", config["name"].as_str().unwrap_or_default());
            let path = format!("profiles[{at}].pluginConfig[{index}].args.");
            without_effect(document, &type_name, &path, &config["args"], problems);
        }
    }
    document.json = to_config_map(&document.json);
    document.name = Some(CONFIG_MAP.0.to_owned());
    document.namespace = Some(CONFIG_MAP.1.to_owned());
}

/// Tells which fields of a part of the configuration change nothing here.
fn without_effect(
    document: &Document,
    type_name: &str,
    path: &str,
    part: &Value,
    notes: &mut Vec<Diagnostic>,
) {
    for field in part.as_object().into_iter().flatten() {
        if let Some(row) = effects::find(type_name, field.0) {
            let span = document.locate(&[path, field.0].concat());
            let message = ["Accepted, without effect here: ", row.why].concat();
            notes.push(Diagnostic::note("no-effect", message, span));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;

    fn check(body: &str, expect: &[&str]) {
        let text = format!(
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n{body}"
        );
        let manifest = read(&text);
        let told = manifest.diagnostics.iter();
        let told: Vec<String> = told
            .map(|problem| format!("{} @ {}", problem.message, &text[problem.span.clone()]))
            .collect();
        assert_eq!(told, expect);
        let document = &manifest.documents[0];
        assert_eq!(document.valid, expect.is_empty());
        assert_eq!(document.json["kind"], "ConfigMap");
    }

    #[test]
    fn what_changes_nothing_is_told_at_its_place() {
        let text = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nparallelism: 4\n\
            profiles:\n- pluginConfig:\n  - {name: VolumeBinding, args: {bindTimeoutSeconds: 7}}\n";
        let manifest = read(text);
        let told: Vec<(&str, &str)> = manifest
            .diagnostics
            .iter()
            .map(|note| (note.code, &text[note.span.clone()]))
            .collect();
        assert_eq!(told, [("no-effect", "4"), ("no-effect", "7")]);
        assert!(manifest.documents[0].valid);
    }

    #[test]
    fn mistakes_are_told_at_their_places() {
        check("profiles:\n- schedulerName: tight\n", &[]);
        check(
            "profiles:\n- schedulerName: tight\n  plugin: {}\n",
            &["profiles[0].plugin: unknown field \"profiles[0].plugin\" @ {}"],
        );
        check(
            "percentageOfNodesToScore: 200\n",
            &["percentageOfNodesToScore: Invalid value: 200: not in valid range [0-100] @ 200"],
        );
    }
}
