//! Generated names and uids.

use crate::api::meta::ObjectMeta;
use crate::kernel::Rng;

/// apimachinery's alphabet for random names: no vowels and no look-alikes.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// apiserver: a generated name ends in five random characters …
const SUFFIX_LENGTH: usize = 5;

/// … and is at most 63 characters long, so the prefix is cut to 58.
const MAX_PREFIX_LENGTH: usize = 63 - SUFFIX_LENGTH;

/// Gives an object without a name one from `generateName`, if it has that.
pub(super) fn generate(meta: &mut ObjectMeta, rng: &mut Rng) {
    if meta.name.as_deref().is_some_and(|name| !name.is_empty()) {
        return;
    }
    let Some(prefix) = meta
        .generate_name
        .as_deref()
        .filter(|prefix| !prefix.is_empty())
    else {
        return;
    };
    let prefix: String = prefix.chars().take(MAX_PREFIX_LENGTH).collect();
    meta.name = Some(format!("{prefix}{}", suffix(rng, SUFFIX_LENGTH)));
}

/// `length` random characters that are safe in names.
pub fn suffix(rng: &mut Rng, length: usize) -> String {
    (0..length)
        .map(|_| char::from(ALPHABET[rng.below(ALPHABET.len() as u64) as usize]))
        .collect()
}

/// A random (version 4) UUID.
pub fn uid(rng: &mut Rng) -> String {
    let (high, low) = (rng.next_u64(), rng.next_u64());
    let version = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let variant = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        version >> 32,
        version >> 16 & 0xffff,
        version & 0xffff,
        variant >> 48,
        variant & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_generated_once() {
        let mut rng = Rng::new(1);
        let mut meta = ObjectMeta {
            generate_name: Some("web-".to_owned()),
            ..Default::default()
        };
        generate(&mut meta, &mut rng);
        let name = meta.name.clone().unwrap();
        assert!(name.starts_with("web-") && name.len() == 9, "{name}");
        generate(&mut meta, &mut rng);
        assert_eq!(meta.name.unwrap(), name);

        let mut long = ObjectMeta {
            generate_name: Some("x".repeat(100)),
            ..Default::default()
        };
        generate(&mut long, &mut rng);
        assert_eq!(long.name.unwrap().len(), 63);
    }

    #[test]
    fn uids_are_version_4() {
        let uid = uid(&mut Rng::new(1));
        let parts: Vec<&str> = uid.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(
            parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']),
            "{uid}"
        );
    }
}
