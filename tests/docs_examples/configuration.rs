//! Commands, variables, volumes and resources.

use crate::check;

#[test]
fn commands_and_arguments() {
    check(
        "define-command-argument-container",
        "{apiVersion: v1, kind: Pod, metadata: {name: command-demo}, spec: {restartPolicy: OnFailure, containers: [
            {name: command-demo-container, image: debian, command: [printenv], args: [HOSTNAME, KUBERNETES_PORT]}]}}",
        &[
            (6, "get pods", "0/1     Completed   0 "),
            (6, "logs command-demo", "=command-demo\ntcp://10.96.0.1:443\n"),
        ],
    );
}

#[test]
fn variables_by_value_and_from_each_other() {
    check(
        "define-interdependent-environment-variables",
        "{apiVersion: v1, kind: Pod, metadata: {name: dependent-envars-demo}, spec: {containers: [
            {name: dependent-envars-demo, image: 'busybox:1.28', command: [sh, -c], args: ['while true; do echo -en
            \"\\n\"; printf UNCHANGED_REFERENCE=$UNCHANGED_REFERENCE\"\\n\"; printf SERVICE_ADDRESS=$SERVICE_ADDRESS\"\\n\";
            printf ESCAPED_REFERENCE=$ESCAPED_REFERENCE\"\\n\"; sleep 30; done;'], env: [
            {name: SERVICE_PORT, value: '80'}, {name: SERVICE_IP, value: 172.17.0.1},
            {name: UNCHANGED_REFERENCE, value: '$(PROTOCOL)://$(SERVICE_IP):$(SERVICE_PORT)'},
            {name: PROTOCOL, value: https},
            {name: SERVICE_ADDRESS, value: '$(PROTOCOL)://$(SERVICE_IP):$(SERVICE_PORT)'},
            {name: ESCAPED_REFERENCE, value: '$$(PROTOCOL)://$(SERVICE_IP):$(SERVICE_PORT)'}]}]}}",
        &[
            (6, "logs dependent-envars-demo", "UNCHANGED_REFERENCE=$(PROTOCOL)://172.17.0.1:80\n"),
            (6, "logs dependent-envars-demo", "SERVICE_ADDRESS=https://172.17.0.1:80\n"),
            (6, "logs dependent-envars-demo", "ESCAPED_REFERENCE=$(PROTOCOL)://172.17.0.1:80\n"),
        ],
    );
}

#[test]
fn the_downward_api_fills_variables() {
    check(
        "environment-variable-expose-pod-information",
        "{apiVersion: v1, kind: Pod, metadata: {name: dapi-envars-fieldref}, spec: {restartPolicy: Never, containers: [
            {name: test-container, image: 'registry.k8s.io/busybox:1.27.2', command: [sh, -c], args: ['while true; do
            echo -en \"\\n\"; printenv MY_NODE_NAME MY_POD_NAME MY_POD_NAMESPACE; printenv MY_POD_IP MY_POD_SERVICE_ACCOUNT;
            sleep 10; done;'], env: [
            {name: MY_NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}},
            {name: MY_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}},
            {name: MY_POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}},
            {name: MY_POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}},
            {name: MY_POD_SERVICE_ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}]}]}}",
        &[
            (6, "logs dapi-envars-fieldref", "node-"),
            (6, "logs dapi-envars-fieldref", "dapi-envars-fieldref\ndefault\n10.244."),
        ],
    );
}

#[test]
fn resource_fields_fill_variables() {
    check(
        "environment-variable-expose-pod-information: resources",
        "{apiVersion: v1, kind: Pod, metadata: {name: dapi-envars-resourcefieldref}, spec: {restartPolicy: Never,
            containers: [{name: test-container, image: 'registry.k8s.io/busybox:1.27.2', command: [sh, -c],
            args: ['while true; do echo -en \"\\n\"; printenv MY_CPU_REQUEST MY_CPU_LIMIT; printenv MY_MEM_REQUEST
            MY_MEM_LIMIT; sleep 3600; done;'],
            resources: {requests: {memory: 32Mi, cpu: 125m}, limits: {memory: 64Mi, cpu: 250m}}, env: [
            {name: MY_CPU_REQUEST, valueFrom: {resourceFieldRef: {containerName: test-container, resource: requests.cpu}}},
            {name: MY_CPU_LIMIT, valueFrom: {resourceFieldRef: {containerName: test-container, resource: limits.cpu}}},
            {name: MY_MEM_REQUEST, valueFrom: {resourceFieldRef: {containerName: test-container, resource: requests.memory}}},
            {name: MY_MEM_LIMIT, valueFrom: {resourceFieldRef: {containerName: test-container, resource: limits.memory}}}]}]}}",
        &[(6, "logs dapi-envars-resourcefieldref", "=\n1\n1\n33554432\n67108864\n")],
    );
}

