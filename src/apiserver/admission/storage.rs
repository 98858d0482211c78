//! DefaultStorageClass, StorageObjectInUseProtection and PersistentVolumeClaimResize.

use crate::api::amounts::is_more;
use crate::api::meta::ObjectMeta;
use crate::api::{Object, ObjectKey, PersistentVolumeClaim, Resource, StorageClass};
use crate::apiserver::{ApiServer, Status, quota};

/// Holds a claim while a pod uses it.
pub const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
/// Holds a volume while a claim is bound to it.
pub const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// Marks the class of claims that name none, by its newer and its older name.
const DEFAULT_CLASS: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

/// Gives a claim that names no class the default one: of several the youngest.
pub(super) fn set_class(claim: &mut PersistentVolumeClaim, server: &ApiServer) {
    if quota::claim_class(claim).is_some() {
        return;
    }
    let is_default = |class: &&StorageClass| {
        DEFAULT_CLASS
            .iter()
            .any(|key| class.annotation(key) == Some("true"))
    };
    let created = |class: &StorageClass| class.meta.creation_timestamp.as_ref().map(|time| time.0);
    let mut youngest: Option<&StorageClass> = None;
    // In order of the names, so that of equally old ones the first stays.
    for class in server.list::<StorageClass>(None).filter(is_default) {
        if youngest.is_none_or(|other| created(class) > created(other)) {
            youngest = Some(class);
        }
    }
    if let Some(class) = youngest {
        let name = class.name().to_owned();
        claim.spec_mut().storage_class_name = Some(name);
    }
}

/// Adds a finalizer, which a controller takes when the object is used no more.
pub(super) fn protect(meta: &mut ObjectMeta, finalizer: &str) {
    let finalizers = meta.finalizers.get_or_insert_default();
    if !finalizers.iter().any(|one| one == finalizer) {
        finalizers.push(finalizer.to_owned());
    }
}

/// Only a bound claim grows, and only where its class allows that.
pub(super) fn validate_resize(
    new: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    server: &ApiServer,
) -> Result<(), Status> {
    fn size(claim: &PersistentVolumeClaim) -> Option<&crate::api::Quantity> {
        claim
            .spec
            .resources
            .as_ref()?
            .requests
            .as_ref()?
            .get("storage")
    }
    let grows = match (size(new), size(old)) {
        (Some(new), Some(old)) => is_more(new, old),
        _ => false,
    };
    if !grows {
        return Ok(());
    }
    let why = if old.status.phase.as_deref() != Some("Bound") {
        "Only bound persistent volume claims can be expanded"
    } else if !class_allows_growth(new, old, server) {
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support \
         resize"
    } else {
        return Ok(());
    };
    Err(super::forbidden(
        &Object::PersistentVolumeClaim(new.clone()),
        why,
    ))
}

fn class_allows_growth(
    new: &PersistentVolumeClaim,
    old: &PersistentVolumeClaim,
    server: &ApiServer,
) -> bool {
    let class = quota::claim_class(new).unwrap_or_default();
    if class != quota::claim_class(old).unwrap_or_default() {
        return false;
    }
    let key = ObjectKey::new(StorageClass::KIND, "", class);
    let class = server
        .store()
        .get(&key)
        .and_then(Object::typed::<StorageClass>);
    class.is_some_and(|class| class.spec.allow_volume_expansion == Some(true))
}
