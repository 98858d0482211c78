// Pictures for slides: a part of the page as an SVG of plain shapes and texts, which drawing programs read too, and as
// a PNG. Boxes, borders, patterns, symbols and texts are taken from what the browser laid out.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linejoin", "stroke-linecap", "fill-rule", "opacity", "color"];

/** The SVG of an element as it stands on the page. */
export function svg(root) {
  const { left, top, width, height } = root.getBoundingClientRect();
  const paper = { left, top, defs: [], out: [], ids: 0, ruler: document.createElement("canvas").getContext("2d") };
  const ground = opaque(root);
  paper.out.push(`<rect width="${width}" height="${height}" fill="${ground}"/>`);
  element(paper, root);
  return `<svg xmlns="${SVG}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><defs>${paper.defs.join("")}</defs>${paper.out.join("")}</svg>`;
}

/** The PNG of such an SVG, `scale` times as large. */
export async function png(text, scale = 2) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: image.width * scale, height: image.height * scale });
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The first ground behind an element that can be seen. */
function opaque(node) {
  for (let at = node; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (isSeen(backgroundColor)) return backgroundColor;
  }
  return "Canvas";
}

const isSeen = (colour) => !/^(transparent|rgba\(.*, 0\))$/.test(colour);
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const near = (number) => Math.round(number * 100) / 100;

function element(paper, node) {
  const style = getComputedStyle(node);
  const rect = node.getBoundingClientRect();
  if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0" || node.matches(".vh")) return;
  const box = { x: near(rect.left - paper.left), y: near(rect.top - paper.top), w: near(rect.width), h: near(rect.height) };
  if (node instanceof SVGSVGElement) return drawing(paper, node, box, style);
  if (node instanceof HTMLCanvasElement) {
    paper.out.push(`<image x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" href="${node.toDataURL()}"/>`);
    return;
  }
  if (box.w > 0 && box.h > 0) boxes(paper, node, box, style);
  const clips = style.overflowX !== "visible" && node.childNodes.length > 0;
  if (clips) {
    const id = `c${(paper.ids += 1)}`;
    paper.defs.push(`<clipPath id="${id}"><rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}"/></clipPath>`);
    paper.out.push(`<g clip-path="url(#${id})">`);
  }
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) texts(paper, child, style);
    else if (child.nodeType === Node.ELEMENT_NODE) element(paper, child);
  }
  if (clips) paper.out.push("</g>");
}

/** Ground, patterns and border. */
function boxes(paper, node, { x, y, w, h }, style) {
  const round = style.borderTopLeftRadius;
  const radius = Math.min(round.endsWith("%") ? (parseFloat(round) / 100) * w : parseFloat(round), w / 2, h / 2) || 0;
  const shape = (inset, rest) =>
    paper.out.push(`<rect x="${x + inset}" y="${y + inset}" width="${Math.max(w - 2 * inset, 0)}" height="${Math.max(h - 2 * inset, 0)}" rx="${Math.max(radius - inset, 0)}" ${rest}/>`);
  if (node.matches(".pip--bad")) {
    paper.out.push(`<path d="M${x + 1} ${y + 1}l${w - 2} ${h - 2}m0 ${2 - h}l${2 - w} ${h - 2}" stroke="${style.getPropertyValue("--st-failing")}" stroke-width="1.8"/>`);
    return;
  }
  if (node.matches(".now")) {
    const { borderLeftWidth, borderLeftColor } = getComputedStyle(node, "::before");
    paper.out.push(`<path d="M${x + w / 2} ${y}v${h}" stroke="${borderLeftColor}" stroke-width="${borderLeftWidth}"/>`);
    return;
  }
  if (isSeen(style.backgroundColor)) shape(0, `fill="${style.backgroundColor}"`);
  for (const id of patterns(paper, style, x, y)) shape(0, `fill="url(#${id})"`);
  const [, colour, line] = /^((?:rgba?|color)\([^)]*\)) 0px 0px 0px ([\d.]+)px inset$/.exec(style.boxShadow) ?? [];
  if (line) shape(line / 2, `fill="none" stroke="${colour}" stroke-width="${line}"`);
  const sides = ["Top", "Right", "Bottom", "Left"].map((side) => ({
    width: parseFloat(style[`border${side}Width`]),
    line: style[`border${side}Style`],
    colour: style[`border${side}Color`],
  }));
  const drawn = sides.filter(({ width, line, colour }) => width > 0 && line !== "none" && isSeen(colour));
  const dashes = ({ width, line }) => (line === "dashed" ? ` stroke-dasharray="${width * 3} ${width * 2}"` : line === "dotted" ? ` stroke-dasharray="${width}"` : "");
  if (drawn.length === 4) {
    const [{ width, colour }] = drawn;
    shape(width / 2, `fill="none" stroke="${colour}" stroke-width="${width}"${dashes(drawn[0])}`);
    return;
  }
  sides.forEach((side, index) => {
    if (!drawn.includes(side)) return;
    const half = side.width / 2;
    const line = [`M${x} ${y + half}h${w}`, `M${x + w - half} ${y}v${h}`, `M${x} ${y + h - half}h${w}`, `M${x + half} ${y}v${h}`][index];
    paper.out.push(`<path d="${line}" stroke="${side.colour}" stroke-width="${side.width}"${dashes(side)}/>`);
  });
}

