//! Columns of what keeps order in a cluster: classes, quotas, limits, accounts and storage.

use serde_json::Value;

use crate::api::timestamp;
use crate::api::{Kind, Object, Quantity, ResourceQuota, StorageClass};
use crate::apiserver::quota::claim_class;

const UNSET: &str = "<unset>";

/// The headers of a kind, always and with `-o wide`; `None` for a kind of another file.
pub(super) fn header(kind: Kind) -> Option<(&'static [&'static str], &'static [&'static str])> {
    const VOLUME_MODE: &[&str] = &["VOLUMEMODE"];
    Some(match kind {
        Kind::PriorityClass => (
            &["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"],
            &[],
        ),
        // The server has no columns of its own for these.
        Kind::LimitRange => (&["NAME", "CREATED AT"], &[]),
        Kind::ResourceQuota => (&["NAME", "REQUEST", "LIMIT", "AGE"], &[]),
        Kind::StorageClass => (
            &[
                "NAME",
                "PROVISIONER",
                "RECLAIMPOLICY",
                "VOLUMEBINDINGMODE",
                "ALLOWVOLUMEEXPANSION",
                "AGE",
            ],
            &[],
        ),
        Kind::PersistentVolumeClaim => (
            &[
                "NAME",
                "STATUS",
                "VOLUME",
                "CAPACITY",
                "ACCESS MODES",
                "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS",
                "AGE",
            ],
            VOLUME_MODE,
        ),
        Kind::PersistentVolume => (
            &[
                "NAME",
                "CAPACITY",
                "ACCESS MODES",
                "RECLAIM POLICY",
                "STATUS",
                "CLAIM",
                "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS",
                "REASON",
                "AGE",
            ],
            VOLUME_MODE,
        ),
        _ => return None,
    })
}

/// The whole row of an object; `None` for a kind of another file.
pub(super) fn row(object: &Object, wide: bool, age: &str) -> Option<Vec<String>> {
    let (mut row, more) = match object {
        Object::PriorityClass(class) => {
            let policy = class.spec.preemption_policy.clone().unwrap_or_default();
            let value = class.spec.value.unwrap_or(0).to_string();
            let default = class.spec.global_default.unwrap_or(false).to_string();
            return Some(vec![
                object.name().to_owned(),
                value,
                default,
                age.to_owned(),
                policy,
            ]);
        }
        Object::LimitRange(_) => {
            let created = object.meta().creation_timestamp.as_ref();
            let created = created.map_or_else(String::new, |time| timestamp::text(time.0));
            return Some(vec![object.name().to_owned(), created]);
        }
        Object::ResourceQuota(quota) => (used_of_limits(quota).to_vec(), None),
        Object::StorageClass(class) => (storage_class(class), None),
        Object::PersistentVolumeClaim(claim) => {
            let (spec, status) = (&claim.spec, &claim.status);
            let volume = spec.volume_name.clone().unwrap_or_default();
            let (mut capacity, mut modes) = (String::new(), String::new());
            if !volume.is_empty() {
                let size = status.capacity.as_ref().and_then(|all| all.get("storage"));
                capacity = size.map_or_else(|| "0".to_owned(), |size| size.0.clone());
                modes = short_modes(status.access_modes.iter().flatten().map(String::as_str));
            }
            let attributes = spec
                .volume_attributes_class_name
                .as_deref()
                .unwrap_or(UNSET);
            let class = claim_class(claim).unwrap_or_default();
            let phase = phase(object, status.phase.as_deref());
            let own = [&phase, &volume, &capacity, &modes, class, attributes];
            (
                texts(&own),
                Some(spec.volume_mode.as_deref().unwrap_or(UNSET)),
            )
        }
        Object::PersistentVolume(volume) => {
            let (spec, status) = (&volume.spec, &volume.status);
            let text = |json: &'_ Value| json.as_str().unwrap_or_default().to_owned();
            let claim = &spec["claimRef"];
            let claim = match claim.is_null() {
                true => String::new(),
                false => format!("{}/{}", text(&claim["namespace"]), text(&claim["name"])),
            };
            let modes = spec["accessModes"].as_array().into_iter().flatten();
            let modes = short_modes(modes.filter_map(Value::as_str));
            let phase = phase(object, status["phase"].as_str());
            let own = [
                &text(&spec["capacity"]["storage"]),
                &modes,
                &text(&spec["persistentVolumeReclaimPolicy"]),
                &phase,
                &claim,
                &text(&spec["storageClassName"]),
                spec["volumeAttributesClassName"].as_str().unwrap_or(UNSET),
                &text(&status["reason"]),
            ];
            (
                texts(&own),
                Some(spec["volumeMode"].as_str().unwrap_or(UNSET)),
            )
        }
        _ => return None,
    };
    let name = match object {
        Object::StorageClass(class) if is_default(class) => format!("{} (default)", class.name()),
        _ => object.name().to_owned(),
    };
    row.insert(0, name);
    row.push(age.to_owned());
    row.extend(more.filter(|_| wide).map(str::to_owned));
    Some(row)
}

