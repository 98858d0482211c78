//! A cause that the API server names in a refusal, as a diagnostic: its place in the text, a terse message,
//! the server's own words, a "did you mean" and fixes.

mod edits;
mod fixes;
mod words;

use super::diagnostic::Diagnostic;
use super::path::{self, Step};
use super::tree::Entry;
use super::{Document, Node};
use std::ops::Range;

/// A cause of a `Status`, and the text that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// `FieldValueRequired`, `FieldValueInvalid`, …
    pub reason: &'a str,
    /// The field path: `spec.containers[0].name`.
    pub field: &'a str,
    /// What the server says of it, without the field.
    pub message: &'a str,
}

/// A cause with what its parts are taken from.
struct Case<'a> {
    cause: Cause<'a>,
    text: &'a str,
    root: &'a Node,
    /// The value that the text has at the field.
    found: Option<&'a Node>,
    /// The last name of the path: `image`.
    name: String,
}

/// The diagnostic of a cause. A missing field is shown at its parent.
#[must_use]
pub fn diagnose(text: &str, document: &Document, cause: Cause<'_>) -> Diagnostic {
    let root = &document.tree;
    let case = Case {
        cause,
        text,
        root,
        found: path::find(root, cause.field),
        name: last_name(cause.field),
    };
    let problem = Diagnostic::error(code(cause.reason), words::message(&case), place(&case))
        .with_detail(format!("{}: {}", cause.field, cause.message))
        .with_path(cause.field);
    fixes::add(&case, problem)
}

/// The stable code of a reason.
fn code(reason: &str) -> &'static str {
    const CODES: &[(&str, &str)] = &[
        ("FieldValueRequired", "field-required"),
        ("FieldValueInvalid", "field-invalid"),
        ("FieldValueNotSupported", "field-not-supported"),
        ("FieldValueForbidden", "field-forbidden"),
        ("FieldValueDuplicate", "field-duplicate"),
        ("FieldValueNotFound", "field-not-found"),
        ("FieldValueTooLong", "field-too-long"),
        ("FieldValueTooMany", "field-too-many"),
        ("FieldValueTypeInvalid", "field-type"),
    ];
    let row = CODES.iter().find(|(name, _)| *name == reason);
    row.map_or("field-refused", |(_, code)| code)
}

/// The bytes to underline: the value, the key of a mapping or list, and of a map in which one entry is wrong that entry.
fn place(case: &Case<'_>) -> Range<usize> {
    let wrong_entry = case.found.and_then(|found| {
        let value = words::value(case.cause.message)?;
        let by_value = |entry: &&Entry| entry.value.as_str() == Some(value);
        let limited = words::limited(words::explanation(case.cause.message));
        found
            .entry(value)
            .map(|entry| entry.key_span.clone())
            .or_else(|| Some(found.get(limited?.0)?.span.clone()))
            .or_else(|| {
                Some(
                    found
                        .sorted_entries()
                        .into_iter()
                        .find(by_value)?
                        .value
                        .span
                        .clone(),
                )
            })
    });
    wrong_entry.unwrap_or_else(|| path::locate_head(case.text, case.root, case.cause.field))
}

fn last_name(field: &str) -> String {
    let steps = path::parse(field);
    let name = steps.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.clone()),
        Step::Index(_) => None,
    });
    name.unwrap_or_default()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Cause, diagnose};
    use crate::manifest::read;
    use expect_test::{Expect, expect};

    const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: Web
spec:
  restartPolicy: always
  containers:
  - name: c
    image: ''
    livenessProbe:
      successThreshold: 2
      httpGet: {port: 80}
    volumeMounts:
    - name: dat
      mountPath: /data
    resources:
      limits: {cpu: 500m}
      requests: {cpu: '1'}
  - image: x
  volumes:
  - name: data
    emptyDir: {}
";

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector:
    matchLabels: {app: web, tier: yes-no}
  template:
    metadata:
      labels:
        tier: other
    spec:
      containers: []
