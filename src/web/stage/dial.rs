//! The dial of a cell: readiness as arcs, or the deadline that runs.

use podarium::session::view::State;
use podarium::session::view::stage::Dial;
use yew::prelude::*;

use crate::web::glyph::glyph;

/// Draws a dial; decorative, since the cell's label says it all.
pub fn dial(dial: &Dial, state: State) -> Html {
    let (ring, centre) = match dial {
        Dial::Readiness(ready) if ready.iter().any(|one| *one) => (arcs(ready), glyph(state)),
        Dial::Readiness(_) => (hollow(), glyph(state)),
        Dial::Countdown(countdown) => (
            filled(countdown.percent_left),
            number(&countdown.remaining_text, &countdown.unit),
        ),
        Dial::Progress { percent } => (filled(*percent), number(&percent.to_string(), "%")),
        Dial::Waited { text } => (hollow(), number(text, "")),
    };
    html! {
        <span class="dial" aria-hidden="true">
            <svg class="ring" viewBox="0 0 42 42">{ ring }</svg>
            { centre }
        </span>
    }
}

/// Whether the centre shows a number, so that the state's mark must stand before the status word.
pub const fn shows_number(dial: &Dial) -> bool {
    !matches!(dial, Dial::Readiness(_))
}

fn number(text: &str, unit: &str) -> Html {
    html! { <b data-wide={(text.len() > 3).then_some("")}>{ text }<small>{ unit }</small></b> }
}

fn hollow() -> Html {
    html! { <circle class="hollow" cx="21" cy="21" r="18" /> }
}

fn filled(percent: u8) -> Html {
    let dash = format!("{} 100", percent.min(100));
    html! {
        <>
            <circle class="track" cx="21" cy="21" r="18" />
            <circle class="arc" cx="21" cy="21" r="18" pathLength="100" stroke-dasharray={dash} />
        </>
    }
}

/// One arc per container, with gaps between them; a container that is not ready shows the track.
fn arcs(ready: &[bool]) -> Html {
    if let [true] = ready {
        return html! { <circle class="arc" cx="21" cy="21" r="18" pathLength="100" /> };
    }
    let share = 100.0 / ready.len() as f64;
    let length = (share - 3.0).max(1.0);
    ready
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let class = if *one { "arc" } else { "track" };
            let dash = format!("{length:.1} {:.1}", 100.0 - length);
            let offset = format!("{:.1}", -(share * index as f64 + 1.5));
            html! {
                <circle {class} cx="21" cy="21" r="18" pathLength="100" stroke-dasharray={dash} stroke-dashoffset={offset} />
            }
        })
        .collect()
}
