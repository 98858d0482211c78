//! The size of the first load: every file of the site as brotli would send it.

use std::path::Path;

use crate::offline;
use crate::run::Outcome;

/// What a first visit may transfer at most, in bytes.
const LIMIT: usize = 800_000;
/// Brotli's best level and its usual window, as for files compressed ahead of time.
const QUALITY: u32 = 11;
const WINDOW_BITS: u32 = 22;

/// Prints what each file of `folder` weighs; fails when they are over the limit together.
///
/// All files count but those that are loaded when first needed: whoever opens the page loads the others, and with
/// the first touch of it the rest for offline use.
pub fn report(folder: &Path) -> Outcome {
    let mut rows = Vec::new();
    for (name, content) in offline::files(folder)? {
        if offline::is_lazy(&name) {
            let compressed = compressed_size(&content)?;
            println!(
                "{name}: {} bytes, {compressed} of brotli, loaded when first needed",
                content.len()
            );
            continue;
        }
        rows.push((compressed_size(&content)?, content.len(), name));
    }
    rows.sort_by(|a, b| b.cmp(a));
    println!("\n{:>10} {:>10}  file", "bytes", "brotli");
    for (compressed, plain, name) in &rows {
        println!("{plain:>10} {compressed:>10}  {name}");
    }
    let plain: usize = rows.iter().map(|row| row.1).sum();
    let compressed: usize = rows.iter().map(|row| row.0).sum();
    println!("{plain:>10} {compressed:>10}  total (limit {LIMIT} brotli)");
    if compressed > LIMIT {
        return Err(format!(
            "the first load is {compressed} bytes of brotli; the limit is {LIMIT}"
        ));
    }
    Ok(())
}

fn compressed_size(content: &[u8]) -> Result<usize, String> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY as i32,
        lgwin: WINDOW_BITS as i32,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*content, &mut compressed, &parameters)
        .map_err(|error| format!("brotli: {error}"))?;
    Ok(compressed.len())
}
