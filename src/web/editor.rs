//! The editor panel: the text, the problems, Apply.

use std::cell::Cell;
use std::rc::Rc;

use podarium::session::view::editor::{Editor as EditorView, Fix};
use podarium::session::view::problems::{Problem, Problems};
use podarium::session::view::{Severity, Text};
use podarium::session::{Action, assist};
use web_sys::Element;
use yew::prelude::*;

use super::bindings::{Editor, EditorEvents};
use super::dispatch::{Dispatch, UiMessage, use_dispatch};
use super::glyph::{icon, link_button, symbol};
use super::keys::rove;

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
    let (host, code) = use_editor(props, &dispatch);
    let editor = &props.editor;
    let apply = {
        let act = dispatch.act.clone();
        move |_| act.emit(Action::Apply)
    };
    html! {
        <div class="panel left" id="editor">
            <section class="editor" aria-label="YAML editor">
                { file_bar(editor, &code, &dispatch) }
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

/// Does something with the code editor, once it is there.
type Code = Callback<fn(&Editor)>;

/// The tabs of the files, and what can be done with files.
fn file_bar(editor: &EditorView, code: &Code, dispatch: &Dispatch) -> Html {
    let act = |action: Action| {
        let act = dispatch.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(action.clone()))
    };
    let with = |then: fn(&Editor)| {
        let code = code.clone();
        Callback::from(move |_: MouseEvent| code.emit(then))
    };
    let tab = |(index, (number, name)): (usize, &(u32, Text))| {
        let chosen = index == editor.open;
        html! {
            <button key={*number} type="button" role="tab" class="filetab" title={name.to_string()} aria-selected={chosen.to_string()} tabindex={if chosen { "0" } else { "-1" }}
                onclick={act(Action::OpenFile(index))}><span>{ &**name }</span>if chosen && editor.is_dirty {
                    <span class="dirty" title="Changed since it was applied"><span class="vh">{ ", changed since it was applied" }</span></span>
                }</button>
        }
    };
    let button = |label: &'static str, mark: &'static str, onclick: Callback<MouseEvent>| {
        html! { <button type="button" class="btn btn--icon btn--small" aria-label={label} title={label} {onclick}>{ icon(mark) }</button> }
    };
    html! {
        <div class="panelbar files">
            <h2 class="vh">{ "Files" }</h2>
            <div role="tablist" aria-label="Files" onkeydown={rove("[role=tab]")}>{ for editor.files.iter().enumerate().map(tab) }</div>
            if editor.files.len() > 1 { { button("Close this file", "close", act(Action::CloseFile(editor.open))) } }
            { button("New file", "plus", act(Action::AddFile("untitled.yaml".into(), "".into()))) }
            <span class="grow"></span>
            { button("Open files", "open", with(Editor::open_files)) }
            { button("Save this file", "save", with(Editor::save_file)) }
        </div>
    }
}

/// Keeps the code editor in step with the view model; returns where it goes, and the editor.
#[hook]
fn use_editor(props: &Props, dispatch: &Dispatch) -> (NodeRef, Code) {
    let host = use_node_ref();
    let editor = use_mut_ref(|| None::<Editor>);
    let code = {
        let editor = editor.clone();
        Callback::from(move |then: fn(&Editor)| editor.borrow().iter().for_each(then))
    };
    {
        let (host, editor, dispatch, view) = (
            host.clone(),
            editor.clone(),
            dispatch.clone(),
            props.editor.clone(),
        );
        use_effect_with((), move |()| {
            if let Some(parent) = host.cast::<Element>() {
                *editor.borrow_mut() = Some(Editor::new(
                    &parent,
                    &view.files,
                    &view.text,
                    events(&dispatch),
                ));
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
                    editor.show(&view.files, view.open, &view.text);
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
    (host, code)
}

fn events(dispatch: &Dispatch) -> EditorEvents {
    let send = || dispatch.act.clone();
    let (change, apply, fix) = (send(), send(), send());
    let (add, reopen, notify) = (send(), send(), send());
    let line = dispatch.ui.clone();
    EditorEvents {
        change: Box::new(move |text| change.emit(Action::EditText(text.into()))),
        apply: Box::new(move || apply.emit(Action::Apply)),
        fix: Box::new(move |id| fix.emit(Action::ApplyFix(id))),
        line: Box::new(move |number| line.emit(UiMessage::CursorAt(number))),
        add: Box::new(move |name, text| add.emit(Action::AddFile(name.into(), text.into()))),
        reopen: Box::new(move |files, open| {
            reopen.emit(Action::Reopen(files.into(), open as usize));
        }),
        notify: Box::new(move |text| notify.emit(Action::Notify(text.into()))),
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
