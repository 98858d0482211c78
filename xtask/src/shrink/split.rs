//! Splits off what a first visit does not run: a second module that shares memory, table and functions with the
//! first one, loaded when somebody asks for what is in it.
//!
//! The parts are named by their [`GATES`]. A function that is reached through gates alone moves. What stays of a
//! gate is a call through a slot of the table that the second module fills.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, Function,
    FunctionSection, ImportSection, Instruction, Module, RawSection, TableSection,
};
use wasmparser::{
    ElementItems, ExternalKind, FuncType, FunctionBody, GlobalType, KnownCustom, MemoryType, Name,
    Operator, Parser, Payload, RecGroup, TableType, TypeRef,
};

/// The functions through which the program enters what is loaded later. It enters none of them before
/// `web::bindings::more` is done.
const GATES: &[&str] = &[
    "podarium::session::assist::help",
    "podarium::session::inspect::body::of_tab",
    "podarium::cluster::process::command::program_of",
    "podarium::cluster::process::machine::task::step_shell",
    "podarium::cluster::process::machine::task::step_utility",
    "<podarium::cluster::controllers::daemonset::DaemonSetController as podarium::cluster::controllers::Controller>::sync",
    "<podarium::cluster::controllers::disruption::DisruptionController as podarium::cluster::controllers::Controller>::sync",
    "<podarium::cluster::controllers::persistent_volume::PersistentVolumeController as podarium::cluster::controllers::Controller>::sync",
    "podarium::api::scheduler_configuration::read",
];

/// The name under which the second module imports from the first.
const FIRST: &str = "p";

/// A module in its parts, with what is to move.
#[derive(Default)]
pub struct Split<'a> {
    types: Vec<u8>,
    signatures: Vec<FuncType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported: u32,
    bodies: Vec<FunctionBody<'a>>,
    names: BTreeMap<u32, String>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    /// The section that names the instructions that may occur.
    features: Vec<u8>,
    /// In the order of their slots.
    gates: Vec<u32>,
    moves: BTreeSet<u32>,
    /// What stays and is called from what moves.
    needed: BTreeSet<u32>,
}

