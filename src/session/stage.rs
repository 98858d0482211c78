//! The Stage, kept up to date pod by pod: what a glyph shows for all of them; cells only where a lane shows cells,
//! and of those only the ones that changed or that count down.

use crate::kernel::OrderedMap;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::api::{Kind, Node, ObjectKey, Pod};
use crate::history::{PodState, Touched};
use crate::kernel::SimTime;

use super::cell;
use super::crowd::{Rosters, Spot};
use super::names;
use super::nodes;
use super::scene::Scene;
use super::view;
use super::view::StageMode;
use super::view::crowd::{Crowd, Loupe};
use super::view::stage::{Detail, Ghost, Lane, LaneKind, PodCell, Stage};

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

/// All pods, by their birth.
#[derive(Debug, Default)]
pub struct Cells {
    pods: OrderedMap<u64, Kept>,
    numbers: OrderedMap<ObjectKey, u64>,
    rosters: Rosters,
    details: [Detail; 5],
    /// Whether the mode shows cells at all.
    shows_cells: bool,
    ghosts: VecDeque<Gone>,
    news: Vec<News>,
    /// Counts the ticking cells that were built, so that all get their turn.
    turn: usize,
    stage: Rc<Stage>,
}

/// A pod as it was last seen.
#[derive(Debug)]
struct Kept {
    key: ObjectKey,
    uid: view::Text,
    spot: Spot,
    /// Built only where it is shown.
    cell: Option<Rc<PodCell>>,
    ticks: bool,
}

#[derive(Debug)]
struct Gone {
    key: view::ObjectKey,
    name: view::Text,
    at: SimTime,
}

/// A pod whose STATUS (for a glyph: whose state) changed.
#[derive(Debug)]
pub struct News {
    /// The pod.
    pub key: ObjectKey,
    /// Its number, unless it is gone.
    pub number: Option<u64>,
}

impl Cells {
    /// Brings everything up to the moment shown.
    pub fn refresh(&mut self, scene: &Scene, touched: &Touched, mode: StageMode) {
        self.shows_cells = mode != StageMode::Crowd;
        self.news.clear();
        if touched.everything {
            self.refresh_all(scene);
        }
        for key in &touched.keys {
            match key.kind {
                Kind::Pod => self.refresh_pod(scene, key),
                Kind::Node => self.refresh_node(scene, &key.name),
                _ => {}
            }
        }
        for lane in LANES {
            let count = self.rosters.count(lane);
            let detail = &mut self.details[lane as usize];
            *detail = level(lane, count, self.pods.len(), *detail);
        }
        if self.shows_cells {
            self.refresh_cells(scene);
        }
    }

    /// The stage. Lanes in which nothing changed are the same `Rc` as before.
    pub fn stage(&mut self, scene: &Scene, selected: Option<&view::ObjectKey>) -> Rc<Stage> {
        let lanes = LANES.iter().map(|kind| {
            let lane = self.lane(*kind, scene.now());
            let before = self.stage.lanes.get(*kind as usize);
            match before.filter(|before| ***before == lane) {
                Some(before) => Rc::clone(before),
                None => Rc::new(lane),
            }
        });
        let selected_number = self.number_of(scene, selected);
        let stage = Stage {
            lanes: lanes.collect(),
            summary: self.summary(scene),
            selected: selected_number.and(selected).cloned(),
            selected_number,
        };
        if *self.stage != stage {
            self.stage = Rc::new(stage);
        }
        Rc::clone(&self.stage)
    }

    /// The crowd mode's picture.
    #[must_use]
    pub fn crowd(&self, scene: &Scene, selected: Option<&view::ObjectKey>) -> Crowd {
        let selected = self.number_of(scene, selected);
        self.rosters.crowd(&self.summary(scene), selected)
    }