#[test]
fn the_downward_api_fills_files() {
    check(
        "downward-api-volume-expose-pod-information",
        "{apiVersion: v1, kind: Pod, metadata: {name: kubernetes-downwardapi-volume-example, labels: {zone: us-est-coast,
            cluster: test-cluster1, rack: rack-22}, annotations: {build: two, builder: john-doe}}, spec: {containers: [
            {name: client-container, image: 'registry.k8s.io/busybox:1.27.2', command: [sh, -c],
            args: ['while true; do if [[ -e /etc/podinfo/labels ]]; then echo -en \"\\n\\n\"; cat /etc/podinfo/labels; fi;
            if [[ -e /etc/podinfo/annotations ]]; then echo -en \"\\n\\n\"; cat /etc/podinfo/annotations; fi; sleep 5; done;'],
            volumeMounts: [{name: podinfo, mountPath: /etc/podinfo}]}], volumes: [{name: podinfo, downwardAPI: {items: [
            {path: labels, fieldRef: {fieldPath: metadata.labels}},
            {path: annotations, fieldRef: {fieldPath: metadata.annotations}}]}}]}}",
        &[
            (
                6,
                "logs kubernetes-downwardapi-volume-example",
                "cluster=\"test-cluster1\"\nrack=\"rack-22\"\nzone=\"us-est-coast\"",
            ),
            (6, "logs kubernetes-downwardapi-volume-example", "build=\"two\"\nbuilder=\"john-doe\""),
        ],
    );
}

#[test]
fn projected_volumes_hold_several_sources() {
    check(
        "projected-volumes",
        "{apiVersion: v1, kind: Secret, metadata: {name: mysecret}, stringData: {username: my-user}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: myconfigmap}, data: {config: 'level=4'}}
---
{apiVersion: v1, kind: Pod, metadata: {name: volume-test}, spec: {containers: [{name: container-test,
    image: 'busybox:1.28', command: [sleep, '3600'], resources: {limits: {cpu: 500m}},
    volumeMounts: [{name: all-in-one, mountPath: /projected-volume, readOnly: true}]}],
    volumes: [{name: all-in-one, projected: {sources: [
    {secret: {name: mysecret, items: [{key: username, path: my-group/my-username}]}},
    {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}},
    {path: cpu_limit, resourceFieldRef: {containerName: container-test, resource: limits.cpu}}]}},
    {configMap: {name: myconfigmap, items: [{key: config, path: my-group/my-config}]}}]}}]}}",
        &[
            (6, "exec volume-test -- ls /projected-volume/my-group", "=my-config\nmy-username\n"),
            (6, "exec volume-test -- cat /projected-volume/my-group/my-username", "=my-user"),
            (6, "exec volume-test -- cat /projected-volume/cpu_limit", "=1"),
        ],
    );
}

#[test]
fn config_maps_fill_variables_and_files() {
    check(
        "configure-pod-configmap",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: special-config}, data: {SPECIAL_LEVEL: very, SPECIAL_TYPE: charm}}
---
{apiVersion: v1, kind: Pod, metadata: {name: dapi-test-pod}, spec: {restartPolicy: Never, containers: [
    {name: test-container, image: 'registry.k8s.io/busybox:1.27.2', command: [/bin/sh, -c,
    'echo $(SPECIAL_LEVEL_KEY) $SPECIAL_TYPE; ls /etc/config/'], envFrom: [{configMapRef: {name: special-config}}],
    env: [{name: SPECIAL_LEVEL_KEY, valueFrom: {configMapKeyRef: {name: special-config, key: SPECIAL_LEVEL}}}],
    volumeMounts: [{name: config-volume, mountPath: /etc/config}]}],
    volumes: [{name: config-volume, configMap: {name: special-config}}]}}",
        &[(6, "logs dapi-test-pod", "=very charm\nSPECIAL_LEVEL\nSPECIAL_TYPE\n")],
    );
}

