// How the editor looks: only names of classes and CSS variables; every colour and size lives in tokens.css.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const syntax = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--syn-key)" },
  { tag: [tags.string, tags.content, tags.special(tags.string)], color: "var(--syn-str)" },
  { tag: [tags.number, tags.integer, tags.float], color: "var(--syn-num)" },
  { tag: [tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--syn-bool)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace, tags.meta], color: "var(--syn-punct)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--syn-comment)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName], color: "var(--syn-bool)" },
]);

const frame = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--raised)", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "var(--fs-12)/var(--lh-code) var(--font-mono)", fontFeatureSettings: '"liga" 0, "calt" 0' },
  ".cm-content": { padding: "var(--sp-3) 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "var(--line-2)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--ink-3)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 var(--sp-4) 0 0", minWidth: "1.5rem" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--sunk) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--sunk) 55%, transparent)", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", boxShadow: "inset 0 0 0 var(--line) var(--accent-line)" },
});

export const look = [syntaxHighlighting(syntax), frame];
