//! The API server's verdict on texts, without applying them: every refusal and warning at its place.

use serde_json::{Value, json};

use crate::api::{Kind, Object, ObjectKey};
use crate::apiserver::{ApiServer, DeleteOptions, Moment, Reason, Status};
use crate::cluster::{ClusterConfig, World};
use crate::kernel::{SimTime, TraceId};
use crate::manifest::{
    self, Diagnostic, Document, Manifest, Severity, cause, decode, lint, schema,
};

/// In which order `podarium check` sends the objects of several files, so that what others need is there first.
/// Kinds that are not named come last.
const FIRST: [&str; 9] = [
    "Namespace",
    "PriorityClass",
    "StorageClass",
    "ServiceAccount",
    "LimitRange",
    "ConfigMap",
    "Secret",
    "PersistentVolume",
    "PersistentVolumeClaim",
];

/// Reads texts that belong together and judges them as the API server of a cluster that has nothing but its own
/// objects. Each manifest has all its problems: those of reading, refusals, warnings and hints.
///
/// What a text cannot tell (whether the cluster has a namespace that no text makes) is a warning.
#[must_use]
pub fn check(texts: &[&str]) -> Vec<Manifest> {
    let mut manifests: Vec<Manifest> = texts.iter().map(|text| manifest::read(text)).collect();
    let world = World::new(&ClusterConfig::default());
    let mut judge = Judge {
        api: world.api().clone(),
        now: SimTime::ZERO,
        is_alone: true,
        made: Vec::new(),
    };
    let mut order: Vec<(usize, usize, usize)> = Vec::new();
    for (text, manifest) in manifests.iter().enumerate() {
        for (index, document) in manifest.documents.iter().enumerate() {
            let kind = document.kind.as_deref().unwrap_or_default();
            let rank = FIRST.iter().position(|first| *first == kind);
            order.push((rank.unwrap_or(FIRST.len()), text, index));
        }
    }
    order.sort_unstable();
    let mut found: Vec<Vec<Diagnostic>> = vec![Vec::new(); texts.len()];
    for (_, text, index) in order {
        judge.forget_others(text, &manifests[text].documents[index]);
        judge.document(
            texts[text],
            &manifests[text].documents[index],
            &mut found[text],
        );
    }
    let places: Vec<(usize, &Document)> = manifests
        .iter()
        .enumerate()
        .flat_map(|(text, manifest)| manifest.documents.iter().map(move |one| (text, one)))
        .collect();
    let documents: Vec<&Document> = places.iter().map(|(_, document)| *document).collect();
    for (index, hint) in lint::check(&documents, &|_, _, _| false) {
        found[places[index].0].push(hint);
    }
    for (manifest, found) in manifests.iter_mut().zip(found) {
        manifest
            .diagnostics
            .extend(lint::defined_twice(&manifest.documents));
        manifest.diagnostics.extend(found);
        for problem in &mut manifest.diagnostics {
            soften(problem, &manifest.documents);
        }
        sort(&mut manifest.diagnostics);
    }
    manifests
}

/// What the API server would say of a text now, and hints; what [`manifest::read`] has said is not said again.
#[must_use]
pub fn of(text: &str, manifest: &Manifest, world: &World) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if manifest.documents.iter().any(|document| document.valid) {
        let mut judge = Judge {
            api: world.api().clone(),
            now: world.now(),
            is_alone: false,
            made: Vec::new(),
        };
        for document in &manifest.documents {
            judge.document(text, document, &mut found);
        }
    }
    let documents: Vec<&Document> = manifest.documents.iter().collect();
    let exists = |kind: &str, namespace: &str, name: &str| {
        Kind::from_manifest("v1", kind).is_some_and(|kind| {
            let key = ObjectKey::new(kind, namespace, name);
            world.api().store().get(&key).is_some()
        })
    };
    found.extend(
        lint::check(&documents, &exists)
            .into_iter()
            .map(|(_, hint)| hint),
    );
    found.extend(lint::defined_twice(&manifest.documents));
    sort(&mut found);
    found
}

/// What only this API server refuses, or only a cluster without the right extensions, is no error of the text.
fn soften(problem: &mut Diagnostic, documents: &[Document]) {
    let mut here = documents
        .iter()
        .filter(|one| one.span.start <= problem.span.start && problem.span.end <= one.span.end);
    match problem.code {
        "kind-not-simulated" => problem.severity = Severity::Note,
        "unknown-kind" if here.any(is_custom) => {
            problem.severity = Severity::Warning;
            "A custom resource, which is not checked".clone_into(&mut problem.message);
            problem.hints =
                vec!["A cluster without its CustomResourceDefinition refuses it".to_owned()];
            problem.fixes.clear();
        }
        _ => {}
    }
}

/// Whether an object's group is none of Kubernetes' own.
fn is_custom(document: &Document) -> bool {
    let group = |api_version: &str| {
        api_version
            .split_once('/')
            .map_or(String::new(), |(group, _)| group.to_owned())
    };
    let own = group(document.api_version.as_deref().unwrap_or_default());
    let served = schema::kinds().iter().map(|kind| kind.api_version);
    let others = decode::OTHER_KINDS
        .iter()
        .map(|(api_version, _)| *api_version);
    own.contains('.') && !served.chain(others).any(|known| group(known) == own)
}