#[test]
fn the_class_of_service_follows_from_the_resources() {
    let pod = |name: &str, resources: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: [
            {{name: {name}-ctr, image: nginx, resources: {resources}}}]}}}}\n---\n"
        )
    };
    let class = "get pods -o jsonpath={.items[*].status.qosClass}";
    let manifests = pod(
        "qos-demo",
        "{limits: {memory: 200Mi, cpu: 700m}, requests: {memory: 200Mi, cpu: 700m}}",
    ) + &pod(
        "qos-demo-2",
        "{limits: {memory: 200Mi}, requests: {memory: 100Mi}}",
    ) + &pod("qos-demo-3", "{}");
    check(
        "quality-service-pod",
        &manifests,
        &[(5, class, "=Guaranteed Burstable BestEffort")],
    );
}

#[test]
fn memory_within_and_beyond_limits() {
    let pod = |name: &str, request: &str, limit: &str, takes: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: [{{name: {name}-ctr,
            image: polinux/stress, resources: {{requests: {{memory: {request}}}, limits: {{memory: {limit}}}}},
            command: [stress], args: ['--vm', '1', '--vm-bytes', {takes}, '--vm-hang', '1']}}]}}}}\n---\n"
        )
    };
    let manifests = pod("memory-demo", "100Mi", "200Mi", "150M")
        + &pod("memory-demo-2", "50Mi", "100Mi", "250M")
        + &pod("memory-demo-3", "1000Gi", "1000Gi", "150M");
    check(
        "assign-memory-resource",
        &manifests,
        &[
            (8, "get pod memory-demo", "1/1     Running   0 "),
            (
                8,
                "get pod memory-demo-2 -o jsonpath={.status.containerStatuses[0].lastState.terminated.reason}",
                "=OOMKilled",
            ),
            (8, "get pod memory-demo-3", "0/1     Pending   0 "),
            (8, "describe pod memory-demo-3", "3 Insufficient memory"),
            (300, "get pod memory-demo-2", "CrashLoopBackOff"),
        ],
    );
}

#[test]
fn cpu_that_no_node_has() {
    check(
        "assign-cpu-resource",
        "{apiVersion: v1, kind: Pod, metadata: {name: cpu-demo-2}, spec: {containers: [{name: cpu-demo-ctr-2,
            image: vish/stress, resources: {limits: {cpu: '100'}, requests: {cpu: '100'}}, args: ['-cpus', '2']}]}}",
        &[
            (8, "get pod cpu-demo-2", "0/1     Pending   0 "),
            (8, "describe pod cpu-demo-2", "0/3 nodes are available: 3 Insufficient cpu."),
        ],
    );
}

#[test]
fn in_place_resize() {
    check(
        "resize-container-resources",
        "{apiVersion: v1, kind: Pod, metadata: {name: resize-demo}, spec: {containers: [{name: pause,
            image: 'registry.k8s.io/pause:3.8', resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired},
            {resourceName: memory, restartPolicy: RestartContainer}],
            resources: {limits: {memory: 200Mi, cpu: 700m}, requests: {memory: 200Mi, cpu: 700m}}}]}}",
        &[
            (
                5,
                "patch pod resize-demo --subresource resize --patch '{\"spec\":{\"containers\":[{\"name\":\"pause\",
                \"resources\":{\"requests\":{\"cpu\":\"800m\"},\"limits\":{\"cpu\":\"800m\"}}}]}}'",
                "pod/resize-demo patched",
            ),
            (
                6,
                "get pod resize-demo -o jsonpath={.status.containerStatuses[0].resources.limits.cpu}",
                "=800m",
            ),
            (6, "get pod resize-demo", "Running   0 "),
            (
                7,
                "patch pod resize-demo --subresource resize --patch '{\"spec\":{\"containers\":[{\"name\":\"pause\",
                \"resources\":{\"requests\":{\"memory\":\"300Mi\"},\"limits\":{\"memory\":\"300Mi\"}}}]}}'",
                "pod/resize-demo patched",
            ),
            (40, "get pod resize-demo", "Running   1 ("),
            (
                41,
                "patch pod resize-demo --subresource resize --patch '{\"spec\":{\"containers\":[{\"name\":\"pause\",
                \"resources\":{\"requests\":{\"cpu\":\"1000\"},\"limits\":{\"cpu\":\"1000\"}}}]}}'",
                "node didn't have enough allocatable resources: cpu, requested: 1000000, allocatable: 4000",
            ),
        ],
    );
}

