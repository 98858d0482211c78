//! The story of an object: why it is as it is, newest first.

use podarium::session::view::inspector::{Actor, Story, StoryStep};
use yew::prelude::*;

use crate::web::dispatch::Dispatch;
use crate::web::glyph::{actor_icon, rich};

/// The chain of causes and what is certain to come.
pub fn story(story: &Story, dispatch: &Dispatch) -> Html {
    html! {
        <div class="story">
            if !story.question.is_empty() { <h3>{ &*story.question }</h3> }
            <ol class="why">{ for story.steps.iter().map(|one| step(one, dispatch)) }</ol>
            if !story.forecast.is_empty() {
                <section class="forecast">
                    <h3>{ "If nothing changes" }</h3>
                    <ol>{ for story.forecast.iter().map(|next| html! { <li><time>{ &*next.time }</time>{ &*next.text }</li> }) }</ol>
                </section>
            }
        </div>
    }
}

fn step(step: &StoryStep, dispatch: &Dispatch) -> Html {
    let mark = match step.actor {
        Actor::You => "you",
        Actor::ApiServer => "api",
        Actor::Scheduler => "sched",
        Actor::Controller => "ctl",
        Actor::Kubelet => "kubelet",
        Actor::Container => "runtime",
        Actor::Probe => "probe",
    };
    html! {
        <li>
            <span class="actor">{ actor_icon(mark) }</span>
            <div>
                <div class="meta"><span>{ &*step.actor_text }</span><time>{ &*step.time }</time></div>
                <p>{ rich(&step.text, dispatch) }</p>
            </div>
        </li>
    }
}
