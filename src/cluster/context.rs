//! What an actor may touch while it handles an event.

use std::time::Duration;

use crate::apiserver::{ApiServer, Moment};
use crate::kernel::{Queue, SimTime, Trace, TraceId};

use super::{Event, Step};

/// The actor's hands: the time, the API server, the queue and the trace. Nothing else exists for it.
pub struct Context<'a> {
    /// The simulated time.
    pub now: SimTime,
    /// The trace entry that led here; [`Context::step`] moves it on, so that what follows a step is
    /// caused by it.
    pub cause: TraceId,
    /// The API server.
    pub api: &'a mut ApiServer,
    /// The pending events.
    pub queue: &'a mut Queue<Event>,
    /// The record of what happened.
    pub trace: &'a mut Trace<Step>,
}

impl<'a> Context<'a> {
    /// The hands of nobody in particular: what they do is caused by nothing that is recorded.
    pub const fn outside(
        now: SimTime,
        api: &'a mut ApiServer,
        queue: &'a mut Queue<Event>,
        trace: &'a mut Trace<Step>,
    ) -> Self {
        Self {
            now,
            cause: TraceId::ROOT,
            api,
            queue,
            trace,
        }
    }

    /// The moment to put on a request to the API server.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment {
            now: self.now,
            cause: self.cause,
        }
    }

    /// Lets `event` happen `delay` from now.
    pub fn after(&mut self, delay: Duration, event: Event) {
        self.at(self.now + delay, event);
    }

    /// Lets `event` happen at `moment`, or now if that is past.
    pub fn at(&mut self, moment: SimTime, event: Event) {
        self.queue.push(moment.max(self.now), self.cause, event);
    }

    /// Records a step, and makes it the cause of what the actor does from here on.
    pub fn step(&mut self, step: Step) -> TraceId {
        self.cause = self.trace.record(self.now, self.cause, step);
        self.cause
    }
}
