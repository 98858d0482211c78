//! The screen: Yew components that each draw one view model. No Kubernetes knowledge lives here.

mod app;
mod bindings;
mod dispatch;
mod editor;
mod faults;
mod flip;
mod focus;
mod gallery;
mod glyph;
mod inspector;
mod keys;
mod menu;
mod narrow;
mod nodes;
mod sheet;
mod stage;
mod theme;
mod timeline;
mod topbar;
mod transport;
mod warm_up;

/// Puts the app into the page, in place of the loading line.
pub fn mount() {
    if let Some(root) = gloo::utils::document().get_element_by_id("app") {
        root.set_inner_html("");
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
