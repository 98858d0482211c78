//! Shell patterns: `*`, `?`, `[…]`, with a backslash before what is meant literally.

/// Whether the whole text matches.
pub(in crate::cluster::process) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_letters(&pattern, &text)
}

/// Whether a pattern holds anything but literal text.
pub(super) fn is_pattern(pattern: &str) -> bool {
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// Text in which every letter that means something in a pattern is protected.
pub(super) fn protect(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// The length in bytes of the shortest or longest prefix that matches.
pub(super) fn prefix_length(pattern: &str, text: &str, longest: bool) -> Option<usize> {
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    if longest {
        let ends: Vec<usize> = ends.collect();
        return ends
            .into_iter()
            .rev()
            .find(|end| matches(pattern, &text[..*end]));
    }
    ends.find(|end| matches(pattern, &text[..*end]))
}

/// Where the shortest or longest suffix that matches begins, in bytes.
pub(super) fn suffix_start(pattern: &str, text: &str, longest: bool) -> Option<usize> {
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    if longest {
        return starts.find(|start| matches(pattern, &text[*start..]));
    }
    let starts: Vec<usize> = starts.collect();
    starts
        .into_iter()
        .rev()
        .find(|start| matches(pattern, &text[*start..]))
}

/// Iterative: on a mismatch it goes back to the last star only, which is enough.
fn matches_letters(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let matched = match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class_length(&pattern[p..], text[t]),
            Some('\\') if p + 1 < pattern.len() => (pattern[p + 1] == text[t]).then_some(2),
            Some(letter) => (*letter == text[t]).then_some(1),
            None => None,
        };
        match (matched, star) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((star_p, star_t))) => {
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

/// The length of a bracket expression if it matches the letter. One without end is a plain `[`.
fn class_length(pattern: &[char], letter: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let mut at = first;
    let mut found = false;
    loop {
        let Some(&low) = pattern.get(at) else {
            return (letter == '[').then_some(1);
        };
        if low == ']' && at > first {
            return (found != negated).then_some(at + 1);
        }
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let rest: String = pattern[at + 2..].iter().collect();
            if let Some((name, _)) = rest.split_once(":]") {
                found |= is_in_class(name, letter);
                at += name.chars().count() + 4;
                continue;
            }
        }
        if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|c| *c != ']') {
            found |= (low..=pattern[at + 2]).contains(&letter);
            at += 3;
        } else {
            found |= low == letter;
            at += 1;
        }
    }
}

/// The named classes of `[[:digit:]]`.
pub(in crate::cluster::process) fn is_in_class(name: &str, letter: char) -> bool {
    match name {
        "digit" => letter.is_ascii_digit(),
        "alpha" => letter.is_ascii_alphabetic(),
        "alnum" => letter.is_ascii_alphanumeric(),
        "upper" => letter.is_ascii_uppercase(),
        "lower" => letter.is_ascii_lowercase(),
        "space" => letter.is_whitespace(),
        "blank" => matches!(letter, ' ' | '\t'),
        "punct" => letter.is_ascii_punctuation(),
        "xdigit" => letter.is_ascii_hexdigit(),
        "print" => !letter.is_ascii_control(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
