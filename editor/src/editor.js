// The YAML editor: CodeMirror 6 behind a handful of functions. It shows what it is told and decides nothing:
// diagnostics come from the simulator, and Apply is only reported.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics as replaceDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { highlight } from "./highlight.js";
import { indentation } from "./indentation.js";
import { comeBack, keep, openFiles, saveFile, stateOf, takeDrops } from "./files.js";
import { litLines, setLitLines } from "./lit-lines.js";
import { look } from "./look.js";
import { loadMore } from "./more.js";

/** Marks a change that came from the program, not from the person. */
const fromProgram = Annotation.define();

/**
 * Makes an editor inside `parent` that shows file 0 of `events.files`. `events` holds as well, to be called when it
 * happens, `change(text)`, `apply()`, `fix(id)`, `line(number)` (the cursor was moved there by hand), `add(name, text)`
 * for each file that is opened, `reopen(parts, open)` with the files of the last visit, each as its name followed by
 * its text, and `notify(text)`; `ask(question, text, position)`, which answers in JSON; and `program`, what the running
 * program exports.
 */
export function create(parent, text, events) {
  const editor = { events, file: 0, files: events.files, states: new Map(), leave: new AbortController() };
  const report = EditorView.updateListener.of((update) => {
    const typed = update.docChanged && !update.transactions.every((t) => t.annotation(fromProgram));
    if (typed) events.change(update.state.doc.toString());
    if (update.docChanged) keep(editor, typed);
    const { doc, selection } = update.state;
    const line = doc.lineAt(selection.main.head).number;
    const moved = update.transactions.some((t) => t.isUserEvent("select") || t.isUserEvent("input"));
    if (moved && line !== update.startState.doc.lineAt(update.startState.selection.main.head).number) events.line(line);
  });
  const apply = () => (events.apply(), true);
  const helpers = new Compartment();
  editor.extensions = [
    keymap.of([{ key: "Mod-Enter", run: apply, preventDefault: true }]),
    EditorView.cspNonce.of("podarium-editor"),
    lintGutter(),
    lineNumbers(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    bracketMatching(),
    highlight(events.ask),
    indentation,
    helpers.of([]),
    litLines,
    look,
    report,
    EditorView.contentAttributes.of({ "aria-label": "YAML, press Escape then Tab to leave", spellcheck: "false", tabindex: "0" }),
    keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
  ];
  const view = (editor.view = new EditorView({ parent, state: stateOf(editor, text) }));
  // Completion and tooltips come with the first need of them.
  const help = async () => {
    const [{ assist }] = await Promise.all([import("./assist.js"), loadMore(events.program)]);
    editor.help = () => view.dispatch({ effects: helpers.reconfigure(assist(events.ask)) });
    editor.help();
  };
  const first = new AbortController();
  for (const event of ["focusin", "pointerenter"]) {
    view.dom.addEventListener(event, () => (first.abort(), help().catch(console.error)), { signal: first.signal });
  }
  takeDrops(editor);
  comeBack(editor);
  return editor;
}

/** Shows the text of one of the files, given as numbers and names; undo brings the text back that the file had. */
export function show(editor, files, file, text) {
  const { view } = editor;
  editor.files = files;
  if (file !== editor.file) {
    editor.states.set(editor.file, view.state);
    editor.file = file;
    view.setState(editor.states.get(file) ?? stateOf(editor, text));
    editor.help?.();
  }
  if (view.state.doc.toString() !== text) {
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      annotations: fromProgram.of(true),
      scrollIntoView: false,
    });
    view.scrollDOM.scrollTop = 0;
  }
  keep(editor, false);
}

/** The text as it stands. */
export function getText(editor) {
  return editor.view.state.doc.toString();
}

/** Shows marks: `{from, to, severity, message, detail, fixes: [{id, label}]}`, offsets in UTF-16 units. */
export function setDiagnostics(editor, marks) {
  const { view, events } = editor;
  const end = view.state.doc.length;
  const shown = marks.map((mark) => {
    const from = Math.min(mark.from, end);
    return {
      from,
      to: Math.min(Math.max(mark.to, from), end),
      severity: mark.severity,
      message: mark.message,
      renderMessage: () => message(mark),
      actions: mark.fixes.map((fix) => ({ name: fix.label, apply: () => events.fix(fix.id) })),
    };
  });
  view.dispatch(replaceDiagnostics(view.state, shown));
}

function message(mark) {
  const box = document.createElement("div");
  const line = box.appendChild(document.createElement("strong"));
  line.textContent = mark.message;
  if (mark.detail) box.appendChild(document.createElement("p")).textContent = mark.detail;
  return box;
}

/** Lights up lines (numbers from 1), each with an optional tag at its right end. */
export function highlightLines(editor, lines, tag) {
  editor.view.dispatch({ effects: setLitLines.of({ lines, tag }) });
}

/** Scrolls a line (from 1) into sight, and with `focus` puts the cursor there and takes the focus; 0 is no line. */
export function revealLine(editor, number, focus) {
  const { view } = editor;
  if (number === 0) return focus && view.focus();
  const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
  const indent = line.text.length - line.text.trimStart().length;
  view.dispatch({
    selection: focus ? { anchor: line.from + indent } : undefined,
    effects: EditorView.scrollIntoView(line.from, { y: focus ? "center" : "nearest", yMargin: 40 }),
  });
  if (focus) view.focus();
}

/** Calls `done` when all of the program is there, with what went wrong if it cannot come. */
export function more(program, done) {
  loadMore(program).then(
    () => done(""),
    (error) => done(error.message),
  );
}

/** Calls `done` with the text that an address' fragment holds, empty if it holds none. */
export function unpack(fragment, done) {
  import("./share.js").then((loaded) => loaded.unpack(fragment)).then(done, () => done(""));
}

/** Fills the sheet that hands out a link to what `text` stands for, pictures, and the run as a `table`. */
export function share(place, text, table) {
  import("./share.js").then((loaded) => loaded.share(place, text, table)).catch((error) => (place.textContent = error.message));
}

export { openFiles, saveFile };

/** Takes the editor off the page. */
export function destroy(editor) {
  editor.leave.abort();
  editor.view.destroy();
}
