//! Regular expressions as `grep` and `sed` use them: literals, `.`, classes, anchors, groups,
//! alternatives and repetition. Matching goes back and forth with a limit on its steps.

use crate::cluster::process::shell::pattern::is_in_class;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    alternatives: Vec<Vec<Item>>,
    ignores_case: bool,
}

/// Where an expression matched, in letters; group 0 is the whole.
pub(super) type Groups = Vec<Option<(usize, usize)>>;

#[derive(Clone, Debug)]
struct Item {
    atom: Atom,
    least: u32,
    most: u32,
}

#[derive(Clone, Debug)]
enum Atom {
    Letter(char),
    Any,
    Class {
        negated: bool,
        parts: Vec<Part>,
    },
    Start,
    End,
    Word,
    Group {
        number: usize,
        alternatives: Vec<Vec<Item>>,
    },
}

#[derive(Clone, Debug)]
enum Part {
    Range(char, char),
    Named(String),
}

/// The most steps of one search; a search beyond it fails.
const MOST_STEPS: u32 = 200_000;
const MOST_DEPTH: u32 = 30;
const MOST_REPEATS: u32 = 1_000_000;

impl Regex {
    /// Compiles an expression; `extended` is `grep -E`, `literal` is `grep -F`. `None`: it cannot
    /// be read.
    pub fn new(text: &str, extended: bool, literal: bool, ignores_case: bool) -> Option<Self> {
        let letters: Vec<char> = text.chars().collect();
        if literal {
            let items = letters
                .into_iter()
                .map(|letter| Item::once(Atom::Letter(letter)));
            return Some(Self {
                alternatives: vec![items.collect()],
                ignores_case,
            });
        }
        let mut parser = Parser {
            letters,
            at: 0,
            extended,
            groups: 0,
            depth: 0,
        };
        let alternatives = parser.alternatives()?;
        (parser.at == parser.letters.len()).then_some(Self {
            alternatives,
            ignores_case,
        })
    }

    pub fn is_match(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().collect();
        self.find(&letters, 0).is_some()
    }

    /// The first match from a place on.
    pub fn find(&self, text: &[char], from: usize) -> Option<Groups> {
        let mut matcher = Matcher {
            text,
            ignores_case: self.ignores_case,
            steps: 0,
            groups: vec![None; 10],
        };
        for start in from..=text.len() {
            let mut end = None;
            let found = matcher.alternatives(&self.alternatives, start, &mut |_, at| {
                end = Some(at);
                true
            });
            if found {
                matcher.groups[0] = end.map(|end| (start, end));
                return Some(matcher.groups);
            }
            if matcher.steps >= MOST_STEPS {
                return None;
            }
        }
        None
    }
}

impl Item {
    fn once(atom: Atom) -> Self {
        Self {
            atom,
            least: 1,
            most: 1,
        }
    }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    extended: bool,
    groups: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Whether an operator stands here: plain if extended, else behind a backslash.
    fn eat_operator(&mut self, operator: char) -> bool {
        let (at, is_there) = if self.extended {
            (self.at, self.peek() == Some(operator))
        } else {
            let is_there =
                self.peek() == Some('\\') && self.letters.get(self.at + 1) == Some(&operator);
            (self.at + 1, is_there)
        };
        if is_there {
            self.at = at + 1;
        }
        is_there
    }

    fn alternatives(&mut self) -> Option<Vec<Vec<Item>>> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return None;
        }
        let mut all = vec![self.sequence()?];
        while self.eat_operator('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Some(all)
    }

    fn is_end(&self) -> bool {
        let next = self.letters.get(self.at + 1).copied();
        match self.peek() {
            None => true,
            Some('|' | ')') if self.extended => self.peek() == Some('|') || self.depth > 1,
            Some('\\') if !self.extended => matches!(next, Some('|' | ')')),
            _ => false,
        }
    }

    fn sequence(&mut self) -> Option<Vec<Item>> {
        let mut items: Vec<Item> = Vec::new();
        while !self.is_end() {
            let atom = self.atom(items.is_empty())?;
            let mut item = Item::once(atom);
            loop {
                (item.least, item.most) = if self.peek() == Some('*') {
                    self.at += 1;
                    (0, MOST_REPEATS)
                } else if self.eat_operator('+') {
                    (1, MOST_REPEATS)
                } else if self.eat_operator('?') {
                    (0, 1)
                } else if self.eat_operator('{') {
                    self.bounds()?
                } else {
                    break;
                };
            }
            items.push(item);
        }
        Some(items)
    }

    fn bounds(&mut self) -> Option<(u32, u32)> {
        let rest: String = self.letters[self.at..].iter().collect();
        let close = if self.extended { "}" } else { "\\}" };
        let (inner, _) = rest.split_once(close)?;
        self.at += inner.chars().count() + close.len();
        let (least, most) = match inner.split_once(',') {
            None => (inner.parse().ok()?, inner.parse().ok()?),
            Some((least, "")) => (least.parse().ok()?, MOST_REPEATS),
            Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
        };
        Some((least, most))
    }

    fn atom(&mut self, is_first: bool) -> Option<Atom> {
        if self.eat_operator('(') {
            self.groups += 1;
            let number = self.groups;
            let alternatives = self.alternatives()?;
            return self.eat_operator(')').then_some(Atom::Group {
                number,
                alternatives,
            });
        }
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            '.' => Atom::Any,
            '^' if self.extended || is_first => Atom::Start,
            '$' if self.extended || self.is_end() => Atom::End,
            '[' => self.class()?,
            '\\' => {
                let next = self.peek()?;
                self.at += 1;
                let class = |negated, name: &str| Atom::Class {
                    negated,
                    parts: vec![Part::Named(name.to_owned())],
                };
                match next {
                    'n' => Atom::Letter('\n'),
                    't' => Atom::Letter('\t'),
                    'd' => class(false, "digit"),
                    's' => class(false, "space"),
                    'S' => class(true, "space"),
                    'w' => Atom::Class {
                        negated: false,
                        parts: vec![Part::Named("alnum".to_owned()), Part::Range('_', '_')],
                    },
                    'b' | '<' | '>' => Atom::Word,
                    other => Atom::Letter(other),
                }
            }
            other => Atom::Letter(other),
        })
    }

    fn class(&mut self) -> Option<Atom> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut parts = Vec::new();
        loop {
            let low = self.peek()?;
            self.at += 1;
            if low == ']' && !parts.is_empty() {
                return Some(Atom::Class { negated, parts });
            }
            if low == '[' && self.peek() == Some(':') {
                let rest: String = self.letters[self.at + 1..].iter().collect();
                let (name, _) = rest.split_once(":]")?;
                self.at += name.chars().count() + 3;
                parts.push(Part::Named(name.to_owned()));
                continue;
            }
            let is_range = self.peek() == Some('-')
                && self
                    .letters
                    .get(self.at + 1)
                    .is_some_and(|high| *high != ']');
            let high = if is_range {
                self.letters[self.at + 1]
            } else {
                low
            };
            self.at += if is_range { 2 } else { 0 };
            parts.push(Part::Range(low, high));
        }
    }
}

