//! What `get` and `describe` print of the workload kinds.

use expect_test::{Expect, expect};

use crate::cluster::{ClusterConfig, World};
use crate::kubectl::run;

const TEMPLATE: &str = "template: {metadata: {labels: {app: a}}, spec: {restartPolicy: RESTART, containers: \
    [{name: main, image: 'nginx:1'}]}}";

/// Applies an object with this spec and prints it; `TEMPLATE` in the spec is a template of pods.
fn check(kind: (&str, &str), spec: &str, command: &str, expect: &Expect) {
    let (api_version, kind) = kind;
    let restart = if api_version == "batch/v1" {
        "Never"
    } else {
        "Always"
    };
    let spec = spec.replace("TEMPLATE", &TEMPLATE.replace("RESTART", restart));
    let text = format!(
        "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{{spec}}}\n"
    );
    let mut world = World::new(&ClusterConfig::default());
    let applied = run("apply -f -", &text, &mut world);
    assert_eq!(applied.stderr, "", "{text}");
    let output = run(command, "", &mut world);
    expect.assert_eq(&(output.stdout + &output.stderr));
}

#[test]
fn columns() {
    let apps = |kind| ("apps/v1", kind);
    let batch = |kind| ("batch/v1", kind);
    let selected = "selector: {matchLabels: {app: a}}, TEMPLATE";
    check(
        apps("StatefulSet"),
        selected,
        "get sts -o wide",
        &expect![[r#"
            NAME   READY   AGE   CONTAINERS   IMAGES
            a      0/1     0s    main         nginx:1
        "#]],
    );
    check(
        apps("DaemonSet"),
        selected,
        "get ds -o wide",
        &expect![[r#"
        NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE   CONTAINERS   IMAGES    SELECTOR
        a      0         0         0       0            0           <none>          0s    main         nginx:1   app=a
    "#]],
    );
    check(
        batch("Job"),
        "parallelism: 3, TEMPLATE",
        "get job",
        &expect![[r#"
            NAME   STATUS    COMPLETIONS   DURATION   AGE
            a      Running   0/1 of 3                 0s
        "#]],
    );
    check(
        batch("Job"),
        "suspend: true, completions: 4, TEMPLATE",
        "get job",
        &expect![[r#"
            NAME   STATUS    COMPLETIONS   DURATION   AGE
            a      Running   0/4                      0s
        "#]],
    );
    let cron =
        "schedule: '@daily', timeZone: Europe/Rome, suspend: true, jobTemplate: {spec: {TEMPLATE}}";
    check(
        batch("CronJob"),
        cron,
        "get cj -o wide",
        &expect![[r#"
        NAME   SCHEDULE   TIMEZONE      SUSPEND   ACTIVE   LAST SCHEDULE   AGE   CONTAINERS   IMAGES    SELECTOR
        a      @daily     Europe/Rome   True      0        <none>          0s    main         nginx:1   <none>
    "#]],
    );
    let budget = ("policy/v1", "PodDisruptionBudget");
    check(
        budget,
        "maxUnavailable: 30%",
        "get pdb",
        &expect![[r#"
        NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
        a      N/A             30%               0                     0s
    "#]],
    );
    let autoscaler = ("autoscaling/v2", "HorizontalPodAutoscaler");
    let target =
        "maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}";
    check(
        autoscaler,
        target,
        "get hpa",
        &expect![[r#"
        NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
        a      Deployment/web   cpu: <unknown>/80%   1         3         0          0s
    "#]],
    );
    let metrics = format!(
        "{target}, metrics: [{{type: Resource, resource: {{name: memory, target: {{type: AverageValue, averageValue: 1Gi}}}}}}, \
         {{type: Pods, pods: {{metric: {{name: m}}, target: {{type: AverageValue, averageValue: 10}}}}}}, \
         {{type: External, external: {{metric: {{name: m}}, target: {{type: Value, value: 5}}}}}}]"
    );
    check(
        autoscaler,
        &metrics,
        "get hpa",
        &expect![[r#"
        NAME   REFERENCE        TARGETS                                           MINPODS   MAXPODS   REPLICAS   AGE
        a      Deployment/web   memory: <unknown>/1Gi, <unknown>/10 + 1 more...   1         3         0          0s
    "#]],
    );
    check(
        autoscaler,
        &metrics,
        "describe hpa a",
        &expect![[r#"
        Name:                       a
        Namespace:                  default
        Labels:                     <none>
        Annotations:                <none>
        CreationTimestamp:          Thu, 01 Jan 2026 00:00:00 +0000
        Reference:                  Deployment/web
        Metrics:                    ( current / target )
          resource memory on pods:  <unknown> / 1Gi
          "m" on pods:              <unknown> / 10
          "m" (target value):       <unknown> / 5
        Min replicas:               1
        Max replicas:               3
        Deployment pods:            0 current / 0 desired
        Events:                     <none>
    "#]],
    );
}

#[test]
fn pages() {
    let selected = "selector: {matchLabels: {app: a}}, TEMPLATE";
    let claims = format!(
        "{selected}, volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{accessModes: [ReadWriteOnce], \
         storageClassName: fast, resources: {{requests: {{storage: 1Gi}}}}}}}}]"
    );
    check(
        ("apps/v1", "StatefulSet"),
        &claims,
        "describe sts a",
        &expect![[r#"
            Name:               a
            Namespace:          default
            CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000
            Selector:           app=a
            Labels:             <none>
            Annotations:        <none>
            Replicas:           1 desired | 0 total
            Update Strategy:    RollingUpdate
              Partition:        0
            Pods Status:        0 Running / 0 Waiting / 0 Succeeded / 0 Failed
            Pod Template:
              Labels:  app=a
              Containers:
               main:
                Image:         nginx:1
                Port:          <none>
                Host Port:     <none>
                Environment:   <none>
                Mounts:        <none>
              Volumes:         <none>
              Node-Selectors:  <none>
              Tolerations:     <none>
            Volume Claims:
              Name:          data
              StorageClass:  fast
              Labels:        <none>
              Annotations:   <none>
              Capacity:      1Gi
              Access Modes:  [ReadWriteOnce]
            Events:          <none>
        "#]],
    );
    check(
        ("apps/v1", "DaemonSet"),
        selected,
        "describe ds a",
        &expect![[r#"
            Name:           a
            Namespace:      default
            Selector:       app=a
            Node-Selector:  <none>
            Labels:         <none>
            Annotations:    deprecated.daemonset.template.generation: 1
            Desired Number of Nodes Scheduled: 0
            Current Number of Nodes Scheduled: 0
            Number of Nodes Scheduled with Up-to-date Pods: 0
            Number of Nodes Scheduled with Available Pods: 0
            Number of Nodes Misscheduled: 0
            Pods Status:  0 Running / 0 Waiting / 0 Succeeded / 0 Failed
            Pod Template:
              Labels:  app=a
              Containers:
               main:
                Image:         nginx:1
                Port:          <none>
                Host Port:     <none>
                Environment:   <none>
                Mounts:        <none>
              Volumes:         <none>
              Node-Selectors:  <none>
              Tolerations:     <none>
            Events:            <none>
        "#]],
    );
    check(
        ("batch/v1", "CronJob"),
        "schedule: '0 3 * * 1', jobTemplate: {spec: {TEMPLATE}}",
        "describe cj a",
        &expect![[r#"
            Name:                          a
            Namespace:                     default
            Labels:                        <none>
            Annotations:                   <none>
            Schedule:                      0 3 * * 1
            Concurrency Policy:            Allow
            Suspend:                       False
            Time Zone:                     <unset>
            Successful Job History Limit:  3
            Failed Job History Limit:      1
            Starting Deadline Seconds:     <unset>
            Selector:                      <unset>
            Parallelism:                   <unset>
            Completions:                   <unset>
            Pod Template:
              Labels:  app=a
              Containers:
               main:
                Image:           nginx:1
                Port:            <none>
                Host Port:       <none>
                Environment:     <none>
                Mounts:          <none>
              Volumes:           <none>
              Node-Selectors:    <none>
              Tolerations:       <none>
            Last Schedule Time:  <unset>
            Active Jobs:         <none>
            Events:              <none>
        "#]],
    );
    check(
        ("policy/v1", "PodDisruptionBudget"),
        "minAvailable: 2, selector: {matchLabels: {app: a}}",
        "describe pdb a",
        &expect![[r#"
            Name:           a
            Namespace:      default
            Min available:  2
            Selector:       app=a
            Status:
                Allowed disruptions:  0
                Current:              0
                Desired:              0
                Total:                0
            Events:                   <none>
        "#]],
    );
    check(
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        "maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, behavior: {scaleDown: \
         {selectPolicy: Disabled, stabilizationWindowSeconds: 60}}",
        "describe hpa a",
        &expect![[r#"
            Name:                                                  a
            Namespace:                                             default
            Labels:                                                <none>
            Annotations:                                           <none>
            CreationTimestamp:                                     Thu, 01 Jan 2026 00:00:00 +0000
            Reference:                                             Deployment/web
            Metrics:                                               ( current / target )
              resource cpu on pods  (as a percentage of request):  <unknown> / 80%
            Min replicas:                                          1
            Max replicas:                                          3
            Behavior:
              Scale Up:
                Stabilization Window: 0 seconds
                Select Policy: Max
                Policies:
                  - Type: Pods     Value: 4    Period: 15 seconds
                  - Type: Percent  Value: 100  Period: 15 seconds
              Scale Down:
                Stabilization Window: 60 seconds
                Select Policy: Disabled
                Policies:
                  - Type: Percent  Value: 100  Period: 15 seconds
            Deployment pods:       0 current / 0 desired
            Events:                <none>
        "#]],
    );
}
