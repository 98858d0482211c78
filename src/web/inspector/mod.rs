//! The inspector: the object that is selected, or the cluster in a few lines.

mod body;
mod scheduling;
mod story;

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::State;
use podarium::session::view::inspector::{
    Condition, Container, Details, Fact, Inspector, Overview, Presence, Tab, Verdict,
};
use podarium::session::view::stage::Countdown;
use web_sys::Element;
use yew::prelude::*;

use super::dispatch::{Dispatch, NarrowTab, UiMessage, use_dispatch};
use super::focus::all;
use super::glyph::{glyph, icon, symbol};
use super::keys::rove;
use story::STEPS;

/// The right panel.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to show.
    pub inspector: Rc<Inspector>,
    /// The lines of the editor that are lit up.
    pub lit: Rc<[u32]>,
    /// Rises when the story is to take the focus.
    pub why: u32,
}

/// The right panel.
#[function_component]
pub fn InspectorPanel(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let root = use_node_ref();
    use_effect_with(props.why, {
        let root = root.clone();
        move |why| {
            if *why > 0
                && let Some(root) = root.cast::<Element>()
                && let Some(step) = all(&root, STEPS).first()
            {
                // Focus on an element of the page cannot fail.
                let _focused = step.focus();
            }
        }
    });
    html! {
        <aside class="panel inspector" id="inspector" aria-label="Inspector" ref={root}>
            { match &*props.inspector {
                Inspector::Overview(overview) => self::overview(overview, &dispatch),
                Inspector::Object(details) => self::details(details, &props.lit, &dispatch),
            } }
        </aside>
    }
}

fn overview(overview: &Overview, dispatch: &Dispatch) -> Html {
    html! {
        <div class="insp-head insp-head--overview">
            <h2>{ "In the cluster" }</h2>
            <p>{ if overview.rows.is_empty() { "Nothing yet. Write a manifest and apply it." } else { "Select a pod on the stage, or one of these." } }</p>
            <ul class="objects">
                { for overview.rows.iter().map(|row| {
                    let (key, dispatch) = (row.key.clone(), dispatch.clone());
                    html! {
                        <li key={&*row.key.uid}><button type="button" class="object" data-state={row.state.as_str()} onclick={move |_| dispatch.select(&key)}>
                            { glyph(row.state) }<span><small>{ &*row.key.kind }</small><b>{ &*row.key.name }</b></span><em>{ &*row.text }</em>
                        </button></li>
                    }
                }) }
            </ul>
        </div>
    }
}

fn details(details: &Details, lit: &[u32], dispatch: &Dispatch) -> Html {
    html! {
        <>
            { head(details, dispatch) }
            if !details.facts.is_empty() {
                <dl class="facts">{ for details.facts.iter().map(fact) }</dl>
            }
            { for details.countdown.iter().map(|countdown| due(countdown, &details.countdown_note)) }
            if !details.conditions.is_empty() {
                <section class="block"><h3>{ "Conditions" }</h3><ul class="conds">{ for details.conditions.iter().map(condition) }</ul></section>
            }
            if !details.containers.is_empty() {
                <section class="block"><h3>{ "Containers" }</h3>{ for details.containers.iter().map(container) }</section>
            }
            { tabs(details, dispatch) }
            <div class="tabbody" role="tabpanel" id="insp-body" tabindex="0" aria-label={details.body.tab().word()}>
                { body::draw(&details.body, lit, dispatch) }
            </div>
        </>
    }
}

