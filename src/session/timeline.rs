//! The time line, kept up to date track by track.

use crate::kernel::OrderedMap;
use std::rc::Rc;
use std::time::Duration;

use crate::api::{Object, ObjectKey as ApiKey, Pod};
use crate::cluster::Request;
use crate::history::{History, Input, Lane, PodState, Touched};
use crate::kernel::SimTime;

use super::cell;
use super::names;
use super::scene::Scene;
use super::time::{EPOCH, to_screen};
use super::view;
use super::view::State;
use super::view::timeline::{Bar, Due, Pin, ProbeTick, Timeline, Track};

/// How many tracks are built at once: more than can be seen, so that scrolling a little finds them there.
const WINDOW: usize = 64;

/// The window begins this many tracks above the first that can be seen.
const ABOVE: usize = 8;

/// With more pods than this those of one owner stand together.
const MOST_ALONE: usize = 24;

/// The axis is at least this long.
const SHORTEST: Duration = Duration::from_secs(60);

/// The tracks as they were last built.
#[derive(Debug, Default)]
pub struct Tracks {
    kept: OrderedMap<u64, (Shape, Rc<Track>)>,
    /// How many tracks are scrolled out of sight above.
    scrolled: usize,
    timeline: Rc<Timeline>,
}

/// What tells whether a lane has grown since its track was built.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    spans: usize,
    last: Option<crate::history::Span>,
    probes: (usize, Option<SimTime>),
    restarts: usize,
    ends: (Option<SimTime>, Option<SimTime>),
    state: State,
    due: Vec<Due>,
}

impl Tracks {
    /// So many tracks are scrolled out of sight above.
    pub const fn scroll(&mut self, tracks: usize) {
        self.scrolled = tracks;
    }

    /// The time line at the moment shown.
    pub fn refresh(
        &mut self,
        history: &History,
        scene: &Scene,
        selected: Option<&view::ObjectKey>,
        touched: &Touched,
    ) -> Rc<Timeline> {
        let mut pods = 0;
        let lanes = history.record().lanes();
        let lanes = lanes.filter(|lane| lane.gone.is_none_or(|gone| gone >= EPOCH));
        let ranked = lanes.map(|lane| (rank(lane, scene.now(), selected), lane));
        let ranked = ranked.inspect(|_| pods += 1);
        let rows = rows(ranked.collect(), scene.now());
        let total = rows.len();
        let first = self.scrolled.saturating_sub(ABOVE);
        // Every second track is tinted, and stays so.
        let first = first.min(total.saturating_sub(WINDOW)) & !1;
        let mut kept = OrderedMap::new();
        let mut tracks = Vec::with_capacity(WINDOW + 1);
        for row in rows.into_iter().skip(first).take(WINDOW + 1) {
            let lane = match row {
                Row::Pod(lane) => lane,
                Row::Heading(owner, of) => {
                    tracks.push(Rc::new(heading(scene, owner, of)));
                    continue;
                }
            };
            let old = self.kept.remove(&lane.number);
            // A deadline comes and goes with something that happens to its pod.
            let due = match &old {
                Some((old, _)) if !touched.has(&lane.key) => old.due.clone(),
                _ => due(scene, lane),
            };
            let shape = shape(scene, lane, due);
            let track = match old {
                Some((old, track)) if old == shape => track,
                _ => Rc::new(track(scene, lane, &shape)),
            };
            tracks.push(Rc::clone(&track));
            kept.insert(lane.number, (shape, track));
        }
        self.kept = kept;
        let head = to_screen(history.head_time());
        let timeline = Timeline {
            from: SimTime::ZERO,
            to: end_of_axis(head),
            now: to_screen(history.seeking().unwrap_or(scene.now())),
            head,
            tracks,
            first,
            total,
            pods,
            pins: pins(history),
            selected: selected.cloned(),
        };
        if *self.timeline != timeline {
            self.timeline = Rc::new(timeline);
        }
        Rc::clone(&self.timeline)
    }
}

