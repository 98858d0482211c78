//! The five lanes, and the flight of a cell from one to the next.

use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use podarium::session::Action;
use podarium::session::view::Text;
use podarium::session::view::crowd::Loupe;
use podarium::session::view::stage::{Detail, LaneKind, Stage};
use web_sys::Element;
use yew::prelude::*;

use super::lane::LaneRow;
use super::pace;
use crate::web::dispatch::use_dispatch;
use crate::web::flip::{self, Rects};
use crate::web::focus;

/// The lanes of the life cycle.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub stage: Rc<Stage>,
    /// Whether cells may fly at the speed of the moment.
    pub animate: bool,
    /// The glyph that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on.
    pub dark: bool,
}

/// The lanes of the life cycle.
pub struct Lanes {
    root: NodeRef,
    /// What is drawn: the stage of the properties, or a step on the way to it.
    shown: Rc<Stage>,
    /// The frame in which the next step is drawn.
    next: Option<AnimationFrame>,
    /// Where the cells stood before this rendering, if some are to fly.
    before: Rects,
    /// The cell with the keyboard focus before this rendering.
    focused: Option<String>,
    /// The cell that Tab reaches.
    stop: Option<Text>,
}

/// What happens inside.
pub enum Message {
    /// A cell took the focus.
    Focused(String),
    /// More cells can be drawn.
    Next,
}

impl Component for Lanes {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            root: NodeRef::default(),
            shown: Rc::clone(&ctx.props().stage),
            next: None,
            before: Rects::new(),
            focused: None,
            stop: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let Message::Focused(uid) = message else {
            self.show(ctx);
            return true;
        };
        let new = cells(&ctx.props().stage)
            .find(|(found, _)| ***found == *uid)
            .map(|(found, _)| found.clone());
        let changed = new != self.stop;
        self.stop = new;
        changed
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        if Rc::ptr_eq(&new.stage, &old.stage) {
            return new != old;
        }
        self.show(ctx);
        true
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        let Some(root) = self.root.cast::<Element>() else {
            return;
        };
        if !self.before.is_empty() {
            flip::play(&root, &std::mem::take(&mut self.before));
        }
        // A cell that changes its lane is a new element there; the focus goes with it.
        if let Some(uid) = self.focused.take() {
            focus::focus_uid(&root, &uid);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (stage, props) = (&self.shown, ctx.props());
        let selected = stage.selected.as_ref().map(|key| key.uid.clone());
        let stop = self
            .stop
            .clone()
            .filter(|stop| cells(stage).any(|(uid, _)| uid == stop))
            .or_else(|| cells(stage).next().map(|(uid, _)| uid.clone()));
        let compact = stage.lanes.iter().any(|lane| lane.detail > Detail::Full);
        let large = stage.lanes.iter().all(|lane| lane.detail == Detail::Large);
        let class = classes!(
            "lanes",
            large.then_some("lanes--large"),
            compact.then_some("lanes--compact")
        );
        let onfocusin = ctx
            .link()
            .batch_callback(|event: FocusEvent| focus::uid_of(&event).map(Message::Focused));
        let root = self.root.clone();
        let onkeydown = move |event: KeyboardEvent| {
            if let Some(root) = root.cast::<Element>() {
                focus::roam(&root, &event);
            }
        };
        html! {
            <div {class} ref={self.root.clone()} {onfocusin} {onkeydown}>
                { for stage.lanes.iter().map(|lane| html! {
                    <LaneRow key={lane_name(lane.kind)} lane={lane.clone()} selected={selected.clone()} stop={stop.clone()}
                        selected_number={stage.selected_number} loupe={props.loupe.clone()} dark={props.dark} />
                }) }
                if stage.lanes.iter().all(|lane| lane.count() == 0 && lane.ghosts.is_empty()) {
                    <Nothing />
                }
            </div>
        }
    }
}

impl Lanes {
    /// Goes a step towards the stage of the properties.
    fn show(&mut self, ctx: &Context<Self>) {
        let wanted = &ctx.props().stage;
        let (shown, moves) = pace::next(&self.shown, wanted);
        if let Some(root) = self.root.cast::<Element>()
            && moves
        {
            self.focused = focus::focused_uid(&root);
            let few =
                wanted.lanes.iter().map(|lane| lane.count()).sum::<usize>() <= flip::MOST_FLYING;
            if ctx.props().animate && few {
                self.before = flip::measure(&root);
            }
        }
        self.next = (!Rc::ptr_eq(&shown, wanted)).then(|| {
            let link = ctx.link().clone();
            request_animation_frame(move |_| link.send_message(Message::Next))
        });
        self.shown = shown;
    }
}

/// What stands on an empty stage: what to do first.
#[function_component]
fn Nothing() -> Html {
    let dispatch = use_dispatch();
    let apply = move |_| dispatch.act.emit(Action::Apply);
    html! {
        <div class="stage__none">
            <b>{ "No pods yet" }</b>
            <p>{ "Apply the manifest, and watch them come." }</p>
            <button type="button" class="btn btn--primary" onclick={apply}>{ "Apply" }</button>
        </div>
    }
}

/// The value of `data-lane`.
pub const fn lane_name(kind: LaneKind) -> &'static str {
    match kind {
        LaneKind::Pending => "pending",
        LaneKind::Creating => "creating",
        LaneKind::Running => "running",
        LaneKind::Terminating => "terminating",
        LaneKind::Done => "done",
    }
}

/// Each pod with its place: lane and zone.
fn cells(stage: &Stage) -> impl Iterator<Item = (&Text, pace::Place)> {
    pace::cells(stage).map(|(cell, place)| (&cell.key.uid, place))
}
