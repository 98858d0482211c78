//! The parts of the time line that are no canvas: the names, and the slider of the moment shown.

use std::rc::Rc;
use std::time::Duration;

use podarium::kernel::SimTime;
use podarium::session::Action;
use podarium::session::view::timeline::{Pin, Track};
use web_sys::Element;
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
        <li><button type="button" class="track" data-heading={track.is_heading.then_some("")} data-state={track.state.as_str()} aria-pressed={props.selected.to_string()}
            title={track.key.name.to_string()} tabindex="-1" {onclick}><span class="vh">{ &*track.label }</span>{ glyph(track.state) }<span class="track__name" aria-hidden="true"><bdi dir="ltr">{ &*track.name }</bdi></span></button></li>
    }
}

/// A pin of the ruler: what the user did.
#[derive(Clone, PartialEq, Properties)]
pub struct PinProps {
    /// What was done, and when.
    pub pin: Pin,
    /// Left end of the axis.
    pub from: SimTime,
    /// Right end of the axis.
    pub to: SimTime,
    /// The newest moment: nothing can be moved beyond it.
    pub head: SimTime,
}

/// A pin: dragged, what was done is done at another moment; Delete undoes it. The run is made again either way.
#[function_component]
pub fn PinMark(props: &PinProps) -> Html {
    let act = use_dispatch().act;
    let dragged = use_state_eq(|| None::<SimTime>);
    let PinProps {
        pin,
        from,
        to,
        head,
    } = props.clone();
    let onpointerdown = {
        let (dragged, at) = (dragged.clone(), pin.at);
        move |event: PointerEvent| {
            event.stop_propagation();
            if let Some(target) = event.target_dyn_into::<Element>() {
                // Without capture the drag ends at the edge of the pin.
                let _captured = target.set_pointer_capture(event.pointer_id());
                dragged.set(Some(at));
            }
        }
    };
    let onpointermove = {
        let dragged = dragged.clone();
        move |event: PointerEvent| {
            event.stop_propagation();
            let axis = event
                .target_dyn_into::<Element>()
                .filter(|_| dragged.is_some())
                .and_then(|pin| pin.parent_element());
            if let Some(axis) = axis {
                let rect = axis.get_bounding_client_rect();
                let (left, width) = (rect.left(), rect.width());
                let axis = Axis {
                    left,
                    width,
                    from,
                    to,
                };
                dragged.set(Some(axis.moment(f64::from(event.client_x())).min(head)));
            }
        }
    };
    let onpointerup = {
        let (act, dragged, at, input) = (act.clone(), dragged.clone(), pin.at, pin.input);
        move |event: PointerEvent| {
            event.stop_propagation();
            act.emit(match *dragged {
                Some(moment) if moment != at => Action::MovePin(input, moment),
                _ => Action::Seek(at),
            });
            dragged.set(None);
        }
    };
    let onkeydown = {
        let (at, input, second) = (pin.at, pin.input, Duration::from_secs(1));
        move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                "ArrowLeft" => Action::MovePin(input, at - second),
                "ArrowRight" => Action::MovePin(input, at + second),
                "Delete" | "Backspace" => Action::DropPin(input),
                "Enter" | " " => Action::Seek(at),
                _ => return,
            };
            event.prevent_default();
            act.emit(action);
        }
    };
    let at = dragged.unwrap_or(pin.at);
    let percent = Axis::percent(from, to).place(at);
    let clock = tenths(&at.to_string()).to_owned();
    html! {
        <button type="button" class="pin" style={format!("left:{percent:.3}%")} data-fault={pin.is_fault.then_some("")} data-dragged={dragged.map(|_| "")}
            aria-label={format!("{clock}: {}. Left and Right move it, Delete undoes it", pin.text)}
            {onpointerdown} {onpointermove} {onpointerup} {onkeydown}><i>{ &clock }{ " " }{ &*pin.text }</i></button>
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
    let percent = Axis::percent(from, to).place(now);
    let is_out = !(0.0..=100.0).contains(&percent);
    let percent = percent.clamp(0.0, 100.0);
    html! {
        <div class="now" data-out={is_out.then_some("")} style={format!("left:{percent:.3}%")} role="slider" tabindex="0" aria-label="Moment shown" aria-valuemin="0"
            aria-valuemax={head.as_secs().to_string()} aria-valuenow={now.as_secs().to_string()} aria-valuetext={text.clone()} {onkeydown}>
            <b data-side={edge(percent)}>{ tenths(&text) }</b>
        </div>
    }
}

/// A clock without its last two digits, the hundredths and thousandths of a second.
fn tenths(clock: &str) -> &str {
    clock
        .get(..clock.len().saturating_sub(2))
        .unwrap_or_default()
}

/// The flag of the slider leans inwards at the ends of the axis.
fn edge(percent: f64) -> Option<&'static str> {
    match percent {
        percent if percent < 6.0 => Some("right"),
        percent if percent > 94.0 => Some("left"),
        _ => None,
    }
}
