//! Makes a built site smaller: the WebAssembly module, its JavaScript, and the style sheets.

mod order;
mod profile;
mod split;
mod wasm;

use std::fs;
use std::path::Path;

use crate::run::{self, Outcome};
use crate::{offline, paths};

/// The style sheet that all others become.
const STYLES: &str = "podarium.css";

/// How the file begins that holds the part of the program that is loaded when first needed.
pub const MORE: &str = "podarium_more";

/// Shrinks what trunk has built in `folder`.
pub fn shrink(folder: &Path) -> Outcome {
    let glue = folder.join("podarium.js");
    let second = folder.join(format!("{MORE}.wasm"));
    wasm::shrink(&folder.join("podarium_bg.wasm"), &second, &glue)?;
    // The two fit one another alone: a page from a cache must not find the second part of another version.
    let both = [read(&folder.join("podarium_bg.wasm"))?, read(&second)?].concat();
    let more = format!("{MORE}-{}.wasm", offline::hash(&both));
    fs::rename(&second, folder.join(&more))
        .map_err(|error| format!("cannot rename {}: {error}", second.display()))?;
    let page = folder.join("index.html");
    let html = without_hashes(&read_text(&page)?);
    // The program looks here for what it loads later.
    let html = html.replacen(
        "</head>",
        &format!("<meta name=\"podarium-more\" content=\"{more}\"></head>"),
        1,
    );
    write(&page, join_styles(&html, folder)?.as_bytes())?;
    minify(&[&glue, &folder.join(STYLES)])
}

/// The page without the hashes that trunk gave for each file: the files have changed, and they come from where
/// the page comes from.
fn without_hashes(html: &str) -> String {
    let mut parts = html.split(" integrity=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once('"').map_or(part, |(_, rest)| rest);
        text + rest
    })
}

/// One style sheet in place of those that the page names, in their order.
fn join_styles(html: &str, folder: &Path) -> Result<String, String> {
    const LINK: &str = "<link rel=\"stylesheet\" href=\"./";
    let mut styles = String::new();
    let mut parts = html.split(LINK);
    let mut page = parts.next().unwrap_or_default().trim_end().to_owned();
    page.push_str(&format!("{LINK}{STYLES}\">"));
    for part in parts {
        let (name, rest) = part
            .split_once('"')
            .ok_or_else(|| format!("a style sheet without an end of its name: {part}"))?;
        let path = folder.join(name);
        styles.push_str(&read_text(&path)?);
        fs::remove_file(&path)
            .map_err(|error| format!("cannot remove {}: {error}", path.display()))?;
        let end = rest.find('>').map_or(0, |end| end + 1);
        page.push_str(rest[end..].trim_end());
    }
    write(&folder.join(STYLES), styles.as_bytes())?;
    Ok(page)
}

/// Has esbuild, which bundles the editor, minify each of `files`.
fn minify(files: &[&Path]) -> Outcome {
    let folder = paths::root().join("editor/node_modules/.bin");
    // Without its warnings: wasm-bindgen's glue names one module twice.
    let options = ["--minify", "--allow-overwrite", "--log-level=error"];
    for file in files {
        let mut esbuild = run::command("esbuild", &options);
        run::prepend_path(&mut esbuild, &folder)?;
        let mut outfile = std::ffi::OsString::from("--outfile=");
        outfile.push(file);
        run::run(esbuild.arg(file).arg(outfile))?;
    }
    Ok(())
}

/// A stretch of a module.
fn slice(module: &[u8], range: std::ops::Range<u64>) -> Result<&[u8], Box<dyn std::error::Error>> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    module
        .get(range)
        .ok_or_else(|| "the module ends early".into())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Outcome {
    fs::write(path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::without_hashes;

    #[test]
    fn hashes_go_and_the_rest_stays() {
        let html = "<a href=\"x\" integrity=\"sha384-a+b\"/><b integrity=\"c\">";
        assert_eq!(without_hashes(html), "<a href=\"x\"/><b>");
    }
}
