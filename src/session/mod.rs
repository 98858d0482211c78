//! The headless app: `Session`, `Action`, `update`, and the view models.
