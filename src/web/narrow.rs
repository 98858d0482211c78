//! The five tabs at the bottom of a narrow screen.

use podarium::session::Action;
use podarium::session::view::StageMode;
use yew::prelude::*;

use super::dispatch::{NarrowTab, UiMessage, use_dispatch};
use super::glyph::icon;
use super::keys::rove;

/// The tabs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The one that is shown.
    pub tab: NarrowTab,
}

const TABS: [(NarrowTab, &str, &str); 5] = [
    (NarrowTab::Yaml, "code", "YAML"),
    (NarrowTab::Stage, "panel", "Stage"),
    (NarrowTab::Nodes, "screen", "Nodes"),
    (NarrowTab::Inspect, "search", "Inspect"),
    (NarrowTab::Time, "step", "Time line"),
];

/// The tabs.
#[function_component]
pub fn NarrowTabs(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let tab = |(tab, mark, word): (NarrowTab, &'static str, &'static str)| {
        let dispatch = dispatch.clone();
        let chosen = tab == props.tab;
        let onclick = move |_| {
            match tab {
                NarrowTab::Stage => dispatch.act.emit(Action::SetMode(StageMode::LifeCycle)),
                NarrowTab::Nodes => dispatch.act.emit(Action::SetMode(StageMode::Nodes)),
                NarrowTab::Yaml | NarrowTab::Inspect | NarrowTab::Time => {}
            }
            dispatch.ui.emit(UiMessage::ShowTab(tab));
        };
        html! {
            <button type="button" role="tab" aria-selected={chosen.to_string()} tabindex={if chosen { "0" } else { "-1" }} {onclick}>{ icon(mark) }{ word }</button>
        }
    };
    html! {
        <div class="phonetabs" role="tablist" aria-label="Views" onkeydown={rove("[role=tab]")}>{ for TABS.into_iter().map(tab) }</div>
    }
}