fn sort(problems: &mut [Diagnostic]) {
    problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
}

/// An API server of one's own, that takes what it accepts.
struct Judge {
    api: ApiServer,
    now: SimTime,
    /// Whether the cluster is made up, so that what it lacks says nothing.
    is_alone: bool,
    /// What texts define, and which text.
    made: Vec<(ObjectKey, usize)>,
}

impl Judge {
    /// Two texts that define one object are variants of it, not a change: the other text's goes.
    fn forget_others(&mut self, text: usize, document: &Document) {
        let Some(key) = key(document) else { return };
        let at = self.at();
        let others = self
            .made
            .iter()
            .any(|(made, by)| *made == key && *by != text);
        if others {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                ..DeleteOptions::default()
            };
            // A namespace stays, and is the same in every text.
            let _ = self.api.delete(&key, &options, at);
            self.made.retain(|(made, _)| *made != key);
        }
        self.made.push((key, text));
    }

    const fn at(&self) -> Moment {
        Moment {
            now: self.now,
            cause: TraceId::ROOT,
        }
    }

    fn document(&mut self, text: &str, document: &Document, found: &mut Vec<Diagnostic>) {
        if !document.valid {
            return;
        }
        if self.is_alone {
            self.assume_namespace(document, found);
        }
        let mut answer = self.request(document);
        if let Err(status) = &answer
            && self.is_alone
            && let Some((json, field)) = missing(document, &status.message)
            && self.make(json)
        {
            let message = format!("No file makes what `{field}` names");
            found.push(not_in_files(document, field, message, &status.message));
            answer = self.request(document);
        }
        match answer {
            Ok(object) => {
                let warnings = self.api.warnings(&object);
                found.extend(warnings.iter().map(|warning| warn(text, document, warning)));
            }
            Err(status) => found.extend(refusals(text, document, &status)),
        }
    }

    fn request(&mut self, document: &Document) -> Result<Object, Status> {
        let at = self.at();
        if document.name.is_some() {
            return self.api.apply(document.json.clone(), at);
        }
        // kubectl cannot apply it, but it can be created.
        let mut object = Object::from_json(document.json.clone()).map_err(Status::bad_request)?;
        if object.kind().namespaced() && object.namespace().is_empty() {
            object.meta_mut().namespace = Some("default".to_owned());
        }
        self.api.create(object, at)
    }

    /// Makes an object that a real cluster may have; false if no cluster can have it.
    fn make(&mut self, json: Value) -> bool {
        let at = self.at();
        Object::from_json(json).is_ok_and(|object| self.api.create(object, at).is_ok())
    }

    /// Makes the namespace of an object that no text makes.
    fn assume_namespace(&mut self, document: &Document, found: &mut Vec<Diagnostic>) {
        let Some(namespace) = document.namespace.as_deref() else {
            return;
        };
        let is_namespaced = key(document).is_some_and(|key| key.kind.namespaced());
        let json =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let key = ObjectKey::new(Kind::Namespace, "", namespace);
        // A name that no namespace can have is refused with the object itself.
        if is_namespaced && self.api.store().get(&key).is_none() && self.make(json) {
            let message = format!("No file makes the namespace `{namespace}`");
            let words = format!("namespaces {namespace:?} not found");
            found.push(not_in_files(
                document,
                "metadata.namespace",
                message,
                &words,
            ));
        }
    }
}

/// Something that a real cluster may have and no file makes.
fn not_in_files(document: &Document, field: &str, message: String, words: &str) -> Diagnostic {
    Diagnostic::warning("not-in-files", message, document.locate(field))
        .with_detail(words)
        .with_path(field)
        .with_hint(
            "A cluster without it refuses the object; the rest is checked as if it were there",
        )
}

/// What a pod needs before it is admitted, by the words of its refusal, and the field that names it.
fn missing(document: &Document, message: &str) -> Option<(Value, &'static str)> {
    let between =
        |before: &str, after: &str| Some(message.split_once(before)?.1.split_once(after)?.0);
    let namespace = document.namespace.as_deref().unwrap_or("default");
    if let Some(name) = between("serviceaccount \"", "\" not found") {
        let json = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}});
        return Some((json, "spec.serviceAccountName"));
    }
    let name = between("no PriorityClass with name ", " was found")?;
    let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 0});
    Some((class, "spec.priorityClassName"))
}

/// Where the object of a document goes, if its kind is served.
fn key(document: &Document) -> Option<ObjectKey> {
    let kind = Kind::from_manifest(document.api_version.as_deref()?, document.kind.as_deref()?)?;
    let namespace = match &document.namespace {
        _ if !kind.namespaced() => "",
        Some(namespace) => namespace,
        None => "default",
    };
    Some(ObjectKey::new(kind, namespace, document.name.as_deref()?))
}

