//! Redirections: opening files and pointing descriptors at them.

use std::rc::Rc;

use super::ast::{Redirection, RedirectionKind};
use super::expand::{Expander, Interrupt};
use super::{Dialect, Shell};
use crate::cluster::process::files::{FileError, Node};
use crate::cluster::process::machine::{CLOSED, Context, OpenFile};

/// A redirection with its target expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    descriptor: usize,
    kind: RedirectionKind,
    target: String,
}

impl Expander<'_, '_, '_, '_> {
    pub fn redirections(&mut self, all: &[Redirection]) -> Result<Vec<Opening>, Interrupt> {
        let mut openings = Vec::new();
        for redirection in all {
            openings.push(Opening {
                descriptor: usize::from(redirection.descriptor),
                kind: redirection.kind,
                target: self.text(&redirection.target)?,
            });
        }
        Ok(openings)
    }
}

impl Shell {
    /// The status of a command whose redirection failed.
    pub(super) const fn redirection_failure(&self) -> i32 {
        match self.dialect {
            Dialect::Dash => 2,
            Dialect::Busybox | Dialect::Bash => 1,
        }
    }

    /// What this kind of shell says of a file that it cannot open to read or to write.
    fn cannot(&self, target: &str, verb: &str, error: FileError) -> String {
        let reason = match (error, verb, self.dialect) {
            (_, _, Dialect::Bash) => return format!("{target}: {error}"),
            (FileError::NoSuchFile, "open", Dialect::Busybox) => "no such file".to_owned(),
            (FileError::NoSuchFile, "open", _) => "No such file".to_owned(),
            (FileError::NoSuchFile, _, Dialect::Busybox) => "nonexistent directory".to_owned(),
            (FileError::NoSuchFile, ..) => "Directory nonexistent".to_owned(),
            (error, ..) => error.to_string(),
        };
        let cannot = if self.dialect == Dialect::Dash {
            "cannot"
        } else {
            "can't"
        };
        format!("{cannot} {verb} {target}: {reason}")
    }

    /// Points the descriptors of the task at what the redirections name, in order.
    ///
    /// # Errors
    /// What the shell says if a file cannot be opened.
    pub(super) fn redirect(
        &mut self,
        openings: &[Opening],
        context: &mut Context<'_, '_>,
    ) -> Result<(), String> {
        for opening in openings {
            let file = self.open(opening, context)?;
            let mut descriptors = context.descriptors();
            // The parser reads one digit, so that the descriptor is below 10.
            descriptors[opening.descriptor] = file;
            if opening.kind == RedirectionKind::WriteBoth {
                descriptors[2] = file;
            }
            context.set_descriptors(descriptors);
        }
        Ok(())
    }

    fn open(&self, opening: &Opening, context: &mut Context<'_, '_>) -> Result<u32, String> {
        let target = opening.target.as_str();
        match opening.kind {
            RedirectionKind::Text => Ok(context.open(OpenFile::Text {
                text: Rc::from(target),
                position: 0,
            })),
            RedirectionKind::Duplicate if target == "-" => Ok(CLOSED),
            RedirectionKind::Duplicate => {
                let descriptor = target.parse::<usize>().ok().filter(|number| *number < 10);
                let file = descriptor.map_or(CLOSED, |number| context.descriptors()[number]);
                if file == CLOSED {
                    return Err(format!("{target}: Bad file descriptor"));
                }
                Ok(file)
            }
            RedirectionKind::Read => {
                let file = context.device_at(&self.directory, target);
                if let OpenFile::File { path, .. } = &file {
                    let surroundings = &context.surroundings;
                    surroundings
                        .files
                        .node(surroundings.volumes, path)
                        .map_err(|error| self.cannot(target, "open", error))?;
                }
                Ok(context.open_at(&file))
            }
            kind => self.open_to_write(target, kind, context),
        }
    }

    fn open_to_write(
        &self,
        target: &str,
        kind: RedirectionKind,
        context: &mut Context<'_, '_>,
    ) -> Result<u32, String> {
        let cuts = matches!(kind, RedirectionKind::Write | RedirectionKind::WriteBoth);
        let mut file = context.device_at(&self.directory, target);
        if let OpenFile::File { path, position } = &mut file {
            let surroundings = &mut *context.surroundings;
            surroundings
                .files
                .write(surroundings.volumes, path, "", !cuts)
                .map_err(|error| self.cannot(target, "create", error))?;
            if !cuts
                && let Ok(Node::File { content, .. }) =
                    surroundings.files.node(surroundings.volumes, path)
            {
                *position = content.len();
            }
        }
        Ok(context.open_at(&file))
    }
}
