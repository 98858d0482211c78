//! The editor's side of the session: text, what was applied of it, refusals, fixes.

use std::ops::Range;
use std::rc::Rc;

use crate::cluster::{Client, Request, World};
use crate::history::History;
use crate::kernel::SimTime;
use crate::manifest::{Diagnostic, Severity as ManifestSeverity};

use super::source::Source;
use super::time::clock_seconds;
use super::verdict;
use super::view::editor::{Editor, Fix, Mark};
use super::view::problems::{Problem, Problems};
use super::view::{Link, Severity, Text};

/// The text and what became of it. A seek or a fork never changes the text.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Tells it from other files; never changes.
    pub number: u32,
    /// The name over the text.
    pub file: Text,
    /// The text, read.
    pub source: Source,
    /// Rises when the text was replaced by other means than typing, or another file is shown.
    pub revision: u64,
    /// What the API server would say of the text as it stands, and hints.
    verdict: Vec<Diagnostic>,
    /// The text that was applied last, and when.
    applied: Option<(Text, SimTime)>,
}

impl Buffer {
    /// Takes over what was typed.
    pub fn edit(&mut self, text: Text) {
        if text != self.source.text {
            self.source = Source::new(text);
            self.verdict.clear();
        }
    }

    /// Replaces the text by a scenario's, of which nothing is applied.
    pub fn load(&mut self, file: Text, text: Text) {
        self.file = file;
        self.edit(text);
        self.revision += 1;
        self.applied = None;
    }

    /// Asks the API server of the cluster shown what it would say of the text, without applying it.
    pub fn judge(&mut self, world: &World) {
        self.verdict = verdict::of(&self.source.text, &self.source.manifest, world);
    }

    /// Makes a fix of the view's marks.
    pub fn fix(&mut self, id: u32) {
        let mut fixes = self.diagnostics().flat_map(|problem| &problem.fixes);
        let fixed = fixes
            .nth(id as usize)
            .map(|fix| fix.apply(&self.source.text));
        drop(fixes);
        if let Some(text) = fixed {
            self.edit(text.into());
            self.revision += 1;
        }
    }

    /// Forgets what was applied: the run begins anew.
    pub fn restart(&mut self) {
        self.applied = None;
    }

    /// Forgets that the text was applied if that was after `now`: the run was forked before it.
    pub fn forget_after(&mut self, now: SimTime) {
        self.applied = self.applied.take().filter(|(_, at)| *at <= now);
    }

    /// Applies every object of the text that can be read, as `kubectl apply -f` does. Returns how many
    /// the API server took.
    pub fn apply(&mut self, history: &mut History) -> usize {
        let mut taken = 0;
        for document in self
            .source
            .manifest
            .documents
            .iter()
            .filter(|document| document.valid)
        {
            // What is refused now is refused when the text is judged again, and shown then.
            if history
                .request(Request::Apply(document.json.clone()))
                .is_ok()
            {
                taken += 1;
            }
        }
        if taken > 0 {
            self.applied = Some((Rc::clone(&self.source.text), history.now()));
        }
        self.judge(history.shown());
        taken
    }

    /// The view of the editor, with these tabs of which one is open.
    #[must_use]
    pub fn view(&self, history: &History, (files, open): (Vec<(u32, Text)>, usize)) -> Editor {
        let is_dirty = self.is_dirty();
        let applied = match &self.applied {
            None => "not applied yet".to_owned(),
            Some((_, at)) if is_dirty => format!("changed since {}", clock_seconds(*at)),
            Some((_, at)) => format!("applied at {}", clock_seconds(*at)),
        };
        Editor {
            files,
            open,
            text: Rc::clone(&self.source.text),
            revision: self.revision,
            diagnostics: self.marks(),
            applied: applied.into(),
            is_dirty,
            fork_notice: fork_notice(history),
        }
    }