/// The problems of a refusal: one per cause that names a field, else one for the object.
#[must_use]
pub fn refusals(text: &str, document: &Document, status: &Status) -> Vec<Diagnostic> {
    let causes = status.causes.iter().filter(|one| !one.field.is_empty());
    let mut problems: Vec<Diagnostic> = causes
        .map(|one| {
            let cause = cause::Cause {
                reason: one.reason,
                field: &one.field,
                message: &one.message,
            };
            cause::diagnose(text, document, cause)
        })
        .collect();
    if problems.is_empty() {
        problems.push(refusal(document, status));
    }
    problems
}

/// A refusal of the object as a whole, at the field that it is most likely about.
fn refusal(document: &Document, status: &Status) -> Diagnostic {
    if status.message.starts_with("no matches for kind") {
        let kind = document.kind.as_deref().unwrap_or_default();
        let message = format!("Kubernetes has the kind `{kind}`, but it is not simulated here");
        return Diagnostic::error("kind-not-simulated", message, document.locate("kind"))
            .with_path("kind");
    }
    const PLACES: &[(&str, &str)] = &[
        ("namespaces", "metadata.namespace"),
        ("service account", "spec.serviceAccountName"),
        ("PriorityClass", "spec.priorityClassName"),
        ("exceeded quota", "spec"),
        ("already exists", "metadata.name"),
    ];
    let place = PLACES
        .iter()
        .find(|(word, _)| status.message.contains(word));
    let path = place.map_or("kind", |(_, path)| path);
    Diagnostic::error(
        code(status.reason),
        status.message.clone(),
        document.locate(path),
    )
    .with_path(path)
}

const fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::NotFound => "not-found",
        Reason::AlreadyExists => "already-exists",
        Reason::Forbidden => "forbidden",
        _ => "refused",
    }
}

/// A warning of the API server; most begin with the field.
fn warn(text: &str, document: &Document, warning: &str) -> Diagnostic {
    let field = warning
        .split_once(": ")
        .map(|(field, _)| field)
        .filter(|field| !field.contains(' '))
        .unwrap_or("kind");
    let span = manifest::path::locate_head(text, &document.tree, field);
    Diagnostic::warning("server-warning", warning, span).with_path(field)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::check;
    use expect_test::{Expect, expect};

    /// Each problem of texts that belong together: text, severity, code, underlined, message.
    fn shown(texts: &[&str], expect: &Expect) {
        let manifests = check(texts);
        let rows = manifests.iter().enumerate().flat_map(|(index, manifest)| {
            manifest.diagnostics.iter().map(move |one| {
                let under = &texts[index][one.span.clone()];
                format!(
                    "{index} {:?} {} {under:?} {}\n",
                    one.severity, one.code, one.message
                )
            })
        });
        expect.assert_eq(&rows.collect::<String>());
    }

    #[test]
    fn files_that_belong_together_are_judged_together() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team}\nspec: {containers: [{name: c, image: i:1}]}\n";
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
        shown(&[pod, namespace], &expect![""]);
        shown(
            &[pod],
            &expect![[r#"
                0 Warning not-in-files "team" No file makes the namespace `team`
            "#]],
        );
        let account = "spec: {serviceAccountName: builder, containers: [{name: c}]}";
        shown(
            &[&format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\n{account}\n"
            )],
            &expect![[r#"
                0 Warning not-in-files "builder" No file makes what `spec.serviceAccountName` names
                0 Error field-required "name" `image` is missing
            "#]],
        );
        // Variants of one object, each judged by itself.
        shown(
            &[
                pod,
                namespace,
                &pod.replace("i:1", "i:2").replace("name: c", "name: d"),
            ],
            &expect![""],
        );
    }

    #[test]
    fn every_cause_is_a_problem_at_its_place() {
        shown(
            &[
                "apiVersion: v1\nkind: Pod\nmetadata: {name: P}\nspec: {restartPolicy: never, containers: [{name: c}]}\n",
            ],
            &expect![[r#"
                0 Error field-invalid "P" `P` is no `name`: only a–z, 0–9, `-` and `.`, first and last a letter or digit
                0 Error field-not-supported "never" `never` is no value for `restartPolicy`
                0 Error field-required "name" `image` is missing
            "#]],
        );
        shown(
            &[
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n---\napiVersion: v1\nkind: ConfigMap\n",
            ],
            &expect![[r#"
                0 Error field-required "apiVersion" Name or generateName is required
            "#]],
        );
    }

    #[test]
    fn kinds_that_are_not_simulated_are_noted() {
        shown(
            &["apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"],
            &expect![[r#"
                0 Note kind-not-simulated "Ingress" Kubernetes has the kind `Ingress`, but it is not simulated here
            "#]],
        );
        shown(
            &["apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: i}\n"],
            &expect![[r#"
                0 Warning unknown-kind "ServiceMonitor" A custom resource, which is not checked
            "#]],
        );
        shown(
            &["apiVersion: apps/v2\nkind: Deployment\nmetadata: {name: i}\n"],
            &expect![[r#"
                0 Error unknown-kind "apps/v2" `Deployment` is in `apps/v1`, not in `apps/v2`
            "#]],
        );
    }
}
