//! What the program consists of: the bytes of its functions by the part that they belong to.

use std::collections::BTreeMap;

use super::split::Split;

/// Modules that are large enough to be told apart by their own modules.
const LARGE: &[&str] = &["api", "apiserver", "cluster", "manifest", "session"];

/// Prints how many bytes of code each part has in the first module and in the one that is loaded later, largest
/// first, before they are optimised; parts below a hundredth together.
pub fn print(split: &Split) {
    let mut parts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut whole = [0; 2];
    for (name, bytes, moves) in split.sizes() {
        let place = usize::from(moves);
        parts.entry(part_of(name)).or_default()[place] += bytes;
        whole[place] += bytes;
    }
    let mut rows: Vec<(String, [usize; 2])> = parts.into_iter().collect();
    rows.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let is_small =
        |(_, bytes): &(String, [usize; 2])| bytes[0] + bytes[1] < (whole[0] + whole[1]) / 100;
    let (small, mut shown): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_small);
    let rest = small.iter().fold([0; 2], |sum, (_, bytes)| {
        [sum[0] + bytes[0], sum[1] + bytes[1]]
    });
    shown.extend([
        ("others".to_owned(), rest),
        ("all of the code".to_owned(), whole),
    ]);
    println!("\n{:>10} {:>10}  part of the program", "first", "later");
    for (name, [first, later]) in shown {
        println!("{first:>10} {later:>10}  {name}");
    }
}

/// What a function belongs to by its name: our module that it is made for, else the crate.
fn part_of(name: &str) -> String {
    if let Some((_, path)) = name.split_once("podarium::") {
        let mut path = path.split("::").map(word);
        let module = path.next().unwrap_or_default();
        let inner = path
            .next()
            .filter(|inner| LARGE.contains(&module) && !inner.is_empty());
        return match inner {
            Some(inner) if inner.starts_with(char::is_lowercase) => format!("{module}::{inner}"),
            _ => module.to_owned(),
        };
    }
    if name.contains("k8s_openapi::") {
        return "types of Kubernetes (k8s_openapi)".to_owned();
    }
    let start = name
        .trim_start_matches(['<', '&', '('])
        .trim_start_matches("dyn ");
    match word(start) {
        "" | "__rustc" => "others".to_owned(),
        crate_name => crate_name.to_owned(),
    }
}

/// The identifier at the beginning of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn a_function_is_of_the_part_that_it_is_made_for() {
        let check = |name: &str, part: &str| assert_eq!(part_of(name), part, "{name}");
        check("podarium::session::assist::help", "session::assist");
        check("<podarium::web::app::App as yew::Component>::view", "web");
        check(
            "core::ptr::drop_in_place<alloc::rc::Rc<podarium::cluster::kubelet::worker::Worker>>",
            "cluster::kubelet",
        );
        check("podarium::session::Session::update", "session");
        check("<&T as core::fmt::Display>::fmt", "T");
        check(
            "<k8s_openapi::v1_36::Pod as Clone>::clone",
            "types of Kubernetes (k8s_openapi)",
        );
        check("dlmalloc::dlmalloc::Dlmalloc<A>::malloc", "dlmalloc");
    }
}
