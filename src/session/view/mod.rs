//! View models: what the screen shows, as plain data, one file per panel.
//!
//! The session builds them, the web layer only draws them: whatever needs Kubernetes' knowledge (STATUS, reasons,
//! which lane, what a countdown counts to) is decided before it gets here. All numbers are integers, so every model
//! is `Eq` and an unchanged panel is recognised by comparing two `Rc`s.

use std::rc::Rc;

pub mod announce;
pub mod common;
pub mod coverage;
pub mod crowd;
pub mod editor;
pub mod faults;
pub mod gallery;
pub mod inspector;
pub mod legend;
pub mod nodes;
pub mod problems;
pub mod scheduling;
pub mod stage;
pub mod timeline;
pub mod transport;

pub use common::{Link, ObjectKey, RichText, Severity, State, Text, grouped};

/// Everything on the screen at one moment.
///
/// The session keeps the last `View` and replaces a panel's `Rc` only when its content changed; inside a panel the
/// same holds for each pod. That makes a frame in which nothing happened cost next to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What the middle panel shows.
    pub mode: StageMode,
    /// The lanes of the life cycle. Need not be current while another mode is shown.
    pub stage: Rc<stage::Stage>,
    /// The node cards. Need not be current while another mode is shown.
    pub nodes: Rc<nodes::Nodes>,
    /// All pods as glyphs. Need not be current while another mode is shown.
    pub crowd: Rc<crowd::Crowd>,
    /// The pod that is looked at more closely, wherever pods are glyphs.
    pub loupe: Option<Rc<crowd::Loupe>>,
    /// The right panel: what is selected.
    pub inspector: Rc<inspector::Inspector>,
    /// Clock, speed and buttons.
    pub transport: Rc<transport::Transport>,
    /// One track per pod.
    pub timeline: Rc<timeline::Timeline>,
    /// The text, its marks and what was applied.
    pub editor: Rc<editor::Editor>,
    /// The list under the editor.
    pub problems: Rc<problems::Problems>,
    /// The scenarios one can load.
    pub gallery: Rc<gallery::Gallery>,
    /// What one may break just now.
    pub faults: Rc<faults::FaultMenu>,
    /// The sentence for screen readers.
    pub announce: Rc<announce::Announcement>,
    /// What is to be known of the link that was opened; empty if nothing is.
    pub notice: Text,
    /// The facts in the top bar, such as `Kubernetes 1.36 rules, seed 42`.
    pub facts: Text,
}

/// What the middle panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageMode {
    /// Lanes from Pending to Done.
    #[default]
    LifeCycle,
    /// One card per node.
    Nodes,
    /// A glyph per pod, by node.
    Crowd,
}
