//! Sheets over everything: the keyboard map, the legend, and what is not simulated.

use std::rc::Rc;

use podarium::session::view::coverage::coverage;
use podarium::session::view::legend::LEGEND;
use web_sys::{Element, HtmlDialogElement};
use yew::prelude::*;

use super::bindings::share;
use super::dispatch::{Sheet, UiMessage, use_dispatch};
use super::glyph::{glyph, icon};
use super::keys::MAP;

/// A sheet.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Which.
    pub sheet: Sheet,
    /// What a link would stand for, and the run as a table, if this is the sheet that hands them out.
    pub shared: [Rc<str>; 2],
}

/// A sheet, open as long as it exists.
#[function_component]
pub fn SheetDialog(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let root = use_node_ref();
    let place = use_node_ref();
    {
        let (root, place, shared) = (root.clone(), place.clone(), props.shared.clone());
        use_effect_with((), move |()| {
            if let Some(dialog) = root.cast::<HtmlDialogElement>() {
                // It is on the page and not open yet, so this cannot fail.
                let _shown = dialog.show_modal();
            }
            if let Some(place) = place.cast::<Element>() {
                share(&place, &shared[0], &shared[1]);
            }
        });
    }
    let dispatch_again = dispatch.clone();
    let close = {
        let ui = dispatch.ui;
        Callback::from(move |()| ui.emit(UiMessage::ShowSheet(None)))
    };
    let onclick = {
        let close = close.clone();
        move |_: MouseEvent| close.emit(())
    };
    let onclose = move |_: Event| close.emit(());
    let open = |sheet: Sheet| {
        let ui = dispatch_again.ui.clone();
        Callback::from(move |_: MouseEvent| ui.emit(UiMessage::ShowSheet(Some(sheet))))
    };
    let title = match props.sheet {
        Sheet::Keys => "Keys",
        Sheet::Legend => "Key",
        Sheet::Coverage => "What is not simulated",
        Sheet::Share => "Share",
    };
    html! {
        <dialog class="sheet" closedby="any" ref={root} aria-label={title} {onclose}>
            <header><h2>{ title }</h2><button type="button" class="btn btn--icon" aria-label="Close" {onclick}>{ icon("close") }</button></header>
            { match props.sheet {
                Sheet::Keys => keys(&open(Sheet::Coverage)),
                Sheet::Legend => legend(),
                Sheet::Coverage => not_simulated(),
                // Drawn by what makes the link, which is loaded now.
                Sheet::Share => html! { <div class="share" ref={place}><p>{ "Packing …" }</p></div> },
            } }
        </dialog>
    }
}

fn keys(show_coverage: &Callback<MouseEvent>) -> Html {
    html! {
        <>
        <dl class="keymap">
            { for MAP.iter().map(|(keys, meaning)| html! {
                <div><dt>{ for keys.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt><dd>{ *meaning }</dd></div>
            }) }
        </dl>
        <p class="legend__note">
            <button type="button" class="btn btn--line" onclick={show_coverage}>{ "What is not simulated" }</button>
        </p>
        </>
    }
}

fn not_simulated() -> Html {
    html! {
        <div class="coverage">
            <p>{ "Kubernetes 1.36 accepts these fields, and so does Podarium; here they change nothing. Everything else does what it \
                does in a cluster, or is refused as a cluster refuses it." }</p>
            { for coverage().into_iter().map(|group| html! {
                <section>
                    <h3>{ group.why }</h3>
                    <ul>{ for group.fields.into_iter().map(|field| html! { <li><code>{ field }</code></li> }) }</ul>
                </section>
            }) }
        </div>
    }
}

fn legend() -> Html {
    html! {
        <>
            <ul class="legend">
                { for LEGEND.iter().map(|row| html! {
                    <li data-state={row.state.as_str()}>
                        <span class="podlet">{ glyph(row.state) }<em>{ row.status }</em></span>
                        <i class="seg" data-state={row.state.as_str()} data-kind="app"></i>
                        <p><b>{ row.word }</b>{ " " }<small>{ row.look }</small><br />{ row.meaning }</p>
                    </li>
                }) }
            </ul>
            <p class="legend__note">{ "In a cell: a block is an app container, an arrow an init container, a capsule a sidecar. L, R and S are the \
                liveness, readiness and startup probes with their last results, up to the threshold. The diamond is the QoS class: full is \
                Guaranteed, half Burstable, empty BestEffort. The ring has an arc for each container that counts for readiness; while a \
                deadline runs it counts down." }</p>
        </>
    }
}
