//! `apiVersion` and `kind`: whether they are there, and whether this cluster knows them.

use crate::manifest::diagnostic::{Diagnostic, Fix};
use crate::manifest::schema::{self, Type};
use crate::manifest::suggest::nearest;
use crate::manifest::tree::{Node, Value};
use std::ops::Range;

/// Kinds that Kubernetes 1.36 has and this cluster does not serve.
pub const OTHER_KINDS: &[(&str, &str)] = &[
    ("v1", "Binding"),
    ("v1", "ComponentStatus"),
    ("v1", "Endpoints"),
    ("v1", "PodTemplate"),
    ("v1", "ReplicationController"),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy"),
    (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("apps/v1", "ControllerRevision"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("certificates.k8s.io/v1", "CertificateSigningRequest"),
    ("coordination.k8s.io/v1", "Lease"),
    ("events.k8s.io/v1", "Event"),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema"),
    (
        "flowcontrol.apiserver.k8s.io/v1",
        "PriorityLevelConfiguration",
    ),
    ("networking.k8s.io/v1", "IPAddress"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "IngressClass"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("networking.k8s.io/v1", "ServiceCIDR"),
    ("node.k8s.io/v1", "RuntimeClass"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("resource.k8s.io/v1", "DeviceClass"),
    ("resource.k8s.io/v1", "ResourceClaim"),
    ("resource.k8s.io/v1", "ResourceClaimTemplate"),
    ("resource.k8s.io/v1", "ResourceSlice"),
    ("storage.k8s.io/v1", "CSIDriver"),
    ("storage.k8s.io/v1", "CSINode"),
    ("storage.k8s.io/v1", "CSIStorageCapacity"),
    ("storage.k8s.io/v1", "VolumeAttachment"),
    ("storage.k8s.io/v1", "VolumeAttributesClass"),
];

/// The type of an object by its `apiVersion` and `kind`, or what is wrong with them.
///
/// # Errors
/// The problems: not a mapping, one of the two missing or no text, or no such kind.
pub fn header(root: &Node) -> Result<&'static Type, Vec<Diagnostic>> {
    let Value::Mapping(_) = &root.value else {
        let problem = Diagnostic::error(
            "not-an-object",
            "A manifest is a mapping of fields",
            root.span.clone(),
        )
        .with_detail("error validating data: invalid object to validate")
        .with_hint("It begins with `apiVersion:` and `kind:`");
        return Err(vec![problem]);
    };
    let api_version = text_field(root, "apiVersion");
    let kind = text_field(root, "kind");
    match (api_version, kind) {
        (Ok(api_version), Ok(kind)) => schema::kind_type(api_version, kind)
            .ok_or_else(|| vec![no_match(root, api_version, kind)]),
        (api_version, kind) => Err([api_version.err(), kind.err()]
            .into_iter()
            .flatten()
            .collect()),
    }
}

/// What kubectl says of a header that it cannot read: `apiVersion not set`, …
#[must_use]
pub fn header_texts(root: &Node) -> Vec<String> {
    let Value::Mapping(_) = &root.value else {
        return vec!["invalid object to validate".to_owned()];
    };
    let mut texts = Vec::new();
    for name in ["apiVersion", "kind"] {
        match root.get(name) {
            Some(node) if node.is_null() => texts.push(format!("{name} not set")),
            None => texts.push(format!("{name} not set")),
            Some(node) => match node.as_str() {
                None => texts.push(format!("{name} isn't string type")),
                // apimachinery: schema.ParseGroupVersion
                Some(text) if name == "apiVersion" && text.matches('/').count() > 1 => {
                    texts.push(format!("unexpected GroupVersion string: {text}"));
                }
                Some(_) => {}
            },
        }
    }
    texts
}

/// The text of a field of the header, or what kubectl says where there is none.
fn text_field<'tree>(root: &'tree Node, name: &str) -> Result<&'tree str, Diagnostic> {
    let missing = |span| {
        Diagnostic::error("missing-type", format!("`{name}` is missing"), span)
            .with_detail(format!("error validating data: {name} not set"))
            .with_path(name)
    };
    let problem = match root.entry(name) {
        None => missing(first_key(root)),
        Some(entry) if entry.value.is_null() => missing(entry.key_span.clone()),
        Some(entry) => match entry.value.as_str() {
            Some(text) => return Ok(text),
            None => Diagnostic::error(
                "missing-type",
                format!("`{name}` must be text"),
                entry.value.span.clone(),
            )
            .with_detail(format!("error validating data: {name} isn't string type"))
            .with_path(name),
        },
    };
    Err(with_header_fix(problem, root, name))
}

/// Where the other half of the header is there, the missing half often follows from it.
fn with_header_fix(problem: Diagnostic, root: &Node, name: &str) -> Diagnostic {
    let kind = root.get("kind").and_then(Node::as_str);
    let Some(api_version) =
        kind.and_then(|kind| schema::kinds().iter().find(|one| one.name == kind))
    else {
        return problem;
    };
    if name != "apiVersion" || root.entry(name).is_some() {
        return problem;
    }
    let start = root.span.start;
    let line = format!("apiVersion: {}\n", api_version.api_version);
    problem.with_fix(Fix::replace(
        format!("Add `{}`", line.trim_end()),
        start..start,
        line,
    ))
}

fn first_key(root: &Node) -> Range<usize> {
    match &root.value {
        Value::Mapping(entries) => entries.first().map(|entry| entry.key_span.clone()),
        _ => None,
    }
    .unwrap_or_else(|| root.span.clone())
}

/// No such kind in this version: a typo, another version, or a kind that is not simulated.
fn no_match(root: &Node, api_version: &str, kind: &str) -> Diagnostic {
    let span_of = |name: &str| {
        root.get(name)
            .map_or_else(|| first_key(root), |node| node.span.clone())
    };
    if OTHER_KINDS.contains(&(api_version, kind)) {
        let message = format!("Kubernetes has the kind `{kind}`, but it is not simulated here");
        return Diagnostic::error("kind-not-simulated", message, span_of("kind")).with_path("kind");
    }
    let detail = format!(
        "no matches for kind \"{kind}\" in version \"{api_version}\"\nensure CRDs are installed first"
    );
    let served = schema::kinds().iter().find(|one| one.name == kind);
    // Of a kind that is not simulated the newest name is known all the same.
    let other = || OTHER_KINDS.iter().find(|(_, name)| *name == kind);
    if let Some(right) = served
        .map(|one| one.api_version)
        .or_else(|| other().map(|one| one.0))
    {
        let message = format!("`{kind}` is in `{right}`, not in `{api_version}`");
        return Diagnostic::error("unknown-kind", message, span_of("apiVersion"))
            .with_path("apiVersion")
            .with_detail(detail)
            .with_fix(Fix::replace(
                format!("Change `apiVersion` to `{right}`"),
                span_of("apiVersion"),
                right,
            ));
    }
    let problem = Diagnostic::error(
        "unknown-kind",
        format!("There is no kind `{kind}` in `{api_version}`"),
        span_of("kind"),
    )
    .with_path("kind")
    .with_detail(detail);
    let in_version = schema::kinds()
        .iter()
        .filter(|one| one.api_version == api_version);
    let name = nearest(kind, in_version.map(|one| one.name))
        .or_else(|| nearest(kind, schema::kinds().iter().map(|one| one.name)));
    match name {
        Some(name) => problem
            .with_hint(format!("Did you mean `{name}`?"))
            .with_fix(Fix::replace(
                format!("Change `{kind}` to `{name}`"),
                span_of("kind"),
                name,
            )),
        None => problem
            .with_hint("Kinds are written in the singular with capitals, as in `PriorityClass`"),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use crate::manifest::read;
    use expect_test::{Expect, expect};

    fn check(text: &str, expect: &Expect) {
        let shown: String = read(text)
            .diagnostics
            .iter()
            .map(|problem| {
                let fixed = problem
                    .fixes
                    .first()
                    .map(|fix| fix.apply(text).replace('\n', "⏎"));
                format!(
                    "{}: {} | {:?} | {fixed:?}\n",
                    problem.code, problem.message, problem.detail
                )
            })
            .collect();
        expect.assert_eq(&shown);
    }

    #[test]
    fn the_header_is_told_in_kubectls_words() {
        check(
            "a: 1\n",
            &expect![[r#"
            missing-type: `apiVersion` is missing | Some("error validating data: apiVersion not set") | None
            missing-type: `kind` is missing | Some("error validating data: kind not set") | None
        "#]],
        );
        check(
            "kind: Pod\n",
            &expect![[r#"
            missing-type: `apiVersion` is missing | Some("error validating data: apiVersion not set") | Some("apiVersion: v1⏎kind: Pod⏎")
        "#]],
        );
        check(
            "- a\n",
            &expect![[r#"
            not-an-object: A manifest is a mapping of fields | Some("error validating data: invalid object to validate") | None
        "#]],
        );
        check(
            "apiVersion: 1\nkind: Pod\n",
            &expect![[r#"
            missing-type: `apiVersion` must be text | Some("error validating data: apiVersion isn't string type") | None
        "#]],
        );
        check(
            "apiVersion: v1\nkind: Pood\n",
            &expect![[r#"
            unknown-kind: There is no kind `Pood` in `v1` | Some("no matches for kind \"Pood\" in version \"v1\"\nensure CRDs are installed first") | Some("apiVersion: v1⏎kind: Pod⏎")
        "#]],
        );
        check(
            "apiVersion: extensions/v1beta1\nkind: Deployment\n",
            &expect![[r#"
            unknown-kind: `Deployment` is in `apps/v1`, not in `extensions/v1beta1` | Some("no matches for kind \"Deployment\" in version \"extensions/v1beta1\"\nensure CRDs are installed first") | Some("apiVersion: apps/v1⏎kind: Deployment⏎")
        "#]],
        );
        check(
            "apiVersion: extensions/v1beta1\nkind: Ingress\n",
            &expect![[r#"
            unknown-kind: `Ingress` is in `networking.k8s.io/v1`, not in `extensions/v1beta1` | Some("no matches for kind \"Ingress\" in version \"extensions/v1beta1\"\nensure CRDs are installed first") | Some("apiVersion: networking.k8s.io/v1⏎kind: Ingress⏎")
        "#]],
        );
        check(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n",
            &expect![[r#"
            kind-not-simulated: Kubernetes has the kind `Ingress`, but it is not simulated here | None | None
        "#]],
        );
    }
}
