//! What the front end has to say about a text: problems with a place, a reason, hints and quick fixes.

use std::ops::Range;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// kubectl or the API server refuses the text.
    Error,
    /// Accepted, but probably not what was meant.
    Warning,
    /// Accepted, and worth knowing.
    Note,
}

/// One problem, at one place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable, kebab-case name of the rule, for links and tests: `unknown-field`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line in plain words, without a full stop.
    pub message: String,
    /// What kubectl or the API server says of it, in their own words.
    pub detail: Option<String>,
    /// Where: bytes of the text given to [`read`](super::read), on character boundaries.
    pub span: Range<usize>,
    /// The field it is about, from the document's root: `spec.containers[0].image`.
    pub path: Option<String>,
    /// What to look at, or to do about it; a sentence each.
    pub hints: Vec<String>,
    /// Edits that mend it; the first is the best.
    pub fixes: Vec<Fix>,
}

/// A quick fix: applying all edits mends the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a button would say it: ``Change `contaners` to `containers` ``.
    pub title: String,
    /// The replacements, in rising order, not overlapping.
    pub edits: Vec<Edit>,
}

/// The replacement of a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty for an insertion.
    pub span: Range<usize>,
    /// What to put there.
    pub text: String,
}

impl Diagnostic {
    /// An error named `code` at `span`.
    pub fn error(code: &'static str, message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            detail: None,
            span,
            path: None,
            hints: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// A warning named `code` at `span`.
    pub fn warning(code: &'static str, message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message, span)
        }
    }

    /// A note named `code` at `span`.
    pub fn note(code: &'static str, message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, message, span)
        }
    }

    /// The same with Kubernetes' own words.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with the field it is about.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same with one more hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with one more quick fix.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Whether kubectl or the API server would refuse the text for this.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Fix {
    /// A fix that replaces `span` by `text`.
    pub fn replace(title: impl Into<String>, span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            title: title.into(),
            edits: vec![Edit { span, text }],
        }
    }

    /// `text` with the edits made. Edits that do not fit the text (another text, overlapping)
    /// are left out.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for edit in &self.edits {
            let (Some(kept), Some(_)) =
                (text.get(done..edit.span.start), text.get(edit.span.clone()))
            else {
                continue;
            };
            out.push_str(kept);
            out.push_str(&edit.text);
            done = edit.span.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_makes_its_edits_and_leaves_out_those_that_do_not_fit() {
        let edit = |span, text: &str| Edit {
            span,
            text: text.to_owned(),
        };
        let fix = Fix {
            title: String::new(),
            edits: vec![
                edit(0..1, "A"),
                edit(2..2, "!"),
                edit(1..2, "overlaps"),
                edit(4..5, "splits é"),
            ],
        };
        assert_eq!(fix.apply("abcdé"), "Ab!cdé");
        assert_eq!(Fix::replace("", 9..12, "x").apply("abc"), "abc");
    }
}
