//! Finds what a Rust source mentions: paths to modules of its crate, names, foreign blocks.
//!
//! It looks at tokens, not at text, so that strings and comments do not count and macro calls do.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Something that a source mentions.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    /// Line of the file, from 1.
    pub line: usize,
    /// What it is.
    pub what: What,
}

/// What is mentioned.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// An identifier, wherever it stands.
    Name(String),
    /// A path into this crate, resolved from its root: `cluster`, `kubelet`, `Kubelet`.
    Path(Vec<String>),
    /// `super::*` outside of a module within the file.
    SuperGlob,
    /// An `extern "…" { … }` block.
    Foreign,
}

/// All mentions in `text`, the source of the module whose path is `module`.
pub fn mentions(text: &str, module: &[String]) -> Vec<Mention> {
    let tokens: TokenStream = text.parse().expect("the file is Rust");
    let mut scan = Scan {
        file_depth: module.len(),
        module: module.to_vec(),
        found: Vec::new(),
    };
    scan.tokens(tokens);
    scan.found
}

struct Scan {
    /// How many parts of `module` are the file's own; what follows are modules within it.
    file_depth: usize,
    module: Vec<String>,
    found: Vec<Mention>,
}

impl Scan {
    fn tokens(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut within_path = false;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(name) => {
                    self.found
                        .push(mention(token, What::Name(name.to_string())));
                    if !within_path {
                        self.path(&tokens[index..], &[]);
                    }
                    if name == "extern" && is_foreign_block(&tokens[index..]) {
                        self.found.push(mention(token, What::Foreign));
                    }
                }
                TokenTree::Group(group) => {
                    let name = module_name(&tokens[..index]);
                    let inner = name.filter(|_| group.delimiter() == Delimiter::Brace);
                    let is_module = inner.is_some();
                    self.module.extend(inner);
                    // The groups of a `use` are read together with the path before them.
                    if !within_path {
                        self.tokens(group.stream());
                    } else {
                        self.names(group.stream());
                    }
                    if is_module {
                        self.module.pop();
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            within_path = ends_with_separator(&tokens[..=index]);
        }
    }

    fn names(&mut self, stream: TokenStream) {
        for token in stream {
            match &token {
                TokenTree::Ident(name) => {
                    self.found
                        .push(mention(&token, What::Name(name.to_string())));
                }
                TokenTree::Group(group) => self.names(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Reads the path at the start of `tokens`, which `before` leads up to.
    fn path(&mut self, tokens: &[TokenTree], before: &[String]) {
        let mut path = before.to_vec();
        let mut rest = tokens;
        loop {
            match rest {
                [TokenTree::Ident(name), ..] => path.push(name.to_string()),
                [TokenTree::Punct(star), ..] if star.as_char() == '*' && !path.is_empty() => {
                    path.push("*".to_owned());
                }
                [TokenTree::Group(group), ..] if !path.is_empty() => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| is_punct(token, ',')) {
                        self.path(branch, &path);
                    }
                    return;
                }
                _ => return,
            }
            match rest {
                [_, colon, second, after @ ..] if is_separator(colon, second) => rest = after,
                _ => break,
            }
        }
        self.resolve(&tokens[0], &path);
    }

    /// Records `path` if it leads into this crate.
    fn resolve(&mut self, at: &TokenTree, path: &[String]) {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let inner_depth = self.module.len() - self.file_depth;
        if supers > inner_depth && path.get(supers).is_some_and(|part| part == "*") {
            self.found.push(mention(at, What::SuperGlob));
        }
        let resolved = match path[0].as_str() {
            "crate" | "podarium" => path[1..].to_vec(),
            "self" => [&self.module, &path[1..]].concat(),
            "super" if supers <= self.module.len() => {
                let base = &self.module[..self.module.len() - supers];
                [base, &path[supers..]].concat()
            }
            _ => return,
        };
        self.found.push(mention(at, What::Path(resolved)));
    }
}

fn mention(token: &TokenTree, what: What) -> Mention {
    let line = token.span().start().line;
    Mention { line, what }
}

/// The name of the module whose body comes after `tokens`: `mod NAME`.
fn module_name(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "mod" => {
            Some(name.to_string())
        }
        _ => None,
    }
}

fn is_foreign_block(tokens: &[TokenTree]) -> bool {
    matches!(
        tokens,
        [_, TokenTree::Group(_), ..] | [_, TokenTree::Literal(_), TokenTree::Group(_), ..]
    )
}

fn ends_with_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., first, second] if is_separator(first, second))
}

fn is_separator(first: &TokenTree, second: &TokenTree) -> bool {
    is_punct(first, ':') && is_punct(second, ':')
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
