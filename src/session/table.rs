//! The run as a table in Markdown: what was done, and what became of the pods.

use crate::history::Lane;
use crate::kernel::SimTime;

use super::time::{EPOCH, clock};
use super::view::legend::LEGEND;
use super::{Session, names, timeline};

/// The most rows; a last one says how many are left out.
const MOST_ROWS: usize = 400;

impl Session {
    /// The run from its start to its head, a row for each thing that was done or that became of a pod.
    #[must_use]
    pub fn table(&self) -> String {
        let inputs = self.history.inputs().iter();
        let mut rows: Vec<(SimTime, String, String)> = inputs
            .map(|logged| (logged.at, "you".to_owned(), timeline::deed(&logged.input)))
            .collect();
        for lane in self.history.record().lanes() {
            life(lane, &mut rows);
        }
        rows.sort_by_key(|(at, _, _)| *at);
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let mut table = "| Time | Who | What |\n|---:|---|---|\n".to_owned();
        for (at, who, what) in rows {
            table += &format!("| {} | {} | {} |\n", clock(at), cell(&who), cell(&what));
        }
        if left_out > 0 {
            table += &format!("| … | | {left_out} more |\n");
        }
        table
    }
}

/// What became of a pod.
fn life(lane: &Lane, rows: &mut Vec<(SimTime, String, String)>) {
    if lane.gone.is_some_and(|gone| gone < EPOCH) {
        return;
    }
    let mut add =
        |at: SimTime, what: &str| rows.push((at, lane.key.name.to_string(), what.to_owned()));
    for span in &lane.spans {
        let state = names::state(span.state);
        let row = LEGEND.iter().find(|row| row.state == state);
        add(span.from, row.map_or("", |row| row.word));
    }
    for at in &lane.restarts {
        add(*at, "restarted");
    }
    if let Some(gone) = lane.gone {
        add(gone, "gone");
    }
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
