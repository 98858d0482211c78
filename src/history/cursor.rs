//! A cursor: a world with its place in the log of inputs.

use crate::cluster::World;
use crate::kernel::SimTime;

use super::LoggedInput;

/// A world somewhere on the run. Runs on, it meets the inputs where they were given.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub world: World,
    /// The first input that it has not met yet.
    pub next_input: usize,
    /// The number of events that happened so far.
    pub events: u64,
}

impl Cursor {
    pub const fn new(world: World) -> Self {
        Self {
            world,
            next_input: 0,
            events: 0,
        }
    }

    /// Its place on the run: rises with everything that happens.
    pub const fn position(&self) -> (u64, usize, SimTime) {
        (self.events, self.next_input, self.world.now())
    }

    /// Lets everything up to and including `until` happen, taking each event off `left`. Returns whether
    /// it got there before `left` was 0.
    pub fn run(&mut self, inputs: &[LoggedInput], until: SimTime, left: &mut usize) -> bool {
        loop {
            let input = inputs.get(self.next_input).filter(|next| next.at <= until);
            let stop = input.map_or(until, |input| input.at);
            while self.world.next_time().is_some_and(|next| next <= stop) {
                if *left == 0 {
                    return false;
                }
                *left -= 1;
                self.events += 1;
                self.world.step();
            }
            // Nothing is pending up to `stop`: only the clock moves.
            self.world.run_until(stop, 1);
            let Some(input) = input else {
                return true;
            };
            input.input.replay(&mut self.world);
            self.next_input += 1;
        }
    }

    /// Lets all that is due at this very moment happen: inputs come after it.
    pub fn finish_instant(&mut self, inputs: &[LoggedInput]) {
        self.run(inputs, self.world.now(), &mut usize::MAX.clone());
    }
}
