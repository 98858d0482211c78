//! The screen: Yew components that each draw one view model. No Kubernetes knowledge lives here.

use yew::prelude::*;

/// Puts the app into the page, in place of the loading line.
pub fn mount() {
    if let Some(root) = gloo::utils::document().get_element_by_id("app") {
        root.set_inner_html("");
        yew::Renderer::<App>::with_root(root).render();
    }
}

#[function_component]
fn App() -> Html {
    html! { <p class="loading">{ "Podarium" }</p> }
}
