//! The keyboard: single keys for the whole screen, and arrows within groups.

use gloo::utils::document;
use podarium::session::Action;
use podarium::session::view::inspector::{Inspector, Tab};
use podarium::session::view::{StageMode, View};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::dispatch::{Dispatch, Sheet, UiMessage};
use super::focus::all;

/// The keyboard map, as the sheet shows it.
pub const MAP: [(&str, &str); 22] = [
    ("Space", "play or pause"),
    (", .", "event before, next event"),
    ("Shift , Shift .", "1 s back, 1 s on"),
    ("[ ]", "slower, faster"),
    ("Home End", "start, newest moment"),
    ("B", "fork from here"),
    ("1 2 3", "life cycle, nodes, crowd"),
    ("Tab", "from panel to panel"),
    ("Arrows", "from pod to pod, from tab to tab"),
    ("Enter", "select"),
    ("F", "faults, then its letter"),
    ("W", "why: the story, Up and Down walk it"),
    ("L", "to the YAML line"),
    ("Ctrl Enter", "apply"),
    ("Ctrl Space", "what may stand here"),
    ("F12", "go to what a name stands for"),
    ("Shift Alt F", "put the text in order"),
    ("P", "projector: large type, few panels"),
    ("T", "light or dark"),
    ("?", "these keys"),
    ("Esc", "close, then deselect"),
    ("Esc Tab", "leave the editor"),
];

/// Whether a key is for the whole screen: not typed into something, and not one that the focused control takes.
pub fn is_global(event: &KeyboardEvent) -> bool {
    const GLOBAL: [&str; 22] = [
        " ", ",", ".", "<", ";", ">", ":", "[", "]", "Home", "End", "b", "1", "2", "3", "Escape",
        "f", "l", "p", "t", "w", "?",
    ];
    let key = event.key();
    let is_ours = GLOBAL.iter().any(|name| name.eq_ignore_ascii_case(&key));
    let taken = matches!(key.as_str(), " " | "Home" | "End") && on_control(event);
    let plain =
        !(event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key());
    plain && !taken && is_ours && !is_typing(event)
}

/// Does what a key for the whole screen means.
pub fn global(event: &KeyboardEvent, view: &View, dispatch: &Dispatch) {
    let transport = &view.transport;
    let second = std::time::Duration::from_secs(1);
    let key = event.key().to_ascii_lowercase();
    let action = match key.as_str() {
        " " if transport.playing => Action::Pause,
        " " => Action::Play,
        "," | "<" | ";" if event.shift_key() => Action::Seek(transport.now - second),
        "." | ">" | ":" if event.shift_key() => Action::Seek(transport.now + second),
        "," => Action::StepBack,
        "." => Action::Step,
        "[" => Action::SetSpeed(transport.speed.slower()),
        "]" => Action::SetSpeed(transport.speed.faster()),
        "home" => Action::Seek(podarium::kernel::SimTime::ZERO),
        "end" => Action::Seek(transport.head),
        "b" if !transport.at_head() => Action::Fork,
        "1" => Action::SetMode(StageMode::LifeCycle),
        "2" => Action::SetMode(StageMode::Nodes),
        "3" => Action::SetMode(StageMode::Crowd),
        "escape" => Action::Select(None),
        "w" => {
            // Nothing selected: the pod that is first on the time line has the worst of it.
            let mut tracks = view.timeline.tracks.iter();
            let track = tracks.find(|track| !track.is_heading);
            if let (Inspector::Overview(_), Some(track)) = (&*view.inspector, track) {
                dispatch.act.emit(Action::Select(Some(track.key.clone())));
            }
            dispatch.ui.emit(UiMessage::Why);
            Action::OpenTab(Tab::Story)
        }
        key => return global_ui(key, dispatch),
    };
    dispatch.act.emit(action);
}

fn global_ui(key: &str, dispatch: &Dispatch) {
    let message = match key {
        "f" => UiMessage::OpenFaults(true),
        "p" => UiMessage::SwitchProjector,
        "t" => UiMessage::SwitchTheme,
        "?" => UiMessage::ShowSheet(Some(Sheet::Keys)),
        "l" => UiMessage::Reveal(0),
        _ => return,
    };
    dispatch.ui.emit(message);
}

fn target(event: &KeyboardEvent) -> Option<Element> {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
}

/// Whether the key belongs to the editor, a field, an open menu or a sheet.
fn is_typing(event: &KeyboardEvent) -> bool {
    const INSIDE: &str = ".cm-editor, input, textarea, select, dialog, [role=menu]";
    // What had the focus in a sheet may be gone, and then the key comes from the page.
    matches!(document().query_selector("dialog"), Ok(Some(_)))
        || target(event).is_some_and(|element| element.closest(INSIDE).ok().flatten().is_some())
}

/// Whether the key would also press or move a control. Enter selects a pod and an arrow opens a tab: there Space is
/// left for time, so that whoever walks the stage by keys can let it run.
fn on_control(event: &KeyboardEvent) -> bool {
    const CONTROL: &str = "button:not([data-uid], [role=tab]), a, [role=slider]";
    target(event).is_some_and(|element| element.closest(CONTROL).ok().flatten().is_some())
}

/// Arrows, Home and End within a group of tabs or radios: goes to the next one and chooses it.
pub fn rove(selector: &'static str) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        // The framework listens at the root, so the group is looked for from the tab or radio that has the focus.
        let Some(group) = target(&event).and_then(|item| {
            item.closest("[role=tablist], [role=radiogroup]")
                .ok()
                .flatten()
        }) else {
            return;
        };
        let items = all(&group, selector);
        if let Some(item) = next_item(&items, &event) {
            event.prevent_default();
            // Focus on an element of the page cannot fail.
            let _focused = item.focus();
            item.click();
        }
    })
}

/// Arrows, Home and End within a menu: goes to the next item without choosing it.
pub fn walk(group: &Element, selector: &str, event: &KeyboardEvent) -> bool {
    let items = all(group, selector);
    let Some(item) = next_item(&items, event) else {
        return false;
    };
    event.prevent_default();
    item.focus().is_ok()
}

fn next_item<'items>(
    items: &'items [HtmlElement],
    event: &KeyboardEvent,
) -> Option<&'items HtmlElement> {
    let count = items.len();
    let active = document().active_element();
    let here = items.iter().position(|item| {
        active
            .as_ref()
            .is_some_and(|active| item.is_same_node(Some(active)))
    });
    let index = match (event.key().as_str(), here) {
        ("ArrowRight" | "ArrowDown", Some(here)) => (here + 1) % count,
        ("ArrowLeft" | "ArrowUp", Some(here)) => (here + count - 1) % count,
        ("ArrowRight" | "ArrowDown", None) | ("Home", _) => 0,
        ("End", _) => count.checked_sub(1)?,
        _ => return None,
    };
    items.get(index)
}
