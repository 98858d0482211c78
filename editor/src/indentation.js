// Where a new line begins: below the line before it, behind its dashes, and two further in after a key without a value.
import { indentService } from "@codemirror/language";

export const indentation = indentService.of((context, position) => {
  const { text, from } = context.lineAt(position, -1);
  if (position === from || context.simulatedBreak == null) return undefined;
  const before = text.slice(0, position - from);
  const [start] = /^ *(?:- +)*/.exec(before);
  return start.length + (/:\s*(?:#.*|[|>][-+]?\d?\s*)?$/.test(before) ? 2 : 0);
});
