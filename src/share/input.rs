//! One input of a run as a row: when, what, and what it takes.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::api::{Kind, ObjectKey};
use crate::history::cluster::{DeleteOptions, Fault, PatchType, ProbeType, Propagation, Request};
use crate::history::{Input, LoggedInput};
use crate::kernel::SimTime;

const PATCH_TYPES: [(PatchType, &str); 3] = [
    (PatchType::Strategic, "strategic"),
    (PatchType::Merge, "merge"),
    (PatchType::Json, "json"),
];
const PROPAGATIONS: [(Propagation, &str); 3] = [
    (Propagation::Background, "background"),
    (Propagation::Foreground, "foreground"),
    (Propagation::Orphan, "orphan"),
];
const PROBES: [(ProbeType, &str); 3] = [
    (ProbeType::Startup, "startup"),
    (ProbeType::Liveness, "liveness"),
    (ProbeType::Readiness, "readiness"),
];

/// `[moment in microseconds, word, …]`.
pub fn write(logged: &LoggedInput) -> Value {
    let mut row = match &logged.input {
        Input::Request(request) => request_row(request),
        Input::Fault(fault) => fault_row(fault),
    };
    row.insert(0, logged.at.as_micros().into());
    row.into()
}

fn request_row(request: &Request) -> Vec<Value> {
    match request {
        Request::Create(object) => vec!["create".into(), object.clone()],
        Request::Apply(object) => vec!["apply".into(), object.clone()],
        Request::Replace(object) => vec!["replace".into(), object.clone()],
        Request::Patch {
            key,
            subresource,
            patch_type,
            patch,
        } => vec![
            "patch".into(),
            key_words(key),
            subresource.as_str().into(),
            word_of(&PATCH_TYPES, patch_type),
            patch.clone(),
        ],
        Request::Exec {
            pod,
            container,
            command,
        } => vec![
            "exec".into(),
            key_words(pod),
            container.as_str().into(),
            command.clone().into(),
        ],
        Request::Evict { pod, options } => deletion_row("evict", pod, options),
        Request::Delete { key, options } => deletion_row("delete", key, options),
    }
}

fn deletion_row(word: &str, key: &ObjectKey, options: &DeleteOptions) -> Vec<Value> {
    vec![
        word.into(),
        key_words(key),
        options.grace_period_seconds.into(),
        word_of(&PROPAGATIONS, &options.propagation),
        options.uid.clone().into(),
    ]
}

fn fault_row(fault: &Fault) -> Vec<Value> {
    let of_node = |word: &str, node: &Rc<str>| vec![word.into(), (**node).into()];
    match fault {
        Fault::KubeletStop(node) => of_node("kubelet-stop", node),
        Fault::KubeletStart(node) => of_node("kubelet-start", node),
        Fault::MachineStop(node) => of_node("machine-stop", node),
        Fault::MachineStart(node) => of_node("machine-start", node),
        Fault::MachineShutdown(node) => of_node("machine-shutdown", node),
        Fault::KillContainer { pod, container } => {
            vec!["kill".into(), key_words(pod), (**container).into()]
        }
        Fault::Probe {
            pod,
            container,
            probe,
            outcome,
        } => vec![
            "probe".into(),
            key_words(pod),
            (**container).into(),
            word_of(&PROBES, probe),
            (*outcome).into(),
        ],
        Fault::RegistryDown(down) => vec!["registry-down".into(), (*down).into()],
    }
}

/// The input of a row; `None` if it is none.
pub fn read(row: &Value) -> Option<LoggedInput> {
    let [at, word, rest @ ..] = row.as_array()?.as_slice() else {
        return None;
    };
    let word = word.as_str()?;
    let input = match fault(word, rest) {
        Some(fault) => Input::Fault(fault),
        None => Input::Request(Box::new(request(word, rest)?)),
    };
    Some(LoggedInput {
        at: SimTime::from_micros(at.as_u64()?),
        input,
    })
}

fn request(word: &str, rest: &[Value]) -> Option<Request> {
    Some(match (word, rest) {
        ("create", [object]) => Request::Create(object.clone()),
        ("apply", [object]) => Request::Apply(object.clone()),
        ("replace", [object]) => Request::Replace(object.clone()),
        ("patch", [key, subresource, patch_type, patch]) => Request::Patch {
            key: read_key(key)?,
            subresource: subresource.as_str()?.to_owned(),
            patch_type: by_word(&PATCH_TYPES, patch_type)?,
            patch: patch.clone(),
        },
        ("exec", [pod, container, command]) => Request::Exec {
            pod: read_key(pod)?,
            container: container.as_str()?.to_owned(),
            command: words(command.as_array()?)?,
        },
        ("evict", [pod, options @ ..]) => Request::Evict {
            pod: read_key(pod)?,
            options: deletion(options)?,
        },
        ("delete", [key, options @ ..]) => Request::Delete {
            key: read_key(key)?,
            options: deletion(options)?,
        },
        _ => return None,
    })
}

fn deletion(options: &[Value]) -> Option<DeleteOptions> {
    let [grace, propagation, uid] = options else {
        return None;
    };
    Some(DeleteOptions {
        grace_period_seconds: match grace {
            Value::Null => None,
            seconds => Some(seconds.as_i64()?),
        },
        propagation: by_word(&PROPAGATIONS, propagation)?,
        uid: match uid {
            Value::Null => None,
            uid => Some(uid.as_str()?.to_owned()),
        },
    })
}

fn fault(word: &str, rest: &[Value]) -> Option<Fault> {
    let name = |value: &Value| value.as_str().map(Rc::<str>::from);
    Some(match (word, rest) {
        ("kubelet-stop", [node]) => Fault::KubeletStop(name(node)?),
        ("kubelet-start", [node]) => Fault::KubeletStart(name(node)?),
        ("machine-stop", [node]) => Fault::MachineStop(name(node)?),
        ("machine-start", [node]) => Fault::MachineStart(name(node)?),
        ("machine-shutdown", [node]) => Fault::MachineShutdown(name(node)?),
        ("kill", [pod, container]) => Fault::KillContainer {
            pod: read_key(pod)?,
            container: name(container)?,
        },
        ("probe", [pod, container, probe, outcome]) => Fault::Probe {
            pod: read_key(pod)?,
            container: name(container)?,
            probe: by_word(&PROBES, probe)?,
            outcome: match outcome {
                Value::Null => None,
                outcome => Some(outcome.as_bool()?),
            },
        },
        ("registry-down", [down]) => Fault::RegistryDown(down.as_bool()?),
        _ => return None,
    })
}

/// A list of texts; `None` if there is anything else in it.
pub fn words(list: &[Value]) -> Option<Vec<String>> {
    list.iter()
        .map(|word| word.as_str().map(str::to_owned))
        .collect()
}

fn key_words(key: &ObjectKey) -> Value {
    json!([key.kind.name(), &*key.namespace, &*key.name])
}

fn read_key(value: &Value) -> Option<ObjectKey> {
    let words = words(value.as_array()?)?;
    let [kind, namespace, name] = words.as_slice() else {
        return None;
    };
    let kind = Kind::all().find(|known| known.name() == kind)?;
    Some(ObjectKey::new(kind, namespace, name))
}

fn word_of<T: PartialEq>(table: &[(T, &str)], wanted: &T) -> Value {
    let row = table.iter().find(|(value, _)| value == wanted);
    row.map_or("", |(_, word)| word).into()
}

fn by_word<T: Copy>(table: &[(T, &str)], word: &Value) -> Option<T> {
    let word = word.as_str()?;
    let row = table.iter().find(|(_, known)| *known == word)?;
    Some(row.0)
}