/// What a track is for.
enum Row<'run> {
    Pod(&'run Lane),
    /// An owner, and of its pods how many there are, are ready, have a problem.
    Heading(&'run ApiKey, [usize; 3]),
}

/// The lanes by rank; those of many pods by owner and rank, those without an owner first.
fn rows(lanes: Vec<(usize, &Lane)>, now: SimTime) -> Vec<Row<'_>> {
    let is_grouped = lanes.len() > MOST_ALONE;
    let mut owners: Vec<&ApiKey> = Vec::new();
    let mut last = 0;
    // A lane's place: the selected one is on top of all.
    let place = |(rank, lane)| {
        let lane: &Lane = lane;
        let owner = lane.owner.as_ref().filter(|_| is_grouped && rank > 0);
        let group = owner.map_or(0, |owner| {
            // Pods of one owner mostly come one after the other.
            if owners.get(last) != Some(&owner) {
                let found = owners.iter().position(|other| *other == owner);
                last = found.unwrap_or(owners.len());
            }
            if last == owners.len() {
                owners.push(owner);
            }
            last + 1
        });
        ([usize::from(rank > 0), group, rank], lane)
    };
    let mut lanes: Vec<([usize; 3], &Lane)> = lanes.into_iter().map(place).collect();
    // Stable: lanes come by creation.
    lanes.sort_by_key(|(place, _)| *place);
    let mut rows = Vec::with_capacity(lanes.len());
    let (mut open, mut counts) = (0, None);
    for ([_, group, rank], lane) in lanes {
        if group != open {
            open = group;
            counts = Some(rows.len());
            rows.push(Row::Heading(owners[group - 1], [0; 3]));
        }
        if let Some(Row::Heading(_, [all, ready, troubled])) =
            counts.and_then(|at| rows.get_mut(at))
        {
            *all += 1;
            *ready += usize::from(lane.state_at(now) == Some(PodState::Ready));
            *troubled += usize::from(rank == 1);
        }
        rows.push(Row::Pod(lane));
    }
    rows
}

/// The heading over the pods of an owner.
fn heading(scene: &Scene, owner: &ApiKey, [all, ready, troubled]: [usize; 3]) -> Track {
    let uid = scene.world.api().store().get(owner).map_or("", Object::uid);
    let kind = owner.kind.name();
    Track {
        is_heading: true,
        key: names::with_uid(owner, uid),
        // Its end is what is always seen of a name.
        name: format!("{}: {ready}/{all}", owner.name).into(),
        state: match (troubled, ready) {
            (0, ready) if ready == all => State::Ready,
            (0, _) => State::NotReady,
            _ => State::Failing,
        },
        bars: Vec::new(),
        probes: Vec::new(),
        restarts: Vec::new(),
        deletion: None,
        gone: None,
        due: Vec::new(),
        label: format!(
            "{kind} {}: {all} pods, {ready} ready, {troubled} with problems",
            owner.name
        )
        .into(),
    }
}

/// Selected first, then pods with problems, then by creation; pods that are gone at the end.
fn rank(lane: &Lane, now: SimTime, selected: Option<&view::ObjectKey>) -> usize {
    if selected.is_some_and(|selected| selected.uid.as_ref() == lane.uid.as_ref()) {
        return 0;
    }
    match lane.state_at(now) {
        Some(PodState::Waiting | PodState::Failing | PodState::Unknown) => 1,
        Some(_) => 2,
        // Not born yet at the moment shown, or gone.
        None => 3,
    }
}

/// Longer than the head by a fifth, in steps, so that it does not move with every frame.
fn end_of_axis(head: SimTime) -> SimTime {
    let wanted = (head + head.since(SimTime::ZERO) / 5).max(SimTime::ZERO + SHORTEST);
    let mut step = 30;
    while wanted.as_secs() / step > 16 {
        step *= 2;
    }
    SimTime::from_secs((wanted.as_secs() / step + 1) * step)
}

fn shape(scene: &Scene, lane: &Lane, due: Vec<Due>) -> Shape {
    let state = lane.state_at(scene.now());
    Shape {
        spans: lane.spans.len(),
        last: lane.spans.last().copied(),
        probes: (lane.probes.len(), lane.probes.last().map(|probe| probe.at)),
        restarts: lane.restarts.len(),
        ends: (lane.deletion, lane.gone),
        state: state.map_or(State::Done, names::state),
        due,
    }
}

/// Deadlines that are certain already at the moment shown.
fn due(scene: &Scene, lane: &Lane) -> Vec<Due> {
    let pod = scene
        .world
        .api()
        .get::<Pod>(&lane.key.namespace, &lane.key.name);
    let pod = pod.filter(|pod| pod.uid() == lane.uid.as_ref());
    let runtime = pod.and_then(|pod| scene.runtime(pod));
    let deadline = runtime.and_then(|runtime| cell::deadline(&runtime, scene.now()));
    deadline
        .map(|deadline| Due {
            at: to_screen(deadline.at),
            text: deadline.text.into(),
        })
        .into_iter()
        .collect()
}

