//! The list of problems under the editor.

use super::common::{Link, Severity, Text};
use super::editor::Fix;

/// All problems, worst first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// `1 error, 2 warnings`, or empty.
    pub summary: Text,
    /// Errors, then warnings, then by line.
    pub rows: Vec<Problem>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// As kubectl or the API server says it, or our own word for a warning.
    pub message: Text,
    /// A hint; may be empty.
    pub detail: Text,
    /// Where.
    pub link: Option<Link>,
    /// Corrections one click away.
    pub fixes: Vec<Fix>,
}
