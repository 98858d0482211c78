//! The faults menu: what one may break or heal just now.

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::faults::{FaultEntry, FaultMenu};
use yew::prelude::*;

use super::dispatch::{Dispatch, UiMessage, use_dispatch};
use super::glyph::icon;
use super::menu::Menu;

/// The faults button and its menu.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What there is to break.
    pub menu: Rc<FaultMenu>,
    /// Whether it is open.
    pub open: bool,
}

/// The faults button and its menu.
#[function_component]
pub fn FaultsButton(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let on_open = {
        let ui = dispatch.ui.clone();
        Callback::from(move |open| ui.emit(UiMessage::OpenFaults(open)))
    };
    let on_key = {
        let (menu, dispatch) = (props.menu.clone(), dispatch.clone());
        Callback::from(move |event: KeyboardEvent| {
            let entries = menu.groups.iter().flat_map(|group| &group.entries);
            if let Some(entry) = entries.into_iter().find(|entry| {
                event
                    .key()
                    .eq_ignore_ascii_case(entry.key.encode_utf8(&mut [0; 4]))
            }) {
                event.prevent_default();
                fire(entry, &dispatch);
            }
        })
    };
    let face = html! { <>{ icon("bolt") }{ "Faults" }{ icon("down") }</> };
    html! {
        <Menu class="btn btn--line" menu_class="menu--faults" label="Faults" {face} open={props.open} {on_open} {on_key}>
            { for props.menu.groups.iter().map(|group| html! {
                <div role="group" aria-label={format!("{} {}", group.kind, group.target)}>
                    <p class="menu__head" aria-hidden="true">{ &*group.kind }{ " " }<b>{ &*group.target }</b></p>
                    { for group.entries.iter().map(|entry| item(entry, &dispatch)) }
                </div>
            }) }
            if props.menu.groups.is_empty() {
                <button type="button" role="menuitem" class="menu__item" aria-disabled="true" tabindex="-1">
                    { icon("bolt") }<span><b>{ "Nothing to break yet" }</b><small>{ "Apply a manifest first." }</small></span>
                </button>
            }
        </Menu>
    }
}

fn fire(entry: &FaultEntry, dispatch: &Dispatch) {
    dispatch.ui.emit(UiMessage::OpenFaults(false));
    dispatch.act.emit(Action::Fault(entry.id.clone()));
}

fn item(entry: &FaultEntry, dispatch: &Dispatch) -> Html {
    let onclick = {
        let (entry, dispatch) = (entry.clone(), dispatch.clone());
        move |_| fire(&entry, &dispatch)
    };
    html! {
        <button type="button" role="menuitem" class="menu__item" tabindex="-1" data-active={entry.is_active.then_some("")} {onclick}>
            { icon(if entry.is_active { "again" } else { "bolt" }) }
            <span><b>{ &*entry.label }</b><small>{ &*entry.detail }</small></span>
            <kbd>{ entry.key.to_ascii_uppercase() }</kbd>
        </button>
    }
}
