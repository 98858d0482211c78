//! A map by texts of random digits, such as uids, that are searched at nearly every event.

use std::rc::Rc;

/// A map in the order of its keys, in one sorted vector. The beginning of each text stands beside its value as a
/// number, so that a search reads no text but the one that it finds.
#[derive(Clone, Debug)]
pub struct ByText<V> {
    entries: Vec<Entry<V>>,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    head: u64,
    text: Rc<str>,
    value: V,
}

impl<V> ByText<V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The value of a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<&V> {
        let at = self.find(text).ok()?;
        Some(&self.entries[at].value)
    }

    /// The value of a text, to change.
    pub fn get_mut(&mut self, text: &str) -> Option<&mut V> {
        let at = self.find(text).ok()?;
        Some(&mut self.entries[at].value)
    }

    /// Whether it has the text.
    #[must_use]
    pub fn contains_key(&self, text: &str) -> bool {
        self.find(text).is_ok()
    }

    /// Sets the value of a text.
    pub fn insert(&mut self, text: Rc<str>, value: V) {
        match self.find(&text) {
            Ok(at) => self.entries[at].value = value,
            Err(at) => {
                let head = head(&text);
                self.entries.insert(at, Entry { head, text, value });
            }
        }
    }

    /// The value of a text, to change; first set to its default where there is none.
    pub fn or_default(&mut self, text: &str) -> &mut V
    where
        V: Default,
    {
        let at = self.find(text).unwrap_or_else(|at| {
            let entry = Entry {
                head: head(text),
                text: text.into(),
                value: V::default(),
            };
            self.entries.insert(at, entry);
            at
        });
        &mut self.entries[at].value
    }

    /// Takes a text out.
    pub fn remove(&mut self, text: &str) -> Option<V> {
        let at = self.find(text).ok()?;
        Some(self.entries.remove(at).value)
    }

    /// The values, in the order of their texts.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|entry| &entry.value)
    }

    /// The values to change, in the order of their texts.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// Where the text stands, or where it would.
    fn find(&self, text: &str) -> Result<usize, usize> {
        let head = head(text);
        self.entries.binary_search_by(|entry| {
            let by_head = entry.head.cmp(&head);
            by_head.then_with(|| (*entry.text).cmp(text))
        })
    }
}

impl<V> Default for ByText<V> {
    fn default() -> Self {
        Self::new()
    }
}

/// The first eight bytes as a number: in the order of the texts, as far as these tell it.
fn head(text: &str) -> u64 {
    let text = text.as_bytes();
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_the_texts() {
        let texts = [
            "",
            "a",
            "a\0",
            "ab",
            "abcdefgh",
            "abcdefghi",
            "abcdefgi",
            "b",
        ];
        let mut map = ByText::new();
        for text in texts.iter().rev() {
            map.insert((*text).into(), *text);
        }
        assert!(map.values().eq(&texts));
        assert!(texts.iter().all(|text| map.get(text) == Some(text)));
        assert_eq!(map.remove("ab"), Some("ab"));
        assert!(!map.contains_key("ab"));
        assert_eq!(*map.or_default("ab"), "");
    }
}
