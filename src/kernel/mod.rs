//! The discrete-event kernel: virtual time, the event queue, seeded randomness and the trace.
//!
//! It knows nothing of Kubernetes and never reads a clock: time is what the queue says it is.

pub mod by_text;
pub mod ordered;
pub mod queue;
pub mod rng;
pub mod time;
pub mod trace;

pub use by_text::ByText;
pub use ordered::{OrderedMap, OrderedSet};
pub use queue::Queue;
pub use rng::Rng;
pub use time::SimTime;
pub use trace::{Trace, TraceId};