fn track(scene: &Scene, lane: &Lane, shape: &Shape) -> Track {
    let pod = scene
        .world
        .api()
        .get::<Pod>(&lane.key.namespace, &lane.key.name);
    let name = pod.map_or_else(|| lane.key.name.clone(), names::short_name);
    let ends = lane.spans.iter().skip(1).map(|span| Some(span.from));
    let bars = lane
        .spans
        .iter()
        .zip(ends.chain([lane.gone]))
        .map(|(span, to)| Bar {
            from: to_screen(span.from),
            to: to.map(to_screen),
            state: names::state(span.state),
        })
        .collect();
    let probes = lane.probes.iter().map(|probe| ProbeTick {
        at: to_screen(probe.at),
        passed: probe.passed,
    });
    Track {
        is_heading: false,
        key: names::with_uid(&lane.key, &lane.uid),
        name,
        state: shape.state,
        bars,
        probes: probes.collect(),
        restarts: lane.restarts.iter().copied().map(to_screen).collect(),
        deletion: lane.deletion.map(to_screen),
        gone: lane.gone.map(to_screen),
        due: shape.due.clone(),
        label: label(lane, shape).into(),
    }
}

fn label(lane: &Lane, shape: &Shape) -> String {
    let mut label = format!("{}: {}", lane.key.name, shape.state.as_str());
    match lane.restarts.len() {
        0 => {}
        1 => label += ", restarted once",
        count => label += &format!(", restarted {count} times"),
    }
    if let Some(gone) = lane.gone {
        label += &format!(", gone at {}", super::time::clock_seconds(gone));
    } else if let Some(asked) = lane.deletion {
        label += &format!(", deletion asked at {}", super::time::clock_seconds(asked));
    }
    label
}

/// What the user did, one pin per moment.
fn pins(history: &History) -> Vec<Pin> {
    let mut pins: Vec<Pin> = Vec::new();
    for (input, logged) in history.inputs().iter().enumerate() {
        let (at, text) = (to_screen(logged.at), deed(&logged.input));
        let is_fault = matches!(logged.input, Input::Fault(_));
        match pins.last_mut().filter(|last| last.at == at) {
            Some(last) if last.text.as_ref() == text => {}
            Some(last) => last.text = format!("{}, {text}", last.text).into(),
            None => pins.push(Pin {
                at,
                text: text.into(),
                input,
                is_fault,
            }),
        }
    }
    pins
}

/// An input in a few words: `applied`, `deleted deployment/web`.
pub(super) fn deed(input: &Input) -> String {
    let named = |key: &crate::api::ObjectKey| format!("{}/{}", key.kind.info().singular, key.name);
    match input {
        Input::Request(request) => match request.as_ref() {
            Request::Apply(_) => "applied".to_owned(),
            Request::Create(_) => "created".to_owned(),
            Request::Replace(_) => "replaced".to_owned(),
            Request::Exec { pod, .. } => format!("ran a command in {}", named(pod)),
            Request::Evict { pod, .. } => format!("evicted {}", named(pod)),
            Request::Delete { key, .. } => format!("deleted {}", named(key)),
            Request::Patch {
                key, subresource, ..
            } if subresource == "scale" => {
                format!("scaled {}", named(key))
            }
            Request::Patch { key, .. } => format!("patched {}", named(key)),
        },
        Input::Fault(fault) => fault_words(fault),
    }
}

fn fault_words(fault: &crate::cluster::Fault) -> String {
    use crate::cluster::Fault;
    match fault {
        Fault::KubeletStop(node) => format!("stopped the kubelet of {node}"),
        Fault::KubeletStart(node) => format!("started the kubelet of {node}"),
        Fault::MachineStop(node) => format!("stopped {node}"),
        Fault::MachineStart(node) => format!("started {node}"),
        Fault::MachineShutdown(node) => format!("shut {node} down"),
        Fault::KillContainer { container, .. } => format!("killed {container}"),
        Fault::Probe { probe, outcome, .. } => match outcome {
            Some(false) => format!("made {probe:?} fail"),
            Some(true) => format!("made {probe:?} pass"),
            None => format!("freed {probe:?}"),
        },
        Fault::RegistryDown(true) => "cut the registry off".to_owned(),
        Fault::RegistryDown(false) => "brought the registry back".to_owned(),
    }
}
