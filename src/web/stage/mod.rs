//! The Stage panel: its bar, and the lanes, the nodes or the crowd under it.

mod cell;
mod creation;
mod crowd;
mod dial;
pub mod field;
mod grace;
mod lane;
mod lanes;
mod pace;
pub mod plan;
mod shapes;

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::crowd::{Crowd, Loupe};
use podarium::session::view::faults::FaultMenu;
use podarium::session::view::nodes::Nodes;
use podarium::session::view::stage::Stage;
use podarium::session::view::{StageMode, State};
use yew::prelude::*;

use super::dispatch::{Sheet, UiMessage, use_dispatch};
use super::faults::FaultsButton;
use super::glyph::glyph;
use super::keys::rove;
use super::nodes::NodesPanel;
use crowd::CrowdPanel;
use lanes::Lanes;

/// The modes, with the names of their tabs on the page and on the screen.
const MODES: [(StageMode, &str, &str); 3] = [
    (StageMode::LifeCycle, "mode-life", "Life cycle"),
    (StageMode::Nodes, "mode-nodes", "Nodes"),
    (StageMode::Crowd, "mode-crowd", "Crowd"),
];

/// The middle panel.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Lanes, nodes or the crowd.
    pub mode: StageMode,
    /// The lanes.
    pub stage: Rc<Stage>,
    /// The nodes.
    pub nodes: Rc<Nodes>,
    /// The crowd.
    pub crowd: Rc<Crowd>,
    /// The glyph that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on.
    pub dark: bool,
    /// What one may break.
    pub faults: Rc<FaultMenu>,
    /// Whether the faults menu is open.
    pub faults_open: bool,
    /// Whether cells may fly between lanes at this speed.
    pub animate: bool,
}

/// The middle panel.
#[function_component]
pub fn StagePanel(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let mode = props.mode;
    let summary = match mode {
        StageMode::LifeCycle => &props.stage.summary,
        StageMode::Nodes => &props.nodes.summary,
        StageMode::Crowd => &props.crowd.summary,
    };
    let tab = |(this, id, word): (StageMode, &'static str, &'static str)| {
        let act = dispatch.act.clone();
        html! {
            <button type="button" role="tab" {id} aria-controls="stage-view" aria-selected={(mode == this).to_string()}
                tabindex={if mode == this { "0" } else { "-1" }} onclick={move |_| act.emit(Action::SetMode(this))}>
                { word }
            </button>
        }
    };
    let legend = {
        let ui = dispatch.ui.clone();
        move |_| ui.emit(UiMessage::ShowSheet(Some(Sheet::Legend)))
    };
    let (loupe, dark) = (props.loupe.clone(), props.dark);
    let shown = MODES.iter().find(|(this, _, _)| *this == mode);
    let view = match mode {
        StageMode::LifeCycle => {
            html! { <Lanes stage={props.stage.clone()} animate={props.animate} {loupe} {dark} /> }
        }
        StageMode::Nodes => {
            html! { <NodesPanel nodes={props.nodes.clone()} animate={props.animate} {loupe} {dark} /> }
        }
        StageMode::Crowd => html! { <CrowdPanel crowd={props.crowd.clone()} {loupe} {dark} /> },
    };
    html! {
        <section class="panel stage" id="stage" aria-label="Stage" tabindex="-1">
            <div class="panelbar">
                <div class="seg-ctl" role="tablist" aria-label="Stage mode" onkeydown={rove("[role=tab]")}>
                    { for MODES.into_iter().map(tab) }
                </div>
                <span class="dim nowrap stage-sum">{ &**summary }</span>
                <span class="grow"></span>
                <button type="button" class="btn stage-key" aria-haspopup="dialog" onclick={legend}>
                    { glyph(State::Ready) }{ "Key" }
                </button>
                <FaultsButton menu={props.faults.clone()} open={props.faults_open} />
            </div>
            <div class="stage__view" id="stage-view" role="tabpanel" aria-labelledby={shown.map(|(_, id, _)| *id)}>{ view }</div>
        </section>
    }
}
