//! Why a pod is on its node, or on none: filters and scores, node by node.

use podarium::session::view::scheduling::{Cell, Row, Scheduling, Table};
use yew::prelude::*;

use crate::web::dispatch::Dispatch;
use crate::web::glyph::{icon, rich};

/// The last attempt to schedule a pod.
pub fn scheduling(told: &Scheduling, dispatch: &Dispatch) -> Html {
    html! {
        <div class="sched">
            if told.question.is_empty() { <p class="none">{ "No attempt is known." }</p> } else { <h3>{ &*told.question }</h3> }
            { for told.answer.iter().map(|text| html! { <p>{ rich(text, dispatch) }</p> }) }
            if !told.fixes.is_empty() {
                <div class="sched__help">
                    <p>{ &*told.remedy }</p>
                    <ul>{ for told.fixes.iter().map(|fix| html! { <li>{ rich(fix, dispatch) }</li> }) }</ul>
                </div>
            }
            { for told.tables.iter().map(table) }
        </div>
    }
}

fn table(table: &Table) -> Html {
    html! {
        <>
            <table>
                <caption>{ &*table.title }</caption>
                <thead><tr>
                    <th scope="col">{ "Node" }</th>
                    { for table.columns.iter().map(|column| html! { <th scope="col" title={column.plugin.to_string()}>{ &*column.word }</th> }) }
                </tr></thead>
                <tbody>{ for table.rows.iter().map(|one| row(one, table.columns.len())) }</tbody>
            </table>
            if !table.rest.is_empty() { <p class="none">{ &*table.rest }</p> }
        </>
    }
}

fn row(row: &Row, columns: usize) -> Html {
    let class = row.is_chosen.then_some("win");
    html! {
        <>
            <tr {class}>
                <th scope="row">{ &*row.node }if row.is_chosen { <span class="vh">{ ", chosen" }</span> }</th>
                { for row.cells.iter().map(cell) }
            </tr>
            if !row.reason.is_empty() { <tr class="because"><td colspan={(columns + 1).to_string()}>{ &*row.reason }</td></tr> }
        </>
    }
}

fn cell(cell: &Cell) -> Html {
    match cell {
        Cell::Passes => mark("ok", "check", "passes"),
        Cell::Rejects => mark("bad", "close", "rejects"),
        Cell::NotRun => html! { <td class="nil">{ "not run" }</td> },
        Cell::Score { points, detail } => html! {
            <td class="score" title={detail.to_string()}>{ *points }<i style={format!("width:{points}%")}></i></td>
        },
        Cell::Total(total) => html! { <td class="total">{ &**total }</td> },
    }
}

fn mark(class: &'static str, name: &str, word: &'static str) -> Html {
    html! { <td {class}>{ icon(name) }<span class="vh">{ word }</span></td> }
}
