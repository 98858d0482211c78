//! What the screen may ask of the session: the only way in.

use std::rc::Rc;
use std::time::Duration;

use super::view::StageMode;
use super::view::common::{ObjectKey, Text};
use super::view::inspector::Tab;
use super::view::transport::Speed;
use crate::kernel::SimTime;

/// One thing the user, or the frame clock, did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The text in the editor was changed by typing or pasting.
    EditText(Text),
    /// Apply the text, as `kubectl apply -f` would, at the moment shown. In the past this makes a fork.
    Apply,
    /// Show the file of a tab: a place in [`super::view::editor::Editor::files`].
    OpenFile(usize),
    /// Open a file in a tab of its own: its name, perhaps with a number more, and its text.
    AddFile(Text, Text),
    /// Close the tab of a file; the last one stays.
    CloseFile(usize),
    /// Open the files of the last visit, names and texts, and show one of them.
    Reopen(Rc<[(Text, Text)]>, usize),
    /// Replace text by a correction: [`super::view::editor::Fix::id`].
    ApplyFix(u32),
    /// Load a scenario: [`super::view::gallery::GalleryEntry::id`]. Starts a new run.
    LoadScenario(Text),
    /// Start the same scenario again with the text as it stands.
    Restart,
    /// Show an object in the inspector; `None` deselects.
    Select(Option<ObjectKey>),
    /// Show the pod of a glyph in the inspector: [`super::view::crowd::Glyph::number`].
    Pick(u64),
    /// Look at the pod of a glyph more closely; `None` looks away.
    Peek(Option<u64>),
    /// Open a tab of the inspector.
    OpenTab(Tab),
    /// Change what the middle panel shows.
    SetMode(StageMode),
    /// Let time run. At an earlier moment it runs through the past up to the head and on.
    Play,
    /// Stop time.
    Pause,
    /// Go to the next event and stop.
    Step,
    /// Go to the event before and stop.
    StepBack,
    /// Simulated seconds per real second.
    SetSpeed(Speed),
    /// Show this moment; beyond the head it is simulated up to there.
    Seek(SimTime),
    /// Forget what came after the moment shown, and go on from it.
    Fork,
    /// Break or heal something: [`super::view::faults::FaultEntry::id`].
    Fault(Text),
    /// Delete an object, as `kubectl delete` would.
    Delete(ObjectKey),
    /// The time line is scrolled: so many tracks are out of sight above.
    ScrollTracks(usize),
    /// What was done at the moment of this input ([`super::view::timeline::Pin::input`]) was done at another.
    MovePin(usize, SimTime),
    /// What was done at the moment of this input was not done.
    DropPin(usize),
    /// Show what a link stands for: the text that [`super::Session::share`] gave.
    Open(Text),
    /// Show a notice to all, until it is taken away.
    Notify(Text),
    /// Take the notice away.
    DropNotice,
    /// One frame of the screen.
    Tick {
        /// Real time since the last frame; at most 100 ms count. Zero goes on with the last frame.
        elapsed: Duration,
        /// The most events to simulate in this frame, so that it never overruns.
        step_budget: u32,
    },
}

impl Action {
    /// Whether it leads to what the opening scenario does without, so that its code may have to be loaded before:
    /// other tabs than the story, and another text, which may name any program and any kind.
    #[must_use]
    pub fn needs_more(&self) -> bool {
        match self {
            Self::OpenTab(tab) => *tab != Tab::Story,
            Self::EditText(_)
            | Self::ApplyFix(_)
            | Self::LoadScenario(_)
            | Self::Open(_)
            | Self::OpenFile(_)
            | Self::AddFile(..)
            | Self::CloseFile(_)
            | Self::Reopen(..) => true,
            _ => false,
        }
    }

    /// Whether it leads elsewhere than a link that is being opened.
    #[must_use]
    pub(super) const fn is_another_way(&self) -> bool {
        !matches!(
            self,
            Self::Tick { .. }
                | Self::OpenTab(_)
                | Self::SetMode(_)
                | Self::SetSpeed(_)
                | Self::EditText(_)
                | Self::OpenFile(_)
                | Self::AddFile(..)
                | Self::CloseFile(_)
                | Self::Notify(_)
                | Self::DropNotice
                | Self::ScrollTracks(_)
        )
    }
}
