//! How components speak: actions go to the session, screen messages stay on the screen.

use std::rc::Rc;

use podarium::session::Action;
use podarium::session::view::ObjectKey;
use yew::prelude::*;

/// What concerns the screen alone and is no part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UiMessage {
    /// Show a line of the editor, from 1, and go there; 0 is the one that is lit up, if any.
    Reveal(u32),
    /// Light up the lines that a step of the story read; the step's number from 1.
    Light(Rc<[u32]>, usize),
    /// The cursor of the editor is on this line, from 1.
    CursorAt(u32),
    /// Show the story and give it the focus.
    Why,
    /// Show another view on a narrow screen.
    ShowTab(NarrowTab),
    /// Open or close the editor where it lies over the stage.
    ToggleEditor,
    /// Fold or unfold the time line.
    ToggleTimeline,
    /// Open or close the sheet of keys.
    ShowSheet(Option<Sheet>),
    /// Large type and few panels, for a wall; and back.
    SwitchProjector,
    /// Light becomes dark and back.
    SwitchTheme,
    /// Open or close the faults menu.
    OpenFaults(bool),
}

/// A sheet over everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The keyboard map.
    Keys,
    /// What colours and shapes mean.
    Legend,
    /// Which fields are accepted without effect.
    Coverage,
    /// A link to what is shown.
    Share,
}

/// The views of a narrow screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NarrowTab {
    /// The editor.
    Yaml,
    /// The lanes, the nodes or the crowd.
    #[default]
    Stage,
    /// The inspector.
    Inspect,
    /// The tracks.
    Time,
}

impl NarrowTab {
    /// The value of `data-tab`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Stage => "stage",
            Self::Inspect => "inspect",
            Self::Time => "time",
        }
    }
}

/// The two ways out of a component.
#[derive(Clone, PartialEq)]
pub struct Dispatch {
    /// To the session.
    pub act: Callback<Action>,
    /// To the screen.
    pub ui: Callback<UiMessage>,
}

impl Dispatch {
    /// The dispatch of the app around a component with a state of its own.
    pub fn of<C: Component>(ctx: &Context<C>) -> Option<Self> {
        let (dispatch, _) = ctx.link().context(Callback::noop())?;
        Some(dispatch)
    }

    /// Selects an object and shows it.
    pub fn select(&self, key: &ObjectKey) {
        self.act.emit(Action::Select(Some(key.clone())));
        self.ui.emit(UiMessage::ShowTab(NarrowTab::Inspect));
    }

    /// Shows a line of the editor.
    pub fn reveal(&self, line: u32) {
        self.ui.emit(UiMessage::Reveal(line));
    }
}

/// The dispatch of the app around this component.
#[hook]
pub fn use_dispatch() -> Dispatch {
    // The root provides it to every component of the app.
    use_context::<Dispatch>().expect("inside the app")
}