    /// The glyphs by zone and node.
    #[must_use]
    pub const fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    /// Whether some lane shows glyphs.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.details.contains(&Detail::Glyph)
    }

    /// The pods whose STATUS changed in the last refresh.
    #[must_use]
    pub fn news(&self) -> &[News] {
        &self.news
    }

    /// The cell of a pod: as it was last built, or built now.
    #[must_use]
    pub fn cell(&self, scene: &Scene, number: u64) -> Option<Rc<PodCell>> {
        let kept = self.pods.get(&number)?;
        let build = || Some(Rc::new(cell::place(scene, kept.pod(scene)?).cell));
        kept.cell.clone().or_else(build)
    }

    /// A pod by its number.
    #[must_use]
    pub fn pod<'a>(&self, scene: &Scene<'a>, number: u64) -> Option<&'a Pod> {
        self.pods.get(&number)?.pod(scene)
    }

    /// The pod of a glyph, closer. The same `Rc` as before if it shows the same.
    #[must_use]
    pub fn loupe(
        &self,
        scene: &Scene,
        number: Option<u64>,
        before: Option<&Rc<Loupe>>,
    ) -> Option<Rc<Loupe>> {
        let (number, cell) = (number?, self.cell(scene, number?)?);
        let loupe = Loupe { number, cell };
        match before.filter(|before| ***before == loupe) {
            Some(before) => Some(Rc::clone(before)),
            None => Some(Rc::new(loupe)),
        }
    }

    /// The screen's key of a pod.
    #[must_use]
    pub fn key(&self, scene: &Scene, number: u64) -> Option<view::ObjectKey> {
        Some(names::key_of_pod(self.pod(scene, number)?))
    }

    fn lane(&self, kind: LaneKind, now: SimTime) -> Lane {
        let detail = self.details[kind as usize];
        let zones = self.rosters.zones(kind);
        let (mut cells, mut groups) = (Vec::new(), Vec::new());
        if detail == Detail::Glyph {
            groups = zones.to_vec();
        } else {
            let glyphs = zones.iter().flat_map(|zone| &zone.glyphs);
            let kept = glyphs.filter_map(|glyph| self.pods.get(&glyph.number));
            cells = kept.filter_map(|kept| kept.cell.clone()).collect();
        }
        Lane {
            kind,
            detail,
            cells,
            groups,
            ghosts: self.ghosts_in(kind, now),
        }
    }

    /// The number of the selected object, if it is a pod that exists at the moment shown.
    fn number_of(&self, scene: &Scene, selected: Option<&view::ObjectKey>) -> Option<u64> {
        let number = scene.record.lane(&selected?.uid)?.number;
        self.pods.contains_key(&number).then_some(number)
    }

    fn refresh_all(&mut self, scene: &Scene) {
        let before = std::mem::take(&mut self.pods);
        self.numbers.clear();
        self.rosters = Rosters::default();
        for node in scene.world.api().list::<Node>(None) {
            self.refresh_node(scene, &node.name().into());
        }
        for pod in scene.world.api().list::<Pod>(None) {
            let number = number(scene, pod);
            self.update(scene, number, pod);
            // What the cell showed is compared with what it is to show now.
            if let (Some(kept), Some(old)) = (self.pods.get_mut(&number), before.get(&number)) {
                kept.cell.clone_from(&old.cell);
            }
        }
        if self.shows_cells {
            self.rebuild_all(scene);
        }
        self.news.clear();
        self.ghosts = ghosts(scene).into();
    }

    /// Another moment is shown: the cells that there are from before are built again.
    fn rebuild_all(&mut self, scene: &Scene) {
        let cells = self.pods.iter().filter(|(_, kept)| kept.cell.is_some());
        let numbers: Vec<u64> = cells.map(|(number, _)| *number).collect();
        for number in numbers {
            self.build(scene, number);
        }
    }

    fn refresh_node(&mut self, scene: &Scene, name: &Rc<str>) {
        let node = scene.world.api().get::<Node>("", name);
        let status = node.map(nodes::status);
        self.rosters.note_node(name, status.as_deref());
    }

    fn refresh_pod(&mut self, scene: &Scene, key: &ObjectKey) {
        let pod = scene.world.api().get::<Pod>(&key.namespace, &key.name);
        let number = pod.map(|pod| number(scene, pod));
        let old = self.numbers.get(key).copied();
        if let Some(old) = old.filter(|old| Some(*old) != number) {
            self.bury(old, key, scene.now());
        }
        if let (Some(pod), Some(number)) = (pod, number) {
            self.update(scene, number, pod);
        }
    }

    /// Takes note of a pod as it is now.
    fn update(&mut self, scene: &Scene, number: u64, pod: &Pod) {
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        let old = self.pods.get_mut(&number);
        let known = old.as_ref().map(|kept| &kept.spot.node);
        let spot = Spot {
            lane: cell::lane(pod),
            state: names::state(PodState::of(pod)),
            node: match known.filter(|known| ***known == *node) {
                Some(known) => Rc::clone(known),
                None => node.into(),
            },
        };
        let has_cell = self.shows_cells && self.details[spot.lane as usize] != Detail::Glyph;
        self.rosters
            .place(number, old.as_ref().map(|kept| &kept.spot), Some(&spot));
        let is_news = match old {
            Some(kept) => {
                let changed = kept.spot.state != spot.state;
                kept.spot = spot;
                let said_by_cell = has_cell && kept.cell.is_some();
                if !has_cell {
                    kept.cell = None;
                }
                changed && !said_by_cell
            }
            None => {
                let key = pod.key();
                self.numbers.insert(key.clone(), number);
                let kept = Kept {
                    key,
                    uid: pod.uid().into(),
                    spot,
                    cell: None,
                    ticks: false,
                };
                self.pods.insert(number, kept);
                true
            }
        };
        if is_news {
            self.tell(number);
        }
        if has_cell {
            self.build(scene, number);
        }
    }

    fn tell(&mut self, number: u64) {
        let kept = self.pods.get(&number);
        self.news.extend(kept.map(|kept| News {
            key: kept.key.clone(),
            number: Some(number),
        }));
    }

    /// Builds the cell of a pod again.
    fn build(&mut self, scene: &Scene, number: u64) {
        let Some(kept) = self.pods.get_mut(&number) else {
            return;
        };
        let Some(pod) = kept.pod(scene) else {
            return;
        };
        let placed = cell::place(scene, pod);
        kept.ticks = placed.ticks;
        let before = kept.cell.take();
        let status_changed = before
            .as_ref()
            .is_some_and(|before| before.status != placed.cell.status);
        let same = before.filter(|before| **before == placed.cell);
        kept.cell = Some(same.unwrap_or_else(|| Rc::new(placed.cell)));
        if status_changed {
            self.tell(number);
        }
    }

    /// Builds the cells that are shown and missing, and a bounded number of those that change with time alone, in
    /// turn.
    fn refresh_cells(&mut self, scene: &Scene) {
        let (mut missing, mut ticking) = (Vec::new(), Vec::new());
        for lane in LANES {
            if self.details[lane as usize] == Detail::Glyph {
                continue;
            }
            let zones = self.rosters.zones(lane).iter();
            for glyph in zones.flat_map(|zone| &zone.glyphs) {
                match self.pods.get(&glyph.number) {
                    Some(kept) if kept.cell.is_none() => missing.push(glyph.number),
                    Some(kept) if kept.ticks => ticking.push(glyph.number),
                    _ => {}
                }
            }
        }
        let count = ticking.len().min(MOST_TICKING);
        let first = self.turn % ticking.len().max(1);
        self.turn = first + count;
        let in_turn = ticking.iter().cycle().skip(first).take(count);
        for number in missing.iter().chain(in_turn) {
            self.build(scene, *number);
        }
    }

    fn bury(&mut self, number: u64, key: &ObjectKey, now: SimTime) {
        self.numbers.remove(key);
        let Some(kept) = self.pods.remove(&number) else {
            return;
        };
        self.rosters.place(number, Some(&kept.spot), None);
        self.news.push(News {
            key: key.clone(),
            number: None,
        });
        let name = kept.cell.as_ref().map_or_else(
            || Rc::clone(&key.name),
            |cell| format!("{}{}", cell.name_prefix, cell.name_suffix).into(),
        );
        self.ghosts.push_back(Gone {
            key: names::with_uid(key, &kept.uid),
            name,
            at: now,
        });
        if self.ghosts.len() > MOST_GHOSTS {
            self.ghosts.pop_front();
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

    /// `10 pods, 3 nodes`.
    fn summary(&self, scene: &Scene) -> view::Text {
        let nodes = scene.world.api().store().list(Kind::Node, None).count();
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{} {word}s", view::grouped(count as u64)),
        };
        let (pods, nodes) = (plural(self.pods.len(), "pod"), plural(nodes, "node"));
        format!("{pods}, {nodes}").into()
    }
}

