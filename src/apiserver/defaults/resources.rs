//! Resource lists: canonical quantities, rounded up to thousandths.

use std::collections::BTreeMap;

use crate::api::Quantity;
use crate::api::core::ResourceRequirements;
use crate::api::quantity::canonical;

type ResourceList = BTreeMap<String, Quantity>;

/// Makes every quantity canonical. What is no quantity stays for the decoder to refuse.
pub(super) fn list(resources: &mut Option<ResourceList>) {
    super::absent::drop_zero(resources);
    for quantity in resources.iter_mut().flat_map(BTreeMap::values_mut) {
        if let Ok(text) = canonical(quantity) {
            *quantity = text;
        }
    }
}

pub(super) fn requirements(resources: &mut ResourceRequirements) {
    list(&mut resources.limits);
    list(&mut resources.requests);
}

/// A limit without a request is a request too. Only in pods, not in templates.
pub(super) fn requests_from_limits(resources: &mut Option<ResourceRequirements>) {
    let Some(resources) = resources else { return };
    let Some(limits) = &resources.limits else {
        return;
    };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits {
        requests
            .entry(name.clone())
            .or_insert_with(|| limit.clone());
    }
}
