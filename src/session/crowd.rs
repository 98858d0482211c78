//! All pods as glyphs, in the zones of the lanes and by node, kept up to date pod by pod.

use std::rc::Rc;

use crate::kernel::OrderedMap;

use super::view::State;
use super::view::crowd::{Crowd, Group};
use super::view::stage::LaneKind;

/// The states in the order of the legend: what is well first, then what is under way, then trouble, then the end.
pub const STATES: [State; 10] = [
    State::Ready,
    State::NotReady,
    State::Creating,
    State::Pending,
    State::Terminating,
    State::Waiting,
    State::Failing,
    State::Unknown,
    State::Done,
    State::Failed,
];

/// Where a pod stands, in all the ways of grouping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Its lane.
    pub lane: LaneKind,
    /// Its state.
    pub state: State,
    /// Its node; empty while it has none.
    pub node: Rc<str>,
}

/// The groups of all pods.
#[derive(Debug, Default)]
pub struct Rosters {
    /// By lane, then by whether they are ready.
    zones: [[Rc<Group>; 2]; 5],
    nodes: OrderedMap<Rc<str>, Rc<Group>>,
    tally: [usize; 10],
}

impl Rosters {
    /// A pod comes, goes or changes its spot.
    pub fn place(&mut self, number: u64, from: Option<&Spot>, to: Option<&Spot>) {
        if from == to {
            return;
        }
        for (spot, state) in from
            .map(|spot| (spot, None))
            .into_iter()
            .chain(to.map(|spot| (spot, Some(spot.state))))
        {
            let zone = &mut self.zones[spot.lane as usize][usize::from(is_ready(spot))];
            Rc::make_mut(zone).set(number, state);
            let node = self.nodes.entry(Rc::clone(&spot.node)).or_default();
            Rc::make_mut(node).set(number, state);
        }
        if let Some(spot) = from {
            self.tally[spot.state as usize] -= 1;
        }
        if let Some(spot) = to {
            self.tally[spot.state as usize] += 1;
        }
    }

    /// A node is there, with this STATUS, or is there no longer.
    pub fn note_node(&mut self, name: &Rc<str>, status: Option<&str>) {
        let group = self.nodes.entry(Rc::clone(name)).or_default();
        let note = status.unwrap_or("deleted");
        let note = if note == "Ready" { "" } else { note };
        if *group.note != *note || group.title.is_empty() {
            let group = Rc::make_mut(group);
            group.title = Rc::clone(name);
            group.note = note.into();
        }
        if status.is_none() && group.glyphs.is_empty() {
            self.nodes.remove(name);
        }
    }

    /// The zones of a lane: two for Running (not ready, ready), else one.
    pub fn zones(&self, lane: LaneKind) -> &[Rc<Group>] {
        let zones = &self.zones[lane as usize];
        &zones[..1 + usize::from(lane == LaneKind::Running)]
    }

    /// How many pods are in a lane.
    pub fn count(&self, lane: LaneKind) -> usize {
        let zones = self.zones(lane).iter();
        zones.map(|group| group.glyphs.len()).sum()
    }

    /// The pods of a node; those without one are under the empty name.
    pub fn on_node(&self, name: &str) -> Rc<Group> {
        self.nodes.get(name).cloned().unwrap_or_default()
    }

    /// The crowd mode's picture.
    pub fn crowd(&self, summary: &Rc<str>, selected: Option<u64>) -> Crowd {
        let shown = |group: &&Rc<Group>| !(group.title.is_empty() && group.glyphs.is_empty());
        let counts = STATES.map(|state| (state, self.tally[state as usize]));
        Crowd {
            groups: self.nodes.values().filter(shown).cloned().collect(),
            tally: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            summary: Rc::clone(summary),
            selected,
        }
    }
}

