//! Which lists are merged, and by what: the `patchStrategy` and `patchMergeKey` tags of the API types.

/// How a list is patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListStrategy {
    /// The patch's list takes the place of the old one.
    Replace,
    /// Maps are merged where this field of theirs is equal.
    Key(&'static str),
    /// Texts and numbers are united.
    Set,
}

/// (field that holds the parent, or `*`; field; strategy)
const LISTS: &[(&str, &str, ListStrategy)] = &[
    ("*", "containers", ListStrategy::Key("name")),
    ("*", "initContainers", ListStrategy::Key("name")),
    ("*", "ephemeralContainers", ListStrategy::Key("name")),
    ("*", "volumes", ListStrategy::Key("name")),
    ("*", "imagePullSecrets", ListStrategy::Key("name")),
    ("*", "hostAliases", ListStrategy::Key("ip")),
    (
        "*",
        "topologySpreadConstraints",
        ListStrategy::Key("topologyKey"),
    ),
    ("*", "schedulingGates", ListStrategy::Key("name")),
    ("*", "resourceClaims", ListStrategy::Key("name")),
    ("*", "env", ListStrategy::Key("name")),
    ("*", "volumeMounts", ListStrategy::Key("mountPath")),
    ("*", "volumeDevices", ListStrategy::Key("devicePath")),
    ("*", "conditions", ListStrategy::Key("type")),
    ("*", "hostIPs", ListStrategy::Key("ip")),
    ("*", "podIPs", ListStrategy::Key("ip")),
    ("*", "ownerReferences", ListStrategy::Key("uid")),
    ("*", "podCIDRs", ListStrategy::Set),
    ("containers", "ports", ListStrategy::Key("containerPort")),
    (
        "initContainers",
        "ports",
        ListStrategy::Key("containerPort"),
    ),
    (
        "ephemeralContainers",
        "ports",
        ListStrategy::Key("containerPort"),
    ),
    ("spec", "ports", ListStrategy::Key("port")),
    // The finalizers in a namespace's spec are replaced.
    ("metadata", "finalizers", ListStrategy::Set),
    ("status", "addresses", ListStrategy::Key("type")),
    ("", "secrets", ListStrategy::Key("name")),
];

/// The strategy of the list `field` in the map or list element that `parent` holds.
pub(super) fn list(parent: &str, field: &str) -> ListStrategy {
    LISTS
        .iter()
        .find(|(of, name, _)| *name == field && (*of == "*" || *of == parent))
        .map_or(ListStrategy::Replace, |(_, _, strategy)| *strategy)
}

/// Whether a change of the map `field` takes out what the new version does not mention
/// (`retainKeys`): where of several fields only one may be set.
pub(super) fn retains_only_named_keys(field: &str) -> bool {
    matches!(field, "strategy" | "volumes" | "resourceClaims")
}
