//! Probes, hooks, init containers, sidecars and what else makes up a pod's life.

use crate::check;

#[test]
fn liveness_by_command() {
    check(
        "configure-liveness-readiness-startup-probes: exec",
        "{apiVersion: v1, kind: Pod, metadata: {name: liveness-exec, labels: {test: liveness}}, spec: {containers: [
            {name: liveness, image: 'registry.k8s.io/busybox:1.27.2', args: [/bin/sh, -c,
            'touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600'],
            livenessProbe: {exec: {command: [cat, /tmp/healthy]}, initialDelaySeconds: 5, periodSeconds: 5}}]}}",
        &[
            (30, "describe pod liveness-exec", "!Unhealthy"),
            (
                50,
                "describe pod liveness-exec",
                "Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory",
            ),
            (50, "describe pod liveness-exec", "Container liveness failed liveness probe, will be restarted"),
            (85, "get pod liveness-exec", "1/1     Running   1 ("),
        ],
    );
}

#[test]
fn liveness_over_http() {
    check(
        "configure-liveness-readiness-startup-probes: http",
        "{apiVersion: v1, kind: Pod, metadata: {name: liveness-http}, spec: {containers: [
            {name: liveness, image: 'registry.k8s.io/e2e-test-images/agnhost:2.40', args: [liveness], livenessProbe:
            {httpGet: {path: /healthz, port: 8080, httpHeaders: [{name: Custom-Header, value: Awesome}]},
            initialDelaySeconds: 3, periodSeconds: 3}}]}}",
        &[
            (9, "describe pod liveness-http", "!Unhealthy"),
            (
                22,
                "describe pod liveness-http",
                "Liveness probe failed: HTTP probe failed with statuscode: 500",
            ),
            (28, "get pod liveness-http -o jsonpath={.status.containerStatuses[0].restartCount}", "=1"),
        ],
    );
}

#[test]
fn liveness_and_readiness_over_tcp() {
    check(
        "configure-liveness-readiness-startup-probes: tcp",
        "{apiVersion: v1, kind: Pod, metadata: {name: goproxy}, spec: {containers: [{name: goproxy,
            image: 'registry.k8s.io/goproxy:0.1', ports: [{containerPort: 8080}],
            readinessProbe: {tcpSocket: {port: 8080}, initialDelaySeconds: 15, periodSeconds: 10},
            livenessProbe: {tcpSocket: {port: 8080}, initialDelaySeconds: 15, periodSeconds: 10}}]}}",
        &[
            (14, "get pod goproxy", "0/1     Running"),
            (30, "get pod goproxy", "1/1     Running   0 "),
            (120, "describe pod goproxy", "!Unhealthy"),
        ],
    );
}

#[test]
fn liveness_over_grpc() {
    check(
        "configure-liveness-readiness-startup-probes: grpc",
        "{apiVersion: v1, kind: Pod, metadata: {name: etcd-with-grpc}, spec: {containers: [{name: etcd,
            image: 'registry.k8s.io/etcd:3.5.1-0', command: [/usr/local/bin/etcd, --data-dir, /var/lib/etcd,
            --listen-client-urls, 'http://0.0.0.0:2379', --advertise-client-urls, 'http://127.0.0.1:2379',
            --log-level, debug], ports: [{containerPort: 2379}],
            livenessProbe: {grpc: {port: 2379}, initialDelaySeconds: 10}}]}}",
        &[
            (60, "get pod etcd-with-grpc", "1/1     Running   0 "),
            (60, "describe pod etcd-with-grpc", "!Unhealthy"),
        ],
    );
}

#[test]
fn startup_probes_hold_the_others_back() {
    check(
        "configure-liveness-readiness-startup-probes: startup",
        "{apiVersion: v1, kind: Pod, metadata: {name: slow}, spec: {containers: [{name: web, image: 'hello-app:1.0',
            env: [{name: START_DELAY, value: '45'}], ports: [{name: liveness-port, containerPort: 8080}],
            livenessProbe: {httpGet: {path: /healthz, port: liveness-port}, failureThreshold: 1, periodSeconds: 10},
            startupProbe: {httpGet: {path: /healthz, port: liveness-port}, failureThreshold: 30, periodSeconds: 10}}]}}",
        &[
            (40, "get pod slow -o jsonpath={.status.containerStatuses[0].started}", "=false"),
            (40, "describe pod slow", "Startup probe failed"),
            (70, "get pod slow", "1/1     Running   0 "),
            (70, "describe pod slow", "!Killing"),
        ],
    );
}

