//! Tools that look at files and change them, and are done at once.

use super::{Call, Flags, parse_bytes};
use crate::cluster::process::command::has_gnu_tools;
use crate::cluster::process::files::{FileError, Node, normalize};
use crate::cluster::process::machine::Context;
use crate::cluster::process::shell::pattern;

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "touch"
            | "rm"
            | "rmdir"
            | "mkdir"
            | "ls"
            | "cp"
            | "mv"
            | "ln"
            | "chmod"
            | "chown"
            | "chgrp"
            | "stat"
            | "du"
            | "df"
            | "find"
            | "truncate"
            | "fallocate"
            | "mktemp"
            | "readlink"
            | "realpath"
            | "basename"
            | "dirname"
            | "sync"
            | "install"
    )
}

/// Runs a tool; its exit code.
pub(super) fn run(call: &Call<'_>, context: &mut Context<'_, '_>) -> i32 {
    let flags = call.split(match call.name {
        "truncate" => "s",
        "fallocate" => "lo",
        "mkdir" | "install" => "m",
        "touch" => "dtr",
        "stat" => "c",
        _ => "",
    });
    match call.name {
        "touch" => each(call, &flags, context, |tool, context, path| {
            let surroundings = &mut *context.surroundings;
            if surroundings.files.exists(surroundings.volumes, path) {
                return Ok(());
            }
            let _ = tool;
            surroundings
                .files
                .write(surroundings.volumes, path, "", true)
        }),
        "mkdir" => each(call, &flags, context, |flags, context, path| {
            make_directory(path, flags.has('p') || flags.has_long("parents"), context)
        }),
        "rmdir" => each(call, &flags, context, |_, context, path| {
            let surroundings = &mut *context.surroundings;
            surroundings.files.list(surroundings.volumes, path)?;
            surroundings.files.remove(surroundings.volumes, path)
        }),
        "rm" => remove(call, &flags, context),
        "ls" => list(call, &flags, context),
        "cp" | "mv" | "install" => copy(call, &flags, context),
        "ln" => link(call, &flags, context),
        "chmod" | "chown" | "chgrp" => {
            let mut targets = flags.clone();
            targets.operands = targets.operands.split_off(1.min(targets.operands.len()));
            each(call, &targets, context, exists)
        }
        "stat" | "realpath" | "readlink" => paths(call, &flags, context),
        "du" | "df" => usage(call, &flags, context),
        "find" => find(call, context),
        "truncate" | "fallocate" => resize(call, &flags, context),
        "mktemp" => temporary(&flags, context),
        "basename" | "dirname" => name_part(call, &flags, context),
        _ => 0,
    }
}

fn print(context: &mut Context<'_, '_>, text: &str) -> i32 {
    i32::from(context.write(1, text).is_err())
}

/// Does something to each operand; 1 if any of them failed.
fn each(
    call: &Call<'_>,
    flags: &Flags,
    context: &mut Context<'_, '_>,
    action: impl Fn(&Flags, &mut Context<'_, '_>, &str) -> Result<(), FileError>,
) -> i32 {
    let mut code = 0;
    if flags.operands.is_empty() {
        return call.fail(context, "missing operand");
    }
    for file in &flags.operands {
        if let Err(error) = action(flags, context, &call.path(file)) {
            let message = match (call.name, has_gnu_tools(&context.spec().image)) {
                ("mkdir", false) => format!("can't create directory '{file}': {error}"),
                ("mkdir", true) => format!("cannot create directory '{file}': {error}"),
                ("touch", true) => format!("cannot touch '{file}': {error}"),
                _ => format!("{file}: {error}"),
            };
            code = call.fail(context, &message);
        }
    }
    code
}

fn exists(_: &Flags, context: &mut Context<'_, '_>, path: &str) -> Result<(), FileError> {
    let surroundings = &context.surroundings;
    surroundings
        .files
        .node(surroundings.volumes, path)
        .map(|_| ())
}

