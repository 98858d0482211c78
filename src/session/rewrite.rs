//! Another past: what the user did at one moment is moved to another, or undone, and the run is made again.

use crate::history::LoggedInput;
use crate::kernel::SimTime;

use super::Session;
use super::sharing::Arrival;
use super::time::EPOCH;

impl Session {
    /// Everything that was done at the moment of one input was done at `to`, or not at all. What came before stays,
    /// the rest of the run is made again, up to the head, and the same moment is shown.
    pub(super) fn rewrite(&mut self, input: usize, to: Option<SimTime>) {
        let Some(at) = self.history.inputs().get(input).map(|logged| logged.at) else {
            return;
        };
        let (now, head) = (self.history.now(), self.history.head_time());
        let to = to.map(|to| to.clamp(EPOCH, head));
        if to == Some(at) {
            return;
        }
        let moved = |logged: &LoggedInput| match to {
            _ if logged.at != at => Some(logged.clone()),
            Some(to) => Some(LoggedInput {
                at: to,
                input: logged.input.clone(),
            }),
            None => None,
        };
        let mut inputs: Vec<LoggedInput> = self.history.inputs().iter().filter_map(moved).collect();
        // Stable: what was done at one moment keeps its order.
        inputs.sort_by_key(|logged| logged.at);
        self.history.rewrite(inputs, to.map_or(at, |to| to.min(at)));
        self.buffer.move_applied(at, to);
        self.files.each(&|buffer| buffer.move_applied(at, to));
        self.pace.seek(&mut self.history, head);
        self.arrival = Some(Arrival::new(now, self.selected.clone()));
        self.panels.is_text_stale = true;
        self.panels.is_choice_stale = true;
    }
}
