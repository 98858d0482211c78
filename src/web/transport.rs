//! The transport: play, step, clock, speed.

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::transport::{Speed, Transport};
use yew::prelude::*;

use super::dispatch::{UiMessage, use_dispatch};
use super::glyph::icon;
use super::keys::rove;

/// The transport bar.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to show.
    pub transport: Rc<Transport>,
    /// Whether the tracks are shown.
    pub tracks_open: bool,
}

/// The transport bar.
#[function_component]
pub fn TransportBar(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let transport = &props.transport;
    let send = |action: Action| {
        let act = dispatch.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(action.clone()))
    };
    let playing = transport.playing;
    let fold = {
        let ui = dispatch.ui.clone();
        move |_| ui.emit(UiMessage::ToggleTimeline)
    };
    html! {
        <div class="transport" role="toolbar" aria-label="Transport">
            <button type="button" class="btn btn--icon" aria-label="Event before" title="Event before (,)" disabled={!transport.can_step_back}
                onclick={send(Action::StepBack)}>{ icon("back") }</button>
            <button type="button" class="play" aria-label={if playing { "Pause" } else { "Play" }} title="Play or pause (Space)"
                onclick={send(if playing { Action::Pause } else { Action::Play })}>{ icon(if playing { "pause" } else { "play" }) }</button>
            <button type="button" class="btn btn--icon" aria-label="Next event" title="Next event (.)" disabled={!transport.can_step}
                onclick={send(Action::Step)}>{ icon("step") }</button>
            <Clock transport={transport.clone()} />
            <SpeedChoice speed={transport.speed} />
            <span class="transport__word nowrap">{ word(transport) }</span>
            <span class="dim nowrap next-ev">{ &*transport.next_event }</span>
            <span class="grow"></span>
            if !transport.at_head() {
                <button type="button" class="btn btn--line transport__fork" title="Forget what came later and go on from here (B)"
                    onclick={send(Action::Fork)}>{ icon("fork") }<span class="lbl">{ "Fork from here" }</span></button>
                <button type="button" class="btn" title="To the newest moment (End)" onclick={send(Action::Seek(transport.head))}>
                    { icon("step") }<span class="lbl">{ "Newest" }</span></button>
            }
            <button type="button" class="btn transport__again" title="Run the scenario from the start" onclick={send(Action::Restart)}>
                { icon("again") }<span class="lbl">{ "Start over" }</span></button>
            <button type="button" class="btn btn--icon transport__fold" aria-label="Time line" aria-expanded={props.tracks_open.to_string()} aria-controls="tracks"
                onclick={fold}>{ icon(if props.tracks_open { "down" } else { "up" }) }</button>
        </div>
    }
}

fn word(transport: &Transport) -> Html {
    if let Some(behind) = &transport.behind {
        html! { <b class="badge-paused">{ &**behind }</b> }
    } else if transport.lagging {
        html! { <b class="badge-paused">{ "As fast as this machine can" }</b> }
    } else if !transport.playing {
        html! { <b class="badge-paused">{ "Paused" }</b> }
    } else {
        html! {}
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ClockProps {
    transport: Rc<Transport>,
}

/// Alone so that only these two texts change with every frame.
#[function_component]
fn Clock(props: &ClockProps) -> Html {
    let text = props.transport.now.to_string();
    let (whole, millis) = text.split_at(text.len().saturating_sub(4));
    html! {
        <span class="clock" role="timer" aria-live="off" aria-label="Simulated time">{ whole }<small>{ millis }</small></span>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SpeedProps {
    speed: Speed,
}

#[function_component]
fn SpeedChoice(props: &SpeedProps) -> Html {
    let dispatch = use_dispatch();
    html! {
        <div class="seg-ctl speed" role="radiogroup" aria-label="Speed" onkeydown={rove("[role=radio]")}>
            { for Speed::ALL.into_iter().map(|speed| {
                let act = dispatch.act.clone();
                let chosen = speed == props.speed;
                html! {
                    <button type="button" role="radio" aria-checked={chosen.to_string()} tabindex={if chosen { "0" } else { "-1" }}
                        onclick={move |_| act.emit(Action::SetSpeed(speed))}>{ speed.label() }</button>
                }
            }) }
        </div>
    }
}