impl Kept {
    fn pod<'a>(&self, scene: &Scene<'a>) -> Option<&'a Pod> {
        let api = scene.world.api();
        api.get::<Pod>(&self.key.namespace, &self.key.name)
    }
}

/// The level of detail of a lane with `count` of the `total` pods. Lanes whose pods have a row each run out of room
/// sooner than the zones of Running. To show more again a lane must have a fifth fewer than made it show less.
fn level(kind: LaneKind, count: usize, total: usize, before: Detail) -> Detail {
    if (1..=4).contains(&total) {
        return Detail::Large;
    }
    let most = match kind {
        // In a large crowd many come at once, and go again: no use to make an element for each.
        LaneKind::Running if total > 150 => [12, 24, 40],
        _ if total > 150 => [2, 4, 24],
        LaneKind::Running => [12, 40, 150],
        _ if total > 60 => [2, 4, 150],
        _ => [6, 12, 150],
    };
    for (level, most) in [Detail::Full, Detail::Compact, Detail::Pill]
        .into_iter()
        .zip(most)
    {
        let most = if before > level { most * 4 / 5 } else { most };
        if count <= most {
            return level;
        }
    }
    Detail::Glyph
}

/// Pods that went shortly before the moment shown.
fn ghosts(scene: &Scene) -> Vec<Gone> {
    let mut gone: Vec<Gone> = Vec::new();
    for lane in scene.record.lanes() {
        if let Some(at) = lane
            .gone
            .filter(|at| *at <= scene.now() && scene.now().since(*at) < GHOST_LIFE)
        {
            let key = names::with_uid(&lane.key, &lane.uid);
            gone.push(Gone {
                name: key.name.clone(),
                key,
                at,
            });
        }
    }
    gone.sort_by_key(|gone| gone.at);
    gone.drain(..gone.len().saturating_sub(MOST_GHOSTS));
    gone
}

