//! The WebAssembly module: functions in an order that compresses well, locals shared, and short names between it
//! and its JavaScript.

use std::error::Error;
use std::path::Path;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    ExportKind, ExportSection, ImportSection, Module, NameMap, NameSection, RawSection,
};
use wasmparser::{ExportSectionReader, ImportSectionReader, Parser, Payload};

use super::order;
use super::profile;
use super::split::Split;
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

/// Shrinks the module at `path`, moves a part of it to `second`, and renames in `glue`, its JavaScript, what goes by
/// other names now.
pub fn shrink(path: &Path, second: &Path, glue: &Path) -> Outcome {
    let module = super::read(path)?;
    let unreadable = |error| format!("{} cannot be split: {error}", path.display());
    let split = Split::of(&module).map_err(unreadable)?;
    profile::print(&split);
    let mut names = Names::default();
    let first = first(&module, &split, &mut names).map_err(unreadable)?;
    let rest = split.second(&names.exported).map_err(unreadable)?;
    for (path, module) in [(path, first), (second, rest)] {
        let named = with_order(&module).map_err(unreadable)?;
        super::write(path, &named)?;
        let folder = paths::root()
            .join(dist::TOOLS_FOLDER)
            .join("node_modules/.bin");
        let mut optimizer = run::command("wasm-opt", PASSES);
        run::prepend_path(&mut optimizer, &folder)?;
        run::run(optimizer.arg(path).arg("--output").arg(path))?;
    }
    let text = names.apply(&super::read_text(glue)?);
    super::write(glue, text.as_bytes())
}

/// The first module: what stays, with short imports and exports.
fn first(module: &[u8], split: &Split, names: &mut Names) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(imports) => copy.section(&names.imports(imports)?),
            Payload::TableSection(tables) => copy.section(&split.first_tables(tables)?),
            Payload::ExportSection(exports) => {
                copy.section(&names.exports(exports, &split.shared()?)?)
            }
            Payload::CodeSectionStart { .. } => copy.section(&split.first_code()?),
            Payload::CustomSection(section) if section.name() == "name" => continue,
            other => match raw(other, module)? {
                Some(section) => copy.section(&section),
                None => continue,
            },
        };
    }
    Ok(copy.finish())
}

/// The module with each of its functions named by its place in the order that is wanted.
fn with_order(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut copy = Module::new();
    let mut bodies = Vec::new();
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
        if let Some(section) = raw(&payload, module)? {
            copy.section(&section);
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
    Ok(copy.finish())
}

/// A section as it stands.
fn raw<'a>(payload: &Payload, module: &'a [u8]) -> Result<Option<RawSection<'a>>, Box<dyn Error>> {
    let Some((id, range)) = payload.as_section() else {
        return Ok(None);
    };
    let data = super::slice(module, range)?;
    Ok(Some(RawSection { id, data }))
}

/// The names between the module and its glue, each with its short one.
#[derive(Default)]
struct Names {
    imports: Vec<(String, String)>,
    exports: Vec<(String, String)>,
    /// Everything that is exported, with its short name.
    exported: Vec<(ExportKind, u32, String)>,
}

impl Names {
    /// The imports, with short names where they come from the glue.
    fn imports(&mut self, old: &ImportSectionReader) -> Result<ImportSection, Box<dyn Error>> {
        let mut section = ImportSection::new();
        for import in old.clone().into_imports() {
            let import = import?;
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

    /// The exports by short names, and `more` of them.
    fn exports(
        &mut self,
        old: &ExportSectionReader,
        more: &[(ExportKind, u32)],
    ) -> Result<ExportSection, Box<dyn Error>> {
        for export in old.clone() {
            let export = export?;
            let short = short(self.exported.len());
            let kind = RoundtripReencoder.export_kind(export.kind)?;
            self.exported.push((kind, export.index, short.clone()));
            self.exports.push((export.name.to_owned(), short));
        }
        for (kind, index) in more {
            if !self
                .exported
                .iter()
                .any(|one| (one.0, one.1) == (*kind, *index))
            {
                self.exported
                    .push((*kind, *index, short(self.exported.len())));
            }
        }
        let mut section = ExportSection::new();
        for (kind, index, name) in &self.exported {
            section.export(name, *kind, *index);
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
    use super::{Names, Split};

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
            exported: Vec::new(),
        };
        let glue = "  __wbg_a_1: function() { wasm.free(wasm.memory.x); },\n  url: 'a.wasm',\n  free: free,\n";
        let expect = "  a: function() { wasm.c(wasm.d.x); },\n  url: 'a.wasm',\n  b: free,\n";
        assert_eq!(names.apply(glue), expect);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(Split::of(b"no module").is_err());
    }
}
