//! Spreads the drawing of many pods that come or move at once over several frames.
//!
//! Each cell that appears in a lane is a new element, and some hundreds of them in one frame would hold it up.

use podarium::kernel::OrderedMap;
use std::rc::Rc;

use podarium::session::view::Text;
use podarium::session::view::stage::{Lane, LaneKind, PodCell, Stage};

/// Cells that may appear in a lane or a zone of it in one frame.
pub const MOST_NEW: usize = 10;

/// Where a cell stands: its lane, and for Running the zone.
pub type Place = (LaneKind, bool);

/// What to show after `shown` on the way to `wanted`: the same, but for what is over [`MOST_NEW`]. Those pods
/// stay where they are for a frame, or out if they are new. It is `wanted` itself when nothing is held back.
/// Also whether any pod comes, goes or changes its place on the way to `wanted`.
pub fn next(shown: &Stage, wanted: &Rc<Stage>) -> (Rc<Stage>, bool) {
    let before: OrderedMap<&Text, (Place, &Rc<PodCell>)> = cells(shown)
        .map(|(cell, place)| (&cell.key.uid, (place, cell)))
        .collect();
    let mut new = 0;
    let mut waiting = Vec::new();
    let mut lanes = Vec::new();
    for lane in &wanted.lanes {
        let mut drawn = Vec::new();
        for cell in &lane.cells {
            let old = before.get(&cell.key.uid);
            let stays = old.is_some_and(|(place, _)| *place == (lane.kind, cell.is_ready));
            new += usize::from(!stays);
            if stays || new <= MOST_NEW {
                drawn.push(Rc::clone(cell));
            } else {
                waiting.push(old);
            }
        }
        lanes.push(Lane {
            kind: lane.kind,
            detail: lane.detail,
            cells: drawn,
            groups: lane.groups.clone(),
            ghosts: lane.ghosts.clone(),
        });
    }
    // What neither came nor moved is as many as there were, unless some went.
    let moves = new > 0 || cells(wanted).count() != before.len();
    if waiting.is_empty() {
        return (Rc::clone(wanted), moves);
    }
    for ((kind, _), cell) in waiting.into_iter().flatten() {
        if let Some(lane) = lanes.iter_mut().find(|lane| lane.kind == *kind) {
            lane.cells.push(Rc::clone(cell));
        }
    }
    let stage = Stage {
        lanes: lanes.into_iter().map(Rc::new).collect(),
        summary: wanted.summary.clone(),
        selected: wanted.selected.clone(),
        selected_number: wanted.selected_number,
    };
    (Rc::new(stage), moves)
}

/// Each pod with its place.
pub fn cells(stage: &Stage) -> impl Iterator<Item = (&Rc<PodCell>, Place)> {
    stage.lanes.iter().flat_map(|lane| {
        lane.cells
            .iter()
            .map(|cell| (cell, (lane.kind, cell.is_ready)))
    })
}