";

    /// What is shown of a cause: the code, the underlined text, the message, hints, and the changed lines.
    fn check(text: &str, cause: (&str, &str, &str), expect: &Expect) {
        let (reason, field, message) = cause;
        let cause = Cause {
            reason,
            field,
            message,
        };
        let found = diagnose(text, &read(text).documents[0], cause);
        let fixed = found.fixes.iter().map(|fix| {
            let fixed = fix.apply(text);
            let new = fixed
                .lines()
                .filter(|line| !text.lines().any(|old| old == *line));
            format!("\n  {}: {}", fix.title, new.collect::<Vec<_>>().join(" ⏎ "))
        });
        let fixed: String = fixed.collect();
        expect.assert_eq(&format!(
            "{} {:?}: {} {:?}{fixed}",
            found.code,
            &text[found.span.clone()],
            found.message,
            found.hints
        ));
    }

    #[test]
    fn a_missing_field_is_shown_at_its_parent_and_an_empty_one_at_itself() {
        check(
            POD,
            (
                "FieldValueRequired",
                "spec.containers[1].name",
                "Required value",
            ),
            &expect![[r#"field-required "image": `name` is missing []"#]],
        );
        check(
            POD,
            (
                "FieldValueRequired",
                "spec.containers[0].image",
                "Required value",
            ),
            &expect![[r#"field-required "''": `image` is empty []"#]],
        );
        check(
            POD,
            (
                "FieldValueRequired",
                "spec.template.spec.containers",
                "Required value",
            ),
            &expect![[r#"field-required "spec": `containers` is missing []"#]],
        );
        check(
            DEPLOYMENT,
            (
                "FieldValueRequired",
                "spec.template.spec.restartPolicy",
                "Required value: valid values: \"OnFailure\", \"Never\"",
            ),
            &expect![[r#"
                field-required "spec": `restartPolicy` is missing ["It may be `OnFailure` or `Never`"]
                  Add `restartPolicy: OnFailure`:       restartPolicy: OnFailure
                  Add `restartPolicy: Never`:       restartPolicy: Never"#]],
        );
    }

    #[test]
    fn values_that_are_not_supported_have_a_nearest_one() {
        check(
            POD,
            (
                "FieldValueNotSupported",
                "spec.restartPolicy",
                "Unsupported value: \"always\": supported values: \"Always\", \"Never\", \"OnFailure\"",
            ),
            &expect![[r#"
                field-not-supported "always": `always` is no value for `restartPolicy` ["Did you mean `Always`?", "It may be `Always`, `Never` or `OnFailure`"]
                  Change `always` to `Always`:   restartPolicy: Always"#]],
        );
        check(
            POD,
            (
                "FieldValueNotSupported",
                "spec.restartPolicy",
                "Unsupported value: \"always\": supported values: \"Xyz\"",
            ),
            &expect![[r#"
                field-not-supported "always": `always` is no value for `restartPolicy` ["It may only be `Xyz`"]
                  Change `always` to `Xyz`:   restartPolicy: Xyz"#]],
        );
        check(
            POD,
            (
                "FieldValueInvalid",
                "spec.containers[0].livenessProbe.successThreshold",
                "Invalid value: 2: must be 1",
            ),
            &expect![[r#"
                field-invalid "2": `successThreshold` must be 1 []
                  Change it to `1`:       successThreshold: 1"#]],
        );
    }

    #[test]
    fn names_are_mended() {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
                    start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '…')";
        check(
            POD,
            (
                "FieldValueInvalid",
                "metadata.name",
                &format!("Invalid value: \"Web\": {rule}"),
            ),
            &expect![[r#"
                field-invalid "Web": `Web` is no `name`: only a–z, 0–9, `-` and `.`, first and last a letter or digit []
                  Change it to `web`:   name: web"#]],
        );
        check(
            POD,
            (
                "FieldValueNotFound",
                "spec.containers[0].volumeMounts[0].name",
                "Not found: \"dat\"",
            ),
            &expect![[r#"
                field-not-found "dat": There is no `dat` ["Did you mean `data`?"]
                  Change `dat` to `data`:     - name: data"#]],
        );
        check(
            POD,
            (
                "FieldValueDuplicate",
                "spec.containers[0].name",
                "Duplicate value: \"c\"",
            ),
            &expect![[r#"field-duplicate "c": `c` is given twice []"#]],
        );
    }

    #[test]
    fn labels_that_the_selector_asks_for_are_added() {
        check(
            DEPLOYMENT,
            (
                "FieldValueInvalid",
                "spec.template.metadata.labels",
                "Invalid value: {\"tier\":\"other\"}: `selector` does not match template `labels`",
            ),
            &expect![[r#"
                field-invalid "labels": The selector does not match the template's labels ["The template has to have `app: web` and `tier: yes-no`"]
                  Add the selector's labels to the template:         app: web ⏎         tier: yes-no"#]],
        );
        check(
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  selector: {matchLabels: {app: 'yes'}}\n  template:\n    spec: {}\n",
            (
                "FieldValueInvalid",
                "spec.template.metadata.labels",
                "Invalid value: null: `selector` does not match template `labels`",
            ),
            &expect![[r#"
                field-invalid "template": The selector does not match the template's labels ["The template has to have `app: yes`"]
                  Add the selector's labels to the template:     metadata: ⏎       labels: ⏎         app: "yes""#]],
        );
        check(
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    metadata: {labels: {app: web}}\n",
            ("FieldValueRequired", "spec.selector", "Required value"),
            &expect![[r#"
                field-required "spec": `selector` is missing []
                  Select the template's labels:   selector: ⏎     matchLabels: ⏎       app: web"#]],
        );
    }

    #[test]
    fn a_request_above_its_limit_is_lowered() {
        check(
            POD,
            (
                "FieldValueInvalid",
                "spec.containers[0].resources.requests",
                "Invalid value: \"1\": must be less than or equal to cpu limit of 500m",
            ),
            &expect![[r#"
                field-invalid "'1'": `requests` must be less than or equal to cpu limit of 500m []
                  Lower it to `500m`:       requests: {cpu: 500m}"#]],
        );
    }
}
