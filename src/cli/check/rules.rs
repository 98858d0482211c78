//! The rules by their stable codes, in a sentence.

const RULES: &[(&str, &str)] = &[
    ("alias-of-itself", "An alias inside of what it stands for"),
    ("already-exists", "An object of this name is there already"),
    ("bad-base64", "Secret data has to be in base64"),
    (
        "bad-quantity",
        "An amount is a number with one of Kubernetes' suffixes",
    ),
    ("bad-time", "A time is written as in RFC 3339"),
    (
        "behaviour-without-effect",
        "An annotation that scripts a container is read by nothing",
    ),
    ("defined-twice", "Two texts define one object"),
    (
        "document-separator",
        "Only a comment may follow `---` on its line",
    ),
    (
        "duplicate-key",
        "A key is given twice in one mapping; the last one wins",
    ),
    (
        "ends-and-restarts",
        "A process that ends with 0 is restarted for ever",
    ),
    (
        "excessive-aliases",
        "Aliases multiply to more values than a manifest may have",
    ),
    (
        "field-duplicate",
        "A value has to be the only one of its kind",
    ),
    (
        "field-forbidden",
        "A field may not be set here, or not be changed",
    ),
    ("field-invalid", "A value breaks a rule of its field"),
    ("field-not-found", "A name refers to nothing in the object"),
    (
        "field-not-supported",
        "A value is not one of the supported ones",
    ),
    ("field-refused", "The API server refuses a field"),
    ("field-required", "A required field is missing or empty"),
    ("field-too-long", "A value is too long"),
    ("field-too-many", "A list has too many items"),
    ("field-type", "A value has the wrong type"),
    ("forbidden", "Admission refuses the object"),
    ("key-is-a-collection", "A key has to be text"),
    (
        "kind-not-simulated",
        "A kind of Kubernetes that is not checked",
    ),
    (
        "latest-not-pulled",
        "Nodes that hold `latest` do not ask for a newer one",
    ),
    (
        "limit-without-request",
        "A request that is not given takes the limit's value",
    ),
    (
        "liveness-before-start",
        "Liveness kills the container before it can have started",
    ),
    ("merge-of-no-mapping", "Only mappings can be merged"),
    (
        "missing-type",
        "`apiVersion` and `kind` say what an object is",
    ),
    (
        "nested-too-deep",
        "Values are nested deeper than a manifest needs",
    ),
    (
        "no-effect",
        "A field that the simulation accepts without effect",
    ),
    (
        "no-readiness-probe",
        "Traffic comes before the container can answer",
    ),
    ("no-such-key", "A ConfigMap or Secret lacks the key"),
    ("no-such-object", "No text makes the object that is named"),
    ("no-such-port", "No container has a port of this name"),
    ("not-an-object", "A manifest is a mapping of fields"),
    ("not-found", "Something that the object needs is not there"),
    (
        "not-in-files",
        "No file makes what the object needs of its cluster",
    ),
    ("null-key", "A key must not be null"),
    ("number-not-in-json", "JSON has no such number"),
    ("refused", "The API server refuses the object"),
    ("selects-nothing", "No pod has the labels of the selector"),
    (
        "server-warning",
        "The API server takes the object with a warning",
    ),
    ("text-too-long", "The text is longer than kubectl can send"),
    ("unknown-anchor", "An alias of an anchor that is not there"),
    ("unknown-field", "The type has no such field"),
    (
        "unknown-kind",
        "Kubernetes 1.36 has no such kind in this version",
    ),
    ("wrong-type", "A value has the wrong type"),
    ("yaml-syntax", "The text is no YAML"),
    ("yaml-tag", "The value does not fit its tag"),
];

/// The rule called `code`; the code itself where it is not listed.
pub fn description(code: &str) -> &str {
    RULES
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(code, |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn the_rules_are_sorted_and_listed_once() {
        assert!(RULES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
