//! The story of an object: why it is as it is, newest first.

use std::rc::Rc;

use podarium::session::view::inspector::{Actor, Story, StoryStep};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::web::dispatch::{Dispatch, UiMessage};
use crate::web::glyph::{actor_icon, rich};
use crate::web::keys::walk;

/// The steps: each can have the focus.
pub const STEPS: &str = ".why > li";

/// The chain of causes and what is certain to come. Steps that read one of the lines `lit` are marked.
pub fn story(story: &Story, lit: &[u32], dispatch: &Dispatch) -> Html {
    let onkeydown = |event: KeyboardEvent| {
        let step = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(list) = step.and_then(|step| step.closest(".why").ok().flatten()) {
            walk(&list, "li", &event);
        }
    };
    html! {
        <div class="story">
            if !story.question.is_empty() { <h3>{ &*story.question }</h3> }
            if !story.steps.is_empty() {
                <ol class="why" {onkeydown}>
                    { for story.steps.iter().enumerate().map(|(index, one)| step(index, one, lit, dispatch)) }
                </ol>
            }
            if !story.forecast.is_empty() {
                <section class="forecast">
                    <h3>{ "If nothing changes" }</h3>
                    <ol>{ for story.forecast.iter().map(|next| html! { <li><time>{ &*next.time }</time>{ &*next.text }</li> }) }</ol>
                </section>
            }
        </div>
    }
}

fn step(index: usize, step: &StoryStep, lit: &[u32], dispatch: &Dispatch) -> Html {
    let mark = match step.actor {
        Actor::You => "you",
        Actor::ApiServer => "api",
        Actor::Scheduler => "sched",
        Actor::Controller => "ctl",
        Actor::Kubelet => "kubelet",
        Actor::Container => "runtime",
        Actor::Probe => "probe",
    };
    let lines: Rc<[u32]> = step.text.links.iter().map(|link| link.line).collect();
    let current = lines.iter().any(|line| lit.contains(line));
    let light = {
        let ui = dispatch.ui.clone();
        Callback::from(move |()| ui.emit(UiMessage::Light(lines.clone(), index + 1)))
    };
    let onfocusin = light.reform(|_: FocusEvent| ());
    let onmouseenter = light.reform(|_: MouseEvent| ());
    html! {
        <li tabindex={if index == 0 { "0" } else { "-1" }} aria-current={current.then_some("true")} {onfocusin} {onmouseenter}>
            <span class="actor">{ actor_icon(mark) }</span>
            <div>
                <div class="meta"><span>{ &*step.actor_text }</span><time>{ &*step.time }</time></div>
                <p>{ rich(&step.text, dispatch) }</p>
            </div>
        </li>
    }
}