/// The place of a pod in the order of creation. Every pod that exists has a lane: only lanes of pods
/// that are gone are ever dropped from the record.
fn number(scene: &Scene, pod: &Pod) -> u64 {
    scene.record.lane(pod.uid()).map_or(0, |lane| lane.number)
}

#[cfg(test)]
mod tests {
    use super::level;
    use crate::session::view::stage::{Detail, LaneKind};

    #[test]
    fn a_lane_shows_less_of_more_pods_and_does_not_waver() {
        let check = |kind, count, total, before, expect| {
            assert_eq!(
                level(kind, count, total, before),
                expect,
                "{count} of {total}"
            );
        };
        let running = LaneKind::Running;
        check(running, 4, 4, Detail::Glyph, Detail::Large);
        check(running, 12, 12, Detail::Large, Detail::Full);
        check(running, 13, 13, Detail::Full, Detail::Compact);
        // Up at one count, down at another.
        check(running, 151, 151, Detail::Pill, Detail::Glyph);
        check(running, 150, 150, Detail::Glyph, Detail::Glyph);
        check(running, 120, 120, Detail::Glyph, Detail::Pill);
        check(running, 10, 10, Detail::Compact, Detail::Compact);
        check(running, 9, 9, Detail::Compact, Detail::Full);
        check(running, 41, 300, Detail::Pill, Detail::Glyph);
        check(running, 32, 300, Detail::Glyph, Detail::Pill);
        check(LaneKind::Creating, 25, 300, Detail::Pill, Detail::Glyph);
        check(LaneKind::Creating, 24, 300, Detail::Pill, Detail::Pill);
        check(LaneKind::Pending, 0, 0, Detail::Large, Detail::Full);
    }
}
