// Lines that a "Why?" step points at: a tinted row with a small tag.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

/** `{lines: [numbers from 1], tag: text}`. */
export const setLitLines = StateEffect.define();

class Tag extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }
  eq(other) {
    return other.text === this.text;
  }
  toDOM() {
    const tag = document.createElement("span");
    tag.className = "cm-tag";
    tag.textContent = this.text;
    return tag;
  }
}

function decorate(doc, { lines, tag }) {
  const marks = [];
  for (const number of [...lines].sort((a, b) => a - b)) {
    if (number < 1 || number > doc.lines) continue;
    const line = doc.line(number);
    marks.push(Decoration.line({ class: "cm-line--why" }).range(line.from));
    if (tag) marks.push(Decoration.widget({ widget: new Tag(tag), side: 1 }).range(line.to));
  }
  return Decoration.set(marks, true);
}

export const litLines = StateField.define({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setLitLines)) return decorate(transaction.state.doc, effect.value);
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});
