//! What several panels share: text, states, keys of objects, links to YAML lines.

use std::rc::Rc;

/// Immutable text, cheap to clone and to hand to a component.
pub type Text = Rc<str>;

/// The state vocabulary of the screen: one colour, shape, pattern and word each.
///
/// It is coarser than kubectl's STATUS, which is always shown beside it as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not bound to a node, or a part that has not begun.
    Pending,
    /// On a node, its containers not yet running.
    Creating,
    /// Ready: receives Service traffic.
    Ready,
    /// Running, not ready.
    NotReady,
    /// In a back-off: CrashLoopBackOff, ImagePullBackOff.
    Waiting,
    /// Error, OOMKilled, CreateContainerConfigError, ErrImagePull.
    Failing,
    /// Deletion asked, grace period running.
    Terminating,
    /// Succeeded.
    Done,
    /// Failed for good: phase Failed.
    Failed,
    /// The node is lost.
    #[default]
    Unknown,
}

impl State {
    /// The word of the legend.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Creating => "Creating",
            Self::Ready => "Ready",
            Self::NotReady => "Not ready",
            Self::Waiting => "Back-off",
            Self::Failing => "Failing",
            Self::Terminating => "Terminating",
            Self::Done => "Completed",
            Self::Failed => "Failed",
            Self::Unknown => "Node lost",
        }
    }

    /// The value of `data-state`, the name of the glyph and of the colour tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::NotReady => "notready",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Terminating => "terminating",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Names one object for good: the uid tells a pod from its successor of the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// `Pod`, `Deployment`, `Node` …
    pub kind: Text,
    /// Empty for cluster-scoped kinds.
    pub namespace: Text,
    /// `metadata.name`.
    pub name: Text,
    /// `metadata.uid`.
    pub uid: Text,
}

/// A link into the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the link says: `line 21`.
    pub label: Text,
    /// The line in the text as it now stands, from 1.
    pub line: u32,
    /// The field, as the API names it: `spec.containers[0].livenessProbe.failureThreshold`. May be empty.
    pub field: Text,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The API server or kubectl refuses it.
    Error,
    /// Accepted, but hardly meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// A sentence with emphasised parts and links at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RichText {
    /// The parts in reading order; spaces between them are part of the text.
    pub runs: Vec<Run>,
    /// Shown after the text.
    pub links: Vec<Link>,
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The words.
    pub text: Text,
    /// Whether they are the point of the sentence.
    pub strong: bool,
}

impl RichText {
    /// A sentence without emphasis.
    #[must_use]
    pub fn plain(text: impl Into<Text>) -> Self {
        Self::default().text(text)
    }

    /// Adds words.
    #[must_use]
    pub fn text(mut self, text: impl Into<Text>) -> Self {
        self.runs.push(Run {
            text: text.into(),
            strong: false,
        });
        self
    }

    /// Adds words that are the point of the sentence.
    #[must_use]
    pub fn strong(mut self, text: impl Into<Text>) -> Self {
        self.runs.push(Run {
            text: text.into(),
            strong: true,
        });
        self
    }

    /// Adds a link, if there is one.
    #[must_use]
    pub fn link(mut self, link: Option<Link>) -> Self {
        self.links.extend(link);
        self
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.links.is_empty()
    }
}

/// A count as people read it: `5,000`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let texts = [0, 999, 1_000, 12_034, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "12,034", "1,234,567"]);
    }
}
