//! The object model.
