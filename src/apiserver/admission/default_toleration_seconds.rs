//! DefaultTolerationSeconds: how long a pod stays on a node that is not ready or not reachable.

use crate::api::Pod;
use crate::api::core::Toleration;

const KEYS: [&str; 2] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
];
const NO_EXECUTE: &str = "NoExecute";

/// Seconds until a pod is evicted, unless it says otherwise.
const SECONDS: i64 = 300;

pub(super) fn admit(pod: &mut Pod) {
    let tolerated = |key: &str| {
        pod.spec.tolerations.iter().flatten().any(|toleration| {
            let about = |field: &Option<String>, wanted: &str| {
                field
                    .as_deref()
                    .is_none_or(|text| text.is_empty() || text == wanted)
            };
            about(&toleration.key, key) && about(&toleration.effect, NO_EXECUTE)
        })
    };
    let missing: Vec<Toleration> = KEYS
        .into_iter()
        .filter(|key| !tolerated(key))
        .map(|key| Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some(NO_EXECUTE.to_owned()),
            toleration_seconds: Some(SECONDS),
            ..Default::default()
        })
        .collect();
    if !missing.is_empty() {
        pod.spec_mut()
            .tolerations
            .get_or_insert_default()
            .extend(missing);
    }
}
