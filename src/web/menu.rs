//! A button that opens a menu: arrows walk it, Escape and a click elsewhere close it.

use gloo::events::EventListener;
use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use super::focus::all;
use super::keys::walk;

/// A button and its menu.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Class of the button.
    pub class: &'static str,
    /// Class of the menu.
    pub menu_class: &'static str,
    /// What the menu is called aloud.
    pub label: &'static str,
    /// What the button shows.
    pub face: Html,
    /// Whether it is open.
    pub open: bool,
    /// Called when it should open or close.
    pub on_open: Callback<bool>,
    /// Called with keys that the menu itself has no use for.
    #[prop_or_default]
    pub on_key: Callback<KeyboardEvent>,
    /// Buttons with `role="menuitem"`, alone or in groups.
    pub children: Html,
}

const ITEMS: &str = "[role=menuitem]:not([aria-disabled=true]), [role=menuitemradio]";

/// A button and its menu.
#[function_component]
pub fn Menu(props: &Props) -> Html {
    let root = use_node_ref();
    use_closing(&root, props);
    let toggle = {
        let (on_open, open) = (props.on_open.clone(), props.open);
        move |_| on_open.emit(!open)
    };
    let onkeydown = {
        let (root, on_open, on_key) = (root.clone(), props.on_open.clone(), props.on_key.clone());
        move |event: KeyboardEvent| {
            let Some(root) = root.cast::<Element>() else {
                return;
            };
            match event.key().as_str() {
                "Escape" => {
                    event.prevent_default();
                    on_open.emit(false);
                    focus_first(&root, "button");
                }
                "Tab" => on_open.emit(false),
                _ if walk(&root, ITEMS, &event) => {}
                _ => on_key.emit(event),
            }
        }
    };
    html! {
        <div class="menuhost" ref={root}>
            <button type="button" class={props.class} aria-haspopup="menu" aria-expanded={props.open.to_string()} onclick={toggle}>
                { props.face.clone() }
            </button>
            if props.open {
                <div class={classes!("menu", props.menu_class)} role="menu" aria-label={props.label} {onkeydown}>
                    { props.children.clone() }
                </div>
            }
        </div>
    }
}

/// Takes the focus into the menu as it opens, and closes it on a press elsewhere.
#[hook]
fn use_closing(root: &NodeRef, props: &Props) {
    let (root, on_open) = (root.clone(), props.on_open.clone());
    use_effect_with(props.open, move |open| {
        let listener = open.then(|| {
            if let Some(host) = root.cast::<Element>() {
                focus_first(&host, ITEMS);
            }
            EventListener::new(&document(), "pointerdown", move |event| {
                let pressed = event
                    .target()
                    .and_then(|target| target.dyn_into::<Node>().ok());
                let inside = root
                    .cast::<Node>()
                    .is_some_and(|host| host.contains(pressed.as_ref()));
                if !inside {
                    on_open.emit(false);
                }
            })
        });
        move || drop(listener)
    });
}

fn focus_first(root: &Element, selector: &str) {
    let items: Vec<HtmlElement> = all(root, selector);
    if let Some(item) = items.first() {
        // Focus on an element of the page cannot fail.
        let _focused = item.focus();
    }
}