fn head(details: &Details, dispatch: &Dispatch) -> Html {
    let close = {
        let dispatch = dispatch.clone();
        move |_| {
            dispatch.act.emit(Action::Select(None));
            dispatch.ui.emit(UiMessage::ShowTab(NarrowTab::Stage));
        }
    };
    let delete = {
        let (key, act) = (details.key.clone(), dispatch.act.clone());
        move |_| act.emit(Action::Delete(key.clone()))
    };
    html! {
        <div class="insp-head" data-state={details.state.as_str()}>
            <div class="crumb">
                { for details.crumbs.iter().enumerate().map(|(index, crumb)| {
                    let word = &*crumb.kind;
                    let last = index + 1 == details.crumbs.len();
                    html! { <>
                        if index > 0 { { icon("right") } }
                        { match crumb.key.clone().filter(|_| !last) {
                            Some(key) => {
                                let dispatch = dispatch.clone();
                                let label = format!("{word} {}", key.name);
                                html! { <button type="button" class="crumb__up" aria-label={label} onclick={move |_| dispatch.select(&key)}>{ word }</button> }
                            }
                            None => html! { <span>{ word }</span> },
                        } }
                    </> }
                }) }
                <span class="grow"></span>
                if details.can_delete {
                    <button type="button" class="btn btn--small" title={format!("kubectl delete {} {}", details.key.kind.to_ascii_lowercase(), details.key.name)} onclick={delete}>{ "Delete" }</button>
                }
                <button type="button" class="btn btn--icon btn--small" aria-label="Close the inspector" onclick={close}>{ icon("close") }</button>
            </div>
            <h2>{ breakable(&details.key.name) }</h2>
            <div class="big">{ glyph(details.state) }<b data-long={(details.status.len() > 16).then_some("")}>{ &*details.status }</b></div>
            { match details.presence {
                Presence::There => html! {},
                Presence::NotYet => html! { <p>{ "At this moment it does not exist." }</p> },
                Presence::Gone => html! { <p>{ "It is gone. This is its last story." }</p> },
            } }
        </div>
    }
}

/// A long name may break after its hyphens.
fn breakable(name: &str) -> Html {
    name.split_inclusive('-')
        .map(|part| html! { <>{ part }<wbr /></> })
        .collect()
}

fn fact(fact: &Fact) -> Html {
    html! {
        <div><dt>{ &*fact.name }</dt><dd>{ &*fact.value }if !fact.note.is_empty() { <small>{ " " }{ &*fact.note }</small> }</dd></div>
    }
}

fn due(countdown: &Countdown, note: &str) -> Html {
    let passed = 100 - countdown.percent_left.min(100);
    html! {
        <div class="due" data-state={State::Failing.as_str()}>
            <p><b>{ &*countdown.label }</b><span>{ note }</span></p>
            <div class="meter" role="progressbar" aria-label={countdown.label.to_string()} aria-valuemin="0" aria-valuemax="100" aria-valuenow={passed.to_string()}>
                <i style={format!("width:{passed}%")}></i>
            </div>
        </div>
    }
}

fn condition(condition: &Condition) -> Html {
    let (ok, state, mark) = match condition.verdict {
        Verdict::Good => ("yes", State::Ready, glyph(State::Ready)),
        Verdict::Bad => ("no", State::Failing, symbol("#g-no", "g", "0 0 24 24")),
        Verdict::Later => ("later", State::Pending, glyph(State::Pending)),
    };
    html! {
        <li data-ok={ok} data-state={state.as_str()} title={(!condition.detail.is_empty()).then(|| condition.detail.to_string())}>
            { mark }{ &*condition.name }<span class="vh">{ ": " }{ &*condition.status }</span>
        </li>
    }
}

fn container(container: &Container) -> Html {
    html! {
        <div class="ctr" data-state={container.state.as_str()}>
            <b>{ &*container.name }</b><span class="chip">{ &*container.word }</span><small>{ &*container.detail }</small>
            { for container.probes.iter().map(|probe| html! { <small>{ &**probe }</small> }) }
        </div>
    }
}

fn tabs(details: &Details, dispatch: &Dispatch) -> Html {
    let open = details.body.tab();
    let tab = |tab: Tab| {
        let act = dispatch.act.clone();
        let chosen = tab == open;
        html! {
            <button type="button" role="tab" aria-selected={chosen.to_string()} aria-controls="insp-body" tabindex={if chosen { "0" } else { "-1" }}
                onclick={move |_| act.emit(Action::OpenTab(tab))}>{ tab.word() }</button>
        }
    };
    html! {
        <div class="tabs" role="tablist" aria-label="Details" onkeydown={rove("[role=tab]")}>{ for details.tabs.iter().copied().map(tab) }</div>
    }
}
