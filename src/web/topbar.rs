//! The top bar: name, scenario, facts, theme and help. No simulation controls.

use std::rc::Rc;

use gloo::utils::window;
use podarium::session::view::Text;
use podarium::session::view::gallery::Gallery;
use yew::prelude::*;

use super::dispatch::{Sheet, UiMessage, use_dispatch};
use super::gallery::Picker;
use super::glyph::{icon, symbol};

/// The top bar.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The scenarios.
    pub gallery: Rc<Gallery>,
    /// `Kubernetes 1.36 rules, seed 42`.
    pub facts: Text,
    /// Whether the editor lies open over the stage (at middle width).
    pub editor_open: bool,
}

/// The top bar.
#[function_component]
pub fn TopBar(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let say = |message: UiMessage| {
        let ui = dispatch.ui.clone();
        move |_| ui.emit(message.clone())
    };
    html! {
        <header class="topbar">
            <h1 class="brand">{ symbol("#logo", "logo", "0 0 28 18") }<span>{ "Podarium" }</span></h1>
            <Picker gallery={props.gallery.clone()} />
            <button type="button" class="btn btn--line topbar__yaml" aria-expanded={props.editor_open.to_string()} aria-controls="editor"
                onclick={say(UiMessage::ToggleEditor)}>{ icon("code") }{ "YAML" }</button>
            <a class="lnk topbar__out" href={out()} target="_blank" rel="noopener">{ "Open in Podarium" }</a>
            <span class="grow"></span>
            <span class="dim nowrap topbar__seed" title="The same seed and the same inputs give the same run">{ &*props.facts }</span>
            <button type="button" class="btn topbar__share" aria-label="Share" title="Link to this moment" aria-haspopup="dialog"
                onclick={say(UiMessage::ShowSheet(Some(Sheet::Share)))}>{ icon("share") }<span class="lbl">{ "Share" }</span></button>
            <button type="button" class="btn btn--icon topbar__projector" aria-label="Projector: large type, few panels" title="Projector (P)"
                onclick={say(UiMessage::SwitchProjector)}>{ icon("screen") }</button>
            <button type="button" class="btn btn--icon" aria-label="Switch between light and dark" title="Theme (T)"
                onclick={say(UiMessage::SwitchTheme)}>{ icon("theme") }</button>
            <button type="button" class="btn btn--icon" aria-label="Keyboard map" title="Keys (?)" aria-haspopup="dialog"
                onclick={say(UiMessage::ShowSheet(Some(Sheet::Keys)))}>{ icon("help") }</button>
        </header>
    }
}

/// The page by itself, for a page inside another.
fn out() -> String {
    let place = window().location();
    let path = place.pathname().unwrap_or_default();
    path + &place.hash().unwrap_or_default()
}
