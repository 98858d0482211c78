//! Claims, volumes and storage classes.

use serde_json::{Value, json};

use super::{check, check_patch};

fn extended(mut base: Value, fields: &Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    base.as_object_mut().unwrap().extend(fields);
    base
}

fn claim(fields: &Value) -> Value {
    let spec =
        json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"}, "spec": extended(spec, fields)})
}

fn volume(fields: &Value) -> Value {
    let spec = json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}});
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "a"}, "spec": extended(spec, fields)})
}

fn class(fields: &Value) -> Value {
    let base = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"},
        "provisioner": "example.com/disk"});
    extended(base, fields)
}

#[test]
fn claims() {
    check(claim(&json!({})), &[]);
    check(
        claim(&json!({"accessModes": [], "resources": null})),
        &[
            "spec.accessModes: Required value: at least 1 access mode is required",
            "spec.resources[storage]: Required value",
        ],
    );
    check(
        claim(
            &json!({"accessModes": ["ReadWriteOncePod", "ReadWriteMany", "ReadSometimes"], "volumeMode": "Tape"}),
        ),
        &[
            r#"spec.accessModes: Unsupported value: "ReadSometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod""#,
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
            r#"spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem""#,
        ],
    );
    check(
        claim(&json!({"resources": {"requests": {"storage": "0"}}})),
        &[r#"spec.resources[storage]: Invalid value: "0": must be greater than zero"#],
    );
    check(
        claim(&json!({"dataSourceRef": {"kind": "Snapshot", "name": ""}})),
        &[
            "spec.dataSource.name: Required value",
            r#"spec.dataSource: Invalid value: "Snapshot": must be 'PersistentVolumeClaim' when referencing the default apiGroup"#,
            "spec.dataSourceRef.name: Required value",
            r#"spec.dataSourceRef: Invalid value: "Snapshot": must be 'PersistentVolumeClaim' when referencing the default apiGroup"#,
        ],
    );
}

#[test]
fn claims_hardly_change() {
    check_patch(
        claim(&json!({})),
        json!({"metadata": {"labels": {"a": "b"}}}),
        &[],
    );
    // The volume's name and a class that was missing are put in once.
    check_patch(
        claim(&json!({})),
        json!({"spec": {"volumeName": "v", "storageClassName": "fast"}}),
        &[],
    );
    let immutable = |lines: &str| {
        format!(
            "spec: Forbidden: spec is immutable after creation except resources.requests and \
             volumeAttributesClassName for bound claims\n{lines}"
        )
    };
    check_patch(
        claim(&json!({})),
        json!({"spec": {"accessModes": ["ReadOnlyMany"]}}),
        &[&immutable(
            "@@ -1,6 +1,6 @@\n {\n  \"accessModes\": [\n-  \"ReadWriteOnce\"\n+  \"ReadOnlyMany\"\n  ],\n  \"resources\": \
             {\n   \"requests\": {\n",
        )],
    );
}

#[test]
fn volumes() {
    check(volume(&json!({"hostPath": {"path": "/data"}})), &[]);
    check(
        volume(&json!({})),
        &["spec: Required value: must specify a volume type"],
    );
    check(
        volume(
            &json!({"accessModes": [], "capacity": {}, "persistentVolumeReclaimPolicy": "Keep", "nfs": {"server": "s", "path": "data"},
            "csi": {}}),
        ),
        &[
            "spec.accessModes: Required value",
            "spec.capacity: Required value",
            r#"spec.capacity: Unsupported value: {}: supported values: "storage""#,
            r#"spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain""#,
            r#"spec.nfs.path: Invalid value: "data": must be an absolute path"#,
            "spec.csi: Forbidden: may not specify more than 1 volume type",
        ],
    );
    check(
        volume(&json!({"local": {"path": "/a/../b"}})),
        &[
            r#"spec.local.path: Invalid value: "/a/../b": must not contain '..'"#,
            "spec.nodeAffinity: Required value: Local volume requires node affinity",
        ],
    );
    check(
        volume(
            &json!({"local": {"path": "/a"}, "nodeAffinity": {"required": {"nodeSelectorTerms": []}}}),
        ),
        &[
            "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term",
        ],
    );
    check(
        volume(&json!({"hostPath": {"path": "/"}, "persistentVolumeReclaimPolicy": "Recycle"})),
        &[
            "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
        ],
    );
    check(
        volume(&json!({"csi": {"driver": "Bad_Driver", "volumeHandle": ""}, "volumeMode": "Tape"})),
        &[
            "spec.csi.driver: Invalid value: \"Bad_Driver\": a lowercase RFC 1123 subdomain must consist of lower case \
             alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            "spec.csi.volumeHandle: Required value",
            r#"spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem""#,
        ],
    );
    check_patch(
        volume(&json!({"hostPath": {"path": "/data", "type": ""}})),
        json!({"spec": {"hostPath": {"path": "/other"}}}),
        &[
            "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n\
             @@ -1,6 +1,6 @@\n {\n  \"hostPath\": {\n-  \"path\": \"/data\",\n+  \"path\": \"/other\",\n   \"type\": \"\"\n  }\n }\n",
        ],
    );
}

#[test]
fn storage_classes() {
    check(class(&json!({})), &[]);
    check(
        class(&json!({"provisioner": ""})),
        &["provisioner: Required value"],
    );
    check(
        class(
            &json!({"reclaimPolicy": "Recycle", "volumeBindingMode": "Later", "parameters": {"": "x"},
            "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "a"]}, {"key": "zone", "values": []}]}]}),
        ),
        &[
            "parameters: Invalid value: \"\": field can not be empty.",
            r#"reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain""#,
            r#"volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer""#,
            r#"allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a""#,
            "allowedTopologies[0].matchLabelExpressions[1].values: Required value",
            r#"allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone""#,
        ],
    );
    check_patch(
        class(&json!({})),
        json!({"provisioner": "example.com/other", "allowVolumeExpansion": true}),
        &[r#"provisioner: Invalid value: "example.com/other": field is immutable"#],
    );
}