impl<'a> Split<'a> {
    /// Finds what moves.
    ///
    /// # Errors
    /// No module that wasm-bindgen could have made, or one without a gate.
    pub fn of(module: &'a [u8]) -> Result<Self, Box<dyn Error>> {
        let mut split = Self::default();
        let mut roots = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            split.read(payload?, module, &mut roots)?;
        }
        for gate in GATES {
            let function = split.names.iter().find(|(_, name)| name == gate);
            let function = function.ok_or_else(|| format!("there is no function `{gate}`"))?;
            split.gates.push(*function.0);
        }
        let calls: Vec<Vec<u32>> = split
            .bodies
            .iter()
            .map(calls)
            .collect::<Result<_, wasmparser::BinaryReaderError>>()?;
        let everything = split.reached(&roots, &calls, &[]);
        let stays = split.reached(&roots, &calls, &split.gates);
        let defined = |function: &u32| *function >= split.imported;
        split.moves = everything
            .difference(&stays)
            .copied()
            .filter(defined)
            .collect();
        let called = split
            .moves
            .iter()
            .flat_map(|function| &calls[(function - split.imported) as usize]);
        split.needed = called
            .copied()
            .filter(|function| !split.moves.contains(function))
            .collect();
        Ok(split)
    }

    /// The functions that are defined: each name, how many bytes its code has, and whether it moves.
    pub fn sizes(&self) -> impl Iterator<Item = (&str, usize, bool)> {
        let bodies = (self.imported..).zip(&self.bodies);
        bodies.map(|(function, body)| {
            let name = self.names.get(&function).map_or("", String::as_str);
            (name, body.as_bytes().len(), self.moves.contains(&function))
        })
    }

    fn read(
        &mut self,
        payload: Payload<'a>,
        module: &[u8],
        roots: &mut Vec<u32>,
    ) -> Result<(), Box<dyn Error>> {
        match payload {
            Payload::TypeSection(types) => {
                self.types = super::slice(module, types.range())?.to_vec();
                for group in types {
                    let group: RecGroup = group?;
                    for type_ in group.types() {
                        self.signatures.push(type_.unwrap_func().clone());
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(type_) => {
                            self.functions.push(type_);
                            self.imported += 1;
                        }
                        other => {
                            return Err(format!("an import that is no function: {other:?}").into());
                        }
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for type_ in functions {
                    self.functions.push(type_?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        roots.push(export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => roots.push(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                roots.push(function?);
                            }
                        }
                        ElementItems::Expressions(..) => {}
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(section) if section.name() == "target_features" => {
                self.features = super::slice(module, section.range())?.to_vec();
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(sections) = section.as_known() {
                    for part in sections {
                        if let Name::Function(map) = part? {
                            for naming in map {
                                let naming = naming?;
                                let name = without_hashes(naming.name);
                                self.names.insert(naming.index, name);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What is reached from `roots` by calls, except through `gates`.
    fn reached(&self, roots: &[u32], calls: &[Vec<u32>], gates: &[u32]) -> BTreeSet<u32> {
        let mut reached = BTreeSet::new();
        let mut left = roots.to_vec();
        while let Some(function) = left.pop() {
            if !gates.contains(&function) && reached.insert(function) && function >= self.imported {
                left.extend(&calls[(function - self.imported) as usize]);
            }
        }
        reached
    }

    /// What the first module must export for the second.
    pub fn shared(&self) -> Result<Vec<(ExportKind, u32)>, Box<dyn Error>> {
        let count = |list: usize| 0..u32::try_from(list).unwrap_or(u32::MAX);
        let functions = self
            .needed
            .iter()
            .map(|function| (ExportKind::Func, *function));
        let table = (ExportKind::Table, self.slots()?.0);
        let memories = count(self.memories.len()).map(|memory| (ExportKind::Memory, memory));
        let globals = count(self.globals.len()).map(|global| (ExportKind::Global, global));
        let shared = memories.chain(globals).chain(functions);
        Ok(std::iter::once(table).chain(shared).collect())
    }

    /// The tables of the first module, with a slot for each gate at the end of the one for functions.
    pub fn first_tables(
        &self,
        sources: &wasmparser::TableSectionReader,
    ) -> Result<TableSection, Box<dyn Error>> {
        let mut section = TableSection::new();
        for table in sources.clone() {
            let mut type_ = RoundtripReencoder.table_type(table?.ty)?;
            if type_.element_type == wasm_encoder::RefType::FUNCREF {
                self.grow(&mut type_);
            }
            section.table(type_);
        }
        Ok(section)
    }

    /// Makes room for the gates.
    fn grow(&self, table: &mut wasm_encoder::TableType) {
        let gates = self.gates.len() as u64;
        table.minimum += gates;
        table.maximum = table.maximum.map(|most| most + gates);
    }

    /// The functions of the first module: gates lead into the table, and what moves is gone.
    pub fn first_code(&self) -> Result<CodeSection, Box<dyn Error>> {
        let mut section = CodeSection::new();
        let (table, slots) = self.slots()?;
        for (function, body) in (self.imported..).zip(&self.bodies) {
            let mut short = Function::new([]);
            if let Some(gate) = self.gates.iter().position(|gate| *gate == function) {
                let type_index = self.functions[function as usize];
                let parameters = self.signatures[type_index as usize].params().len();
                for parameter in 0..u32::try_from(parameters)? {
                    short.instruction(&Instruction::LocalGet(parameter));
                }
                short.instruction(&Instruction::I32Const(slots + i32::try_from(gate)?));
                short.instruction(&Instruction::CallIndirect {
                    type_index,
                    table_index: table,
                });
            } else if self.moves.contains(&function) {
                short.instruction(&Instruction::Unreachable);
            } else {
                RoundtripReencoder.parse_function_body(&mut section, body.clone())?;
                continue;
            }
            short.instruction(&Instruction::End);
            section.function(&short);
        }
        Ok(section)
    }

    /// The table for functions, and the first slot for gates in it.
    fn slots(&self) -> Result<(u32, i32), Box<dyn Error>> {
        let is_of_functions =
            |table: &TableType| table.element_type == wasmparser::RefType::FUNCREF;
        let table = self
            .tables
            .iter()
            .position(is_of_functions)
            .ok_or("no table for functions")?;
        Ok((
            u32::try_from(table)?,
            i32::try_from(self.tables[table].initial)?,
        ))
    }

    /// The second module; `exports` names what the first one exports.
    pub fn second(&self, exports: &[(ExportKind, u32, String)]) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut renumber = Renumber {
            functions: BTreeMap::new(),
        };
        let mut imports = ImportSection::new();
        for (kind, index) in self.shared()? {
            let same = |export: &&(ExportKind, u32, String)| (export.0, export.1) == (kind, index);
            let (_, _, name) = exports.iter().find(same).ok_or("an export is missing")?;
            let at = index as usize;
            let type_: EntityType = match kind {
                ExportKind::Func => {
                    let next = u32::try_from(renumber.functions.len())?;
                    renumber.functions.insert(index, next);
                    EntityType::Function(self.functions[at])
                }
                ExportKind::Table => {
                    let mut table = RoundtripReencoder.table_type(self.tables[at])?;
                    self.grow(&mut table);
                    table.into()
                }
                ExportKind::Memory => RoundtripReencoder.memory_type(self.memories[at])?.into(),
                ExportKind::Global => RoundtripReencoder.global_type(self.globals[at])?.into(),
                ExportKind::Tag => return Err("tags are not shared".into()),
            };
            imports.import(FIRST, name, type_);
        }
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for function in &self.moves {
            let next = u32::try_from(renumber.functions.len())?;
            renumber.functions.insert(*function, next);
            functions.function(self.functions[*function as usize]);
        }
        for function in &self.moves {
            let body = &self.bodies[(function - self.imported) as usize];
            renumber.parse_function_body(&mut code, body.clone())?;
        }
        let (table, slots) = self.slots()?;
        let gates: Vec<u32> = self
            .gates
            .iter()
            .map(|gate| renumber.functions[gate])
            .collect();
        let mut elements = ElementSection::new();
        elements.active(
            Some(table),
            &ConstExpr::i32_const(slots),
            Elements::Functions(gates.into()),
        );
        let mut module = Module::new();
        module.section(&RawSection {
            id: 1,
            data: &self.types,
        });
        module
            .section(&imports)
            .section(&functions)
            .section(&elements)
            .section(&code);
        module.section(&RawSection {
            id: 0,
            data: &self.features,
        });
        Ok(module.finish())
    }
}

/// What a body calls, or takes the address of.
fn calls(body: &FunctionBody) -> Result<Vec<u32>, wasmparser::BinaryReaderError> {
    let mut calls = Vec::new();
    for operator in body.get_operators_reader()? {
        if let Operator::Call { function_index } | Operator::RefFunc { function_index } = operator?
        {
            calls.push(function_index);
        }
    }
    Ok(calls)
}

/// A function's name without the hashes of crates: `podarium[0123456789abcdef]::main` is `podarium::main`.
fn without_hashes(name: &str) -> String {
    let mut parts = name.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(']') {
        Some((hash, rest))
            if hash.len() > 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            text + rest
        }
        _ => text + "[" + part,
    })
}

/// Gives functions the numbers that they have in the second module.
struct Renumber {
    functions: BTreeMap<u32, u32>,
}

impl Reencode for Renumber {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Self::Error>> {
        let number = self.functions.get(&function).copied();
        number.ok_or(reencode::Error::InvalidCodeSectionSize)
    }
}

#[cfg(test)]
mod tests {
    use super::without_hashes;

    #[test]
    fn names_lose_their_hashes_alone() {
        let name = "<podarium[0123456789abcdef]::A as core[fedcba9876543210]::B<[u8]>>::c";
        assert_eq!(without_hashes(name), "<podarium::A as core::B<[u8]>>::c");
    }
}
