//! The keyboard focus: where it is, and where it goes on the stage.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, HtmlElement, KeyboardEvent};

/// All elements inside `group` that match, in the order of the page.
pub fn all(group: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(list) = group.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|index| list.get(index)?.dyn_into::<HtmlElement>().ok())
        .collect()
}

/// The uid of the cell that an event is about.
pub fn uid_of(event: &FocusEvent) -> Option<String> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .get_attribute("data-uid")
}

/// The uid of the cell inside `root` that has the focus.
pub fn focused_uid(root: &Element) -> Option<String> {
    let active = document().active_element()?;
    root.contains(Some(&active))
        .then(|| active.get_attribute("data-uid"))
        .flatten()
}

/// Gives the focus to a cell, unless something else took it meanwhile.
pub fn focus_uid(root: &Element, uid: &str) {
    let lost = document()
        .active_element()
        .is_none_or(|active| active.tag_name() == "BODY");
    if lost
        && let Some(cell) = all(root, "button[data-uid]")
            .iter()
            .find(|cell| cell.get_attribute("data-uid").as_deref() == Some(uid))
    {
        // Focus on an element of the page cannot fail.
        let _focused = cell.focus();
    }
}

/// Arrows on the stage: goes to the nearest cell in that direction.
pub fn roam(root: &Element, event: &KeyboardEvent) {
    let direction = match event.key().as_str() {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        _ => return,
    };
    let Some(here) = document()
        .active_element()
        .filter(|active| active.has_attribute("data-uid"))
    else {
        return;
    };
    let (x, y) = centre(&here);
    let distance = |other: &HtmlElement| {
        let (other_x, other_y) = centre(other);
        let (right, down) = (other_x - x, other_y - y);
        let along = right * direction.0 + down * direction.1;
        let across = (right * direction.1).abs() + (down * direction.0).abs();
        (along > 4.0).then_some(along + 3.0 * across)
    };
    let cells = all(root, "button[data-uid]");
    let nearest = cells
        .iter()
        .filter_map(|cell| Some((distance(cell)?, cell)))
        .min_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((_, cell)) = nearest {
        event.prevent_default();
        // Focus on an element of the page cannot fail.
        let _focused = cell.focus();
    }
}

fn centre(element: &Element) -> (f64, f64) {
    let rect = element.get_bounding_client_rect();
    (
        rect.left() + rect.width() / 2.0,
        rect.top() + rect.height() / 2.0,
    )
}
