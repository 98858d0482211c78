//! "Did you mean …?": the nearest of some names.

/// The candidate nearest to `word`, if one is near enough to be meant.
#[must_use]
pub fn nearest<'name>(
    word: &str,
    candidates: impl IntoIterator<Item = &'name str>,
) -> Option<&'name str> {
    // A third of the letters may differ, and at least one.
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour. Case is free
/// of charge where it is all that differs.
fn distance(word: &str, other: &str) -> usize {
    if word.eq_ignore_ascii_case(other) {
        return usize::from(word != other);
    }
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name_or_none() {
        let check = |word: &str, expect: Option<&str>| {
            let names = ["containers", "name", "image", "imagePullPolicy", "hostname"];
            assert_eq!(nearest(word, names), expect, "{word}");
        };
        check("contaners", Some("containers"));
        check("nmae", Some("name"));
        check("imag", Some("image"));
        check("imagepullpolicy", Some("imagePullPolicy"));
        check("replicas", None);
        check("x", None);
    }
}
