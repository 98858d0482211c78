// Stands in for @lezer/common and @lezer/highlight: CodeMirror's grammars and their colours, a tenth of the editor.
// Podarium's own reader colours and checks the text, so for CodeMirror the text is in no language, and what it asks
// of a syntax tree has one answer: a single node of no type and without parts.

/** A property of a node's type. No type has one. */
export class NodeProp {
  static add() {}
}

/** The type of the one node. */
export class NodeType {
  static none = new NodeType();
  static define() {
    return NodeType.none;
  }
  isTop = true;
  name = "";
  is() {
    return false;
  }
  prop() {}
}

const NODE = {
  type: NodeType.none,
  name: "",
  from: 0,
  to: 0,
  parent: null,
  firstChild: null,
  lastChild: null,
  childAfter: () => null,
  childBefore: () => null,
  enter: () => null,
};

/** The tree around the one node. */
export class Tree {
  static empty = new Tree();
  type = NodeType.none;
  length = 0;
  children = [];
  positions = [];
  topNode = NODE;
  prop() {}
  resolve = () => NODE;
  resolveInner = () => NODE;
  resolveStack = () => ({ node: NODE, next: null });
  iterate() {}
}

// Named by CodeMirror, used only by languages.
export class Parser {}
export class NodeSet {}
export const IterMode = {};
export const TreeFragment = {};
const MODIFIERS = ["constant", "definition", "function", "local", "special", "standard"];
const tag = {};
export const tags = new Proxy({}, { get: (_, name) => (MODIFIERS.includes(name) ? () => tag : tag) });
export function highlightTree() {}
export const tagHighlighter = () => ({ style: () => null });
export function styleTags() {}
