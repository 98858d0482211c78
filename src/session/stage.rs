//! The Stage, kept up to date cell by cell: only pods that changed, or that count down, are built again.

use crate::kernel::OrderedMap;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::api::{Kind, ObjectKey, Pod};
use crate::history::Touched;
use crate::kernel::SimTime;

use super::cell::{self, Placed};
use super::scene::Scene;
use super::view;
use super::view::stage::{Ghost, Lane, LaneKind, PodCell, Stage};

/// How many cells that only count down are built in one frame; the others wait for the next.
const MOST_TICKING: usize = 60;

/// How long a deleted pod is remembered on the stage.
const GHOST_LIFE: Duration = Duration::from_secs(60);

/// How many deleted pods are remembered at most.
const MOST_GHOSTS: usize = 12;

const LANES: [LaneKind; 5] = [
    LaneKind::Pending,
    LaneKind::Creating,
    LaneKind::Running,
    LaneKind::Terminating,
    LaneKind::Done,
];

/// The cells of all pods, by their birth.
#[derive(Debug, Default)]
pub struct Cells {
    cells: OrderedMap<u64, Kept>,
    numbers: OrderedMap<ObjectKey, u64>,
    ghosts: VecDeque<Gone>,
    /// The last ticking cell that was built, so that all get their turn.
    turn: u64,
    stage: Rc<Stage>,
}

/// A cell as it was last built.
#[derive(Debug)]
struct Kept {
    lane: LaneKind,
    cell: Rc<PodCell>,
    ticks: bool,
    node: Rc<str>,
}

#[derive(Debug)]
struct Gone {
    key: view::ObjectKey,
    name: view::Text,
    at: SimTime,
}

impl Cells {
    /// Brings the cells up to the moment shown.
    pub fn refresh(&mut self, scene: &Scene, touched: &Touched) {
        if touched.everything {
            self.refresh_all(scene);
        } else {
            for key in touched.keys.iter().filter(|key| key.kind == Kind::Pod) {
                self.refresh_pod(scene, key);
            }
            self.refresh_ticking(scene);
        }
    }

    /// The stage. Lanes in which nothing changed are the same `Rc` as before.
    pub fn stage(&mut self, scene: &Scene, selected: Option<&view::ObjectKey>) -> Rc<Stage> {
        let mut cells: [Vec<Rc<PodCell>>; 5] = Default::default();
        for kept in self.cells.values() {
            cells[kept.lane as usize].push(Rc::clone(&kept.cell));
        }
        let lanes = LANES.iter().zip(cells).map(|(kind, cells)| {
            let ghosts = self.ghosts_in(*kind, scene.now());
            let lane = Lane {
                kind: *kind,
                cells,
                ghosts,
            };
            let before = self.stage.lanes.get(*kind as usize);
            match before.filter(|before| ***before == lane) {
                Some(before) => Rc::clone(before),
                None => Rc::new(lane),
            }
        });
        let selected = selected
            .filter(|key| self.cells.values().any(|kept| kept.cell.key == **key))
            .cloned();
        let stage = Stage {
            lanes: lanes.collect(),
            summary: self.summary(scene).into(),
            selected,
        };
        if *self.stage != stage {
            self.stage = Rc::new(stage);
        }
        Rc::clone(&self.stage)
    }

