//! A KubeSchedulerConfiguration in a text: it is no object, but it can be edited and applied like one.

use crate::api::scheduler_configuration::{API_VERSION, CONFIG_MAP, KIND, read, to_config_map};

use super::{Diagnostic, Document};

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
    document.json = to_config_map(&document.json);
    document.name = Some(CONFIG_MAP.0.to_owned());
    document.namespace = Some(CONFIG_MAP.1.to_owned());
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
