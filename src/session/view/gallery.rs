//! The gallery: scenarios ready to load.

use super::common::Text;

/// The menu of scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gallery {
    /// The title of the one that is loaded, or `Untitled`.
    pub current: Text,
    /// By topic.
    pub groups: Vec<GalleryGroup>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryGroup {
    /// `Probes`.
    pub title: Text,
    /// In teaching order.
    pub entries: Vec<GalleryEntry>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryEntry {
    /// What the action names it by.
    pub id: Text,
    /// `Liveness probe on the wrong port`.
    pub title: Text,
    /// One line.
    pub summary: Text,
    /// Whether it is the one that is loaded.
    pub is_current: bool,
}