#[test]
fn lifecycle_hooks() {
    check(
        "attach-handler-lifecycle-event",
        "{apiVersion: v1, kind: Pod, metadata: {name: lifecycle-demo}, spec: {containers: [
            {name: lifecycle-demo-container, image: nginx, lifecycle: {
            postStart: {exec: {command: [/bin/sh, -c, 'echo Hello from the postStart handler > /usr/share/message']}},
            preStop: {exec: {command: [/bin/sh, -c, 'nginx -s quit; while killall -0 nginx; do sleep 1; done']}}}}]}}",
        &[
            (5, "get pod lifecycle-demo", "1/1     Running"),
            (5, "exec lifecycle-demo -- cat /usr/share/message", "=Hello from the postStart handler\n"),
            (6, "delete pod lifecycle-demo", "deleted"),
            (20, "get pods", "No resources found"),
        ],
    );
}

#[test]
fn init_containers_wait_for_services() {
    let service = |name: &str, port: u32| {
        format!(
            "apply {{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{ports: [
            {{protocol: TCP, port: 80, targetPort: {port}}}]}}}}"
        )
    };
    check(
        "init-containers",
        "{apiVersion: v1, kind: Pod, metadata: {name: myapp-pod, labels: {app.kubernetes.io/name: MyApp}}, spec: {
            containers: [{name: myapp-container, image: 'busybox:1.28', command: [sh, -c,
            'echo The app is running! && sleep 3600']}],
            initContainers: [{name: init-myservice, image: 'busybox:1.28', command: [sh, -c,
            'until nslookup myservice.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local;
            do echo waiting for myservice; sleep 2; done']},
            {name: init-mydb, image: 'busybox:1.28', command: [sh, -c,
            'until nslookup mydb.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local;
            do echo waiting for mydb; sleep 2; done']}]}}",
        &[
            (10, "get pod myapp-pod", "0/1     Init:0/2   0 "),
            (10, "logs myapp-pod -c init-myservice", "waiting for myservice"),
            (20, &service("mydb", 9377), ""),
            (21, &service("myservice", 9376), ""),
            (40, "get pod myapp-pod", "1/1     Running   0 "),
            (40, "logs myapp-pod", "The app is running!"),
        ],
    );
}

#[test]
fn sidecars_start_first_and_run_beside() {
    check(
        "sidecar-containers",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: myapp, labels: {app: myapp}}, spec: {replicas: 1,
            selector: {matchLabels: {app: myapp}}, template: {metadata: {labels: {app: myapp}}, spec: {containers: [
            {name: myapp, image: 'alpine:latest', command: [sh, -c,
            'while true; do echo \"logging\" >> /opt/logs.txt; sleep 1; done'],
            volumeMounts: [{name: data, mountPath: /opt}]}], initContainers: [{name: logshipper,
            image: 'alpine:latest', restartPolicy: Always, command: [sh, -c, 'tail -F /opt/logs.txt'],
            volumeMounts: [{name: data, mountPath: /opt}]}], volumes: [{name: data, emptyDir: {}}]}}}}",
        &[
            (10, "get pods", "2/2     Running   0 "),
            (10, "logs deploy/myapp -c logshipper --tail=2", "logging\nlogging\n"),
        ],
    );
}

#[test]
fn containers_share_a_volume() {
    check(
        "communicate-containers-same-pod-shared-volume",
        "{apiVersion: v1, kind: Pod, metadata: {name: two-containers}, spec: {restartPolicy: Never,
            volumes: [{name: shared-data, emptyDir: {}}], containers: [
            {name: nginx-container, image: nginx, volumeMounts: [{name: shared-data, mountPath: /usr/share/nginx/html}]},
            {name: debian-container, image: debian, volumeMounts: [{name: shared-data, mountPath: /pod-data}],
            command: [/bin/sh], args: [-c, 'echo Hello from the debian container > /pod-data/index.html']}]}}",
        &[
            (8, "get pod two-containers", "1/2     NotReady   0 "),
            (8, "exec two-containers -c nginx-container -- curl -s localhost", "=Hello from the debian container\n"),
        ],
    );
}

