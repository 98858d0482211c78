// The colours of the text: asked of the simulator, whose own reader tells keys from values and comments from text.
import { StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";

/** In the order of the numbers in the answer. */
const classes = ["key", "str", "num", "bool", "punct", "comment"].map((name) => Decoration.mark({ class: `cm-${name}` }));

/** The extension; `ask(question, text, position)` answers as `session/assist.rs` says. */
export function highlight(ask) {
  const marks = (state) => {
    const numbers = JSON.parse(ask("highlight", state.doc.toString(), 0)) ?? [];
    const ranges = [];
    for (let at = 0; at < numbers.length; at += 3) ranges.push(classes[numbers[at + 2]].range(numbers[at], numbers[at + 1]));
    return Decoration.set(ranges);
  };
  return StateField.define({
    create: marks,
    update: (shown, transaction) => (transaction.docChanged ? marks(transaction.state) : shown),
    provide: (field) => EditorView.decorations.from(field),
  });
}
