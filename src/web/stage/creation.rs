//! What happens to a pod on its node before its containers run: five steps on a rail.

use podarium::session::view::State;
use podarium::session::view::stage::{CREATION_STEPS, Creation, StepState};
use yew::prelude::*;

use crate::web::dispatch::Dispatch;
use crate::web::glyph::{glyph, icon, rich};

/// The names of the steps, over the rails of a lane.
pub fn step_names() -> Html {
    html! {
        <div class="steps" aria-hidden="true">{ for CREATION_STEPS.iter().map(|name| html! { <span>{ *name }</span> }) }</div>
    }
}

/// The rail of one pod and what is happening on it.
pub fn creation(creation: &Creation, dispatch: &Dispatch) -> Html {
    html! {
        <div>
            <ol class="rail" aria-label="Creation steps">
                { for creation.steps.iter().zip(CREATION_STEPS).map(|(step, name)| self::step(*step, name)) }
            </ol>
            if !creation.note.is_empty() {
                <p class="rail-note">{ rich(&creation.note, dispatch) }</p>
            }
        </div>
    }
}

fn step(step: StepState, name: &'static str) -> Html {
    let (value, word, body) = match step {
        StepState::Todo => ("todo", "not begun", html! {}),
        StepState::Active { percent } => {
            let style = format!("width:{}%", percent.min(100));
            ("now", "under way", html! { <i {style}></i> })
        }
        StepState::Done => ("done", "done", icon("check")),
        StepState::Failed => ("stuck", "fails", glyph(State::Failing)),
    };
    html! {
        <li data-step={value}><span class="vh">{ name }{ ": " }{ word }</span><span class="rail__dot" aria-hidden="true">{ body }</span></li>
    }
}
