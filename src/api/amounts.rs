//! What a pod asks for in all, and what it may use: the amounts that quotas and limit ranges count.

use std::collections::BTreeMap;

use super::Quantity;
use super::core::{Container, PodSpec, ResourceRequirements};
use super::quantity::{milli_value, sum};

/// Amounts by resource.
pub type Amounts = BTreeMap<String, Quantity>;

/// Which half of the requirements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What is asked for.
    Requests,
    /// What may be used.
    Limits,
}

impl Half {
    /// The half of some requirements.
    #[must_use]
    pub fn of(self, requirements: Option<&ResourceRequirements>) -> Option<&Amounts> {
        let requirements = requirements?;
        match self {
            Self::Requests => requirements.requests.as_ref(),
            Self::Limits => requirements.limits.as_ref(),
        }
    }
}

/// What a pod counts as: its containers together, or what it says of itself as a whole.
#[must_use]
pub fn of_pod(spec: &PodSpec, half: Half) -> Amounts {
    let mut amounts = of_containers(spec, half);
    for (name, amount) in half.of(spec.resources.as_ref()).into_iter().flatten() {
        if is_pod_level(name) {
            amounts.insert(name.clone(), amount.clone());
        }
    }
    amounts
}

/// The sum of the containers and sidecars, or one init container with the sidecars before it if that is more.
#[must_use]
pub fn of_containers(spec: &PodSpec, half: Half) -> Amounts {
    let mut all = Amounts::new();
    for container in &spec.containers {
        add(&mut all, container, half);
    }
    let (mut sidecars, mut peaks) = (Amounts::new(), Amounts::new());
    for container in spec.init_containers.iter().flatten() {
        let mut now = sidecars.clone();
        add(&mut now, container, half);
        raise(&mut peaks, &now);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut all, container, half);
            sidecars = now;
        }
    }
    raise(&mut all, &peaks);
    all
}

/// What a pod may ask for as a whole.
#[must_use]
pub fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// Adds an amount to what there is of the resource.
pub fn add_amount(amounts: &mut Amounts, name: &str, amount: &Quantity) {
    match amounts.get_mut(name) {
        Some(before) => *before = sum(before, amount),
        None => {
            amounts.insert(name.to_owned(), amount.clone());
        }
    }
}

/// Whether one amount is more than another; what is no quantity counts as zero.
#[must_use]
pub fn is_more(amount: &Quantity, than: &Quantity) -> bool {
    milli_value(amount).unwrap_or(0) > milli_value(than).unwrap_or(0)
}

fn add(amounts: &mut Amounts, container: &Container, half: Half) {
    for (name, amount) in half.of(container.resources.as_ref()).into_iter().flatten() {
        add_amount(amounts, name, amount);
    }
}

fn raise(amounts: &mut Amounts, to: &Amounts) {
    for (name, amount) in to {
        if amounts
            .get(name)
            .is_none_or(|before| is_more(amount, before))
        {
            amounts.insert(name.clone(), amount.clone());
        }
    }
}
