//! Names on the screen: keys of objects, short names of pods, sentences from the trace.

use crate::api::{Kind, Object, ObjectKey as ApiKey, Pod};
use crate::cluster::World;

use super::view::{ObjectKey, RichText, State, Text};
use crate::history::PodState;

/// The screen's key of an object.
#[must_use]
pub fn key_of(object: &Object) -> ObjectKey {
    with_uid(&object.key(), object.uid())
}

/// The screen's key of a pod.
#[must_use]
pub fn key_of_pod(pod: &Pod) -> ObjectKey {
    with_uid(&pod.key(), pod.uid())
}

/// A key of the screen from one of the API and a uid.
#[must_use]
pub fn with_uid(key: &ApiKey, uid: &str) -> ObjectKey {
    ObjectKey {
        kind: key.kind.name().into(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        uid: uid.into(),
    }
}

/// The API's key of what the screen names; `None` for a kind that the cluster does not have.
#[must_use]
pub fn api_key(key: &ObjectKey) -> Option<ApiKey> {
    let kind = Kind::all().find(|kind| kind.name() == key.kind.as_ref())?;
    Some(ApiKey::new(kind, &key.namespace, &key.name))
}

/// The object that the screen names, if it is still that one.
#[must_use]
pub fn find<'world>(world: &'world World, key: &ObjectKey) -> Option<&'world Object> {
    let object = world.api().store().get(&api_key(key)?)?;
    (object.uid() == key.uid.as_ref()).then_some(object)
}

/// A pod's name in two parts: what it shares with its siblings, and what is its own. The hash of the
/// ReplicaSet is left out: siblings of two ReplicaSets of one Deployment are told apart by their own part.
#[must_use]
pub fn split_name(pod: &Pod) -> (Text, Text) {
    let name = pod.name();
    let generated = pod.meta.generate_name.as_deref().unwrap_or_default();
    let Some(own) = name
        .strip_prefix(generated)
        .filter(|own| !own.is_empty() && !generated.is_empty())
    else {
        return ("".into(), name.into());
    };
    let hash = pod.label("pod-template-hash").unwrap_or_default();
    let shared = generated
        .strip_suffix('-')
        .and_then(|prefix| prefix.strip_suffix(hash))
        .filter(|_| !hash.is_empty())
        .unwrap_or(generated);
    (shared.into(), own.into())
}

/// A pod's short name in one piece.
#[must_use]
pub fn short_name(pod: &Pod) -> Text {
    let (shared, own) = split_name(pod);
    format!("{shared}{own}").into()
}

/// The screen's word for a state.
#[must_use]
pub const fn state(state: PodState) -> State {
    match state {
        PodState::Pending => State::Pending,
        PodState::Creating => State::Creating,
        PodState::Ready => State::Ready,
        PodState::NotReady => State::NotReady,
        PodState::Waiting => State::Waiting,
        PodState::Failing => State::Failing,
        PodState::Terminating => State::Terminating,
        PodState::Done => State::Done,
        PodState::Failed => State::Failed,
        PodState::Unknown => State::Unknown,
    }
}

/// A sentence of the trace, its heart between `**`.
#[must_use]
pub fn sentence(text: &str) -> RichText {
    let mut rich = RichText::default();
    for (index, part) in text.split("**").enumerate() {
        rich = match (part.is_empty(), index % 2 == 1) {
            (true, _) => rich,
            (false, true) => rich.strong(part),
            (false, false) => rich.text(part),
        };
    }
    rich
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{sentence, split_name};
    use crate::api::Object;

    #[test]
    fn names_are_split_where_they_were_generated() {
        let check = |name: &str, generated: &str, hash: &str, expect: (&str, &str)| {
            let pod = Object::from_json(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
                "name": name, "generateName": generated, "labels": {"pod-template-hash": hash}}}))
            .unwrap();
            let (shared, own) = split_name(pod.typed().unwrap());
            assert_eq!((shared.as_ref(), own.as_ref()), expect);
        };
        check(
            "web-57cfb9bc57-v9csf",
            "web-57cfb9bc57-",
            "57cfb9bc57",
            ("web-", "v9csf"),
        );
        check("web-v9csf", "web-", "", ("web-", "v9csf"));
        check("web", "", "", ("", "web"));
        check("web", "web", "", ("", "web"));
    }

    #[test]
    fn the_heart_of_a_sentence_is_strong() {
        let rich = sentence("Waits **10 s** before restart 2");
        let parts: Vec<(&str, bool)> = rich
            .runs
            .iter()
            .map(|run| (run.text.as_ref(), run.strong))
            .collect();
        assert_eq!(
            parts,
            [
                ("Waits ", false),
                ("10 s", true),
                (" before restart 2", false)
            ]
        );
        assert!(sentence("").is_empty());
    }
}
