//! Flights of cells: measure before, render, then let each cell move from where it was to where it is.
//!
//! A cell in flight is measured where it is seen, so a flight that is interrupted goes on from there. Three echoes
//! follow a cell on a long way. Where less motion is wanted, cells jump and a dashed line tells from where.

use gloo::timers::callback::Timeout;
use gloo::utils::document;
use js_sys::{Array, Object};
use podarium::kernel::OrderedMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

use super::bindings::{self, set};
use super::theme::{reduced_motion, token};

/// Left upper corners by uid, in CSS pixels.
pub type Rects = OrderedMap<String, (f64, f64)>;

/// Past this many pods in view none of them flies: the eye could not follow, and without a graphics card each costs
/// half a millisecond of every frame.
pub const MOST_FLYING: usize = 20;
/// Ways shorter than this, in CSS pixels, leave no trail.
const LONG_WAY: f64 = 48.0;
/// Past this many flights at once they leave no trail: the eye could not follow.
const MOST_TRAILS: u32 = 6;
/// How long a dashed line stays.
const JUMP_MILLIS: u32 = 2_000;

/// Where each element with `data-uid` inside `root` is seen now.
pub fn measure(root: &Element) -> Rects {
    marked(root)
        .into_iter()
        .map(|(uid, element)| (uid, corner(&element)))
        .collect()
}

/// Lets the elements move from where they were, and new ones appear.
pub fn play(root: &Element, before: &Rects) {
    let still = reduced_motion();
    let (move_millis, base_millis) = (token_millis("--t-move"), token_millis("--t-base"));
    let elements = marked(root);
    // All reading before all writing: one layout.
    let frame = root.get_bounding_client_rect();
    let scroll = f64::from(root.scroll_top());
    let after: Vec<_> = elements
        .iter()
        .map(|(_, element)| element.get_bounding_client_rect())
        .collect();
    let mut trails = 0;
    for ((uid, element), rect) in elements.iter().zip(after) {
        let new = (rect.left(), rect.top());
        let Some(old) = before.get(uid).copied() else {
            if !still {
                appear(element, base_millis);
            }
            continue;
        };
        let way = (old.0 - new.0, old.1 - new.1);
        let long = way.0.abs() + way.1.abs() > LONG_WAY;
        // Where the cell stands inside `root`, which scrolls with it.
        let place = format!(
            "left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px",
            new.0 - frame.left(),
            new.1 - frame.top() + scroll,
            rect.width(),
            rect.height()
        );
        if still && long {
            line(root, &place, way);
        } else if !still && way != (0.0, 0.0) {
            if long && trails < MOST_TRAILS {
                trails += 1;
                trail(root, element, &place, way, move_millis);
            }
            let from = format!("translate({}px, {}px)", way.0, way.1);
            fly(
                element,
                &[("transform", &from, "none"), ("zIndex", "3", "3")],
                move_millis,
            );
        }
    }
}

/// A new cell comes from above, where the life of a pod begins.
fn appear(element: &Element, millis: f64) {
    let changes = [
        ("opacity", "0", "1"),
        ("transform", "translateY(-4px)", "none"),
    ];
    fly(element, &changes, millis);
}

/// Three outlines that follow the cell, each later and fainter.
fn trail(root: &Element, element: &Element, place: &str, way: (f64, f64), millis: f64) {
    for (late, seen) in [(0.12, "0.5"), (0.24, "0.3"), (0.36, "0.16")] {
        let Some(echo) = overlay(root, place, "echo") else {
            return;
        };
        if let Some(state) = element.get_attribute("data-state") {
            // The name is a literal, so this cannot fail.
            let _set = echo.set_attribute("data-state", &state);
        }
        let from = format!("translate({}px, {}px)", way.0, way.1);
        let to = format!("translate({}px, {}px)", way.0 * late, way.1 * late);
        fly(
            &echo,
            &[("transform", &from, &to), ("opacity", seen, "0")],
            millis,
        );
        remove_after(echo, millis as u32);
    }
}

/// A dashed line from the old place to the new one.
fn line(root: &Element, place: &str, way: (f64, f64)) {
    let Some(line) = overlay(root, place, "jump") else {
        return;
    };
    let turn = format!(
        "{place};width:{:.1}px;transform:rotate({:.4}rad)",
        way.0.hypot(way.1),
        way.1.atan2(way.0)
    );
    // The name is a literal, so this cannot fail.
    let _set = line.set_attribute("style", &turn);
    remove_after(line, JUMP_MILLIS);
}

/// An empty element at a place inside `root`.
fn overlay(root: &Element, place: &str, class: &str) -> Option<Element> {
    let element = document().create_element("i").ok()?;
    element.set_class_name(class);
    element.set_attribute("style", place).ok()?;
    element.set_attribute("aria-hidden", "true").ok()?;
    root.append_child(&element).ok()?;
    Some(element)
}

fn remove_after(element: Element, millis: u32) {
    Timeout::new(millis, move || element.remove()).forget();
}

fn marked(root: &Element) -> Vec<(String, Element)> {
    // The selector is a literal and valid.
    let Ok(list) = root.query_selector_all("[data-uid]") else {
        return Vec::new();
    };
    (0..list.length())
        .filter_map(|index| list.get(index)?.dyn_into::<Element>().ok())
        .filter_map(|element| Some((element.get_attribute("data-uid")?, element)))
        .collect()
}

/// Where an element is seen.
pub fn corner(element: &Element) -> (f64, f64) {
    let rect = element.get_bounding_client_rect();
    (rect.left(), rect.top())
}

fn fly(element: &Element, changes: &[(&str, &str, &str)], millis: f64) {
    let (from, to) = (Object::new(), Object::new());
    for (property, first, last) in changes {
        set(&from, property, &JsValue::from(*first));
        set(&to, property, &JsValue::from(*last));
    }
    bindings::animate(element, &Array::of2(&from, &to), millis);
}

/// A duration from tokens.css, in milliseconds.
fn token_millis(name: &str) -> f64 {
    let text = token(name);
    // The style sheet says `480ms`, and once it is made small `.48s`.
    let unit = if text.ends_with("ms") { 1.0 } else { 1_000.0 };
    let number = js_sys::parse_float(&text);
    if number.is_nan() { 0.0 } else { number * unit }
}
