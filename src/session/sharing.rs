//! Sharing: the session as the text of a link, and a session from such a text.

use crate::history::cluster::ClusterConfig;
use crate::kernel::SimTime;
use crate::share::{self, Shared};

use super::time::EPOCH;
use super::view::{ObjectKey, StageMode, Text};
use super::{Session, gallery, replayed};

/// The version of this program, which links name.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The modes by their words.
const MODES: [(StageMode, &str); 3] = [
    (StageMode::LifeCycle, "life-cycle"),
    (StageMode::Nodes, "nodes"),
    (StageMode::Crowd, "crowd"),
];

/// Where a run that is made again is going, and what is selected when it is there.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    now: SimTime,
    selected: Option<ObjectKey>,
}

impl Arrival {
    /// At this moment, with this selected.
    pub(super) const fn new(now: SimTime, selected: Option<ObjectKey>) -> Self {
        Self { now, selected }
    }
}

impl Session {
    /// The text that stands for all that is shown: whoever opens it sees the same moment of the same run.
    #[must_use]
    pub fn share(&self) -> String {
        let (history, buffer) = (&self.history, &self.buffer);
        let config = history.config();
        let word = MODES.iter().find(|(mode, _)| *mode == self.mode);
        let selected = self.selected.as_ref();
        share::write(&Shared {
            version: VERSION.into(),
            is_newer: false,
            scenario: self.scenario.clone(),
            file: buffer.file.clone(),
            text: buffer.source.text.clone(),
            applied: buffer.applied_at(),
            is_changed: buffer.is_dirty(),
            seed: config.seed,
            machines: config.machines.clone(),
            pulled_images: config.pulled_images.clone(),
            inputs: history.inputs().to_vec(),
            now: history.seeking().unwrap_or(history.now()),
            head: history.head_time(),
            selected: selected
                .map(|key| [&key.kind, &key.namespace, &key.name, &key.uid].map(Text::clone)),
            mode: word.map_or("", |(_, word)| word).into(),
        })
    }

    /// Shows what a link stands for; what cannot be read is told and changes nothing else.
    pub(super) fn open(&mut self, text: &str) {
        match share::read(text) {
            Ok(shared) => self.show(shared),
            Err(damage) => self.notice = format!("This link cannot be opened: {damage}.").into(),
        }
        self.panels.is_text_stale = true;
    }

    fn show(&mut self, shared: Shared) {
        self.notice = remark(&shared).into();
        let known = gallery::find(&shared.scenario);
        self.scenario = known.map_or("", |scenario| scenario.id).into();
        let file: String = shared.file.chars().take(80).collect();
        self.buffer.load(file.into(), shared.text);
        self.buffer.restore(shared.applied, shared.is_changed);
        let mode = MODES.iter().find(|(_, word)| *word == &*shared.mode);
        self.mode = mode.map_or(StageMode::default(), |(mode, _)| *mode);
        let mut inputs = shared.inputs;
        for input in &mut inputs {
            input.at = input.at.max(EPOCH);
        }
        let config = ClusterConfig {
            seed: shared.seed,
            machines: shared.machines,
            pulled_images: shared.pulled_images,
            ..ClusterConfig::default()
        };
        self.history = replayed(config, inputs);
        self.pace.stop();
        self.pace.seek(&mut self.history, shared.head);
        self.selected = None;
        let key = |[kind, namespace, name, uid]: [Text; 4]| ObjectKey {
            kind,
            namespace,
            name,
            uid,
        };
        self.arrival = Some(Arrival::new(shared.now, shared.selected.map(key)));
        self.panels.is_choice_stale = true;
    }

    /// Once the run is made again: the moment and the object that were shared.
    pub(super) fn arrive(&mut self) {
        let is_there = self.history.seeking().is_none();
        if let Some(arrival) = self.arrival.take_if(|_| is_there) {
            if arrival.now < self.history.head_time() {
                self.pace.seek(&mut self.history, arrival.now);
            }
            self.buffer.judge(self.history.shown());
            self.selected = arrival.selected;
            self.panels.is_choice_stale = true;
            self.panels.is_text_stale = true;
        }
    }
}

/// What is to be known of a link that another version made.
fn remark(shared: &Shared) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || ".-+".contains(*letter);
    let version: String = shared.version.chars().filter(is_plain).take(20).collect();
    if shared.is_newer {
        format!(
            "This link was made with a later version of Podarium ({version}); this is {VERSION}. What it does not know \
             is missing."
        )
    } else if *shared.version == *VERSION {
        String::new()
    } else {
        format!(
            "This link was made with Podarium {version}; this is {VERSION}. The run may differ from what was shared."
        )
    }
}
