//! Splits a command line into words as a POSIX shell would, without expansions.

/// The words, or the quote character that is never closed.
pub(super) fn split(line: &str) -> Result<Vec<String>, char> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' | '"' => quoted(character, &mut characters, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().extend(characters.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Appends up to the closing quote. In double quotes a backslash escapes `"`, `\`, `$` and the backquote.
fn quoted(quote: char, characters: &mut std::str::Chars, word: &mut String) -> Result<(), char> {
    loop {
        match characters.next().ok_or(quote)? {
            end if end == quote => return Ok(()),
            '\\' if quote == '"' => {
                let next = characters.next().ok_or(quote)?;
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Result<&[&str], char>) {
        let expect = expect.map(|words| words.iter().map(ToString::to_string).collect());
        assert_eq!(split(line), expect, "{line}");
    }

    #[test]
    fn splits_like_a_shell() {
        check("get  pods", Ok(&["get", "pods"]));
        check(
            r#"patch -p '{"a":"b c"}'"#,
            Ok(&["patch", "-p", r#"{"a":"b c"}"#]),
        );
        check(
            r#"a "b \"c\" \n" d\ e ''"#,
            Ok(&["a", r#"b "c" \n"#, "d e", ""]),
        );
        check("--x='1 2'3", Ok(&["--x=1 23"]));
        check("a 'b", Err('\''));
        check("", Ok(&[]));
    }
}
