//! `getopts`.

use super::super::Shell;
use super::Outcome;

impl Shell {
    /// `getopts letters name`: one option a call, by way of OPTIND and OPTARG.
    pub(super) fn getopts(&mut self, arguments: &[String]) -> Outcome {
        let [letters, name, words @ ..] = arguments else {
            return Outcome::Done(2);
        };
        let words: Vec<String> = if words.is_empty() {
            self.positional.to_vec()
        } else {
            words.to_vec()
        };
        let number = |shell: &Self, name: &str| {
            shell
                .parameter(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let mut index = number(self, "OPTIND").unwrap_or(1).max(1);
        let inner = number(self, "_OPTPOS").unwrap_or(1).max(1);
        let word = words
            .get(index - 1)
            .filter(|word| word.starts_with('-') && word.len() > 1);
        let letter = word
            .filter(|word| *word != "--")
            .and_then(|word| word.chars().nth(inner));
        let (Some(word), Some(letter)) = (word, letter) else {
            // A read-only variable keeps its value.
            let _ = self.assign(name, "?");
            return Outcome::Done(1);
        };
        let takes_value = letters.contains(&format!("{letter}:"));
        let rest: String = word.chars().skip(inner + 1).collect();
        let mut position = inner + 1;
        let mut value = None;
        if takes_value {
            position = 1;
            index += 1;
            value = if rest.is_empty() {
                index += 1;
                words.get(index - 2).cloned()
            } else {
                Some(rest)
            };
        } else if rest.is_empty() {
            position = 1;
            index += 1;
        }
        let found = if letters.contains(letter) {
            letter.to_string()
        } else {
            "?".to_owned()
        };
        let settings = [
            (name.as_str(), found),
            ("OPTIND", index.to_string()),
            ("_OPTPOS", position.to_string()),
            ("OPTARG", value.unwrap_or_default()),
        ];
        for (name, value) in settings {
            // A read-only variable keeps its value.
            let _ = self.assign(name, &value);
        }
        Outcome::Done(0)
    }
}