    /// The cell of a pod.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<PodCell>> {
        Some(&self.cells.get(self.numbers.get(key)?)?.cell)
    }

    /// All cells in order of creation, each with the name of its node (empty while it has none).
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &Rc<PodCell>)> {
        self.cells.values().map(|kept| (&kept.node, &kept.cell))
    }

    fn refresh_all(&mut self, scene: &Scene) {
        let before = std::mem::take(&mut self.cells);
        self.numbers.clear();
        self.ghosts.clear();
        for pod in scene.world.api().list::<Pod>(None) {
            let number = number(scene, pod);
            let old = before.get(&number);
            self.keep(number, pod, cell::place(scene, pod), old);
        }
        let mut gone: Vec<Gone> = Vec::new();
        for lane in scene.record.lanes() {
            if let Some(at) = lane
                .gone
                .filter(|at| *at <= scene.now() && scene.now().since(*at) < GHOST_LIFE)
            {
                let key = super::names::with_uid(&lane.key, &lane.uid);
                gone.push(Gone {
                    name: key.name.clone(),
                    key,
                    at,
                });
            }
        }
        gone.sort_by_key(|gone| gone.at);
        gone.drain(..gone.len().saturating_sub(MOST_GHOSTS));
        self.ghosts = gone.into();
    }

    fn refresh_pod(&mut self, scene: &Scene, key: &ObjectKey) {
        let pod = scene.world.api().get::<Pod>(&key.namespace, &key.name);
        let number = pod.map(|pod| number(scene, pod));
        if let Some(old) = self
            .numbers
            .get(key)
            .copied()
            .filter(|old| Some(*old) != number)
        {
            self.bury(old, key, scene.now());
        }
        if let (Some(pod), Some(number)) = (pod, number) {
            let placed = cell::place(scene, pod);
            let old = self.cells.remove(&number);
            self.keep(number, pod, placed, old.as_ref());
        }
    }

    /// Builds cells that change with time alone again, a bounded number of them in turn.
    fn refresh_ticking(&mut self, scene: &Scene) {
        let (earlier, later) = self.cells.split(&(self.turn + 1));
        let ticking: Vec<u64> = later
            .iter()
            .chain(earlier)
            .filter(|(_, kept)| kept.ticks)
            .map(|(number, _)| *number)
            .take(MOST_TICKING)
            .collect();
        for number in ticking {
            self.turn = number;
            let Some(kept) = self.cells.get(&number) else {
                continue;
            };
            let pod = scene
                .world
                .api()
                .get::<Pod>(&kept.cell.key.namespace, &kept.cell.key.name);
            if let Some(pod) = pod {
                let placed = cell::place(scene, pod);
                let old = self.cells.remove(&number);
                self.keep(number, pod, placed, old.as_ref());
            }
        }
    }

    fn keep(&mut self, number: u64, pod: &Pod, placed: Placed, old: Option<&Kept>) {
        let cell = match old {
            Some(old) if *old.cell == placed.cell => Rc::clone(&old.cell),
            _ => Rc::new(placed.cell),
        };
        self.numbers.insert(pod.key(), number);
        self.cells.insert(
            number,
            Kept {
                lane: placed.lane,
                node: Rc::clone(&cell.node),
                cell,
                ticks: placed.ticks,
            },
        );
    }

    fn bury(&mut self, number: u64, key: &ObjectKey, now: SimTime) {
        self.numbers.remove(key);
        if let Some(kept) = self.cells.remove(&number) {
            let (prefix, suffix) = (&kept.cell.name_prefix, &kept.cell.name_suffix);
            self.ghosts.push_back(Gone {
                key: kept.cell.key.clone(),
                name: format!("{prefix}{suffix}").into(),
                at: now,
            });
            if self.ghosts.len() > MOST_GHOSTS {
                self.ghosts.pop_front();
            }
        }
    }

    fn ghosts_in(&self, lane: LaneKind, now: SimTime) -> Vec<Ghost> {
        let shown = self.ghosts.iter().filter(|_| lane == LaneKind::Done);
        shown
            .filter(|gone| now.since(gone.at) < GHOST_LIFE)
            .map(|gone| Ghost {
                key: gone.key.clone(),
                name: gone.name.clone(),
                text: format!("deleted {} s ago", now.since(gone.at).as_secs()).into(),
            })
            .collect()
    }

    fn summary(&self, scene: &Scene) -> String {
        let nodes = scene.world.api().store().list(Kind::Node, None).count();
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        format!(
            "{}, {}",
            plural(self.cells.len(), "pod"),
            plural(nodes, "node")
        )
    }
}

/// The place of a pod in the order of creation. Every pod that exists has a lane: only lanes of pods
/// that are gone are ever dropped from the record.
fn number(scene: &Scene, pod: &Pod) -> u64 {
    scene.record.lane(pod.uid()).map_or(0, |lane| lane.number)
}
