//! The headless app: `Session`, `Action`, `update`, and the view models.
//!
//! A session holds a run with its history, the text of the editor and what is selected. Actions change
//! it, [`Session::view`] shows it; nothing here knows of a screen, and nothing reads a clock.

pub mod action;
mod announce;
pub mod assist;
mod cell;
pub mod cluster;
mod control;
mod crowd;
mod decision;
mod editor;
mod faults;
mod files;
mod gallery;
mod inspect;
mod names;
mod nodes;
mod pace;
mod rewrite;
mod scene;
mod sharing;
mod source;
mod stage;
mod table;
#[cfg(test)]
mod tests;
pub mod time;
mod timeline;
mod transport;
pub mod verdict;
pub mod view;

use std::rc::Rc;

use crate::apiserver::{DeleteOptions, Propagation};
use crate::cluster::{Client, ClusterConfig, Request};
use crate::history::{History, LoggedInput, Touched};

pub use action::Action;
pub use view::View;

use editor::Buffer;
use faults::Faults;
use files::Files;
use pace::Pace;
use scene::Scene;
use sharing::Arrival;
use stage::Cells;
use time::{EPOCH, SETTLING};
use timeline::Tracks;
use view::inspector::Tab;
use view::nodes::Nodes;
use view::{ObjectKey, StageMode, Text};

/// The scenario that a new session shows.
const FIRST_SCENARIO: &str = "06-liveness-wrong-port";

/// The inspector is built again when its object changes, and this often for its ages and countdowns.
const INSPECTOR_MICROS: u64 = 200_000;

/// The app without a screen.
#[derive(Debug)]
pub struct Session {
    history: History,
    /// The text that is shown, …
    buffer: Buffer,
    /// … and the others.
    files: Files,
    scenario: Text,
    pace: Pace,
    mode: StageMode,
    tab: Tab,
    selected: Option<ObjectKey>,
    /// The glyph that is looked at more closely.
    peeked: Option<u64>,
    /// Set while the run of a link is made again.
    arrival: Option<Arrival>,
    /// What is to be known of the link that was opened; empty if nothing is.
    notice: Text,
    panels: Panels,
}

/// The panels as they were last built; what did not change keeps its `Rc`.
#[derive(Debug)]
struct Panels {
    cells: Cells,
    tracks: Tracks,
    faults: Faults,
    /// Text, marks or what was applied changed.
    is_text_stale: bool,
    /// Selection, tab or mode changed.
    is_choice_stale: bool,
    /// When the inspector was last built, in [`INSPECTOR_MICROS`].
    inspected_tick: u64,
    view: View,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A session that shows the first scenario on a cluster that is ready and empty.
    #[must_use]
    pub fn new() -> Self {
        let mut session = Self {
            history: settled(ClusterConfig::default()),
            buffer: Buffer::default(),
            files: Files::default(),
            scenario: "".into(),
            pace: Pace::default(),
            mode: StageMode::default(),
            tab: Tab::default(),
            selected: None,
            peeked: None,
            arrival: None,
            notice: "".into(),
            panels: Panels::new(),
        };
        session.load(FIRST_SCENARIO);
        session
    }

    /// A session with an empty text on a cluster of one's own.
    #[must_use]
    pub fn with_cluster(config: ClusterConfig) -> Self {
        let mut session = Self::new();
        session.scenario = "".into();
        session.buffer.load("untitled.yaml".into(), "".into());
        session.history = settled(config);
        session
    }

