//! Jobs and cron jobs, by their manifests.

use serde_json::{Value, json};

use super::{check, check_patch, check_patch_of, check_warnings};
use crate::api::Object;
use crate::apiserver::test_server::{AT, server};

fn template() -> Value {
    json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}})
}

fn job(spec: &Value) -> Value {
    let mut json = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"},
        "spec": {"template": template()}});
    let own = json["spec"].as_object_mut().unwrap();
    own.extend(spec.as_object().unwrap().clone());
    json
}

fn indexed(spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["completionMode"] = "Indexed".into();
    job(&spec)
}

fn cron_job(spec: &Value) -> Value {
    let mut json = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"},
        "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": template()}}}});
    let own = json["spec"].as_object_mut().unwrap();
    own.extend(spec.as_object().unwrap().clone());
    json
}

#[test]
fn selectors_of_jobs() {
    // The server makes the selector and the labels, with the uid of the job.
    let object = server()
        .prepare(Object::from_json(job(&json!({}))).unwrap(), AT)
        .unwrap();
    let json = object.to_json();
    let uid = object.uid();
    let labels = json!({"controller-uid": uid, "batch.kubernetes.io/controller-uid": uid, "job-name": "a",
        "batch.kubernetes.io/job-name": "a"});
    assert_eq!(json["spec"]["template"]["metadata"]["labels"], labels);
    assert_eq!(json["metadata"]["labels"], labels);
    let selector = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    assert_eq!(json["spec"]["selector"], selector);

    let mut labelled = template();
    labelled["metadata"] = json!({"labels": {"job-name": "b"}});
    check(
        job(&json!({"manualSelector": true, "template": labelled})),
        &[
            "spec.selector: Required value",
            r#"spec.template.metadata.labels: Invalid value: {"job-name":"b"}: `selector` does not match template `labels`"#,
        ],
    );
    let own = json!({"manualSelector": true, "selector": {"matchLabels": {"job-name": "b"}}, "template": labelled});
    check(job(&own), &[]);
}

#[test]
fn numbers_of_jobs() {
    check(
        job(
            &json!({"parallelism": -1, "completions": -2, "activeDeadlineSeconds": -3, "backoffLimit": -4,
            "ttlSecondsAfterFinished": -5, "backoffLimitPerIndex": -6, "maxFailedIndexes": -7}),
        ),
        &[
            "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
            "spec.completions: Invalid value: -2: must be greater than or equal to 0",
            "spec.activeDeadlineSeconds: Invalid value: -3: must be greater than or equal to 0",
            "spec.backoffLimit: Invalid value: -4: must be greater than or equal to 0",
            "spec.ttlSecondsAfterFinished: Invalid value: -5: must be greater than or equal to 0",
            "spec.backoffLimitPerIndex: Invalid value: -6: must be greater than or equal to 0",
            "spec.maxFailedIndexes: Invalid value: -7: must be greater than or equal to 0",
            "spec.backoffLimitPerIndex: Invalid value: -6: requires indexed completion mode",
            "spec.maxFailedIndexes: Invalid value: -7: requires indexed completion mode",
        ],
    );
    check(
        indexed(
            &json!({"completions": 100_001, "parallelism": 100_001, "backoffLimitPerIndex": 1}),
        ),
        &[
            "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
            "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
            "spec.parallelism: Invalid value: 100001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
        ],
    );
    check(
        job(&json!({"completionMode": "Some", "managedBy": "me", "podReplacementPolicy": "Never"})),
        &[
            r#"spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")"#,
            r#"spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed""#,
            r#"spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed""#,
        ],
    );
    let mut long = indexed(&json!({"completions": 11}));
    let name = "n".repeat(61);
    long["metadata"]["name"] = name.clone().into();
    let problem = format!(
        "metadata.name: Invalid value: {name:?}: will not able to create pod with invalid DNS label: {name}-10"
    );
    check(long, &[&problem]);
}

