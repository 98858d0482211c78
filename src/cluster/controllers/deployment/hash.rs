//! The hash of a pod template that names its ReplicaSet.
//!
//! Kubernetes hashes a dump of Go structures, which nobody else can match; this one hashes the
//! template's JSON. It is as stable, and looks the same.

use crate::api::codec::to_json;
use crate::api::core::PodTemplateSpec;
use crate::api::json_text;
use crate::kernel::rng::fnv1a;

/// The characters of `rand.SafeEncodeString`: no vowels, so that no words appear.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of a template and of how often it collided with another: 8 to 10 characters.
#[must_use]
pub fn of_template(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    // Maps are sorted in the JSON of these types.
    let json = json_text::text(&to_json(template));
    let collisions = collisions.map(i32::to_le_bytes);
    let bytes = json.bytes().chain(collisions.into_iter().flatten());
    let hash = fnv1a(bytes);
    let folded = hash ^ (hash >> 32);
    let decimal = (folded & 0xffff_ffff).to_string();
    decimal
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_by_template_and_collisions() {
        let mut other = PodTemplateSpec::default();
        other.spec.get_or_insert_default().node_name = Some("node-1".to_owned());
        let template = PodTemplateSpec::default();
        let hashes = [
            of_template(&template, None),
            of_template(&template, Some(1)),
            of_template(&template, Some(2)),
            of_template(&other, None),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert!((6..=10).contains(&hash.len()), "{hash}");
            assert!(hash.bytes().all(|byte| ALPHABET.contains(&byte)), "{hash}");
            assert!(!hashes[..index].contains(hash), "{hashes:?}");
        }
        assert_eq!(hashes[0], of_template(&PodTemplateSpec::default(), None));
    }
}