    /// Does what the user, or the frame clock, asks for.
    pub fn update(&mut self, action: Action) {
        if action.is_another_way() {
            self.arrival = None;
        }
        match action {
            Action::EditText(text) => self.change_text(|buffer| buffer.edit(text)),
            Action::ApplyFix(id) => self.change_text(|buffer| buffer.fix(id)),
            Action::Apply => self.apply(),
            Action::OpenFile(tab) => self.open_file(tab),
            Action::AddFile(name, text) => self.add_file(&name, text),
            Action::CloseFile(tab) => self.close_file(tab),
            Action::Reopen(files, open) => self.reopen(&files, open),
            Action::LoadScenario(id) => self.load(&id),
            Action::Restart => self.restart(),
            Action::Select(key) => self.choose(|session| session.selected = key),
            Action::Pick(number) => self.choose(|session| {
                let scene = scene(&session.history, &session.buffer);
                session.selected = session.panels.cells.key(&scene, number);
            }),
            Action::Peek(number) => self.peeked = number,
            Action::OpenTab(tab) => self.choose(|session| session.tab = tab),
            Action::SetMode(mode) => self.choose(|session| {
                session.mode = mode;
                session.peeked = None;
            }),
            Action::Play => self.pace.playing = true,
            Action::Pause => self.pace.stop(),
            Action::Step => self.pace.step(&mut self.history),
            Action::StepBack => self.pace.step_back(&mut self.history),
            Action::SetSpeed(speed) => self.pace.speed = speed,
            Action::Seek(moment) => self.pace.seek(&mut self.history, time::from_screen(moment)),
            Action::Fork => self.fork(),
            Action::Fault(id) => self.fault(&id),
            Action::Delete(key) => self.delete(&key),
            Action::Tick {
                elapsed,
                step_budget,
            } => {
                self.pace.tick(&mut self.history, elapsed, step_budget);
                self.arrive();
            }
            Action::ScrollTracks(tracks) => self.panels.tracks.scroll(tracks),
            Action::MovePin(input, to) => self.rewrite(input, Some(time::from_screen(to))),
            Action::DropPin(input) => self.rewrite(input, None),
            Action::Open(text) => self.open(&text),
            Action::Notify(text) => self.notify(text),
            Action::DropNotice => self.notify("".into()),
        }
    }

    fn notify(&mut self, text: Text) {
        self.notice = text;
        self.panels.is_text_stale = true;
    }

    /// What the screen shows now. Panels in which nothing changed are the same `Rc` as in the view before.
    pub fn view(&mut self) -> View {
        let touched = self.history.take_touched();
        self.panels.is_choice_stale |= touched.everything;
        self.panels.is_text_stale |= touched.everything;
        self.refresh(&touched);
        self.panels.view.clone()
    }

