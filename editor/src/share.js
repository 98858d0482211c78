// Links: a scenario packed into the fragment of an address and back, and the sheet that hands the link out. Loaded
// when first needed.
import { generate } from "lean-qr";
import { toSvgPath } from "lean-qr/extras/svg";
import { png, svg } from "./picture.js";

/** The most bytes that a link may unpack to: what the program itself would refuse need not be unpacked. */
const MOST_BYTES = 4 << 20;

/** The fragment that holds this text: `#run=1.` and deflated base64url. */
export async function pack(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `#run=1.${btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The text that a fragment holds; empty if it holds none, whatever else it is. */
export async function unpack(fragment) {
  const packed = /^#run=1\.([\w-]+)$/.exec(fragment)?.[1];
  if (!packed) return "";
  try {
    const letters = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let size = 0;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.length;
      if (size > MOST_BYTES) {
        await reader.cancel();
        return "";
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // Not base64, not deflated or not UTF-8: no scenario in any case.
    return "";
  }
}

/** Fills the sheet: the link, the code to embed it, a QR code, and files for slides. `table` is the run in Markdown. */
export async function share(place, text, table) {
  const fragment = await pack(text);
  const page = location.origin + location.pathname;
  const link = page + fragment;
  const embed = `<iframe src="${page}?embed${fragment}" title="Podarium" width="100%" height="640" loading="lazy"></iframe>`;
  place.replaceChildren(
    row("Link", "Opens this very moment of this run, the text of the editor included.", link),
    row("Embed", "For a page or slides in HTML.", embed),
    files(table),
    code(link),
  );
  place.querySelector("button")?.focus();
}

function row(name, about, text) {
  const row = element("section");
  const label = row.appendChild(element("label"));
  label.append(element("b", name), " ", element("span", about));
  const field = label.appendChild(element("input"));
  Object.assign(field, { value: text, readOnly: true });
  field.addEventListener("focus", () => field.select());
  const button = row.appendChild(element("button", `Copy ${name.toLowerCase()}`));
  Object.assign(button, { type: "button", className: "btn btn--line" });
  const said = row.appendChild(element("span"));
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied";
    } catch {
      field.focus();
      said.textContent = "Press Ctrl C";
    }
  });
  return row;
}

/** Pictures of what is on the page behind the sheet, and the table. */
function files(table) {
  const row = element("section");
  row.className = "share__files";
  const said = element("span");
  said.setAttribute("role", "status");
  const add = (name, file, make) => {
    const button = row.appendChild(element("button", name));
    Object.assign(button, { type: "button", className: "btn btn--line" });
    button.addEventListener("click", async () => {
      try {
        const blob = await make();
        const link = element("a");
        link.href = URL.createObjectURL(blob);
        link.download = file;
        link.click();
        URL.revokeObjectURL(link.href);
        said.textContent = file;
      } catch (error) {
        said.textContent = error.message;
      }
    });
  };
  const parts = [["Stage", ".stage__view"], ["Time line", ".tracks"]];
  for (const [name, selector] of parts.filter(([, selector]) => document.querySelector(selector)?.clientHeight)) {
    const picture = () => svg(document.querySelector(selector));
    const file = `podarium-${name.toLowerCase().replace(" ", "-")}`;
    add(`${name} SVG`, `${file}.svg`, () => new Blob([picture()], { type: "image/svg+xml" }));
    add(`${name} PNG`, `${file}.png`, () => png(picture()));
  }
  add("Run as Markdown", "podarium-run.md", () => new Blob([table], { type: "text/markdown" }));
  row.append(said);
  return row;
}

function code(link) {
  const figure = element("figure");
  try {
    const bitmap = generate(link);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `-4 -4 ${bitmap.size + 8} ${bitmap.size + 8}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", "QR code of the link");
    const path = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    path.setAttribute("d", toSvgPath(bitmap));
    figure.append(svg, element("figcaption", `${link.length} characters`));
  } catch {
    figure.append(element("figcaption", `${link.length} characters are too many for a QR code.`));
  }
  return figure;
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