struct Matcher<'t> {
    text: &'t [char],
    ignores_case: bool,
    steps: u32,
    groups: Groups,
}

/// What comes after: true if all the rest matches from there.
type Rest<'r> = &'r mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn alternatives(&mut self, all: &[Vec<Item>], at: usize, rest: Rest<'_>) -> bool {
        all.iter().any(|items| self.sequence(items, at, rest))
    }

    fn sequence(&mut self, items: &[Item], at: usize, rest: Rest<'_>) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return false;
        }
        let Some((item, others)) = items.split_first() else {
            return rest(self, at);
        };
        if let Atom::Group {
            number,
            alternatives,
        } = &item.atom
        {
            return self.group(*number, alternatives, item, others, at, 0, rest);
        }
        // As many as possible first, without recursion: each is one letter wide at most.
        let mut ends = vec![at];
        while (ends.len() as u32) <= item.most {
            let end = ends[ends.len() - 1];
            match self.single(&item.atom, end) {
                Some(width) if width > 0 => ends.push(end + width),
                Some(_) => {
                    ends.extend(std::iter::repeat_n(end, item.least.min(4) as usize));
                    break;
                }
                None => break,
            }
        }
        let least = item.least as usize;
        for count in (least..ends.len()).rev() {
            if self.sequence(others, ends[count], rest) {
                return true;
            }
        }
        false
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one repetition, nowhere else used"
    )]
    fn group(
        &mut self,
        number: usize,
        alternatives: &[Vec<Item>],
        item: &Item,
        others: &[Item],
        at: usize,
        count: u32,
        rest: Rest<'_>,
    ) -> bool {
        const MOST_ROUNDS: u32 = 200;
        if count < item.most.min(MOST_ROUNDS) {
            let before = self.groups.get(number).copied().flatten();
            let more = self.alternatives(alternatives, at, &mut |matcher, end| {
                // A round that takes nothing would go on for ever.
                if end == at && count >= item.least {
                    return false;
                }
                if let Some(group) = matcher.groups.get_mut(number) {
                    *group = Some((at, end));
                }
                matcher.group(number, alternatives, item, others, end, count + 1, rest)
            });
            if more {
                return true;
            }
            if let Some(group) = self.groups.get_mut(number) {
                *group = before;
            }
        }
        count >= item.least && self.sequence(others, at, rest)
    }

    /// The width of an atom that matches here.
    fn single(&self, atom: &Atom, at: usize) -> Option<usize> {
        let fold = |letter: char| {
            if self.ignores_case {
                letter.to_ascii_lowercase()
            } else {
                letter
            }
        };
        let is_word = |at: Option<usize>| {
            let letter = at.and_then(|at| self.text.get(at));
            letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        };
        let here = self.text.get(at).copied();
        let matched = match atom {
            Atom::Start => return (at == 0).then_some(0),
            Atom::End => return (at == self.text.len()).then_some(0),
            Atom::Word => return (is_word(at.checked_sub(1)) != is_word(Some(at))).then_some(0),
            Atom::Any => here.is_some(),
            Atom::Letter(letter) => here.is_some_and(|here| fold(here) == fold(*letter)),
            Atom::Class { negated, parts } => here.is_some_and(|here| {
                let is_in = |letter: char| {
                    parts.iter().any(|part| match part {
                        Part::Range(low, high) => (*low..=*high).contains(&letter),
                        Part::Named(name) => is_in_class(name, letter),
                    })
                };
                let is_in = is_in(here) || (self.ignores_case && is_in(fold(here)));
                is_in != *negated
            }),
            Atom::Group { .. } => false,
        };
        matched.then_some(1)
    }
}

#[cfg(test)]
mod tests;
