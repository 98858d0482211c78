//! Glyphs and small drawing helpers: every symbol stands in `index.html`.

use podarium::session::view::{Link, RichText, State};
use yew::prelude::*;

use super::dispatch::Dispatch;

/// The mark of a state.
pub fn glyph(state: State) -> Html {
    symbol(&["#g-", state.as_str()].concat(), "g", "0 0 24 24")
}

/// An icon, by the name after `i-`.
pub fn icon(name: &str) -> Html {
    symbol(&["#i-", name].concat(), "i", "0 0 16 16")
}

/// The mark of an actor, by the name after `a-`.
pub fn actor_icon(name: &str) -> Html {
    symbol(&["#a-", name].concat(), "i", "0 0 16 16")
}

/// Any symbol of `index.html`.
pub fn symbol(href: &str, class: &'static str, view_box: &'static str) -> Html {
    html! {
        <svg {class} viewBox={view_box} aria-hidden="true"><use href={href.to_owned()} /></svg>
    }
}

/// A sentence with its emphasis and links.
pub fn rich(text: &RichText, dispatch: &Dispatch) -> Html {
    html! {
        <>
            { for text.runs.iter().map(|run| {
                if run.strong {
                    html! { <b>{ &*run.text }</b> }
                } else {
                    html! { { &*run.text } }
                }
            }) }
            { for text.links.iter().map(|link| html! { <>{ " " }{ link_button(link, dispatch) }</> }) }
        </>
    }
}

/// A link to a line of the editor.
pub fn link_button(link: &Link, dispatch: &Dispatch) -> Html {
    let (line, dispatch) = (link.line, dispatch.clone());
    let title = (!link.field.is_empty()).then(|| link.field.to_string());
    html! {
        <button type="button" class="lnk" {title} onclick={move |_| dispatch.reveal(line)}>{ &*link.label }</button>
    }
}
