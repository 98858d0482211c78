//! The root of the screen: holds the session, drives it frame by frame, and hands each panel its view model.

use std::rc::Rc;
use std::time::Duration;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::utils::{document, window};
use podarium::kernel::SimTime;
use podarium::session::view::inspector::{Body, Inspector, StoryStep};
use podarium::session::view::transport::Speed;
use podarium::session::{Action, Session, View};
use wasm_bindgen::JsCast;
use web_sys::IdleDeadline;
use yew::prelude::*;

use super::bindings::{self, Unpacker};
use super::dispatch::{Dispatch, NarrowTab, Sheet, UiMessage};
use super::editor::{EditorPanel, Reveal};
use super::glyph::icon;
use super::inspector::InspectorPanel;
use super::keys;
use super::narrow::NarrowTabs;
use super::sheet::SheetDialog;
use super::stage::StagePanel;
use super::theme;
use super::timeline::Tracks;
use super::topbar::TopBar;
use super::transport::TransportBar;
use super::warm_up::{WarmUp, when_idle};

/// How long the simulation may take of a frame; the rest belongs to drawing.
const FRAME_SHARE_MILLIS: f64 = 8.0;
/// After at most so many events the simulation looks at the clock.
const SLICE_EVENTS: u32 = 32;
/// After events that took longer than this, it looks after the next one.
const SHORT_SLICE_MILLIS: f64 = 0.5;
/// A frame that took longer than this had too much to draw.
const LONG_FRAME_MILLIS: f64 = 40.0;

/// The app.
pub struct App {
    session: Session,
    view: View,
    ui: Ui,
    dispatch: Dispatch,
    frame: Option<AnimationFrame>,
    last_frame_millis: Option<f64>,
    /// A moment asked for since the last frame: only the newest wish counts.
    seek: Option<SimTime>,
    /// When the drawing of the frame began that is under way.
    drawing_from: Option<f64>,
    program: Program,
    warm_up: Option<WarmUp>,
    _keys: EventListener,
    _links: EventListener,
}

/// How much of the program is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    /// What the opening scenario needs.
    First,
    /// The rest is on its way.
    Loading,
    /// All of it.
    Complete,
}

impl Program {
    /// Whether an action must wait for the rest: because it needs it, or comes after one that does.
    fn delays(self, action: &Action) -> bool {
        match self {
            Self::First => action.needs_more(),
            Self::Loading => true,
            Self::Complete => false,
        }
    }
}

/// What concerns the screen alone.
struct Ui {
    tab: NarrowTab,
    sheet: Option<Sheet>,
    dark: bool,
    editor_open: bool,
    tracks_open: bool,
    faults_open: bool,
    reveal: Reveal,
    /// Rises each time the story is asked for by key.
    why: u32,
    /// What a link to the moment shown stands for, and the run as a table, while a sheet hands them out.
    shared: [Rc<str>; 2],
}

