//! The parts of the time line that are no canvas: the names, and the slider of the moment shown.

use std::rc::Rc;
use std::time::Duration;

use podarium::kernel::SimTime;
use podarium::session::Action;
use podarium::session::view::timeline::Track;
use yew::prelude::*;

use super::axis::Axis;
use crate::web::dispatch::use_dispatch;
use crate::web::glyph::glyph;

/// The name of a track.
#[derive(Clone, PartialEq, Properties)]
pub struct NameProps {
    /// The pod.
    pub track: Rc<Track>,
    /// Whether the inspector shows it.
    pub selected: bool,
}

/// The name of a track, a button that selects its pod.
#[function_component]
pub fn Name(props: &NameProps) -> Html {
    let dispatch = use_dispatch();
    let track = &props.track;
    let onclick = {
        let key = track.key.clone();
        move |_| dispatch.select(&key)
    };
    html! {
        <li><button type="button" class="track" data-state={track.state.as_str()} aria-pressed={props.selected.to_string()}
            title={track.key.name.to_string()} tabindex="-1" {onclick}><span class="vh">{ &*track.label }</span>{ glyph(track.state) }<span class="track__name" aria-hidden="true"><bdi dir="ltr">{ &*track.name }</bdi></span></button></li>
    }
}

/// The moment shown, on its axis.
#[derive(Clone, Copy, PartialEq, Properties)]
pub struct NowProps {
    /// The moment shown.
    pub now: SimTime,
    /// The newest moment.
    pub head: SimTime,
    /// Left end of the axis.
    pub from: SimTime,
    /// Right end of the axis.
    pub to: SimTime,
}

/// The moment shown: a slider that the keyboard moves too.
#[function_component]
pub fn Now(props: &NowProps) -> Html {
    let dispatch = use_dispatch();
    let NowProps {
        now,
        head,
        from,
        to,
    } = *props;
    let onkeydown = move |event: KeyboardEvent| {
        let (second, ten) = (Duration::from_secs(1), Duration::from_secs(10));
        let moment = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now - second,
            "ArrowRight" | "ArrowUp" => now + second,
            "PageDown" => now - ten,
            "PageUp" => now + ten,
            "Home" => SimTime::ZERO,
            "End" => head,
            _ => return,
        };
        event.prevent_default();
        dispatch.act.emit(Action::Seek(moment));
    };
    let text = now.to_string();
    let percent = Axis {
        left: 0.0,
        width: 100.0,
        from,
        to,
    }
    .place(now)
    .clamp(0.0, 100.0);
    html! {
        <div class="now" style={format!("left:{percent:.3}%")} role="slider" tabindex="0" aria-label="Moment shown" aria-valuemin="0"
            aria-valuemax={head.as_secs().to_string()} aria-valuenow={now.as_secs().to_string()} aria-valuetext={text.clone()} {onkeydown}>
            <b data-side={edge(percent)}>{ text.get(..text.len().saturating_sub(2)).unwrap_or_default() }</b>
        </div>
    }
}

/// The flag of the slider leans inwards at the ends of the axis.
fn edge(percent: f64) -> Option<&'static str> {
    match percent {
        percent if percent < 6.0 => Some("right"),
        percent if percent > 94.0 => Some("left"),
        _ => None,
    }
}