/// The second zone of Running.
fn is_ready(spot: &Spot) -> bool {
    spot.lane == LaneKind::Running && spot.state == State::Ready
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::kernel::SimTime;
    use crate::session::view::inspector::Inspector;
    use crate::session::view::stage::{Detail, LaneKind};
    use crate::session::view::{StageMode, State, View};
    use crate::session::{Action, Session};

    const PODS: usize = 160;

    fn tick(session: &mut Session, millis: u64) -> View {
        session.update(Action::Tick {
            elapsed: Duration::from_millis(millis),
            step_budget: 1_000_000,
        });
        session.view()
    }

    fn crowd() -> Session {
        let mut session = Session::new();
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {PODS}\n  \
             selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
             spec: {{containers: [{{name: main, image: \"nginx:1.29\"}}]}}\n"
        );
        session.update(Action::EditText(text.into()));
        session.update(Action::Apply);
        session
    }

    /// The glyphs of each lane, however they are drawn.
    fn counts(view: &View) -> Vec<usize> {
        view.stage.lanes.iter().map(|lane| lane.count()).collect()
    }

    #[test]
    fn many_pods_are_glyphs_and_no_cells() {
        let mut session = crowd();
        let mut view = session.view();
        for _ in 0..1_000 {
            view = tick(&mut session, 100);
            if counts(&view)[2] == PODS {
                break;
            }
        }
        let running = &view.stage.lanes[LaneKind::Running as usize];
        assert_eq!((running.detail, running.cells.len()), (Detail::Glyph, 0));
        let ready = &running.groups[1].glyphs;
        assert!(ready.iter().all(|glyph| glyph.state == State::Ready));
        assert!(ready.is_sorted_by_key(|glyph| glyph.number));

        session.update(Action::SetMode(StageMode::Crowd));
        let number = ready[7].number;
        session.update(Action::Peek(Some(number)));
        view = session.view();
        let tally: usize = view.crowd.tally.iter().map(|(_, count)| count).sum();
        assert_eq!((tally, view.crowd.groups.len()), (PODS, 3));
        assert_eq!(view.crowd.summary.as_ref(), "160 pods, 3 nodes");
        let loupe = view.loupe.clone().unwrap();
        assert_eq!(loupe.number, number);
        session.update(Action::Pick(number));
        view = session.view();
        assert_eq!(view.crowd.selected, Some(number));
        match view.inspector.as_ref() {
            Inspector::Object(details) => assert_eq!(details.key, loupe.cell.key),
            other => panic!("{other:?}"),
        }
        // The same pods by node in the Nodes mode, and one part of a bar for each state.
        session.update(Action::SetMode(StageMode::Nodes));
        view = session.view();
        let crowds = view.nodes.cards.iter().flat_map(|card| &card.crowd);
        assert_eq!(crowds.map(|group| group.glyphs.len()).sum::<usize>(), PODS);
        assert!(view.loupe.is_none() && view.nodes.cards.iter().all(|card| card.pods.is_empty()));
        assert_eq!(view.nodes.cards[0].resources[2].parts.len(), 1);
    }

    /// What was kept up to date pod by pod is what is built when another moment is shown.
    #[test]
    fn groups_kept_up_to_date_are_those_built_anew() {
        let mut session = crowd();
        session.update(Action::SetMode(StageMode::Crowd));
        for _ in 0..12 {
            tick(&mut session, 100);
        }
        let web = match session.view().inspector.as_ref() {
            Inspector::Overview(overview) => overview.rows[0].key.clone(),
            other => panic!("{other:?}"),
        };
        session.update(Action::Delete(web));
        let before = tick(&mut session, 1_500);
        assert!(!before.crowd.tally.is_empty());
        session.update(Action::Pause);
        session.update(Action::Seek(SimTime::from_millis(500)));
        let earlier = session.view();
        assert_ne!(earlier.crowd.tally, before.crowd.tally);
        session.update(Action::Seek(before.transport.now));
        let again = session.view();
        assert_eq!(again.crowd.tally, before.crowd.tally);
        assert_eq!(again.crowd.groups, before.crowd.groups);
        session.update(Action::SetMode(StageMode::LifeCycle));
        let stage = session.view().stage;
        let shown: usize = stage.lanes.iter().map(|lane| lane.count()).sum();
        let tally: usize = before.crowd.tally.iter().map(|(_, count)| count).sum();
        assert_eq!(shown, tally);
    }
}