#[test]
fn host_paths_are_shared_by_the_pods_of_a_node() {
    let pod = |name: &str, node: &str, script: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{nodeName: {node}, containers: [
            {{name: example-container, image: 'busybox:1.36', command: [sh, -c, '{script}'],
            volumeMounts: [{{mountPath: /foo, name: example-volume}}]}}],
            volumes: [{{name: example-volume, hostPath: {{path: /data/foo, type: DirectoryOrCreate}}}}]}}}}\n---\n"
        )
    };
    let manifests = pod(
        "writer",
        "node-1",
        "sleep 3; echo here > /foo/note; sleep 1000",
    ) + &pod("reader", "node-1", "sleep 1000")
        + &pod("stranger", "node-2", "sleep 1000");
    check(
        "volumes: hostPath",
        &manifests,
        &[
            (8, "exec reader -- cat /foo/note", "=here\n"),
            (
                8,
                "exec stranger -- cat /foo/note",
                "No such file or directory",
            ),
        ],
    );
}

#[test]
fn an_empty_dir_beyond_its_limit_ends_the_pod() {
    check(
        "volumes: emptyDir with a size limit",
        "{apiVersion: v1, kind: Pod, metadata: {name: test-pd}, spec: {containers: [{image: 'busybox:1.36',
            name: test-container, command: [sh, -c, 'sleep 15; dd if=/dev/zero of=/cache/big bs=1M count=600; sleep 1000'],
            volumeMounts: [{mountPath: /cache, name: cache-volume}]}],
            volumes: [{name: cache-volume, emptyDir: {sizeLimit: 500Mi}}]}}",
        &[
            (14, "get pod test-pd", "1/1     Running"),
            (45, "get pod test-pd -o jsonpath={.status.reason}", "=Evicted"),
            (
                45,
                "describe pod test-pd",
                "Usage of EmptyDir volume \"cache-volume\" exceeds the limit \"500Mi\".",
            ),
        ],
    );
}

#[test]
fn a_node_short_of_memory_evicts_what_exceeds_its_requests() {
    let pod = |name: &str, request: &str, uses: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, annotations: {{podarium/memory: '{uses}'}}}}, spec: {{
            nodeName: node-1, containers: [{{name: main, image: busybox, command: [sleep, inf], resources: {{requests: {{memory: {request}}}}}}}]}}}}\n---\n"
        )
    };
    let manifests = pod("modest", "3Gi", "2Gi")
        + &pod("small", "1Mi", "1Gi@0")
        + &pod("greedy", "1Mi", "1Gi@0,6Gi@20");
    let phases = "get pods -o jsonpath={.items[*].status.phase}";
    check(
        "node-pressure-eviction",
        &manifests,
        &[
            (15, phases, "=Running Running Running"),
            (45, phases, "=Failed Running Running"),
            (
                45,
                "get pod greedy -o jsonpath={.status.reason}",
                "=Evicted",
            ),
            (
                45,
                "describe pod greedy",
                "The node was low on resource: memory. Threshold quantity: 100Mi, available: 0.",
            ),
            (
                45,
                "get node node-1 -o jsonpath={.spec.taints[0].key}",
                "=node.kubernetes.io/memory-pressure",
            ),
            (400, "describe node node-1", "!memory-pressure"),
        ],
    );
}

#[test]
fn resources_of_a_pod_as_a_whole() {
    check(
        "assign-pod-level-resources",
        "{apiVersion: v1, kind: Pod, metadata: {name: pod-resources-demo, annotations: {'b.podarium/memory': '190Mi@0,300Mi@20'}},
            spec: {resources: {limits: {cpu: '1', memory: 200Mi}, requests: {cpu: '1', memory: 100Mi}}, containers: [
            {name: a, image: nginx, resources: {limits: {cpu: 500m, memory: 100Mi}, requests: {cpu: 500m, memory: 50Mi}}},
            {name: b, image: fedora, command: [sleep, inf]}]}}",
        &[
            (4, "get pod pod-resources-demo -o jsonpath={.status.qosClass}", "=Burstable"),
            (4, "get pod pod-resources-demo -o jsonpath={.status.allocatedResources.memory}", "=100Mi"),
            (8, "get pod pod-resources-demo", "Running   0 "),
            (
                40,
                "get pod pod-resources-demo -o jsonpath={.status.containerStatuses[1].lastState.terminated.reason}",
                "=OOMKilled",
            ),
        ],
    );
}
