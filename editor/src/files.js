// Files: the texts outlive the page in the browser's storage, undo included, and files come in and go out.
import { historyField } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";

const KEY = "podarium.files";
const FIELDS = { history: historyField };
/** No one writes manifests larger than this; the program reads none. */
const MOST_BYTES = 1 << 20;

/** A state of the editor's: a new text, or one that was kept. */
export function stateOf({ extensions }, text, kept) {
  return kept ? EditorState.fromJSON(kept, { extensions }, FIELDS) : EditorState.create({ doc: text, extensions });
}

/** Keeps all files soon, once one was changed by hand. Within another page nothing is kept. */
export function keep(editor, byHand) {
  editor.isOwn ||= byHand;
  if (!editor.isOwn || editor.timer || document.documentElement.hasAttribute("data-embed")) return;
  // What is typed into a link's text is no longer what the link stands for: a reload shows it, not the link.
  if (byHand && location.hash) history.replaceState(null, "", location.pathname + location.search);
  editor.timer = setTimeout(() => write(editor), 300);
}

function write(editor) {
  clearTimeout(editor.timer);
  editor.timer = 0;
  if (!editor.isOwn) return;
  const states = new Map(editor.states).set(editor.file, editor.view.state);
  const files = editor.files.flatMap(({ number, name }) => (states.has(number) ? [{ name, state: states.get(number).toJSON(FIELDS) }] : []));
  const open = editor.files.findIndex(({ number }) => number === editor.file);
  try {
    localStorage.setItem(KEY, JSON.stringify({ open, files: [...files, ...(editor.older ?? [])] }));
  } catch (error) {
    // Storage is full, or switched off for this page: the person must know.
    if (!editor.told) editor.events.notify(`What you type is lost with this page, because the browser keeps nothing for it: ${error.message}`);
    editor.told = true;
  }
}

/** Opens the files of the last visit. Where a link is opened they wait behind its text. */
export function comeBack(editor) {
  const { events } = editor;
  const { signal } = editor.leave;
  addEventListener("pagehide", () => editor.timer && write(editor), { signal });
  if (document.documentElement.hasAttribute("data-embed")) return;
  const { open, files } = read(editor);
  if (location.hash.startsWith("#run=")) {
    editor.older = files;
  } else if (files.length > 0) {
    editor.isOwn = true;
    files.forEach(({ state }, number) => editor.states.set(number, state));
    editor.view.setState(files[0].state);
    // After the program has the editor.
    setTimeout(() => events.reopen(files.flatMap(({ name, state }) => [name, state.doc.toString()]), open));
  }
}

/** What was kept. What another version kept, or another page of this address, may be anything. */
function read(editor) {
  try {
    const { open, files } = JSON.parse(localStorage.getItem(KEY) ?? '{"open":0,"files":[]}');
    const states = files.map(({ name, state }) => ({ name: String(name), state: stateOf(editor, "", state) }));
    return { open: Math.max(0, Math.min(Number(open) || 0, states.length - 1)), files: states };
  } catch (error) {
    console.info("The files of the last visit cannot be read.", error);
    return { open: 0, files: [] };
  }
}

/** Files that are dropped anywhere on the page are opened. */
export function takeDrops(editor) {
  const listen = (name, then) =>
    document.addEventListener(
      name,
      (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        then(event.dataTransfer);
      },
      { capture: true, signal: editor.leave.signal },
    );
  listen("dragover", (data) => (data.dropEffect = "copy"));
  listen("drop", ({ files }) => add(editor, files));
}

/** Lets the person choose files, and opens them. */
export function openFiles(editor) {
  const field = document.createElement("input");
  Object.assign(field, { type: "file", multiple: true, accept: ".yaml,.yml,.json,text/*" });
  field.addEventListener("change", () => add(editor, field.files));
  field.click();
}

async function add({ events }, files) {
  for (const file of files) {
    if (file.size > MOST_BYTES) {
      events.notify(`${file.name} has more than a mebibyte and is not opened.`);
      continue;
    }
    try {
      events.add(file.name, await file.text());
    } catch (error) {
      events.notify(`${file.name} cannot be read: ${error.message}`);
    }
  }
}

/** Hands the text that is shown out as a file. */
export function saveFile(editor) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([editor.view.state.doc.toString()], { type: "application/yaml" }));
  link.download = editor.files.find(({ number }) => number === editor.file)?.name ?? "untitled.yaml";
  link.click();
  URL.revokeObjectURL(link.href);
}
