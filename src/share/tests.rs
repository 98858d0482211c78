//! Tests of what a link carries: it comes back as it was, and whatever else comes is refused.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{Damage, Shared, input, read, write};
use crate::api::{Kind, ObjectKey};
use crate::history::cluster::{
    ClusterConfig, DeleteOptions, Fault, PatchType, ProbeType, Propagation, Request,
};
use crate::history::{Input, LoggedInput};
use crate::kernel::{Rng, SimTime};

/// One input of every sort.
fn inputs() -> Vec<LoggedInput> {
    let pod = ObjectKey::new(Kind::Pod, "default", "web-0");
    let node: Rc<str> = "node-2".into();
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ä\"\\\n😀"}});
    let requests = [
        Request::Create(object.clone()),
        Request::Apply(object.clone()),
        Request::Replace(object),
        Request::Patch {
            key: ObjectKey::new(Kind::Deployment, "default", "web"),
            subresource: "scale".to_owned(),
            patch_type: PatchType::Merge,
            patch: json!({"spec": {"replicas": 3}}),
        },
        Request::Exec {
            pod: pod.clone(),
            container: "main".to_owned(),
            command: vec!["sh".to_owned(), "-c".to_owned(), "exit 1".to_owned()],
        },
        Request::Delete {
            key: pod.clone(),
            options: DeleteOptions {
                grace_period_seconds: Some(-1),
                propagation: Propagation::Orphan,
                uid: Some("u".to_owned()),
            },
        },
        Request::Evict {
            pod: pod.clone(),
            options: DeleteOptions::default(),
        },
        Request::Delete {
            key: ObjectKey::new(Kind::Node, "", "node-1"),
            options: DeleteOptions::default(),
        },
    ];
    let probe = |outcome| Fault::Probe {
        pod: pod.clone(),
        container: "main".into(),
        probe: ProbeType::Readiness,
        outcome,
    };
    let faults = [
        Fault::KubeletStop(Rc::clone(&node)),
        Fault::KubeletStart(Rc::clone(&node)),
        Fault::MachineStop(Rc::clone(&node)),
        Fault::MachineStart(Rc::clone(&node)),
        Fault::KillContainer {
            pod: pod.clone(),
            container: "main".into(),
        },
        probe(Some(false)),
        probe(Some(true)),
        probe(None),
        Fault::RegistryDown(true),
        Fault::MachineShutdown(node),
    ];
    let requests = requests.map(|request| Input::Request(Box::new(request)));
    let inputs = requests.into_iter().chain(faults.map(Input::Fault));
    inputs
        .enumerate()
        .map(|(index, input)| LoggedInput {
            at: SimTime::from_millis(60_000 + 500 * index as u64),
            input,
        })
        .collect()
}

fn shared() -> Shared {
    let config = ClusterConfig::default();
    let mut machines = config.machines;
    machines[0]
        .labels
        .insert("disk".to_owned(), "ssd".to_owned());
    machines[1].taints.push("gpu=yes:NoSchedule".to_owned());
    Shared {
        version: "0.1.0".into(),
        is_newer: false,
        scenario: "16-crash-loop".into(),
        file: "pod.yaml".into(),
        text: "# \"ü\"\r\n\tkind: Pod </script>\u{0}".into(),
        applied: Some(SimTime::from_secs(61)),
        is_changed: true,
        seed: u64::MAX,
        machines,
        pulled_images: vec!["nginx:1.29".to_owned()],
        inputs: inputs(),
        now: SimTime::from_micros(75_000_001),
        head: SimTime::from_secs(300),
        selected: Some(["Pod", "default", "web-0", "u"].map(Into::into)),
        mode: "nodes".into(),
    }
}

#[test]
fn what_is_written_is_read() {
    let whole = shared();
    assert_eq!(read(&write(&whole)), Ok(whole.clone()));
    let plain = Shared {
        applied: None,
        is_changed: false,
        selected: None,
        inputs: Vec::new(),
        machines: Vec::new(),
        pulled_images: Vec::new(),
        ..whole
    };
    assert_eq!(read(&write(&plain)), Ok(plain));
}

/// The scenario with one part replaced; `Null` takes it out.
fn with(part: &str, value: Value) -> String {
    let mut all: Value = serde_json::from_str(&write(&shared())).unwrap();
    let parts = all.as_object_mut().unwrap();
    if value.is_null() {
        parts.remove(part);
    } else {
        parts.insert(part.to_owned(), value);
    }
    all.to_string()
}

