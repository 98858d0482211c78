//! Light and dark, and whether things may move.

use gloo::storage::{LocalStorage, Storage};
use gloo::utils::{document_element, window};

/// Switches the theme and remembers the choice. Returns true if it is dark now.
pub fn switch() -> bool {
    let dark = !is_dark();
    let name = if dark { "dark" } else { "light" };
    set_root("data-theme", name);
    // Where storage is forbidden the choice lasts until the page is left.
    let _not_kept = LocalStorage::raw().set_item("podarium.theme", name);
    dark
}

/// Switches between the screen of a desk and that of a wall.
pub fn switch_projector() {
    let on = document_element().get_attribute("data-mode").is_none();
    if on {
        set_root("data-mode", "projector");
    } else {
        // The name is a literal, so this cannot fail.
        let _removed = document_element().remove_attribute("data-mode");
    }
}

/// Whether the dark theme is on.
pub fn is_dark() -> bool {
    document_element().get_attribute("data-theme").as_deref() == Some("dark")
}

/// Sets an attribute of the root element.
pub fn set_root(name: &str, value: &str) {
    // Attribute names are literals, so this cannot fail.
    let done = document_element().set_attribute(name, value);
    debug_assert!(done.is_ok());
}

/// The value of a token of tokens.css as it now holds.
pub fn token(name: &str) -> String {
    let style = window().get_computed_style(&document_element());
    let value = style.ok().flatten();
    let value = value.and_then(|style| style.get_property_value(name).ok());
    value.unwrap_or_default().trim().to_owned()
}

/// Whether the person asked for less motion.
pub fn reduced_motion() -> bool {
    media("(prefers-reduced-motion: reduce)")
}

/// Whether a media query holds.
pub fn media(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}
