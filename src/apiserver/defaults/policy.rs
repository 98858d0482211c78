//! Defaults of limit ranges, quotas and priority classes.

use std::collections::BTreeMap;

use crate::api::Quantity;
use crate::api::core::{LimitRangeItem, LimitRangeSpec, ResourceQuotaSpec};
use crate::api::scheduling::PriorityClass;

use super::{or, resources};

type Amounts = Option<BTreeMap<String, Quantity>>;

pub(super) fn limit_range(spec: &mut LimitRangeSpec) {
    for item in &mut spec.limits {
        for amounts in [
            &mut item.max,
            &mut item.min,
            &mut item.default,
            &mut item.default_request,
            &mut item.max_limit_request_ratio,
        ] {
            resources::list(amounts);
        }
        if item.type_ == "Container" {
            container(item);
        }
    }
}

/// What containers get that say nothing: the limit is the most there may be; the request is the limit, or else the
/// least there may be.
fn container(item: &mut LimitRangeItem) {
    fill(&mut item.default, &item.max);
    fill(&mut item.default_request, &item.default);
    fill(&mut item.default_request, &item.min);
}

fn fill(amounts: &mut Amounts, from: &Amounts) {
    for (name, amount) in from.iter().flatten() {
        let amounts = amounts.get_or_insert_default();
        if !amounts.contains_key(name) {
            amounts.insert(name.clone(), amount.clone());
        }
    }
}

pub(super) fn resource_quota(spec: &mut ResourceQuotaSpec) {
    resources::list(&mut spec.hard);
}

pub(super) fn priority_class(class: &mut PriorityClass) {
    class.value.get_or_insert(0);
    super::absent::drop_zero(&mut class.global_default);
    super::absent::drop_zero(&mut class.description);
    or(&mut class.preemption_policy, "PreemptLowerPriority");
}
