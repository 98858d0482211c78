// What may stand at a place, what a field is, where a name is defined, and the text in good order: asked of the
// simulator, only shown here.
import { autocompletion, startCompletion } from "@codemirror/autocomplete";
import { EditorView, hoverTooltip, keymap } from "@codemirror/view";

let topics;

/** What Kubernetes says of a field; the file with it is loaded when the first one is asked for. */
async function documentation(topic) {
  topics ??= load();
  const found = (await topics).get(topic);
  if (!(await topics).size) topics = undefined;
  return found?.replaceAll("\\n", "\n") ?? "";
}

async function load() {
  try {
    const response = await fetch(new URL("documentation.txt", import.meta.url));
    const lines = response.ok ? (await response.text()).split("\n") : [];
    return new Map(lines.filter(Boolean).map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
  } catch {
    // Without a network the rest of the tooltip is still true.
    return new Map();
  }
}

function element(parent, name, text) {
  if (text) parent.appendChild(document.createElement(name)).textContent = text;
}

/** The extensions; `ask(question, text, position)` answers as `session/assist.rs` says. */
export function assist(ask) {
  const question = (name, view, position = 0) => JSON.parse(ask(name, view.state.doc.toString(), position));

  const complete = (context) => {
    if (!context.explicit && !context.matchBefore(/(^|[\s-])[\w./-]+$/)) return null;
    const found = question("complete", context, context.pos);
    if (!found) return null;
    const options = found.items.map((item, index) => ({
      label: item.label,
      detail: item.detail,
      type: item.type,
      boost: item.detail.endsWith("required") ? 2 : index < 99 ? -index / 100 : -1,
      apply: (view, _, from, to) => {
        const [anchor, head] = item.select.map((at) => from + at);
        view.dispatch({ changes: { from, to, insert: item.insert }, selection: { anchor, head }, userEvent: "input.complete", scrollIntoView: true });
        if (item.type === "property") startCompletion(view);
      },
      info: item.topic
        ? async () => {
            const box = document.createElement("div");
            element(box, "p", await documentation(item.topic));
            return box.firstChild ? box : null;
          }
        : undefined,
    }));
    return { from: found.from, to: found.to, options, validFor: /^[\w./-]*$/ };
  };

  const tip = hoverTooltip(async (view, position) => {
    const found = question("hover", view, position);
    if (!found) return null;
    const text = await documentation(found.topic);
    const create = () => {
      const dom = document.createElement("div");
      dom.className = "cm-field";
      element(dom, "strong", found.path);
      element(dom, "span", found.detail);
      element(dom, "p", text);
      element(dom, "p", found.values && `One of ${found.values}`);
      element(dom, "p", found.note);
      return { dom };
    };
    return { pos: found.from, end: found.to, create };
  });

  const jump = (view, position) => {
    const found = question("definition", view, position);
    if (!found) return false;
    view.dispatch({ selection: { anchor: found.from, head: found.to }, effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
    return true;
  };

  return [
    autocompletion({ override: [complete], icons: false, tooltipClass: () => "cm-completions" }),
    tip,
    keymap.of([
      { key: "F12", run: (view) => jump(view, view.state.selection.main.head), preventDefault: true },
      { key: "Shift-Alt-f", run: (view) => format(view, question), preventDefault: true },
    ]),
    EditorView.domEventHandlers({
      mousedown: (event, view) => {
        const position = event.metaKey || event.ctrlKey ? view.posAtCoords(event) : null;
        if (position === null || !jump(view, position)) return false;
        event.preventDefault();
        return true;
      },
    }),
  ];
}

/** Puts the text in good order; the cursor stays on its line. */
function format(view, question) {
  const { doc, selection } = view.state;
  const insert = question("format", view)?.text;
  if (insert === undefined || insert === doc.toString()) return true;
  const line = doc.lineAt(selection.main.head);
  view.dispatch({ changes: { from: 0, to: doc.length, insert } });
  const same = view.state.doc.line(Math.min(line.number, view.state.doc.lines));
  view.dispatch({ selection: { anchor: same.to }, scrollIntoView: true });
  return true;
}
