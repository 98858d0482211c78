//! Texts to begin with: whole objects, and parts of them that are tedious to write.

/// A text that completion offers.
pub(super) struct Snippet {
    /// The type in whose mapping it is offered; empty for a document without a kind.
    pub of: &'static str,
    /// What the list shows.
    pub label: &'static str,
    /// The lines; `‹…›` is selected afterwards.
    pub text: &'static str,
}

const fn snippet(of: &'static str, label: &'static str, text: &'static str) -> Snippet {
    Snippet { of, label, text }
}

pub(super) const SNIPPETS: &[Snippet] = &[
    snippet(
        "",
        "Pod",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: ‹web›\nspec:\n  containers:\n  - name: main\n    image: nginx:1.27",
    ),
    snippet(
        "",
        "Deployment",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ‹web›\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - name: main\n        image: nginx:1.27",
    ),
    snippet(
        "",
        "Service",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: ‹web›\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n    targetPort: 80",
    ),
    snippet(
        "",
        "ConfigMap",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ‹settings›\ndata:\n  key: value",
    ),
    snippet(
        "",
        "Job",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ‹task›\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox:1.36\n        command: [sh, -c, \"echo done\"]",
    ),
    snippet(
        "Container",
        "livenessProbe over HTTP",
        "livenessProbe:\n  httpGet:\n    path: ‹/healthz›\n    port: 8080\n  periodSeconds: 10\n  failureThreshold: 3",
    ),
    snippet(
        "Container",
        "readinessProbe over HTTP",
        "readinessProbe:\n  httpGet:\n    path: ‹/ready›\n    port: 8080\n  periodSeconds: 5",
    ),
    snippet(
        "Container",
        "startupProbe over HTTP",
        "startupProbe:\n  httpGet:\n    path: ‹/healthz›\n    port: 8080\n  periodSeconds: 5\n  failureThreshold: 30",
    ),
    snippet(
        "Container",
        "resources with requests and limits",
        "resources:\n  requests:\n    cpu: ‹100m›\n    memory: 128Mi\n  limits:\n    memory: 128Mi",
    ),
    snippet(
        "PodSpec",
        "volumes from a ConfigMap",
        "volumes:\n- name: ‹config›\n  configMap:\n    name: settings",
    ),
];