#[test]
fn a_later_layout_is_read_as_far_as_it_is_known() {
    let text = with("podarium", json!(2));
    let found = read(&text).unwrap();
    assert!(found.is_newer && found.inputs == shared().inputs);
    assert!(read(&with("colours", json!({"a": [1]}))).is_ok());
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let check = |part: &'static str, value: Value, expect: fn(&'static str) -> Damage| {
        let text = with(part, value);
        assert_eq!(read(&text).unwrap_err(), expect(part), "{text}");
    };
    let (wrong, large) = (Damage::Part, Damage::TooLarge);
    for part in [
        "version", "text", "seed", "nodes", "inputs", "now", "head", "mode",
    ] {
        check(part, Value::Null, wrong);
        check(part, json!({}), wrong);
    }
    check("seed", json!(-1), wrong);
    check("now", json!(1.5), wrong);
    check("head", json!(u64::MAX), large);
    check("applied", json!("soon"), wrong);
    check("selected", json!(["Pod"]), wrong);
    check("selected", json!([1, 2, 3, 4]), wrong);
    check("nodes", json!(["node-1 cpu=-1"]), wrong);
    check("nodes", json!([""]), wrong);
    check("nodes", json!(["node-1 memory=1Ei"]), large);
    check("nodes", json!(vec!["node-1"; 1_001]), large);
    check("inputs", json!([[60_000_000, "sing"]]), wrong);
    check(
        "inputs",
        json!([[60_000_000, "kill", ["Star", "", "sun"], "x"]]),
        wrong,
    );
    // Out of order; after the head.
    let stop = |at: u64| json!([at, "kubelet-stop", "node-1"]);
    check("inputs", json!([stop(2), stop(1)]), wrong);
    check("inputs", json!([stop(300_000_001)]), wrong);
    check("inputs", json!(vec![stop(1); 2_001]), large);
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "{\"podarium\":0}",
        "{\"podarium\":\"1\"}",
    ] {
        assert_eq!(read(text), Err(Damage::Unreadable), "{text}");
    }
    assert_eq!(read(&"[".repeat(100_000)), Err(Damage::Unreadable));
    assert_eq!(read(&" ".repeat(5 << 20)), Err(Damage::TooLarge("link")));
}

/// One byte more, less or other; a piece twice, or moved.
fn mutate(text: &mut Vec<u8>, rng: &mut Rng) {
    const PIECES: [&str; 10] = [
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        "null",
        "-1",
        "1e999",
        "\"\\ud800\"",
    ];
    let at = |rng: &mut Rng, text: &[u8]| rng.below(text.len() as u64 + 1) as usize;
    let (one, two) = (at(rng, text), at(rng, text));
    let piece = text[one.min(two)..one.max(two).min(one.min(two) + 40)].to_vec();
    match rng.below(4) {
        0 => drop(text.splice(one..one, piece)),
        1 => drop(text.drain(one.min(two)..one.max(two).min(one.min(two) + 8))),
        2 => {
            let piece = PIECES[rng.below(10) as usize];
            drop(text.splice(one..one, piece.bytes()));
        }
        _ => {
            if let Some(byte) = text.get_mut(one) {
                *byte = rng.below(256) as u8;
            }
        }
    }
}

#[test]
fn ten_thousand_mutated_texts_are_read_or_refused() {
    let whole = write(&shared()).into_bytes();
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..10_000 {
        let mut rng = Rng::new(seed);
        let mut bytes = whole.clone();
        for _ in 0..=rng.below(3) {
            mutate(&mut bytes, &mut rng);
        }
        match read(&String::from_utf8_lossy(&bytes)) {
            Ok(found) => {
                taken += 1;
                // What is taken keeps its bounds, and can be shared again.
                assert!(found.now <= found.head, "PODARIUM_SEED={seed}");
                assert_eq!(
                    read(&write(&found)).as_ref().map(|again| &again.inputs),
                    Ok(&found.inputs)
                );
            }
            Err(damage) => {
                refused += 1;
                assert!(!damage.to_string().is_empty());
            }
        }
    }
    assert!(
        taken > 500 && refused > 5_000,
        "{taken} taken, {refused} refused"
    );
}

#[test]
fn rows_of_inputs_are_stable() {
    let rows: Vec<String> = inputs()
        .iter()
        .map(|logged| input::write(logged).to_string())
        .collect();
    assert_eq!(
        rows[3],
        r#"[61500000,"patch",["Deployment","default","web"],"scale","merge",{"spec":{"replicas":3}}]"#
    );
    assert_eq!(
        rows[13],
        r#"[66500000,"probe",["Pod","default","web-0"],"main","readiness",false]"#
    );
}