#[test]
fn containers_share_processes() {
    check(
        "share-process-namespace",
        "{apiVersion: v1, kind: Pod, metadata: {name: nginx}, spec: {shareProcessNamespace: true, containers: [
            {name: nginx, image: nginx}, {name: shell, image: 'busybox:1.28', command: [sleep, '3600'],
            securityContext: {capabilities: {add: [SYS_PTRACE]}}, stdin: true, tty: true}]}}",
        &[
            (8, "get pod nginx", "2/2     Running   0 "),
            (9, "exec nginx -c shell -- ps ax", "    1 root      0:00 /pause\n"),
            (9, "exec nginx -c shell -- ps ax", "nginx: master process nginx -g daemon off;\n"),
            (9, "exec nginx -c shell -- ps ax", " sleep 3600\n"),
        ],
    );
}

#[test]
fn a_termination_message_is_kept() {
    check(
        "determine-reason-pod-failure",
        "{apiVersion: v1, kind: Pod, metadata: {name: termination-demo}, spec: {restartPolicy: Never, containers: [
            {name: termination-demo-container, image: debian, command: [/bin/sh],
            args: [-c, 'sleep 10 && echo Sleep expired > /dev/termination-log']}]}}",
        &[
            (5, "get pod termination-demo", "1/1     Running"),
            (
                20,
                "get pod termination-demo -o jsonpath={.status.containerStatuses[0].state.terminated.message}",
                "=Sleep expired\n",
            ),
        ],
    );
}

#[test]
fn a_node_is_drained_as_far_as_budgets_allow() {
    check(
        "safely-drain-node",
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: zk}, spec: {replicas: 3, selector: {matchLabels: \
            {app: zk}}, template: {metadata: {labels: {app: zk}}, spec: {nodeSelector: {kubernetes.io/hostname: node-1}, \
            containers: [{name: a, image: nginx}]}}}}\n---\n\
            {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: zk-pdb}, spec: {maxUnavailable: 1, \
            selector: {matchLabels: {app: zk}}}}",
        &[
            (
                8,
                "drain node-1 --timeout=3s",
                "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.\n",
            ),
            (
                20,
                "get pdb",
                "zk-pdb   N/A             1                 0 ",
            ),
            (20, "get pods", "0/1     Pending "),
            (20, "get events", "NodeNotSchedulable"),
            (21, "uncordon node-1", "=node/node-1 uncordoned\n"),
            (40, "get events", "NodeSchedulable"),
        ],
    );
}

#[test]
fn a_pod_is_debugged_by_an_ephemeral_container() {
    check(
        "debug-running-pod",
        "{apiVersion: v1, kind: Pod, metadata: {name: ephemeral-demo}, spec: {restartPolicy: Never, containers: [
            {name: ephemeral-demo, image: registry.k8s.io/pause:3.1}]}}",
        &[
            (
                5,
                "debug ephemeral-demo --image=busybox:1.28 --target=ephemeral-demo -c debugger -- sh -c 'echo hi; sleep 5'",
                "=Targeting container \"ephemeral-demo\". If you don't see processes from this container it may be \
                because the container runtime doesn't support this feature.\n",
            ),
            (8, "get pod ephemeral-demo", "1/1     Running   0 "),
            (8, "describe pod ephemeral-demo", "Ephemeral Containers:\n  debugger:\n"),
            (8, "logs ephemeral-demo -c debugger", "=hi\n"),
            (8, "describe pod ephemeral-demo", "spec.ephemeralContainers{debugger}: Container started"),
            (
                30,
                "get pod ephemeral-demo -o jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.reason}",
                "=Completed",
            ),
            (
                30,
                "patch pod ephemeral-demo --subresource ephemeralcontainers --type json -p '[{op: remove, path: /spec/ephemeralContainers}]'",
                "existing ephemeral containers \"debugger\" may not be removed",
            ),
            (30, "debug ephemeral-demo --image=busybox:1.28", "Defaulting debug container name to debugger-"),
            (40, "get pod ephemeral-demo", "1/1     Running   0 "),
        ],
    );
}
