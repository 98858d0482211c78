//! The Crowd mode: every pod a glyph, by node, with counters that filter.

use std::rc::Rc;

use podarium::session::view::crowd::{Crowd, Loupe};
use podarium::session::view::{State, grouped};
use yew::prelude::*;

use super::field::Field;
use super::plan::Shape;
use super::shapes::shape;
use crate::web::glyph::icon;

/// The smallest and the largest distance from glyph to glyph, and what one press changes, in pixels.
const LEAST: u32 = 6;
const MOST: u32 = 16;
const PRESS: u32 = 2;

/// The Crowd mode.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub crowd: Rc<Crowd>,
    /// The glyph that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on.
    pub dark: bool,
}

/// The Crowd mode.
#[function_component]
pub fn CrowdPanel(props: &Props) -> Html {
    let crowd = &props.crowd;
    let filter = use_state(|| None::<State>);
    let pitch = use_state(|| 8);
    // What is no longer there cannot be looked for.
    let wanted = filter.filter(|wanted| crowd.tally.iter().any(|(state, _)| state == wanted));
    let choose = |state: State| {
        let filter = filter.clone();
        move |_| filter.set(Some(state).filter(|state| Some(*state) != wanted))
    };
    let zoom = |name: &'static str, mark: &'static str, to: u32| {
        let pitch = pitch.clone();
        html! {
            <button type="button" class="btn btn--icon btn--small" aria-label={name} title={name} disabled={!(LEAST..=MOST).contains(&to)}
                onclick={move |_| pitch.set(to)}>{ icon(mark) }</button>
        }
    };
    let entry = |(state, count): &(State, usize)| {
        let pressed = wanted == Some(*state);
        html! {
            <li key={state.as_str()} data-state={state.as_str()}>
                <button type="button" aria-pressed={pressed.to_string()} onclick={choose(*state)}>{ shape(*state) }<b>{ grouped(*count as u64) }</b><span>{ state.word() }</span></button>
            </li>
        }
    };
    let label = match wanted {
        Some(state) => format!("Pods by node, {} only", state.word()),
        None => "Pods by node".to_owned(),
    };
    html! {
        <div class="crowd">
            <div class="crowd__tally" aria-hidden="true">
                { for crowd.tally.iter().map(|(state, count)| html! { <i key={state.as_str()} data-state={state.as_str()} style={format!("flex:{count}")}></i> }) }
            </div>
            <div class="crowd__bar">
                <ul class="crowd__legend" aria-label="Pods by state: choose one to find its pods">{ for crowd.tally.iter().map(entry) }</ul>
                { zoom("Smaller glyphs", "minus", *pitch - PRESS) }
                { zoom("Larger glyphs", "plus", *pitch + PRESS) }
            </div>
            <div class="crowd__field">
                <Field groups={crowd.groups.clone()} shape={Shape::Tiles} pitch={*pitch} filter={wanted} selected={crowd.selected}
                    loupe={props.loupe.clone()} dark={props.dark} {label} />
            </div>
        </div>
    }
}
