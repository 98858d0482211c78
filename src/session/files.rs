//! The files of the editor: one is shown, the others wait with what was applied of them.

use super::editor::Buffer;
use super::view::Text;
use super::{Session, gallery};

/// How many files may be open.
const MOST_FILES: usize = 20;

/// The files in the order of their tabs; the place of the one that is shown is empty, see [`Session`].
#[derive(Debug)]
pub(super) struct Files {
    others: Vec<Buffer>,
    open: usize,
    /// Names the next one; a name is never used again.
    next: u32,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            others: vec![Buffer::default()],
            open: 0,
            next: 1,
        }
    }
}

impl Files {
    /// The tabs: number and name of each, and which is shown.
    pub fn tabs(&self, shown: &Buffer) -> (Vec<(u32, Text)>, usize) {
        let mut tabs: Vec<(u32, Text)> = self
            .others
            .iter()
            .map(|buffer| (buffer.number, buffer.file.clone()))
            .collect();
        tabs[self.open] = (shown.number, shown.file.clone());
        (tabs, self.open)
    }

    /// Does the same with each file that is not shown.
    pub fn each(&mut self, change: &dyn Fn(&mut Buffer)) {
        self.others.iter_mut().for_each(change);
    }

    /// Shows the file of a tab.
    fn open(&mut self, shown: &mut Buffer, tab: usize) {
        if tab < self.others.len() {
            std::mem::swap(shown, &mut self.others[self.open]);
            let before = self.others[self.open].revision;
            std::mem::swap(shown, &mut self.others[tab]);
            shown.revision = shown.revision.max(before) + 1;
            self.open = tab;
        }
    }

    fn add(&mut self, shown: &mut Buffer, name: &str, text: Text) {
        let (tabs, _) = self.tabs(shown);
        if tabs.len() < MOST_FILES {
            let mut buffer = Buffer::default();
            buffer.number = self.next;
            self.next += 1;
            self.others.push(buffer);
            self.open(shown, tabs.len());
            shown.load(free_name(&tabs, name), text);
        }
    }

    /// Closes a tab; the last one stays.
    fn close(&mut self, shown: &mut Buffer, tab: usize) {
        let last = self.others.len() - 1;
        if last > 0 && tab <= last {
            if tab == self.open {
                self.open(shown, if tab == last { tab - 1 } else { tab + 1 });
            }
            self.others.remove(tab);
            self.open -= usize::from(self.open > tab);
        }
    }
}

/// `web.yaml`, or `web-2.yaml` if there is a tab of that name.
fn free_name(tabs: &[(u32, Text)], wanted: &str) -> Text {
    let is_taken = |name: &str| tabs.iter().any(|(_, taken)| **taken == *name);
    let (stem, end) = wanted.rsplit_once('.').unwrap_or((wanted, "yaml"));
    let mut name = wanted.to_owned();
    let mut number = 2;
    while is_taken(&name) {
        name = [stem, "-", &number.to_string(), ".", end].concat();
        number += 1;
    }
    name.into()
}

impl Session {
    /// Shows the file of a tab.
    pub(super) fn open_file(&mut self, tab: usize) {
        self.files.open(&mut self.buffer, tab);
        self.change_text(|_| {});
    }

    /// Opens a file in a tab of its own and shows it.
    pub(super) fn add_file(&mut self, name: &str, text: Text) {
        self.files.add(&mut self.buffer, name, text);
        self.change_text(|_| {});
    }

    /// Closes a tab. What was applied of it stays in the cluster.
    pub(super) fn close_file(&mut self, tab: usize) {
        self.files.close(&mut self.buffer, tab);
        self.change_text(|_| {});
    }

    /// Opens what the editor kept since the last visit: name and text of each file, and which was shown. If that was
    /// a scenario of the gallery, its cluster comes back, too.
    pub(super) fn reopen(&mut self, files: &[(Text, Text)], open: usize) {
        let shown = files
            .get(open)
            .and_then(|(name, _)| name.strip_suffix(".yaml"));
        if let Some(scenario) = shown.filter(|id| gallery::find(id).is_some()) {
            self.load(scenario);
        }
        for (index, (name, text)) in files.iter().enumerate() {
            if index == 0 {
                self.buffer.load(name.clone(), text.clone());
            } else {
                self.files.add(&mut self.buffer, name, text.clone());
            }
        }
        self.open_file(open);
    }
}

#[cfg(test)]
mod tests {
    use crate::session::{Action, Session};

    fn shown(session: &mut Session) -> (Vec<String>, usize, String) {
        let editor = session.view().editor;
        let names = editor.files.iter().map(|(_, name)| name.to_string());
        (names.collect(), editor.open, editor.text.to_string())
    }

    fn check(session: &mut Session, actions: &[Action], names: &[&str], open: usize, text: &str) {
        for action in actions {
            session.update(action.clone());
        }
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(shown(session), (names, open, text.to_owned()));
    }

    #[test]
    fn files_open_and_close_and_keep_their_texts() {
        let mut session = Session::with_cluster(crate::cluster::ClusterConfig::default());
        let add = |name: &str, text: &str| Action::AddFile(name.into(), text.into());
        let names = ["untitled.yaml", "a.yaml", "a-2.yaml"];
        check(
            &mut session,
            &[add("a.yaml", "a"), add("a.yaml", "b")],
            &names,
            2,
            "b",
        );
        let edit = Action::EditText("c".into());
        check(&mut session, &[Action::OpenFile(1), edit], &names, 1, "c");
        check(
            &mut session,
            &[Action::OpenFile(0), Action::OpenFile(9)],
            &names,
            0,
            "",
        );
        check(&mut session, &[Action::CloseFile(0)], &names[1..], 0, "c");
        check(
            &mut session,
            &[Action::CloseFile(1), Action::CloseFile(0)],
            &names[1..2],
            0,
            "c",
        );
        // Each file that is shown is news to the editor.
        let before = session.view().editor.revision;
        session.update(add("d.yaml", ""));
        assert!(session.view().editor.revision > before);
    }

    #[test]
    fn a_last_visit_comes_back_with_its_cluster() {
        let mut session = Session::new();
        let files = [("notes.yaml", "x"), ("28-taints.yaml", "y")];
        let files = files.map(|(name, text)| (name.into(), text.into())).into();
        let names = ["notes.yaml", "28-taints.yaml"];
        check(&mut session, &[Action::Reopen(files, 1)], &names, 1, "y");
        assert_eq!(*session.scenario, *"28-taints");
    }
}
