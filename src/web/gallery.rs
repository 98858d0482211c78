//! The gallery: which scenario is loaded, and a menu of all.

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::gallery::{Gallery, GalleryEntry};
use yew::prelude::*;

use super::dispatch::{Dispatch, use_dispatch};
use super::glyph::icon;
use super::menu::Menu;

/// The scenario picker of the top bar.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What can be loaded.
    pub gallery: Rc<Gallery>,
}

/// The scenario picker of the top bar.
#[function_component]
pub fn Picker(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let open = use_state(|| false);
    let on_open = {
        let open = open.clone();
        Callback::from(move |value| open.set(value))
    };
    let face = html! { <><span>{ "Scenario" }</span><b>{ &*props.gallery.current }</b>{ icon("down") }</> };
    html! {
        <Menu class="picker" menu_class="menu--gallery" label="Scenarios" {face} open={*open} on_open={on_open.clone()}>
            { for props.gallery.groups.iter().map(|group| html! {
                <div role="group" aria-label={group.title.to_string()}>
                    <p class="menu__head" aria-hidden="true"><b>{ &*group.title }</b></p>
                    { for group.entries.iter().map(|entry| item(entry, &dispatch, &on_open)) }
                </div>
            }) }
        </Menu>
    }
}

fn item(entry: &GalleryEntry, dispatch: &Dispatch, on_open: &Callback<bool>) -> Html {
    let (id, act, on_open) = (entry.id.clone(), dispatch.act.clone(), on_open.clone());
    let onclick = move |_| {
        on_open.emit(false);
        act.emit(Action::LoadScenario(id.clone()));
    };
    html! {
        <button type="button" role="menuitem" class="menu__item" tabindex="-1" aria-current={entry.is_current.then_some("true")} {onclick}>
            { icon(if entry.is_current { "check" } else { "book" }) }
            <span><b>{ &*entry.title }</b><small>{ &*entry.summary }</small></span>
        </button>
    }
}
