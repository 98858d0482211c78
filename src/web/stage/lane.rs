//! One lane: its label, and its pods as rows, zones or pills.

use std::rc::Rc;

use podarium::session::view::crowd::{Group, Loupe};
use podarium::session::view::stage::{Detail, Lane, LaneKind, PodCell};
use podarium::session::view::{State, Text, grouped};
use yew::prelude::*;

use super::cell::Cell;
use super::creation::{creation, step_names};
use super::field::Field;
use super::grace::grace;
use super::lanes::lane_name;
use super::plan::Shape;
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
    /// The number of the selected pod.
    pub selected_number: Option<u64>,
    /// The glyph that is looked at.
    pub loupe: Option<Rc<Loupe>>,
    /// Whether the dark theme is on.
    pub dark: bool,
}

/// One lane.
#[function_component]
pub fn LaneRow(props: &Props) -> Html {
    let lane = &props.lane;
    let (title, note, state) = words(lane.kind);
    let name = lane_name(lane.kind);
    let id = format!("lane-{name}");
    let empty = lane.count() == 0 && lane.ghosts.is_empty();
    html! {
        <section class="lane" data-lane={name} data-state={state.as_str()} aria-labelledby={id.clone()} data-empty={empty.then_some("")}>
            <header class="lane__label">
                <h2 {id}>{ title }</h2>
                <span class="count">{ grouped(lane.count() as u64) }{ glyph(state) }</span>
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
        LaneKind::Running if lane.count() > 0 => zones(props),
        _ if lane.detail == Detail::Glyph => lane
            .groups
            .iter()
            .map(|group| field(props, group, ""))
            .collect(),
        _ if lane.detail == Detail::Pill => pills(props, &lane.cells),
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
                tab_stop={props.stop.as_ref() == Some(&one.key.uid)} detail={props.lane.detail} />
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
    let list = |cells: &[Rc<PodCell>], zone: usize, word: &str| {
        if let Some(group) = props.lane.groups.get(zone) {
            return field(props, group, word);
        }
        if props.lane.detail == Detail::Pill {
            return pills(props, cells);
        }
        html! {
            <ul>{ for cells.iter().map(|one| html! { <li key={&*one.key.uid}>{ cell(props, one, props.lane.detail) }</li> }) }</ul>
        }
    };
    html! {
        <div class="zones" data-waiting={(waiting.is_empty() && props.lane.groups.is_empty()).then_some("none")}>
            <div class="zone" data-state="notready">
                <h3>{ "Not ready " }<span>{ "no traffic" }</span></h3>
                { list(&waiting, 0, ", not ready") }
            </div>
            <div class="zone zone--ready">
                <h3>{ "Ready " }<span>{ "gets Service traffic" }</span></h3>
                { list(&ready, 1, ", ready") }
            </div>
        </div>
    }
}

fn done(props: &Props) -> Html {
    let lane = &props.lane;
    html! {
        <ul class="donebar">
            { for lane.cells.iter().map(|one| html! { <li key={&*one.key.uid}>{ cell(props, one, Detail::Pill) }</li> }) }
            { for lane.groups.iter().map(|group| html! { <li class="donebar__crowd">{ field(props, group, "") }</li> }) }
            { for lane.ghosts.iter().map(|ghost| html! {
                <li key={&*ghost.key.uid}><span class="podlet podlet--ghost" data-uid={ghost.key.uid.to_string()}>
                    { &*ghost.name }{ " " }<em>{ &*ghost.text }</em>
                </span></li>
            }) }
        </ul>
    }
}

/// The pods of a lane or of a zone of it as glyphs, smaller the more there are.
fn field(props: &Props, group: &Rc<Group>, zone: &str) -> Html {
    let count = group.glyphs.len();
    let sizes = [(300, 14), (800, 11), (2_000, 8)];
    let fits = sizes.into_iter().find(|(most, _)| count <= *most);
    let (title, _, _) = words(props.lane.kind);
    let label = format!("{title}{zone}: {} pods", grouped(count as u64));
    html! {
        <Field groups={vec![group.clone()]} shape={Shape::Block} pitch={fits.map_or(6, |(_, pitch)| pitch)} selected={props.selected_number}
            loupe={props.loupe.clone()} dark={props.dark} {label} />
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