/// Whether claims that name no class get this one.
pub(in crate::kubectl) fn is_default(class: &StorageClass) -> bool {
    ["storageclass", "storageclass.beta"].iter().any(|prefix| {
        class.annotation(&format!("{prefix}.kubernetes.io/is-default-class")) == Some("true")
    })
}

/// Access modes by their short names, each once and always in the same order.
pub(in crate::kubectl) fn short_modes<'a>(modes: impl Iterator<Item = &'a str>) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let given: Vec<&str> = modes.collect();
    let short = SHORT.iter().filter(|(long, _)| given.contains(long));
    short.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// Terminating, or the phase.
pub(in crate::kubectl) fn phase(object: &Object, phase: Option<&str>) -> String {
    if object.meta().deletion_timestamp.is_some() {
        return "Terminating".to_owned();
    }
    phase.unwrap_or_default().to_owned()
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn storage_class(class: &StorageClass) -> Vec<String> {
    let spec = &class.spec;
    texts(&[
        &spec.provisioner,
        spec.reclaim_policy.as_deref().unwrap_or("Delete"),
        spec.volume_binding_mode.as_deref().unwrap_or("Immediate"),
        &spec.allow_volume_expansion.unwrap_or(false).to_string(),
    ])
}

/// `pods: 3/10, …` of what is not a limit, and of the limits.
fn used_of_limits(quota: &ResourceQuota) -> [String; 2] {
    let mut columns = [Vec::new(), Vec::new()];
    let zero = Quantity("0".to_owned());
    for (name, hard) in quota.status.hard.iter().flatten() {
        let used = quota.status.used.as_ref().and_then(|used| used.get(name));
        let text = format!("{name}: {}/{}", used.unwrap_or(&zero).0, hard.0);
        columns[usize::from(name.starts_with("limits."))].push(text);
    }
    columns.map(|texts| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::cluster::{ClusterConfig, World};
    use crate::kernel::SimTime;
    use crate::kubectl;
    use expect_test::{Expect, expect};
    use std::time::Duration;

    const MANIFESTS: &str = r#"
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {pods: "3", limits.cpu: "2", count/configmaps: "3"}, scopes: []}
---
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec: {limits: [{type: Container, default: {cpu: 200m}, max: {cpu: "1"}, maxLimitRequestRatio: {cpu: "4"}}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteMany, ReadWriteOnce], capacity: {storage: 5Gi}, hostPath: {path: /data}}
"#;

    fn check(command: &str, expect: &Expect) {
        let mut world = World::new(&ClusterConfig::default());
        let applied = kubectl::run("apply -f -", MANIFESTS, &mut world);
        assert_eq!(applied.stderr, "");
        world.run_until(SimTime::ZERO + Duration::from_secs(5), 10_000);
        let printed = kubectl::run(command, "", &mut world);
        expect.assert_eq(&(printed.stdout + &printed.stderr));
    }

    #[test]
    fn tables() {
        check(
            "get pc",
            &expect![[r#"
            NAME                      VALUE        GLOBAL-DEFAULT   AGE   PREEMPTIONPOLICY
            system-cluster-critical   2000000000   false            5s    PreemptLowerPriority
            system-node-critical      2000001000   false            5s    PreemptLowerPriority
        "#]],
        );
        check(
            "get quota",
            &expect![[r#"
            NAME   REQUEST                            LIMIT             AGE
            q      count/configmaps: 1/3, pods: 0/3   limits.cpu: 0/2   5s
        "#]],
        );
        check(
            "get limits",
            &expect![[r#"
            NAME   CREATED AT
            l      2026-01-01T00:00:00Z
        "#]],
        );
        check(
            "get pvc",
            &expect![[r#"
            NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE
            data   Pending                                      standard       <unset>                 5s
        "#]],
        );
        check(
            "get pv -o wide",
            &expect![[r#"
            NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS      CLAIM   STORAGECLASS   VOLUMEATTRIBUTESCLASS   REASON   AGE   VOLUMEMODE
            disk   5Gi        RWO,RWX        Retain           Available                          <unset>                          5s    Filesystem
        "#]],
        );
        check(
            "get sc",
            &expect![[r#"
            NAME                 PROVISIONER             RECLAIMPOLICY   VOLUMEBINDINGMODE      ALLOWVOLUMEEXPANSION   AGE
            standard (default)   rancher.io/local-path   Delete          WaitForFirstConsumer   false                  5s
        "#]],
        );
        check(
            "get sa",
            &expect![[r#"
            NAME      AGE
            default   5s
        "#]],
        );
    }

    #[test]
    fn pages() {
        check(
            "describe quota q",
            &expect![[r#"
            Name:             q
            Namespace:        default
            Resource          Used  Hard
            --------          ----  ----
            count/configmaps  1     3
            limits.cpu        0     2
            pods              0     3
        "#]],
        );
        check(
            "describe limits l",
            &expect![[r#"
            Name:       l
            Namespace:  default
            Type        Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
            ----        --------  ---  ---  ---------------  -------------  -----------------------
            Container   cpu       -    1    200m             200m           4
        "#]],
        );
        check(
            "describe ns default",
            &expect![[r#"
            Name:         default
            Labels:       kubernetes.io/metadata.name=default
            Annotations:  <none>
            Status:       Active

            Resource Quotas
              Name:             q
              Resource          Used  Hard
              --------          ---   ---
              count/configmaps  1     3
              limits.cpu        0     2
              pods              0     3

            Resource Limits
             Type       Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
             ----       --------  ---  ---  ---------------  -------------  -----------------------
             Container  cpu       -    1    200m             200m           4
        "#]],
        );
        check(
            "describe pvc data",
            &expect![[r#"
            Name:          data
            Namespace:     default
            StorageClass:  standard
            Status:        Pending
            Volume:        
            Labels:        <none>
            Annotations:   <none>
            Finalizers:    [kubernetes.io/pvc-protection]
            Capacity:      
            Access Modes:  
            VolumeMode:    Filesystem
            Used By:       <none>
            Events:        <none>
        "#]],
        );
        check(
            "describe pv disk",
            &expect![[r#"
            Name:            disk
            Labels:          <none>
            Annotations:     <none>
            Finalizers:      [kubernetes.io/pv-protection]
            StorageClass:    
            Status:          Available
            Claim:           
            Reclaim Policy:  Retain
            Access Modes:    RWO,RWX
            VolumeMode:      Filesystem
            Capacity:        5Gi
            Node Affinity:   <none>
            Message:         
            Source:
              Type:          HostPath (bare host directory volume)
              Path:          /data
              HostPathType:  
            Events:          <none>
        "#]],
        );
        check(
            "describe sc standard",
            &expect![[r#"
            Name:                  standard
            IsDefaultClass:        Yes
            Annotations:           storageclass.kubernetes.io/is-default-class=true
            Provisioner:           rancher.io/local-path
            Parameters:            <none>
            AllowVolumeExpansion:  <unset>
            MountOptions:          <none>
            ReclaimPolicy:         Delete
            VolumeBindingMode:     WaitForFirstConsumer
            Events:                <none>
        "#]],
        );
        check(
            "describe pc system-node-critical",
            &expect![[r#"
            Name:              system-node-critical
            Value:             2000001000
            GlobalDefault:     false
            PreemptionPolicy:  PreemptLowerPriority
            Description:       Used for system critical pods that must not be moved from their current node.
            Annotations:       <none>
            Events:            <none>
        "#]],
        );
        check(
            "describe sa default",
            &expect![[r#"
            Name:                default
            Namespace:           default
            Labels:              <none>
            Annotations:         <none>
            Image pull secrets:  <none>
            Events:              <none>
        "#]],
        );
    }
}
