//! The editor: text, marks in it, and what of it the cluster has.

use super::common::{Severity, Text};

/// The left panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    /// The tabs: a number that never changes, and the name, such as `deployment.yaml`.
    pub files: Vec<(u32, Text)>,
    /// The tab that is shown.
    pub open: usize,
    /// The text as the session knows it.
    pub text: Text,
    /// Rises when the session itself replaced the text (a scenario was loaded, a fix applied), not when it was
    /// typed: only then the editor takes `text` over.
    pub revision: u64,
    /// Marks in the text, by place.
    pub diagnostics: Vec<Mark>,
    /// `applied at 0:00`, `not applied yet`, `changed since 0:12`.
    pub applied: Text,
    /// Whether the text differs from what was applied last.
    pub is_dirty: bool,
    /// Set while Apply would change the past: what happens then, said first.
    pub fork_notice: Option<Text>,
}

/// One diagnostic in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Begin, in UTF-16 code units from the start of the text.
    pub from: u32,
    /// End, likewise; may equal `from`.
    pub to: u32,
    /// How bad.
    pub severity: Severity,
    /// One line.
    pub message: Text,
    /// What to know and do about it; may be empty.
    pub detail: Text,
    /// Corrections one click away.
    pub fixes: Vec<Fix>,
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the action names it by; valid for this view only.
    pub id: u32,
    /// `Replace the tab with spaces`.
    pub label: Text,
}
