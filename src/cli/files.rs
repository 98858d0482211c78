//! The texts that a command line names: files, folders of YAML and JSON, and `-`.

use std::io::Read;
use std::path::{Path, PathBuf};

/// A text and what to call it.
pub struct Text {
    /// The path as given or found; `STDIN` for `-`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Reads what `names` name, folders with all below them, sorted by path.
///
/// # Errors
/// A file that cannot be read, in words.
pub fn read(names: &[String]) -> Result<Vec<Text>, String> {
    let mut texts = Vec::new();
    for name in names {
        if name == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| format!("STDIN: {error}"))?;
            texts.push(Text {
                name: "STDIN".to_owned(),
                text: String::from_utf8_lossy(&bytes).into_owned(),
            });
            continue;
        }
        let mut paths = Vec::new();
        collect(Path::new(name), &mut paths, true)?;
        for path in paths {
            let bytes =
                std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            texts.push(Text {
                name: path.display().to_string(),
                text,
            });
        }
    }
    Ok(texts)
}

/// The file, or the manifests in the folder. A file that was named is taken whatever it is called.
fn collect(path: &Path, paths: &mut Vec<PathBuf>, named: bool) -> Result<(), String> {
    if path.is_dir() {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut inside = std::fs::read_dir(path)
            .map_err(failed)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        inside.sort();
        return inside
            .iter()
            .try_for_each(|path| collect(path, paths, false));
    }
    let is_manifest = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json");
    if named || is_manifest {
        paths.push(path.to_owned());
    }
    Ok(())
}