/// What the root is told.
pub enum Message {
    /// For the session.
    Act(Action),
    /// All of the program is there, and this is for the session; or why it is not.
    HasMore(Result<Action, String>),
    /// For the screen.
    Ui(UiMessage),
    /// A key that is nobody else's.
    Key(KeyboardEvent),
    /// A frame begins, at this time of the page in milliseconds.
    Frame(f64),
    /// The page is idle.
    Idle(IdleDeadline),
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let mut session = Session::new();
        let view = session.view();
        let link = ctx.link().clone();
        let options = EventListenerOptions::enable_prevent_default();
        let keys = EventListener::new_with_options(&document(), "keydown", options, move |event| {
            if let Some(event) = event.dyn_ref::<KeyboardEvent>()
                && keys::is_global(event)
            {
                event.prevent_default();
                link.send_message(Message::Key(event.clone()));
            }
        });
        let mut app = Self {
            session,
            view,
            ui: Ui {
                tab: NarrowTab::default(),
                sheet: None,
                dark: theme::is_dark(),
                editor_open: false,
                tracks_open: true,
                faults_open: false,
                reveal: Reveal::default(),
                why: 0,
                shared: Default::default(),
            },
            dispatch: Dispatch {
                act: ctx.link().callback(Message::Act),
                ui: ctx.link().callback(Message::Ui),
            },
            frame: None,
            last_frame_millis: None,
            seek: None,
            drawing_from: None,
            program: Program::First,
            warm_up: Some(WarmUp::default()),
            _keys: keys,
            _links: listen_to_links(ctx),
        };
        app.ask_for_frame(ctx);
        ask_for_idle(ctx);
        app
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Act(Action::Seek(moment)) => {
                self.seek = Some(moment);
                self.ask_for_frame(ctx);
                false
            }
            Message::Act(action) if self.program.delays(&action) => {
                self.program = Program::Loading;
                load_more(ctx, action);
                false
            }
            Message::HasMore(Ok(action)) => {
                self.program = Program::Complete;
                Component::update(self, ctx, Message::Act(action))
            }
            Message::HasMore(Err(trouble)) => {
                self.program = Program::First;
                let notice = format!("This part of Podarium could not be loaded: {trouble}.");
                Component::update(self, ctx, Message::Act(Action::Notify(notice.into())))
            }
            Message::Act(action) => {
                if action == Action::Apply {
                    self.warm_up = None;
                }
                self.session.update(action);
                self.ask_for_frame(ctx);
                self.refresh()
            }
            Message::Ui(UiMessage::CursorAt(line)) => {
                let step = step_of_line(&self.view.inspector, line);
                self.ui.follow_cursor(line, step)
            }
            Message::Ui(message) => {
                if message == UiMessage::ShowSheet(Some(Sheet::Share)) {
                    self.ui.shared = [self.session.share().into(), self.session.table().into()];
                }
                self.ui.update(message)
            }
            Message::Key(event) => {
                keys::global(&event, &self.view, &self.dispatch);
                false
            }
            Message::Frame(now_millis) => {
                self.frame = None;
                self.frame(now_millis);
                let changed = self.refresh();
                if self.view.transport.playing || self.view.transport.lagging {
                    self.ask_for_frame(ctx);
                } else {
                    self.last_frame_millis = None;
                }
                changed
            }
            Message::Idle(deadline) => {
                let goes_on = self
                    .warm_up
                    .as_mut()
                    .is_some_and(|run| run.go_on(&deadline));
                if goes_on {
                    ask_for_idle(ctx);
                } else {
                    self.warm_up = None;
                }
                false
            }
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        if let Some(before) = self.drawing_from.take() {
            bindings::measure("draw", before);
        }
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let (view, ui) = (&self.view, &self.ui);
        // Faster than this a flight would still be under way when the next one begins.
        let animate = view.transport.speed < Speed::Ten && view.transport.at_head();
        html! {
            <ContextProvider<Dispatch> context={self.dispatch.clone()}>
                <div class="app" data-tab={ui.tab.as_str()} data-paused={(!view.transport.playing).then_some("")}>
                    <a class="skip" href="#stage">{ "Skip to the stage" }</a>
                    <TopBar gallery={view.gallery.clone()} facts={view.facts.clone()} editor_open={ui.editor_open} />
                    if !view.notice.is_empty() {
                        <p class="notice" role="alert">{ &*view.notice }
                            <button type="button" class="btn btn--icon btn--small" aria-label="Close the notice"
                                onclick={self.dispatch.act.reform(|_| Action::DropNotice)}>{ icon("close") }</button></p>
                    }
                    <main class="bench" data-editor={ui.editor_open.then_some("open")}>
                        <EditorPanel editor={view.editor.clone()} problems={view.problems.clone()} reveal={ui.reveal.clone()} />
                        <StagePanel mode={view.mode} stage={view.stage.clone()} nodes={view.nodes.clone()} crowd={view.crowd.clone()}
                            loupe={view.loupe.clone()} dark={ui.dark} faults={view.faults.clone()} faults_open={ui.faults_open} {animate} />
                        <section class="panel time" aria-label="Time">
                            <TransportBar transport={view.transport.clone()} tracks_open={ui.tracks_open} />
                            if ui.tracks_open || ui.tab == NarrowTab::Time {
                                <Tracks timeline={view.timeline.clone()} dark={ui.dark} />
                            }
                        </section>
                        <InspectorPanel inspector={view.inspector.clone()} lit={ui.reveal.lines.clone()} why={ui.why} />
                        <NarrowTabs tab={ui.tab} mode={view.mode} />
                    </main>
                    <p class="vh" role="status" aria-live="polite"><span key={view.announce.serial}>{ &*view.announce.text }</span></p>
                    if let Some(sheet) = ui.sheet { <SheetDialog {sheet} shared={ui.shared.clone()} /> }
                </div>
            </ContextProvider<Dispatch>>
        }
    }
}