#[test]
fn restart_policies_of_jobs() {
    let with = |policy: Value| {
        let mut template = template();
        template["spec"]["restartPolicy"] = policy;
        json!({"template": template})
    };
    let required =
        r#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#;
    check(job(&with(Value::Null)), &[required]);
    check(job(&with("Always".into())), &[required]);
    check(job(&with("OnFailure".into())), &[]);
    let unsupported =
        r#"spec.template.spec.restartPolicy: Unsupported value: "Once": supported values: "#;
    check(
        job(&with("Once".into())),
        &[
            &format!(r#"{unsupported}"Always", "OnFailure", "Never""#),
            &format!(r#"{unsupported}"OnFailure", "Never""#),
        ],
    );
    let mut with_policy = with("OnFailure".into());
    with_policy["podFailurePolicy"] =
        json!({"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]});
    check(
        job(&with_policy),
        &[
            r#"spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified"#,
        ],
    );
}

#[test]
fn failure_policies() {
    check(
        job(
            &json!({"podReplacementPolicy": "TerminatingOrFailed", "podFailurePolicy": {"rules": [
            {"action": "", "onExitCodes": {"operator": "In", "containerName": "x", "values": [3, 0, 3]}},
            {"action": "FailIndex", "onExitCodes": {"operator": "Is", "values": []},
                "onPodConditions": [{"type": "", "status": "Maybe"}]},
            {"action": "Stop"}]}}),
        ),
        &[
            r#"spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]"#,
            r#"spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template"#,
            "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3",
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
            r#"spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set"#,
            r#"spec.podFailurePolicy.rules[1].onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn""#,
            "spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: null: at least one value is required",
            "spec.podFailurePolicy.rules[1].onPodConditions[0].type: Invalid value: \"\": name part must be non-empty",
            "spec.podFailurePolicy.rules[1].onPodConditions[0].type: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            r#"spec.podFailurePolicy.rules[1].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown""#,
            "spec.podFailurePolicy.rules[1]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported",
            r#"spec.podFailurePolicy.rules[2].action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore""#,
            "spec.podFailurePolicy.rules[2]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
            r#"spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed""#,
        ],
    );
}

#[test]
fn success_policies() {
    let rules = json!([{"succeededIndexes": "0-2,4", "succeededCount": 9}, {"succeededIndexes": "3,1"}, {},
        {"succeededIndexes": "1-2-3"}, {"succeededIndexes": "a"}, {"succeededIndexes": "5"}]);
    check(
        indexed(&json!({"completions": 5, "successPolicy": {"rules": rules}})),
        &[
            "spec.successPolicy.rules[0].succeededCount: Invalid value: 9: must be less than or equal to 5 (the number of specified completions)",
            "spec.successPolicy.rules[0].succeededCount: Invalid value: 9: must be less than or equal to 4 (the number of indexes in the specified succeededIndexes field)",
            r#"spec.successPolicy.rules[1].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1"#,
            "spec.successPolicy.rules[2]: Required value: at least one of succeededCount or succeededIndexes must be specified",
            r#"spec.successPolicy.rules[3].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'"#,
            r#"spec.successPolicy.rules[4].succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a""#,
            r#"spec.successPolicy.rules[5].succeededIndexes: Invalid value: "5": error parsing succeededIndexes: too large index: "5""#,
        ],
    );
    check(
        job(&json!({"successPolicy": {"rules": [{"succeededCount": 1}]}})),
        &[
            r#"spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode"#,
        ],
    );
    check(
        indexed(&json!({"completions": 1, "successPolicy": {"rules": []}})),
        &[
            "spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified",
        ],
    );
}

/// The handler of the real server crashes on this job; here it is refused for what it lacks.
#[test]
fn a_success_policy_without_completions_is_refused() {
    let mut bare =
        indexed(&json!({"parallelism": 2, "successPolicy": {"rules": [{"succeededCount": 1}]}}));
    bare["spec"]["template"]["spec"]["restartPolicy"] = Value::Null;
    check(
        bare,
        &[
            "spec.completions: Required value: when completion mode is Indexed",
            r#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#,
        ],
    );
}

#[test]
fn changes_of_jobs() {
    let immutable = |field: &str, value: &str| {
        format!("spec.{field}: Invalid value: {value}: field is immutable")
    };
    check_patch(
        job(&json!({})),
        json!({"spec": {"parallelism": 3, "suspend": true}}),
        &[],
    );
    check_patch(
        job(&json!({})),
        json!({"spec": {"completions": 3, "completionMode": "Indexed"}}),
        &[
            "spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism",
            &immutable("completionMode", "\"Indexed\""),
        ],
    );
    check_patch(
        job(&json!({})),
        json!({"spec": {"completions": 3}}),
        &[&immutable("completions", "3")],
    );
    check_patch(
        indexed(&json!({"completions": 2, "parallelism": 2})),
        json!({"spec": {"completions": 3, "parallelism": 3}}),
        &[],
    );
    // A suspended job without pods may go to other nodes; nothing else of its template changes.
    let elsewhere = json!({"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}});
    check_patch(job(&json!({"suspend": true})), elsewhere, &[]);
    let mut server = server();
    let stored = server
        .create(Object::from_json(job(&json!({}))).unwrap(), AT)
        .unwrap();
    let mut json = stored.to_json();
    json["spec"]["template"]["spec"]["containers"][0]["image"] = "other".into();
    let refused = server
        .update(Object::from_json(json).unwrap(), AT)
        .unwrap_err();
    assert_eq!(refused.causes.len(), 1, "{}", refused.message);
    assert_eq!(refused.causes[0].field, "spec.template");
    assert!(
        refused.message.ends_with("field is immutable"),
        "{}",
        refused.message
    );
}

#[test]
fn statuses_of_jobs() {
    let condition = |type_: &str| json!({"type": type_, "status": "True"});
    check_patch_of(
        job(&json!({})),
        "status",
        json!({"status": {"active": 1, "ready": 2, "failed": -1, "conditions": [condition("Complete")]}}),
        &[
            "status.failed: Invalid value: -1: must be greater than or equal to 0",
            "status.ready: Invalid value: 2: cannot set more ready pods than active",
            "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
            "status.completionTime: Required value: completionTime is required for Complete jobs",
            "status.startTime: Required value: startTime is required for finished job",
            "status.active: Invalid value: 1: active>0 is invalid for finished job",
            "status.failed: Invalid value: -1: cannot decrease the failed counter",
        ],
    );
    let done = json!({"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:09Z", "succeeded": 1,
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")]});
    check_patch_of(job(&json!({})), "status", json!({"status": done}), &[]);
    check_patch_of(
        job(&json!({})),
        "status",
        json!({"status": {"completedIndexes": "0", "failedIndexes": "0"}}),
        &[
            r#"status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode"#,
            r#"status.failedIndexes: Invalid value: "0": cannot set non-null failedIndexes when backoffLimitPerIndex is null"#,
            r#"status.failedIndexes: Invalid value: "0": failedIndexes and completedIndexes overlap at index: 0"#,
        ],
    );
}

#[test]
fn cron_jobs() {
    check(cron_job(&json!({"timeZone": "Europe/Berlin"})), &[]);
    check(
        cron_job(
            &json!({"schedule": "61 * * * *", "timeZone": "Mars/Base", "startingDeadlineSeconds": -1,
            "concurrencyPolicy": "Wait", "successfulJobsHistoryLimit": -2, "failedJobsHistoryLimit": -3}),
        ),
        &[
            r#"spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61"#,
            "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            r#"spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base"#,
            r#"spec.concurrencyPolicy: Unsupported value: "Wait": supported values: "Allow", "Forbid", "Replace""#,
            "spec.successfulJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
            "spec.failedJobsHistoryLimit: Invalid value: -3: must be greater than or equal to 0",
        ],
    );
    check(
        cron_job(&json!({"schedule": ""})),
        &["spec.schedule: Required value"],
    );
    check(
        cron_job(&json!({"schedule": "TZ=UTC 0 * * * *"})),
        &[
            r#"spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#,
        ],
    );
    for (zone, problem) in [
        ("", "timeZone must be nil or non-empty string"),
        (
            "Local",
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        ),
    ] {
        let problem = format!("spec.timeZone: Invalid value: {zone:?}: {problem}");
        check(cron_job(&json!({"timeZone": zone})), &[&problem]);
    }
    check(
        cron_job(
            &json!({"jobTemplate": {"spec": {"manualSelector": true, "selector": {"matchLabels": {"a": "b"}},
            "template": template()}}}),
        ),
        &[
            r#"spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated"#,
            r#"spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false""#,
        ],
    );
    let mut long = cron_job(&json!({}));
    let name = "n".repeat(53);
    long["metadata"]["name"] = name.clone().into();
    let problem =
        format!("metadata.name: Invalid value: {name:?}: must be no more than 52 characters");
    check(long, &[&problem]);
}

#[test]
fn said_besides() {
    let recommended = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";
    for mut manifest in [job(&json!({})), cron_job(&json!({}))] {
        manifest["metadata"]["name"] = "a.b".into();
        check_warnings(manifest, &[recommended]);
    }
    check_warnings(
        indexed(&json!({"completions": 100_001, "parallelism": 10_001})),
        &[
            "spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
        ],
    );
}
