//! What the open tab of the inspector shows.

use podarium::session::view::inspector::{Body, EventRow, FileText};
use yew::prelude::*;

use super::scheduling::scheduling;
use super::story::story;
use crate::web::dispatch::Dispatch;

/// Draws the open tab; `lit` are the lines of the editor that are lit up.
pub fn draw(body: &Body, lit: &[u32], dispatch: &Dispatch) -> Html {
    match body {
        Body::Story(told) => story(told, lit, dispatch),
        Body::Node(told) => scheduling(told, dispatch),
        Body::Describe(text) | Body::Yaml(text) => html! { <pre class="plain">{ &**text }</pre> },
        Body::Events(rows) if rows.is_empty() => html! { <p class="none">{ "No events." }</p> },
        Body::Events(rows) => events(rows),
        Body::Logs(files) => texts(files, "Nothing written yet."),
        Body::Files(files) => texts(files, "Empty."),
    }
}

fn events(rows: &[EventRow]) -> Html {
    html! {
        <ol class="events">
            { for rows.iter().map(|row| html! {
                <li data-warning={row.is_warning.then_some("")}>
                    <p><b>{ if row.is_warning { "Warning" } else { "Normal" } }</b>{ " " }{ &*row.reason }<time>{ &*row.age }</time></p>
                    <p>{ &*row.message }<span class="dim">{ " " }{ &*row.from }</span></p>
                </li>
            }) }
        </ol>
    }
}

fn texts(files: &[FileText], none: &'static str) -> Html {
    html! {
        <>
            { for files.iter().map(|file| html! {
                <section class="file">
                    <h3>{ &*file.name }</h3>
                    if file.text.is_empty() { <p class="none">{ none }</p> } else { <pre class="plain">{ &*file.text }</pre> }
                </section>
            }) }
            if files.is_empty() { <p class="none">{ none }</p> }
        </>
    }
}
