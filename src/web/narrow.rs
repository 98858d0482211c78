//! The tabs at the bottom of a narrow screen.

use podarium::session::Action;
use podarium::session::view::StageMode;
use yew::prelude::*;

use super::dispatch::{NarrowTab, UiMessage, use_dispatch};
use super::glyph::icon;
use super::keys::rove;

/// The tabs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The panel that is shown.
    pub tab: NarrowTab,
    /// What the stage shows.
    pub mode: StageMode,
}

/// Each mode of the stage has a tab.
const TABS: [(NarrowTab, Option<StageMode>, &str, &str); 6] = [
    (NarrowTab::Yaml, None, "code", "YAML"),
    (
        NarrowTab::Stage,
        Some(StageMode::LifeCycle),
        "panel",
        "Stage",
    ),
    (NarrowTab::Stage, Some(StageMode::Nodes), "screen", "Nodes"),
    (NarrowTab::Stage, Some(StageMode::Crowd), "grid", "Crowd"),
    (NarrowTab::Inspect, None, "search", "Inspect"),
    (NarrowTab::Time, None, "step", "Time line"),
];

/// The tabs.
#[function_component]
pub fn NarrowTabs(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let tab = |(tab, mode, mark, word): (
        NarrowTab,
        Option<StageMode>,
        &'static str,
        &'static str,
    )| {
        let dispatch = dispatch.clone();
        let chosen = tab == props.tab && mode.is_none_or(|mode| mode == props.mode);
        let onclick = move |_| {
            if let Some(mode) = mode {
                dispatch.act.emit(Action::SetMode(mode));
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
