// The part of the program that is loaded when first needed. `cargo xtask dist` splits it off and names it in the
// page; in other builds everything is there from the start.
let loading;

/** Resolves when all of the program is there. `program` is what the part that runs exports. */
export function loadMore(program) {
  loading ??= load(program).catch((error) => {
    loading = undefined; // The next time may find the network again.
    throw error;
  });
  return loading;
}

async function load(program) {
  const name = document.querySelector('meta[name="podarium-more"]')?.content;
  if (!name) return;
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  await WebAssembly.instantiate(await response.arrayBuffer(), { p: program });
}
