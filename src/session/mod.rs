//! The headless app: `Session`, `Action`, `update`, and the view models.

pub mod action;
pub mod cluster;
pub mod view;

pub use action::Action;
pub use view::View;