/** Stripes and dots; the last layer of a background lies lowest. */
function patterns(paper, style, x, y) {
  const layers = style.backgroundImage.match(/(repeating-linear|radial)-gradient\((?:[^()]|\([^()]*\))*\)/g) ?? [];
  return layers.reverse().map((layer) => {
    const id = `p${(paper.ids += 1)}`;
    const stops = [...layer.matchAll(/(rgba?\([^)]*\)|color\([^)]*\))\s*([\d.]+)px(?:\s+([\d.]+)px)?/g)].map(([, colour, from, to]) => ({ colour, at: Number(to ?? from), from: Number(from) }));
    if (layer.startsWith("radial")) {
      const size = parseFloat(style.backgroundSize) || 5;
      paper.defs.push(`<pattern id="${id}" x="${x}" y="${y}" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><circle cx="${size / 2}" cy="${size / 2}" r="${stops[0]?.at ?? 1}" fill="${stops[0]?.colour}"/></pattern>`);
      return id;
    }
    const angle = parseFloat(/(-?[\d.]+)deg/.exec(layer)?.[1] ?? "180");
    const period = stops.at(-1)?.at || 5;
    const band = stops.find(({ colour }) => isSeen(colour));
    const width = stops.filter(({ colour }) => colour === band?.colour).at(-1)?.at ?? 1;
    paper.defs.push(`<pattern id="${id}" x="${x}" y="${y}" width="${period}" height="${period}" patternUnits="userSpaceOnUse" patternTransform="rotate(${angle - 90} ${x} ${y})"><rect width="${width}" height="${period}" fill="${band?.colour}"/></pattern>`);
    return id;
  });
}

/** An SVG of the page, its symbols put in place of where they are used. */
function drawing(paper, node, box, style) {
  const bodies = [...node.children].map((child) => {
    const used = child.matches("use") && document.querySelector(child.getAttribute("href"));
    return used ? [...used.children].map((part) => part.outerHTML).join("") : shapes(child);
  });
  const view = node.getAttribute("viewBox") ?? `0 0 ${box.w} ${box.h}`;
  paper.out.push(`<svg x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" viewBox="${view}" color="${style.color}" fill="${style.fill}" stroke="${style.stroke}" stroke-width="${style.strokeWidth}">${bodies.join("")}</svg>`);
}

function shapes(node) {
  const copy = node.cloneNode(false);
  const style = getComputedStyle(node);
  for (const name of SHAPES) copy.setAttribute(name, style.getPropertyValue(name));
  if (style.transform !== "none") {
    const origin = style.transformOrigin.split(" ").map(parseFloat);
    copy.setAttribute("transform", `translate(${origin[0]} ${origin[1]}) ${style.transform} translate(${-origin[0]} ${-origin[1]})`);
  }
  ["class", "style"].forEach((name) => copy.removeAttribute(name));
  copy.innerHTML = [...node.children].map(shapes).join("");
  return copy.outerHTML;
}

/** A text, line by line as it was broken, and cut where the page cuts it. */
function texts(paper, node, style) {
  const { ruler } = paper;
  ruler.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = ruler.measureText("x");
  const cut = cutOf(node.parentElement, ruler.measureText("…").width);
  const range = document.createRange();
  const lines = [];
  for (let index = 0; index < node.length; index += 1) {
    range.setStart(node, index);
    range.setEnd(node, index + 1);
    const [rect] = range.getClientRects();
    if (!rect || rect.width === 0 || rect.left < cut.left || rect.right > cut.right) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.top - rect.top) < 2) last.text += node.data[index];
    else lines.push({ text: node.data[index], left: rect.left, top: rect.top, height: rect.height });
  }
  if (cut.dots && lines.length > 0) {
    const [line] = lines;
    line.text = cut.fromLeft ? `…${line.text}` : `${line.text}…`;
    if (cut.fromLeft) line.left -= cut.dots;
  }
  for (const { text, left, top, height } of lines.filter((line) => line.text.trim())) {
    const y = top - paper.top + (height - above - below) / 2 + above;
    const spacing = style.letterSpacing === "normal" ? "" : ` letter-spacing="${style.letterSpacing}"`;
    paper.out.push(
      `<text x="${near(left - paper.left)}" y="${near(y)}" fill="${style.color}" font-family="${escape(style.fontFamily)}" font-size="${style.fontSize}" font-weight="${style.fontWeight}"${spacing} xml:space="preserve">${escape(text)}</text>`,
    );
  }
}

/** Between which edges letters are seen where an ellipsis, so wide, stands for the others; `dots` is 0 where none does. */
function cutOf(parent, dots) {
  const host = [parent, parent.parentElement].find((part) => part && getComputedStyle(part).textOverflow === "ellipsis" && part.scrollWidth > part.clientWidth);
  if (!host) return { left: -Infinity, right: Infinity, dots: 0 };
  const { left, right } = host.getBoundingClientRect();
  const fromLeft = getComputedStyle(host).direction === "rtl";
  return { left: fromLeft ? left + dots : -Infinity, right: fromLeft ? Infinity : right - dots, fromLeft, dots };
}
