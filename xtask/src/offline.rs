//! Makes a built site work offline: fills in the service worker's file list and has it registered.
//!
//! Only `dist` does this. A development server never gets a service worker, so that no stale file
//! is ever shown there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::Outcome;
use crate::{documentation, shrink};

/// The names of the lists in `static/service-worker.js`: of what the opening page needs, and of the rest.
const LISTS: [&str; 2] = ["FILES", "LATER"];
const WORKER: &str = "service-worker.js";
const REGISTRATION: &str = "<script src=\"offline.js\" defer></script>";

/// Prepares the site in `folder`.
pub fn prepare(folder: &Path) -> Outcome {
    register(&folder.join("index.html"))?;
    let mut lists = LISTS.map(|_| BTreeMap::new());
    for (name, content) in files(folder)? {
        if name != WORKER {
            lists[usize::from(is_lazy(&name))].insert(name, hash(&content));
        }
    }
    let path = folder.join(WORKER);
    let mut worker = read(&path)?;
    for (name, hashes) in LISTS.iter().zip(&lists) {
        let list = serde_json::to_string(hashes).map_err(|error| error.to_string())?;
        let slot = format!("const {name} = {{}};");
        if !worker.contains(&slot) {
            return Err(format!("{WORKER} has no line `{slot}` to fill in"));
        }
        worker = worker.replace(&slot, &format!("const {name} = {list};"));
    }
    write(&path, &worker)
}

/// Whether a file is loaded only when somebody asks for what is in it.
pub fn is_lazy(name: &str) -> bool {
    [documentation::FILE, "editor-assist.js", "editor-share.js"].contains(&name)
        || name.starts_with(shrink::MORE)
}

/// Every file under `folder` with its content, by its path with `/` between the parts.
pub fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    Ok(found)
}

fn collect(
    folder: &Path,
    prefix: &str,
    found: &mut BTreeMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn register(page: &Path) -> Outcome {
    let html = read(page)?;
    let Some(end) = html.find("</head>") else {
        return Err("dist/index.html has no </head>".to_owned());
    };
    let (before, after) = html.split_at(end);
    write(page, &format!("{before}{REGISTRATION}{after}"))
}

/// FNV-1a: it only has to be noticed that a file changed.
pub fn hash(content: &[u8]) -> String {
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