fn make_directory(
    path: &str,
    with_parents: bool,
    context: &mut Context<'_, '_>,
) -> Result<(), FileError> {
    let surroundings = &mut *context.surroundings;
    if !with_parents {
        return surroundings
            .files
            .make_directory(surroundings.volumes, path);
    }
    let ends = path
        .match_indices('/')
        .skip(1)
        .map(|(end, _)| end)
        .chain([path.len()]);
    for end in ends {
        match surroundings.files.node(surroundings.volumes, &path[..end]) {
            Ok(Node::Directory) => {}
            Ok(_) => return Err(FileError::NotDirectory),
            Err(FileError::NoSuchFile) => {
                surroundings
                    .files
                    .make_directory(surroundings.volumes, &path[..end])?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A directory with all that is in it, innermost first.
fn below(path: &str, context: &Context<'_, '_>, all: &mut Vec<String>) {
    const MOST_FILES: usize = 10_000;
    let surroundings = &context.surroundings;
    let mut at = all.len();
    all.push(path.to_owned());
    while at < all.len() && all.len() < MOST_FILES {
        let directory = all[at].clone();
        at += 1;
        for name in surroundings
            .files
            .list(surroundings.volumes, &directory)
            .unwrap_or_default()
        {
            all.push(normalize(&directory, &name));
        }
    }
}

fn remove(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let recursive = flags.has('r') || flags.has('R');
    let force = flags.has('f');
    let gnu = has_gnu_tools(&context.spec().image);
    let mut code = 0;
    if flags.operands.is_empty() && !force {
        return call.fail(context, "missing operand");
    }
    for file in &flags.operands {
        let path = call.path(file);
        let mut all = Vec::new();
        below(&path, context, &mut all);
        let is_directory = context
            .surroundings
            .files
            .list(context.surroundings.volumes, &path)
            .is_ok();
        let result = if is_directory && !recursive {
            Err(FileError::IsDirectory)
        } else {
            all.iter().rev().try_for_each(|path| {
                let surroundings = &mut *context.surroundings;
                surroundings.files.remove(surroundings.volumes, path)
            })
        };
        match result {
            Err(FileError::NoSuchFile) if force => {}
            Err(error) if gnu => {
                code = call.fail(context, &format!("cannot remove '{file}': {error}"));
            }
            Err(FileError::IsDirectory) => {
                code = call.fail(context, &format!("'{file}' is a directory"));
            }
            Err(error) => code = call.fail(context, &format!("can't remove '{file}': {error}")),
            Ok(()) => {}
        }
    }
    code
}

fn list(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let mut code = 0;
    let here = vec![".".to_owned()];
    let targets = if flags.operands.is_empty() {
        &here
    } else {
        &flags.operands
    };
    let gnu = has_gnu_tools(&context.spec().image);
    for file in targets {
        let path = call.path(file);
        let surroundings = &context.surroundings;
        let names = surroundings.files.list(surroundings.volumes, &path);
        let (directory, names) = match names {
            Ok(names) if !flags.has('d') => (path, names),
            Ok(_) | Err(FileError::NotDirectory) => ("/".to_owned(), vec![file.clone()]),
            Err(error) => {
                let message = if gnu {
                    format!("cannot access '{file}': {error}")
                } else {
                    format!("{file}: {error}")
                };
                code = call.fail(context, &message);
                code += i32::from(gnu);
                continue;
            }
        };
        let hidden = flags.has('a') || flags.has('A');
        let mut text = String::new();
        if targets.len() > 1 {
            text.push_str(&format!("{file}:\n"));
        }
        for name in names
            .iter()
            .filter(|name| hidden || !name.starts_with('.') || *name == ".")
        {
            let node = surroundings
                .files
                .node(surroundings.volumes, &normalize(&directory, name));
            if flags.has('l') {
                let (kind, size) = match &node {
                    Ok(Node::Directory) => ("drwxr-xr-x", 4_096),
                    Ok(node) => ("-rw-r--r--", node.size_bytes()),
                    Err(_) => ("lrwxrwxrwx", 0),
                };
                text.push_str(&format!("{kind}    1 root     root     {size:>9} {name}\n"));
            } else {
                text.push_str(&format!("{name}\n"));
            }
        }
        code = code.max(print(context, &text));
    }
    code
}

fn copy(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let Some((target, sources)) = flags.operands.split_last().filter(|(_, s)| !s.is_empty()) else {
        return call.fail(context, "missing file operand");
    };
    let target = call.path(target);
    let is_directory = context
        .surroundings
        .files
        .list(context.surroundings.volumes, &target)
        .is_ok();
    let recursive = flags.has('r') || flags.has('R') || flags.has('a') || call.name == "mv";
    let mut code = 0;
    for source in sources {
        let from = call.path(source);
        let name = from.rsplit('/').next().unwrap_or_default();
        let to = if is_directory {
            normalize(&target, name)
        } else {
            target.clone()
        };
        if let Err((file, error)) = copy_one(&from, &to, recursive, call.name == "mv", context) {
            let message = match (has_gnu_tools(&context.spec().image), error) {
                (true, FileError::IsDirectory) => {
                    format!("-r not specified; omitting directory '{source}'")
                }
                (true, error) => format!("cannot stat '{file}': {error}"),
                (false, FileError::IsDirectory) => format!("omitting directory '{source}'"),
                (false, FileError::NoSuchFile) if file == from => {
                    format!("can't stat '{source}': {error}")
                }
                (false, error) => format!("can't create '{file}': {error}"),
            };
            code = call.fail(context, &message);
        }
    }
    code
}

fn copy_one(
    from: &str,
    to: &str,
    recursive: bool,
    moves: bool,
    context: &mut Context<'_, '_>,
) -> Result<(), (String, FileError)> {
    let mut all = Vec::new();
    let at = |path: &str| {
        let path = path.to_owned();
        move |error| (path.clone(), error)
    };
    let surroundings = &context.surroundings;
    let first = surroundings
        .files
        .node(surroundings.volumes, from)
        .map_err(at(from))?;
    if first == Node::Directory && !recursive {
        return Err((from.to_owned(), FileError::IsDirectory));
    }
    below(from, context, &mut all);
    for path in &all {
        let target = format!("{to}{}", &path[from.len()..]);
        let surroundings = &mut *context.surroundings;
        match surroundings
            .files
            .node(surroundings.volumes, path)
            .map_err(at(path))?
        {
            Node::File {
                content,
                zero_bytes,
            } => {
                let size = content.len() as u64 + zero_bytes;
                let files = &mut *surroundings.files;
                files
                    .write(surroundings.volumes, &target, &content, false)
                    .map_err(at(&target))?;
                files
                    .set_size(surroundings.volumes, &target, size)
                    .map_err(at(&target))?;
            }
            _ => make_directory(&target, true, context).map_err(at(&target))?,
        }
    }
    if moves {
        for path in all.iter().rev() {
            let surroundings = &mut *context.surroundings;
            surroundings
                .files
                .remove(surroundings.volumes, path)
                .map_err(at(path))?;
        }
    }
    Ok(())
}

fn link(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let [target, name] = flags.operands.as_slice() else {
        return call.fail(context, "missing operand");
    };
    let path = call.path(name);
    let surroundings = &mut *context.surroundings;
    if flags.has('f') && surroundings.files.exists(surroundings.volumes, &path) {
        // What cannot be removed is reported by making the link.
        let _ = surroundings.files.remove(surroundings.volumes, &path);
    }
    match surroundings
        .files
        .make_link(surroundings.volumes, &path, target)
    {
        Ok(()) => 0,
        Err(error) => call.fail(context, &format!("{name}: {error}")),
    }
}

fn paths(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let mut code = 0;
    for file in &flags.operands {
        let path = call.path(file);
        let surroundings = &context.surroundings;
        match surroundings.files.node(surroundings.volumes, &path) {
            Ok(node) => {
                let real = surroundings.files.real_path(surroundings.volumes, &path);
                let text = match call.name {
                    "stat" => format!("  File: {file}\n  Size: {}\n", node.size_bytes()),
                    _ => format!("{real}\n"),
                };
                print(context, &text);
            }
            Err(error) => code = call.fail(context, &format!("can't stat '{file}': {error}")),
        }
    }
    code
}

fn usage(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let here = vec![if call.name == "df" { "/" } else { "." }.to_owned()];
    let targets = if flags.operands.is_empty() {
        &here
    } else {
        &flags.operands
    };
    let mut text = String::new();
    if call.name == "df" {
        text.push_str("Filesystem           1K-blocks      Used Available Use% Mounted on\n");
    }
    for file in targets {
        let mut all = Vec::new();
        below(&call.path(file), context, &mut all);
        let surroundings = &context.surroundings;
        let bytes: u64 = all
            .iter()
            .filter_map(|path| surroundings.files.node(surroundings.volumes, path).ok())
            .map(|node| node.size_bytes())
            .sum();
        let kibibytes = bytes.div_ceil(1_024);
        let amount = if flags.has('h') && kibibytes >= 1_024 {
            format!("{}.{}M", kibibytes / 1_024, kibibytes % 1_024 * 10 / 1_024)
        } else if flags.has('h') {
            format!("{kibibytes}.0K")
        } else {
            kibibytes.to_string()
        };
        text.push_str(&match call.name {
            "df" => {
                let total = 100_u64 << 20;
                let free = total.saturating_sub(kibibytes);
                let percent = kibibytes * 100 / total;
                format!("overlay              {total:>9} {kibibytes:>9} {free:>9} {percent:>3}% {file}\n")
            }
            _ => format!("{amount}\t{file}\n"),
        });
    }
    print(context, &text)
}

fn find(call: &Call<'_>, context: &mut Context<'_, '_>) -> i32 {
    let is_expression = |word: &&String| word.starts_with('-');
    let first = call.arguments.iter().position(|word| is_expression(&word));
    let (roots, expression) = call
        .arguments
        .split_at(first.unwrap_or(call.arguments.len()));
    let value = |name: &str| {
        let at = expression.iter().position(|word| word == name)?;
        expression.get(at + 1).map(String::as_str)
    };
    let here = [".".to_owned()];
    let roots = if roots.is_empty() { &here } else { roots };
    let mut code = 0;
    for root in roots {
        let path = call.path(root);
        let mut all = Vec::new();
        let surroundings = &context.surroundings;
        if !surroundings.files.exists(surroundings.volumes, &path) {
            code = call.fail(context, &format!("{root}: No such file or directory"));
            continue;
        }
        below(&path, context, &mut all);
        all.sort();
        let mut text = String::new();
        for found in &all {
            let node = context
                .surroundings
                .files
                .node(context.surroundings.volumes, found);
            let is_directory = matches!(node, Ok(Node::Directory));
            let name = found.rsplit('/').next().unwrap_or_default();
            let is_meant = value("-name").is_none_or(|pattern| pattern::matches(pattern, name))
                && value("-type").is_none_or(|kind| (kind == "d") == is_directory);
            if is_meant {
                text.push_str(&format!("{root}{}\n", &found[path.len()..]));
            }
        }
        code = code.max(print(context, &text));
    }
    code
}

fn resize(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let size = flags
        .value('s')
        .or_else(|| flags.value('l'))
        .and_then(parse_bytes);
    let Some(size) = size else {
        return call.fail(context, "you must specify a size");
    };
    each(call, flags, context, |_, context, path| {
        let surroundings = &mut *context.surroundings;
        surroundings
            .files
            .set_size(surroundings.volumes, path, size)
    })
}

fn temporary(flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut rng = context.rng();
    let name: String = (0..6)
        .filter_map(|_| rng.pick(letters))
        .map(|byte| char::from(*byte))
        .collect();
    let path = format!("/tmp/tmp.{name}");
    let surroundings = &mut *context.surroundings;
    let made = if flags.has('d') {
        surroundings
            .files
            .make_directory(surroundings.volumes, &path)
    } else {
        surroundings
            .files
            .write(surroundings.volumes, &path, "", false)
    };
    match made {
        Ok(()) => print(context, &format!("{path}\n")),
        Err(_) => 1,
    }
}

fn name_part(call: &Call<'_>, flags: &Flags, context: &mut Context<'_, '_>) -> i32 {
    let Some(path) = flags.operands.first() else {
        return call.fail(context, "missing operand");
    };
    let path = path.trim_end_matches('/');
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    let part = if call.name == "dirname" {
        if parent.is_empty() { "/" } else { parent }
    } else {
        let suffix = flags.operands.get(1).map_or("", String::as_str);
        name.strip_suffix(suffix)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(name)
    };
    print(context, &format!("{part}\n"))
}