    /// The list of problems, worst first.
    #[must_use]
    pub fn problems(&self) -> Problems {
        let mut rows: Vec<(Severity, u32, Problem)> = self
            .found()
            .into_iter()
            .map(|found| {
                let line = self.source.line(found.span.start);
                let problem = Problem {
                    severity: found.severity,
                    message: found.message,
                    detail: found.detail,
                    link: Some(Link {
                        label: format!("line {line}").into(),
                        line,
                        field: found.field,
                    }),
                    fixes: found.fixes,
                };
                (found.severity, line, problem)
            })
            .collect();
        rows.sort_by_key(|(severity, line, _)| (*severity, *line));
        let count = |severity| rows.iter().filter(|row| row.0 == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let parts = [plural(errors, "error"), plural(warnings, "warning")];
        Problems {
            summary: parts
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ")
                .into(),
            rows: rows.into_iter().map(|(_, _, problem)| problem).collect(),
        }
    }

    /// When the text was applied last.
    #[must_use]
    pub fn applied_at(&self) -> Option<SimTime> {
        self.applied.as_ref().map(|(_, at)| *at)
    }

    /// The text counts as applied at this moment, and as changed since or not.
    pub fn restore(&mut self, applied: Option<SimTime>, is_changed: bool) {
        let text = if is_changed {
            Text::default()
        } else {
            Rc::clone(&self.source.text)
        };
        self.applied = applied.map(|at| (text, at));
    }

    /// What was done at one moment was done at another, or not at all.
    pub fn move_applied(&mut self, from: SimTime, to: Option<SimTime>) {
        if self.applied_at() == Some(from) {
            self.applied = self.applied.take().and_then(|(text, _)| Some((text, to?)));
        }
    }

    /// Whether the text differs from what was applied last.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.applied
            .as_ref()
            .is_none_or(|(text, _)| *text != self.source.text)
    }

    fn marks(&self) -> Vec<Mark> {
        let mut marks: Vec<Mark> = self
            .found()
            .into_iter()
            .map(|found| Mark {
                from: self.source.utf16(found.span.start),
                to: self.source.utf16(found.span.end),
                severity: found.severity,
                message: found.message,
                detail: found.detail,
                fixes: found.fixes,
            })
            .collect();
        marks.sort_by_key(|mark| (mark.from, mark.to));
        marks
    }

    /// All problems: those of the text, then those of the API server, and hints.
    fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.source.manifest.diagnostics.iter().chain(&self.verdict)
    }

    fn found(&self) -> Vec<Found> {
        let mut next_fix = 0;
        self.diagnostics()
            .map(|problem| Found::of(problem, &mut next_fix))
            .collect()
    }
}

/// Said before Apply changes the past.
#[must_use]
pub fn fork_notice(history: &History) -> Option<Text> {
    (!history.at_head()).then(|| {
        let (now, head) = (
            clock_seconds(history.now()),
            clock_seconds(history.head_time()),
        );
        format!("Apply goes on from {now} and forgets what came after, up to {head}.").into()
    })
}

/// A problem as marks and list need it.
struct Found {
    span: Range<usize>,
    severity: Severity,
    message: Text,
    detail: Text,
    field: Text,
    fixes: Vec<Fix>,
}

impl Found {
    /// `next_fix` numbers the fixes of all problems in order, as [`Buffer::fix`] finds them.
    fn of(problem: &Diagnostic, next_fix: &mut u32) -> Self {
        let mut detail: Vec<&str> = problem.detail.as_deref().into_iter().collect();
        detail.extend(problem.hints.iter().map(String::as_str));
        let fixes = problem.fixes.iter().map(|fix| {
            let id = *next_fix;
            *next_fix += 1;
            Fix {
                id,
                label: fix.title.as_str().into(),
            }
        });
        Self {
            span: problem.span.clone(),
            severity: match problem.severity {
                ManifestSeverity::Error => Severity::Error,
                ManifestSeverity::Warning => Severity::Warning,
                ManifestSeverity::Note => Severity::Info,
            },
            message: problem.message.as_str().into(),
            detail: detail.join("\n").into(),
            field: problem.path.as_deref().unwrap_or_default().into(),
            fixes: fixes.collect(),
        }
    }
}

fn plural(count: usize, word: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    }
}
