// How the editor looks: only names of classes and CSS variables; every colour and size lives in tokens.css.
import { EditorView } from "@codemirror/view";

const frame = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--raised)", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "var(--fs-12)/var(--lh-code) var(--font-mono)", fontFeatureSettings: '"liga" 0, "calt" 0' },
  ".cm-content": { padding: "var(--sp-3) 0", caretColor: "var(--ink)" },
  ".cm-key": { color: "var(--syn-key)" },
  ".cm-str": { color: "var(--syn-str)" },
  ".cm-num": { color: "var(--syn-num)" },
  ".cm-bool": { color: "var(--syn-bool)" },
  ".cm-punct": { color: "var(--syn-punct)" },
  ".cm-comment": { color: "var(--syn-comment)", fontStyle: "italic" },
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

export const look = frame;
