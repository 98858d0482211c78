//! The opening scenario, run once out of sight while the page has nothing else to do: browsers compile a function when
//! it is first called, and a thousand of them within the first frames after Apply would be seen as a stumble.

use std::time::Duration;

use gloo::utils::window;
use podarium::session::view::transport::Speed;
use podarium::session::{Action, Session};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::IdleDeadline;

/// How many parts it has: at ten times real time some forty simulated seconds.
const PARTS: u32 = 240;
/// The real time of a part, a frame's.
const PART: Duration = Duration::from_millis(16);
/// What is left of an idle stretch so that whatever comes next need not wait.
const SPARE_MILLIS: f64 = 5.0;

/// A run that nobody sees.
#[derive(Default)]
pub struct WarmUp {
    session: Option<Session>,
    done: u32,
}

impl WarmUp {
    /// Goes on for an idle stretch; false when there is nothing left to do.
    pub fn go_on(&mut self, idle: &IdleDeadline) -> bool {
        let session = self.session.get_or_insert_with(begin);
        while self.done < PARTS && idle.time_remaining() > SPARE_MILLIS {
            session.update(Action::Tick {
                elapsed: PART,
                step_budget: u32::MAX,
            });
            session.view();
            self.done += 1;
        }
        self.done < PARTS
    }
}

fn begin() -> Session {
    let mut session = Session::new();
    session.update(Action::Apply);
    session.update(Action::SetSpeed(Speed::Ten));
    session.update(Action::Play);
    session
}

/// Calls back when the page is idle; never in a browser that does not tell.
pub fn when_idle(call: impl FnOnce(IdleDeadline) + 'static) {
    let call = Closure::once_into_js(call);
    let _untold = window().request_idle_callback(call.unchecked_ref());
}
