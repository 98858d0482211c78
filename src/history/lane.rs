//! A lane of the time line: the life of one pod in a few numbers.

use std::rc::Rc;

use crate::api::owner::controller_of;
use crate::api::{Kind, ObjectKey, Pod};
use crate::kernel::SimTime;

use super::PodState;

/// How many probe results a lane keeps; the older half goes when there are more.
const MOST_PROBES: usize = 1_024;

/// How many stretches and restarts a lane keeps, likewise.
const MOST_SPANS: usize = 2_048;

/// The life of one pod up to the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Rises with each pod that was created.
    pub number: u64,
    /// The pod.
    pub key: ObjectKey,
    /// Its uid.
    pub uid: Rc<str>,
    /// Its controller.
    pub owner: Option<ObjectKey>,
    /// When it was created.
    pub born: SimTime,
    /// In time order; each lasts until the next begins, the last until `gone` or the head.
    pub spans: Vec<Span>,
    /// Probe results in time order.
    pub probes: Vec<ProbeTick>,
    /// Moments at which a container was started again.
    pub restarts: Vec<SimTime>,
    /// When its deletion was asked.
    pub deletion: Option<SimTime>,
    /// When it was gone.
    pub gone: Option<SimTime>,
}

/// The begin of a stretch in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its begin.
    pub from: SimTime,
    /// The state.
    pub state: PodState,
}

/// One probe result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeTick {
    /// When it came.
    pub at: SimTime,
    /// Whether it passed.
    pub passed: bool,
}

impl Lane {
    pub(super) fn new(number: u64, pod: &Pod, born: SimTime) -> Self {
        Self {
            number,
            key: pod.key(),
            uid: pod.uid().into(),
            owner: controller_of(&pod.meta).and_then(|owner| {
                let kind = Kind::from_manifest(&owner.api_version, &owner.kind)?;
                Some(ObjectKey::new(kind, pod.namespace(), &owner.name))
            }),
            born,
            spans: Vec::new(),
            probes: Vec::new(),
            restarts: Vec::new(),
            deletion: None,
            gone: None,
        }
    }

    /// The state at a moment; `None` while the pod does not exist.
    #[must_use]
    pub fn state_at(&self, moment: SimTime) -> Option<PodState> {
        if self.gone.is_some_and(|gone| gone <= moment) {
            return None;
        }
        let index = self.spans.partition_point(|span| span.from <= moment);
        Some(self.spans.get(index.checked_sub(1)?)?.state)
    }

    /// Notes a write of the pod.
    pub(super) fn note(&mut self, before: Option<&Pod>, pod: &Pod, at: SimTime) {
        let state = PodState::of(pod);
        match self.spans.last_mut() {
            Some(last) if last.state == state => {}
            // Several writes of one moment are one step on the screen.
            Some(last) if last.from == at => last.state = state,
            _ => push_bounded(&mut self.spans, MOST_SPANS, Span { from: at, state }),
        }
        if pod.is_deleting() && self.deletion.is_none() {
            self.deletion = Some(at);
        }
        if before.is_some_and(|before| restarts(pod) > restarts(before)) {
            push_bounded(&mut self.restarts, MOST_SPANS, at);
        }
    }

    /// Notes the result of a probe where it belongs, unless it is noted already.
    pub(super) fn note_probe(&mut self, probe: ProbeTick) {
        let index = self.probes.partition_point(|other| other.at < probe.at);
        let mut same = self.probes[index..]
            .iter()
            .take_while(|other| other.at == probe.at);
        if same.any(|other| other.passed == probe.passed) {
            return;
        }
        if self.probes.len() >= MOST_PROBES {
            self.probes.drain(..MOST_PROBES / 2);
        }
        let index = self.probes.partition_point(|other| other.at < probe.at);
        self.probes.insert(index, probe);
    }

    /// Forgets what came after `moment`; false if that was all.
    pub(super) fn cut(&mut self, moment: SimTime) -> bool {
        self.spans.retain(|span| span.from <= moment);
        self.probes.retain(|probe| probe.at <= moment);
        self.restarts.retain(|at| *at <= moment);
        self.deletion = self.deletion.filter(|at| *at <= moment);
        self.gone = self.gone.filter(|at| *at <= moment);
        self.born <= moment
    }
}

/// Appends, and drops the older half if there are more than `most`.
fn push_bounded<T>(list: &mut Vec<T>, most: usize, item: T) {
    if list.len() >= most {
        list.drain(..most / 2);
    }
    list.push(item);
}

/// The sum over the containers that are started again.
fn restarts(pod: &Pod) -> i32 {
    let lists = [
        &pod.status.init_container_statuses,
        &pod.status.container_statuses,
    ];
    let statuses = lists.into_iter().flatten().flatten();
    statuses.map(|status| status.restart_count).sum()
}
