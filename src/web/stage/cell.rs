//! A pod on the stage, as a full cell or, in a crowded lane, as a pill.

use std::rc::Rc;

use podarium::session::view::stage::{Detail, PodCell, ProbePips, Segment};
use podarium::session::view::{RichText, State};
use yew::prelude::*;

use super::dial::{dial, shows_number};
use crate::web::dispatch::use_dispatch;
use crate::web::glyph::{glyph, icon, symbol};

/// One pod.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The pod.
    pub cell: Rc<PodCell>,
    /// Whether the inspector shows it.
    pub selected: bool,
    /// Whether Tab stops here: one stop for the whole stage.
    pub tab_stop: bool,
    /// How much to show.
    pub detail: Detail,
}

/// One pod, a button that selects it.
#[function_component]
pub fn Cell(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let cell = &props.cell;
    let onclick = {
        let key = cell.key.clone();
        move |_| dispatch.select(&key)
    };
    let pill = props.detail == Detail::Pill;
    html! {
        <button type="button" class={if pill { "podlet" } else { "pod" }} data-state={cell.state.as_str()}
            data-uid={cell.key.uid.to_string()} aria-pressed={props.selected.to_string()}
            tabindex={if props.tab_stop { "0" } else { "-1" }} {onclick}>
            <span class="vh">{ &*cell.label }</span>
            if pill {
                { glyph(cell.state) }<span aria-hidden="true">{ &*cell.name_suffix }</span><em aria-hidden="true">{ pill_word(cell) }</em>
            } else {
                { full(cell, extra(cell, props.detail)) }
            }
        </button>
    }
}

/// The newest decision about a pod, where there is room for it and it does not stand beside the cell anyway.
fn extra(cell: &PodCell, detail: Detail) -> Html {
    let is_beside = cell.state == State::Pending || cell.creation.is_some() || cell.grace.is_some();
    if is_beside || detail != Detail::Large || cell.sentence.runs.is_empty() {
        return Html::default();
    }
    html! { <span class="pod__extra">{ words(&cell.sentence) }</span> }
}

/// A sentence without its emphasis and its links.
pub fn words(text: &RichText) -> Html {
    text.runs.iter().map(|run| html! { &*run.text }).collect()
}

fn pill_word(cell: &PodCell) -> &str {
    if cell.is_ready {
        &cell.ready
    } else {
        &cell.status
    }
}

/// All that a cell shows, with something more at its end.
pub fn full(cell: &PodCell, extra: Html) -> Html {
    let status_class = classes!(
        "pod__status",
        (cell.status.len() > 20).then_some("pod__status--long")
    );
    let shows_ready = &*cell.status == "Running";
    html! {
        <>
            { dial(&cell.dial, cell.state) }
            <span class="pod__body" aria-hidden="true">
                <span class="pod__name">
                    <span class="pod__prefix">{ &*cell.name_prefix }</span><span class="pod__suffix">{ &*cell.name_suffix }</span>
                    { symbol(&["#q-", cell.qos.as_str()].concat(), "qos", "0 0 10 10") }
                </span>
                <span class="pod__line">
                    if shows_number(&cell.dial) { { glyph(cell.state) } }
                    <span class={status_class}>
                        { &*cell.status }
                        if shows_ready { { " " }{ &*cell.ready } }
                    </span>
                </span>
                <span class="pod__line pod__line--segs">
                    <span class="segs">{ for cell.segments.iter().map(segment) }</span>
                    { for cell.pips.iter().take(2).map(pips) }
                </span>
                { extra }
            </span>
            if cell.restarts > 0 {
                <span class="tab-restart" aria-hidden="true">{ icon("again") }{ cell.restarts }</span>
            }
            if !cell.node.is_empty() {
                <span class="tab-node" aria-hidden="true">{ &*cell.node }</span>
            }
        </>
    }
}

fn segment(segment: &Segment) -> Html {
    html! { <i class="seg" data-kind={segment.kind.as_str()} data-state={segment.state.as_str()}></i> }
}

/// The letter of the probe, then its last results; places not yet filled stay rings.
fn pips(pips: &ProbePips) -> Html {
    let places = usize::from(pips.threshold).max(pips.results.len());
    let last = pips.results.len().wrapping_sub(1);
    let letter = pips.probe.word().get(..1).unwrap_or_default();
    html! {
        <span class="pips">
            <span>{ letter }</span>
            { for (0..places).map(|index| {
                let kind = match pips.results.get(index) {
                    Some(true) => Some("pip--ok"),
                    Some(false) => Some("pip--bad"),
                    None => None,
                };
                let now = index == last;
                // A new key makes a new element, whose pulse runs once.
                let key = if now { format!("now-{}", pips.serial) } else { index.to_string() };
                html! { <i {key} class={classes!("pip", kind, now.then_some("pip--now"))}></i> }
            }) }
        </span>
    }
}
