//! The editor panel: the text, the problems, Apply.

use std::cell::Cell;
use std::rc::Rc;

use podarium::session::view::Severity;
use podarium::session::view::editor::{Editor as EditorView, Fix};
use podarium::session::view::problems::{Problem, Problems};
use podarium::session::{Action, assist};
use web_sys::Element;
use yew::prelude::*;

use super::bindings::{Editor, EditorEvents};
use super::dispatch::{Dispatch, UiMessage, use_dispatch};
use super::glyph::{link_button, symbol};

/// Lines to light up, asked for by a link or a step of the story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reveal {
    /// From 1. None puts the light out.
    pub lines: Rc<[u32]>,
    /// The step of the story that read them, from 1; 0 if none did.
    pub step: usize,
    /// Whether the first line, if any, is also scrolled to.
    pub scroll: bool,
    /// Whether the editor takes the focus.
    pub focus: bool,
    /// Rises with each wish.
    pub serial: u64,
}

/// The left panel.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Text and marks.
    pub editor: Rc<EditorView>,
    /// The list of problems.
    pub problems: Rc<Problems>,
    /// The last wish to show a line.
    pub reveal: Reveal,
}

/// The left panel.
#[function_component]
pub fn EditorPanel(props: &Props) -> Html {
    let dispatch = use_dispatch();
    let host = use_editor(props, &dispatch);
    let editor = &props.editor;
    let apply = {
        let act = dispatch.act.clone();
        move |_| act.emit(Action::Apply)
    };
    html! {
        <div class="panel left" id="editor">
            <section class="editor" aria-label="YAML editor">
                <div class="panelbar">
                    <h2 class="file">{ &*editor.file }</h2>
                    if editor.is_dirty { <span class="dirty" title="Changed since it was applied"><span class="vh">{ "changed since it was applied" }</span></span> }
                </div>
                <div class="cm" ref={host}></div>
                { problem_list(&props.problems, &dispatch) }
                <div class="applybar">
                    <button type="button" class="btn btn--primary" onclick={apply}>{ "Apply " }<kbd>{ "Ctrl Enter" }</kbd></button>
                    <span class="dim">{ editor.fork_notice.as_deref().unwrap_or(&editor.applied) }</span>
                </div>
            </section>
        </div>
    }
}

/// Keeps the code editor in step with the view model; returns where it goes.
#[hook]
fn use_editor(props: &Props, dispatch: &Dispatch) -> NodeRef {
    let host = use_node_ref();
    let editor = use_mut_ref(|| None::<Editor>);
    {
        let (host, editor, dispatch, text) = (
            host.clone(),
            editor.clone(),
            dispatch.clone(),
            props.editor.text.clone(),
        );
        use_effect_with((), move |()| {
            if let Some(parent) = host.cast::<Element>() {
                *editor.borrow_mut() = Some(Editor::new(&parent, &text, events(&dispatch)));
            }
            move || *editor.borrow_mut() = None
        });
    }
    let seen = use_state(|| Cell::new(props.editor.revision));
    {
        let (editor, view) = (editor.clone(), props.editor.clone());
        use_effect_with(view.clone(), move |_| {
            if let Some(editor) = &*editor.borrow() {
                if seen.replace(view.revision) != view.revision {
                    editor.set_text(&view.text);
                }
                // Marks of an older text would stand at wrong places; newer ones are on their way.
                if editor.text() == *view.text {
                    editor.set_diagnostics(&view.diagnostics);
                }
            }
        });
    }
    use_effect_with(props.reveal.clone(), move |reveal| {
        if let Some(editor) = &*editor.borrow()
            && reveal.serial > 0
        {
            let tag = match reveal.step {
                0 => String::new(),
                step => format!("Why, step {step}"),
            };
            editor.highlight_lines(&reveal.lines, &tag);
            if reveal.scroll {
                editor.reveal_line(reveal.lines.first().copied().unwrap_or(0), reveal.focus);
            }
        }
    });
    host
}

fn events(dispatch: &Dispatch) -> EditorEvents {
    let (change, apply, fix) = (
        dispatch.act.clone(),
        dispatch.act.clone(),
        dispatch.act.clone(),
    );
    let line = dispatch.ui.clone();
    EditorEvents {
        change: Box::new(move |text| change.emit(Action::EditText(text.into()))),
        apply: Box::new(move || apply.emit(Action::Apply)),
        fix: Box::new(move |id| fix.emit(Action::ApplyFix(id))),
        line: Box::new(move |number| line.emit(UiMessage::CursorAt(number))),
        ask: Box::new(|question, text, position| assist::answer(&question, &text, position)),
    }
}

fn problem_list(problems: &Problems, dispatch: &Dispatch) -> Html {
    html! {
        <section class="problems" aria-labelledby="problems-h">
            <h3 id="problems-h">{ "Problems" }<span class="dim">{ if problems.rows.is_empty() { "none" } else { &problems.summary } }</span></h3>
            if !problems.rows.is_empty() {
                <ul tabindex="0" aria-label="Problems">{ for problems.rows.iter().map(|row| problem(row, dispatch)) }</ul>
            }
        </section>
    }
}

fn problem(problem: &Problem, dispatch: &Dispatch) -> Html {
    let (state, word, mark) = match problem.severity {
        Severity::Error => ("failing", "Error: ", "#g-failing"),
        Severity::Warning => ("notready", "Warning: ", "#g-failing"),
        Severity::Info => ("pending", "Note: ", "#g-notready"),
    };
    html! {
        <li data-state={state}>
            { symbol(mark, "g", "0 0 24 24") }
            <div>
                <span class="vh">{ word }</span><span class="problem__message">{ &*problem.message }</span>
                if !problem.detail.is_empty() { <p class="problem__detail">{ &*problem.detail }</p> }
                { for problem.fixes.iter().map(|one| fix(one, dispatch)) }
            </div>
            { for problem.link.iter().map(|link| link_button(link, dispatch)) }
        </li>
    }
}

fn fix(fix: &Fix, dispatch: &Dispatch) -> Html {
    let (id, act) = (fix.id, dispatch.act.clone());
    html! {
        <button type="button" class="btn btn--line btn--small problem__fix" onclick={move |_| act.emit(Action::ApplyFix(id))}>{ &*fix.label }</button>
    }
}