    /// Whether the frame that is under way has not done all it should.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.pace.lagging
    }

    /// The run, to read.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    fn change_text(&mut self, change: impl FnOnce(&mut Buffer)) {
        change(&mut self.buffer);
        self.buffer.judge(self.history.shown());
        self.panels.is_text_stale = true;
        // Links of stage and inspector point into the text.
        self.panels.is_choice_stale = true;
    }

    fn choose(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.panels.is_choice_stale = true;
    }

    /// Applies the text. The first time lets time run: an applied manifest that stands still teaches nothing.
    fn apply(&mut self) {
        let is_first = self.history.inputs().is_empty();
        self.fork();
        let taken = self.buffer.apply(&mut self.history);
        self.pace.playing |= is_first && taken > 0;
        self.panels.is_text_stale = true;
    }

    fn load(&mut self, id: &str) {
        let Some(scenario) = gallery::find(id) else {
            return;
        };
        self.scenario = id.into();
        let file = format!("{id}.yaml");
        self.buffer.load(file.into(), scenario.text.into());
        self.selected = None;
        self.peeked = None;
        self.restart();
    }

    fn restart(&mut self) {
        let seed = self.history.config().seed;
        let config = gallery::find(&self.scenario).map_or_else(
            || self.history.config().clone(),
            |scenario| scenario.cluster(seed),
        );
        self.history = settled(config);
        self.pace.stop();
        self.buffer.restart();
        self.files.each(&Buffer::restart);
        self.buffer.judge(self.history.shown());
        self.panels.is_text_stale = true;
    }

    fn fork(&mut self) {
        if !self.history.at_head() {
            let now = self.history.now();
            self.buffer.forget_after(now);
            self.files.each(&|buffer| buffer.forget_after(now));
            self.history.fork();
            self.panels.is_text_stale = true;
        }
    }

    fn fault(&mut self, id: &str) {
        let scene = scene(&self.history, &self.buffer);
        let faults = Faults::new(&self.history, &scene, self.selected.as_ref());
        if let Some(fault) = faults.find(id) {
            self.fork();
            self.history.fault(fault);
            self.panels.is_choice_stale = true;
        }
    }

    fn delete(&mut self, key: &ObjectKey) {
        let Some(key) = names::find(self.history.shown(), key).map(crate::api::Object::key) else {
            return;
        };
        self.fork();
        let options = DeleteOptions {
            propagation: Propagation::Background,
            ..DeleteOptions::default()
        };
        // Refused is refused: the object is still there to be seen.
        drop(self.history.request(Request::Delete { key, options }));
    }

    fn refresh(&mut self, touched: &Touched) {
        let scene = scene(&self.history, &self.buffer);
        let (panels, selected) = (&mut self.panels, self.selected.as_ref());
        let view = &mut panels.view;
        panels.cells.refresh(&scene, touched, self.mode);
        view.mode = self.mode;
        match self.mode {
            StageMode::LifeCycle => view.stage = panels.cells.stage(&scene, selected),
            StageMode::Nodes => put(&mut view.nodes, |before| {
                nodes::nodes(&scene, &panels.cells, before, selected, touched)
            }),
            StageMode::Crowd => put(&mut view.crowd, |_| panels.cells.crowd(&scene, selected)),
        }
        view.loupe = panels.cells.loupe(&scene, self.peeked, view.loupe.as_ref());
        view.timeline = panels
            .tracks
            .refresh(&self.history, &scene, selected, touched);
        put(&mut view.transport, |_| {
            transport::transport(&self.history, &scene, &self.pace)
        });
        let tick = scene.now().as_micros() / INSPECTOR_MICROS;
        let is_touched = touched.everything
            || selected.map_or(!touched.is_empty(), |key| {
                names::api_key(key).is_some_and(|key| touched.has(&key))
            });
        if panels.is_choice_stale || is_touched || panels.inspected_tick != tick {
            panels.inspected_tick = tick;
            put(&mut view.inspector, |_| {
                inspect::inspector(&scene, selected, self.tab)
            });
        }
        let said = announce::announce(&scene, &panels.cells, self.pace.speed, &view.announce);
        if let Some(announcement) = said {
            view.announce = Rc::new(announcement);
        }
        if panels.is_choice_stale || !touched.is_empty() {
            panels.faults = Faults::new(&self.history, &scene, selected);
            put(&mut view.faults, |_| panels.faults.view());
            panels.is_choice_stale = false;
        }
        let fork_notice = editor::fork_notice(&self.history);
        if view.editor.fork_notice != fork_notice {
            Rc::make_mut(&mut view.editor).fork_notice = fork_notice;
        }
        if panels.is_text_stale {
            put(&mut view.editor, |_| {
                self.buffer
                    .view(&self.history, self.files.tabs(&self.buffer))
            });
            put(&mut view.problems, |_| self.buffer.problems());
            put(&mut view.gallery, |_| gallery::gallery(&self.scenario));
            view.facts =
                format!("Kubernetes 1.36 rules, seed {}", self.history.config().seed).into();
            view.notice = self.notice.clone();
            panels.is_text_stale = false;
        }
    }
}

impl Panels {
    fn new() -> Self {
        Self {
            cells: Cells::default(),
            tracks: Tracks::default(),
            faults: Faults::default(),
            is_text_stale: true,
            is_choice_stale: true,
            inspected_tick: 0,
            view: View {
                mode: StageMode::default(),
                stage: Rc::default(),
                nodes: Rc::new(Nodes::default()),
                crowd: Rc::default(),
                loupe: None,
                inspector: Rc::default(),
                transport: Rc::default(),
                timeline: Rc::default(),
                editor: Rc::default(),
                problems: Rc::default(),
                gallery: Rc::default(),
                faults: Rc::default(),
                announce: Rc::default(),
                facts: "".into(),
                notice: "".into(),
            },
        }
    }
}

/// A run whose cluster has booted and is quiet: the screen's clock shows 0:00.
fn settled(config: ClusterConfig) -> History {
    replayed(config, Vec::new())
}

/// The same, with inputs that are going to be given at their moments.
fn replayed(mut config: ClusterConfig, inputs: Vec<LoggedInput>) -> History {
    config.start_unix_micros =
        ClusterConfig::default().start_unix_micros - SETTLING.as_micros() as i64;
    let mut history = History::replaying(config, inputs);
    history.run_until(EPOCH, usize::MAX);
    history
}

fn scene<'a>(history: &'a History, buffer: &'a Buffer) -> Scene<'a> {
    Scene {
        world: history.shown(),
        record: history.record(),
        source: &buffer.source,
    }
}

/// Replaces a panel only if it changed.
fn put<T: PartialEq>(slot: &mut Rc<T>, build: impl FnOnce(&T) -> T) {
    let new = build(slot);
    if **slot != new {
        *slot = Rc::new(new);
    }
}
