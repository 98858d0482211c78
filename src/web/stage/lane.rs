//! One lane: its label, and its pods as rows, zones or pills.

use std::rc::Rc;

use podarium::session::view::stage::{Lane, LaneKind, PodCell};
use podarium::session::view::{State, Text};
use yew::prelude::*;

use super::cell::Cell;
use super::creation::{creation, step_names};
use super::grace::grace;
use super::lanes::{Detail, lane_name};
use crate::web::dispatch::use_dispatch;
use crate::web::glyph::{glyph, rich};

/// One lane.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What to draw.
    pub lane: Rc<Lane>,
    /// The uid of the selected pod.
    pub selected: Option<Text>,
    /// The uid of the pod that Tab reaches.
    pub stop: Option<Text>,
    /// How much of each pod to show.
    pub detail: Detail,
}

/// One lane.
#[function_component]
pub fn LaneRow(props: &Props) -> Html {
    let lane = &props.lane;
    let (title, note, state) = words(lane.kind);
    let name = lane_name(lane.kind);
    let id = format!("lane-{name}");
    let empty = lane.cells.is_empty() && lane.ghosts.is_empty();
    html! {
        <section class="lane" data-lane={name} data-state={state.as_str()} aria-labelledby={id.clone()} data-empty={empty.then_some("")}>
            <header class="lane__label">
                <h2 {id}>{ title }</h2>
                <span class="count">{ lane.cells.len() }{ glyph(state) }</span>
                <p>{ note }</p>
            </header>
            <div class="lane__body">{ body(props) }</div>
        </section>
    }
}

const fn words(kind: LaneKind) -> (&'static str, &'static str, State) {
    match kind {
        LaneKind::Pending => ("Pending", "phase Pending", State::Pending),
        LaneKind::Creating => ("Creating", "phase Pending", State::Creating),
        LaneKind::Running => ("Running", "phase Running", State::Ready),
        LaneKind::Terminating => ("Terminating", "being deleted", State::Terminating),
        LaneKind::Done => ("Done", "", State::Done),
    }
}

fn body(props: &Props) -> Html {
    let lane = &props.lane;
    match lane.kind {
        LaneKind::Done => done(props),
        LaneKind::Running if !lane.cells.is_empty() => zones(props),
        _ if props.detail == Detail::Pill => pills(props, &lane.cells),
        LaneKind::Creating if !lane.cells.is_empty() => {
            html! { <>{ step_names() }{ rows(props) }</> }
        }
        _ => rows(props),
    }
}

fn cell(props: &Props, cell: &Rc<PodCell>, detail: Detail) -> Html {
    html! {
        <Cell cell={cell.clone()} selected={props.selected.as_ref() == Some(&cell.key.uid)}
            tab_stop={props.stop.as_ref() == Some(&cell.key.uid)} {detail} />
    }
}

fn rows(props: &Props) -> Html {
    let row = |one: &Rc<PodCell>| {
        html! {
            <Row key={&*one.key.uid} cell={one.clone()} selected={props.selected.as_ref() == Some(&one.key.uid)}
                tab_stop={props.stop.as_ref() == Some(&one.key.uid)} detail={props.detail} />
        }
    };
    props.lane.cells.iter().map(row).collect()
}

fn pills(props: &Props, cells: &[Rc<PodCell>]) -> Html {
    html! {
        <ul class="pills">
            { for cells.iter().map(|one| html! { <li key={&*one.key.uid}>{ cell(props, one, Detail::Pill) }</li> }) }
        </ul>
    }
}

fn zones(props: &Props) -> Html {
    let (ready, waiting): (Vec<_>, Vec<_>) = props
        .lane
        .cells
        .iter()
        .cloned()
        .partition(|cell| cell.is_ready);
    let list = |cells: &[Rc<PodCell>]| {
        if props.detail == Detail::Pill {
            return pills(props, cells);
        }
        html! {
            <ul>{ for cells.iter().map(|one| html! { <li key={&*one.key.uid}>{ cell(props, one, props.detail) }</li> }) }</ul>
        }
    };
    html! {
        <div class="zones" data-waiting={waiting.is_empty().then_some("none")}>
            <div class="zone" data-state="notready">
                <h3>{ "Not ready " }<span>{ "no traffic" }</span></h3>
                { list(&waiting) }
            </div>
            <div class="zone zone--ready">
                <h3>{ "Ready " }<span>{ "gets Service traffic" }</span></h3>
                { list(&ready) }
            </div>
        </div>
    }
}

fn done(props: &Props) -> Html {
    let lane = &props.lane;
    html! {
        <ul class="donebar">
            { for lane.cells.iter().map(|one| html! { <li key={&*one.key.uid}>{ cell(props, one, Detail::Pill) }</li> }) }
            { for lane.ghosts.iter().map(|ghost| html! {
                <li key={&*ghost.key.uid}><span class="podlet podlet--ghost" data-uid={ghost.key.uid.to_string()}>
                    { &*ghost.name }{ " " }<em>{ &*ghost.text }</em>
                </span></li>
            }) }
        </ul>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct RowProps {
    cell: Rc<PodCell>,
    selected: bool,
    tab_stop: bool,
    detail: Detail,
}

/// A cell and, beside it, why it is here and what happens next.
#[function_component]
fn Row(props: &RowProps) -> Html {
    let dispatch = use_dispatch();
    let cell = &props.cell;
    let beside = if let Some(steps) = &cell.creation {
        creation(steps, &dispatch)
    } else if let Some(period) = &cell.grace {
        grace(period, &dispatch)
    } else {
        html! { <p class="reason">{ rich(&cell.sentence, &dispatch) }</p> }
    };
    html! {
        <div class="row">
            <Cell cell={cell.clone()} selected={props.selected} tab_stop={props.tab_stop} detail={props.detail} />
            { beside }
        </div>
    }
}
