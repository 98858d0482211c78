//! The Stage panel: its bar, and the lanes or the nodes under it.

mod cell;
mod creation;
mod dial;
mod grace;
mod lane;
mod lanes;
mod pace;

use std::rc::Rc;

use podarium::session::Action;
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
use lanes::Lanes;

/// The middle panel.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Lanes or nodes.
    pub mode: StageMode,
    /// The lanes.
    pub stage: Rc<Stage>,
    /// The nodes.
    pub nodes: Rc<Nodes>,
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
    };
    let tab = |this: StageMode, word: &'static str| {
        let act = dispatch.act.clone();
        html! {
            <button type="button" role="tab" id={format!("mode-{word}")} aria-controls="stage-view" aria-selected={(mode == this).to_string()}
                tabindex={if mode == this { "0" } else { "-1" }} onclick={move |_| act.emit(Action::SetMode(this))}>
                { if this == StageMode::LifeCycle { "Life cycle" } else { "Nodes" } }
            </button>
        }
    };
    let legend = {
        let ui = dispatch.ui.clone();
        move |_| ui.emit(UiMessage::ShowSheet(Some(Sheet::Legend)))
    };
    let shown = if mode == StageMode::LifeCycle {
        "mode-life"
    } else {
        "mode-nodes"
    };
    html! {
        <section class="panel stage" id="stage" aria-label="Stage" tabindex="-1">
            <div class="panelbar">
                <div class="seg-ctl" role="tablist" aria-label="Stage mode" onkeydown={rove("[role=tab]")}>
                    { tab(StageMode::LifeCycle, "life") }
                    { tab(StageMode::Nodes, "nodes") }
                </div>
                <span class="dim nowrap stage-sum">{ &**summary }</span>
                <span class="grow"></span>
                <button type="button" class="btn stage-key" aria-haspopup="dialog" onclick={legend}>
                    { glyph(State::Ready) }{ "Key" }
                </button>
                <FaultsButton menu={props.faults.clone()} open={props.faults_open} />
            </div>
            <div class="stage__view" id="stage-view" role="tabpanel" aria-labelledby={shown}>
                if mode == StageMode::LifeCycle {
                    <Lanes stage={props.stage.clone()} animate={props.animate} />
                } else {
                    <NodesPanel nodes={props.nodes.clone()} />
                }
            </div>
        </section>
    }
}