impl App {
    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Some(request_animation_frame(move |now| {
                link.send_message(Message::Frame(now));
            }));
        }
    }

    /// Lets the session do what is due in this frame, bit by bit until its share of the frame is over.
    fn frame(&mut self, now_millis: f64) {
        if let Some(moment) = self.seek.take() {
            self.session.update(Action::Seek(moment));
        }
        let elapsed_millis = now_millis - self.last_frame_millis.unwrap_or(now_millis);
        self.last_frame_millis = Some(now_millis);
        let begin = page_millis();
        // A long frame had too much to draw of what the simulation did in it.
        let share = if elapsed_millis > LONG_FRAME_MILLIS {
            FRAME_SHARE_MILLIS / 2.0
        } else {
            FRAME_SHARE_MILLIS
        };
        let mut elapsed = Duration::from_micros((elapsed_millis.max(0.0) * 1_000.0) as u64);
        let (mut slice, mut before) = (1, begin);
        loop {
            self.session.update(Action::Tick {
                elapsed,
                step_budget: slice,
            });
            elapsed = Duration::ZERO;
            let now = page_millis();
            if !self.session.is_behind() || now - begin >= share {
                break;
            }
            // Some events take a thousand times as long as others.
            slice = match now - before < SHORT_SLICE_MILLIS {
                true => (2 * slice).min(SLICE_EVENTS),
                false => 1,
            };
            before = now;
        }
        bindings::measure("engine", begin);
    }

    /// Takes the newest view; true if anything in it changed.
    fn refresh(&mut self) -> bool {
        let before = page_millis();
        let view = self.session.view();
        bindings::measure("view", before);
        let changed = view != self.view;
        if changed {
            self.view = view;
            self.drawing_from = Some(page_millis());
        }
        changed
    }
}

impl Ui {
    fn update(&mut self, message: UiMessage) -> bool {
        match message {
            UiMessage::Reveal(line) => {
                if line > 0 && !self.reveal.lines.contains(&line) {
                    self.light([line].into(), 0);
                }
                self.light(self.reveal.lines.clone(), self.reveal.step);
                self.reveal.focus = true;
                self.tab = NarrowTab::Yaml;
                self.editor_open = true;
            }
            UiMessage::Light(lines, step) => self.light(lines, step),
            // Answered above: it takes the story to know what it means.
            UiMessage::CursorAt(_) => return false,
            UiMessage::Why => {
                self.tab = NarrowTab::Inspect;
                self.why += 1;
            }
            UiMessage::ShowTab(tab) => self.tab = tab,
            UiMessage::ToggleEditor => self.editor_open = !self.editor_open,
            UiMessage::ToggleTimeline => self.tracks_open = !self.tracks_open,
            UiMessage::ShowSheet(sheet) => self.sheet = sheet,
            UiMessage::SwitchProjector => theme::switch_projector(),
            UiMessage::SwitchTheme => self.dark = theme::switch(),
            UiMessage::OpenFaults(open) => self.faults_open = open,
        }
        true
    }

    fn light(&mut self, lines: Rc<[u32]>, step: usize) {
        self.reveal = Reveal {
            scroll: true,
            focus: false,
            step,
            lines,
            serial: self.reveal.serial + 1,
        };
    }

    /// Lights up the line under the cursor if a step of the story read it, and puts the light out if none did.
    fn follow_cursor(&mut self, line: u32, step: Option<usize>) -> bool {
        let lines: Rc<[u32]> = step.map(|_| line).into_iter().collect();
        let changed = lines != self.reveal.lines;
        if changed {
            self.light(lines, step.unwrap_or(0));
            self.reveal.scroll = false;
        }
        changed
    }
}

/// Opens the link that the page was called with, and those that come into its address later.
fn listen_to_links(ctx: &Context<App>) -> EventListener {
    let act = ctx.link().callback(Message::Act);
    let unpacker = Unpacker::new(Box::new(move |text| act.emit(Action::Open(text.into()))));
    let look = move || {
        let fragment = window().location().hash().unwrap_or_default();
        if fragment.starts_with("#run=") {
            unpacker.unpack(&fragment);
        }
    };
    look();
    EventListener::new(&window(), "hashchange", move |_| look())
}

/// The newest step of the story that read a line, from 1.
fn step_of_line(inspector: &Inspector, line: u32) -> Option<usize> {
    let Inspector::Object(details) = inspector else {
        return None;
    };
    let Body::Story(story) = &details.body else {
        return None;
    };
    let reads = |step: &StoryStep| step.text.links.iter().any(|link| link.line == line);
    Some(story.steps.iter().position(reads)? + 1)
}

fn page_millis() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

fn ask_for_idle(ctx: &Context<App>) {
    let link = ctx.link().clone();
    when_idle(move |deadline| link.send_message(Message::Idle(deadline)));
}

/// Has the rest of the program loaded, then the action done.
fn load_more(ctx: &Context<App>, action: Action) {
    let link = ctx.link().clone();
    bindings::more(move |trouble| {
        let is_there = trouble.is_empty();
        link.send_message(Message::HasMore(if is_there {
            Ok(action)
        } else {
            Err(trouble)
        }));
    });
}
