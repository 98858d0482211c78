//! The WebAssembly module: functions in an order that compresses well, locals shared, and short names between it
//! and its JavaScript.

use std::path::Path;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, ImportSection, Module, NameMap, NameSection, RawSection};
use wasmparser::{ExportSectionReader, ImportSectionReader, Parser, Payload, TypeRef};

use super::order;
use crate::run::{self, Outcome};
use crate::{dist, paths};

/// What the compiler leaves to do. Its own optimization is done: passes that make less code often make more
/// bytes of brotli, because they make regular code irregular.
const PASSES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--duplicate-function-elimination",
    "--remove-unused-module-elements",
    "--optimize-instructions",
    "--remove-unused-brs",
    "--merge-blocks",
    "--vacuum",
    "--coalesce-locals",
    "--reorder-locals",
    "--reorder-functions-by-name",
];

/// The module that the imports from wasm-bindgen's glue name.
const GLUE: &str = "./podarium_bg.js";

/// Shrinks the module at `path` and renames in `glue`, its JavaScript, what goes by other names now.
pub fn shrink(path: &Path, glue: &Path) -> Outcome {
    let (module, names) = renamed(&super::read(path)?)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    super::write(path, &module)?;
    let folder = paths::root()
        .join(dist::TOOLS_FOLDER)
        .join("node_modules/.bin");
    let mut optimizer = run::command("wasm-opt", PASSES);
    run::prepend_path(&mut optimizer, &folder)?;
    run::run(optimizer.arg(path).arg("--output").arg(path))?;
    let text = names.apply(&super::read_text(glue)?);
    super::write(glue, text.as_bytes())
}

/// The module with short imports and exports, and each function named by its place in the order that is wanted.
fn renamed(module: &[u8]) -> Result<(Vec<u8>, Names), Box<dyn std::error::Error>> {
    let mut copy = Module::new();
    let mut names = Names::default();
    let mut bodies = Vec::new();
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(imports) => {
                copy.section(&names.imports(imports, &mut imported)?);
                continue;
            }
            Payload::ExportSection(exports) => {
                copy.section(&names.exports(exports)?);
                continue;
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            Payload::CustomSection(section) if section.name() == "name" => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let (start, end) = (usize::try_from(range.start)?, usize::try_from(range.end)?);
            let data = &module[start..end];
            copy.section(&RawSection { id, data });
        }
    }
    let mut places = vec![0; bodies.len()];
    for (place, function) in order::by_likeness(&bodies).into_iter().enumerate() {
        places[function] = place;
    }
    let mut functions = NameMap::new();
    for (index, place) in (imported..).zip(places) {
        functions.append(index, &format!("f{place:06}"));
    }
    let mut section = NameSection::new();
    section.functions(&functions);
    copy.section(&section);
    Ok((copy.finish(), names))
}

/// The names between the module and its glue, each with its short one.
#[derive(Default)]
struct Names {
    imports: Vec<(String, String)>,
    exports: Vec<(String, String)>,
}

impl Names {
    /// The imports with short names where they come from the glue; counts the functions among them.
    fn imports(
        &mut self,
        old: &ImportSectionReader,
        functions: &mut u32,
    ) -> Result<ImportSection, Box<dyn std::error::Error>> {
        let mut section = ImportSection::new();
        for import in old.clone().into_imports() {
            let import = import?;
            *functions += u32::from(matches!(import.ty, TypeRef::Func(_)));
            let type_ = RoundtripReencoder.entity_type(import.ty)?;
            let short = short(self.imports.len());
            if import.module == GLUE {
                section.import(import.module, &short, type_);
                self.imports.push((import.name.to_owned(), short));
            } else {
                section.import(import.module, import.name, type_);
            }
        }
        Ok(section)
    }

    fn exports(
        &mut self,
        old: &ExportSectionReader,
    ) -> Result<ExportSection, Box<dyn std::error::Error>> {
        let mut section = ExportSection::new();
        for export in old.clone() {
            let export = export?;
            let short = short(self.exports.len());
            let kind = RoundtripReencoder.export_kind(export.kind)?;
            section.export(&short, kind, export.index);
            self.exports.push((export.name.to_owned(), short));
        }
        Ok(section)
    }

    /// The glue with the short names. Imports are the keys of an object, one a line; exports are read off `wasm`.
    fn apply(&self, glue: &str) -> String {
        let mut text = String::with_capacity(glue.len());
        for line in glue.lines() {
            let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
            let key = rest.find(": ").map_or("", |end| &rest[..end]);
            let import = self.imports.iter().find(|(old, _)| old == key);
            text.push_str(indent);
            text.push_str(import.map_or(key, |(_, short)| short));
            let mut parts = rest[key.len()..].split("wasm.");
            text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$');
                let name = part.split(is_end).next().unwrap_or_default();
                let export = self.exports.iter().find(|(old, _)| old == name);
                text.push_str("wasm.");
                text.push_str(export.map_or(name, |(_, short)| short));
                text.push_str(&part[name.len()..]);
            }
            text.push('\n');
        }
        text
    }
}

/// A name for the `index`th import or export.
fn short(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => letter.to_string(),
        rest => format!("{letter}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, renamed};

    #[test]
    fn names_change_where_they_are_imported_and_used() {
        let pairs = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()));
            owned.collect()
        };
        let names = Names {
            imports: pairs(&[("__wbg_a_1", "a"), ("free", "b")]),
            exports: pairs(&[("free", "c"), ("memory", "d")]),
        };
        let glue = "  __wbg_a_1: function() { wasm.free(wasm.memory.x); },\n  url: 'a.wasm',\n  free: free,\n";
        let expect = "  a: function() { wasm.c(wasm.d.x); },\n  url: 'a.wasm',\n  b: free,\n";
        assert_eq!(names.apply(glue), expect);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(renamed(b"no module").is_err());
    }
}
