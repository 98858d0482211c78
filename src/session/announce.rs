//! What is said aloud: one polite sentence when a pod's STATUS changes.

use super::scene::Scene;
use super::stage::{Cells, News};
use super::view::announce::Announcement;
use super::view::stage::Dial;
use super::view::transport::Speed;

/// More changes than this in one frame are said as a summary.
const MOST_SENTENCES: usize = 2;

/// The sentence after a frame, if there is news; `last` is what was said before.
pub fn announce(
    scene: &Scene,
    cells: &Cells,
    speed: Speed,
    last: &Announcement,
) -> Option<Announcement> {
    let news = cells.news();
    if news.is_empty() || speed > Speed::Ten {
        return None;
    }
    let text = if news.len() > MOST_SENTENCES {
        format!("{} pods changed.", news.len())
    } else {
        let sentences = news.iter().map(|news| sentence(scene, cells, news));
        sentences.collect::<Vec<String>>().join(" ")
    };
    Some(Announcement {
        text: text.into(),
        serial: last.serial + 1,
    })
}

fn sentence(scene: &Scene, cells: &Cells, news: &News) -> String {
    let name = &news.key.name;
    let cell = news.number.and_then(|number| cells.cell(scene, number));
    let Some(cell) = cell else {
        return format!("{name} is gone.");
    };
    match &cell.dial {
        Dial::Countdown(countdown) => format!("{name}: {}, {}.", cell.status, countdown.label),
        _ => format!("{name}: {}.", cell.status),
    }
}
