//! What is said aloud: one polite sentence when a pod's STATUS changes.

use crate::api::ObjectKey;
use crate::history::Touched;
use crate::kernel::OrderedMap;

use super::stage::Cells;
use super::view::Text;
use super::view::announce::Announcement;
use super::view::stage::Dial;
use super::view::transport::Speed;

/// More changes than this in one frame are said as a summary.
const MOST_SENTENCES: usize = 2;

/// The last STATUS of each pod that was said.
#[derive(Debug, Default)]
pub struct Announcer {
    said: OrderedMap<Text, Text>,
    announcement: Announcement,
}

impl Announcer {
    /// The sentence after a frame.
    pub fn refresh(&mut self, cells: &Cells, touched: &Touched, speed: Speed) -> &Announcement {
        if touched.everything {
            // Another moment is shown: that is not news.
            self.said = cells
                .iter()
                .map(|(_, cell)| (cell.key.uid.clone(), cell.status.clone()))
                .collect();
            return &self.announcement;
        }
        let mut sentences = Vec::new();
        for key in touched
            .keys
            .iter()
            .filter(|key| key.kind == crate::api::Kind::Pod)
        {
            sentences.extend(self.news(cells, key));
        }
        if speed > Speed::Ten {
            return &self.announcement;
        }
        let text = match sentences.len() {
            0 => return &self.announcement,
            1..=MOST_SENTENCES => sentences.join(" "),
            count => format!("{count} pods changed."),
        };
        self.announcement = Announcement {
            text: text.into(),
            serial: self.announcement.serial + 1,
        };
        &self.announcement
    }

    fn news(&mut self, cells: &Cells, key: &ObjectKey) -> Option<String> {
        let Some(cell) = cells.get(key) else {
            return Some(format!("{} is gone.", key.name));
        };
        let before = self.said.insert(cell.key.uid.clone(), cell.status.clone());
        if before.as_ref() == Some(&cell.status) {
            return None;
        }
        let mut sentence = format!("{}: {}", key.name, cell.status);
        if let Dial::Countdown(countdown) = &cell.dial {
            sentence += &format!(", {}", countdown.label);
        }
        Some(sentence + ".")
    }
}
