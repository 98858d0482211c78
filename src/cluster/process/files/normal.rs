//! Paths in their shortest form.

/// Makes a path absolute against `directory` and removes `.`, `..` and doubled slashes.
#[must_use]
pub fn normalize(directory: &str, path: &str) -> String {
    if is_normal(path) {
        return path.to_owned();
    }
    let base = if path.starts_with('/') { "" } else { directory };
    let mut normal = String::with_capacity(base.len() + path.len() + 1);
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => normal.truncate(normal.rfind('/').unwrap_or(0)),
            name => {
                normal.push('/');
                normal.push_str(name);
            }
        }
    }
    if normal.is_empty() {
        normal.push('/');
    }
    normal
}

/// Whether a path is absolute and certainly in its shortest form: no part of it begins with a dot.
pub(super) fn is_normal(path: &str) -> bool {
    let pairs = path.as_bytes().array_windows::<2>();
    path.len() > 1
        && path.starts_with('/')
        && !path.ends_with('/')
        && pairs.into_iter().all(|pair| !matches!(pair, b"//" | b"/."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_and_short() {
        for (directory, path, expect) in [
            ("/", "/", "/"),
            ("/", "", "/"),
            ("/a", "", "/a"),
            ("/a", "/b/c", "/b/c"),
            ("/a", "b/", "/a/b"),
            ("/a/b", "../c", "/a/c"),
            ("/", "/a//b", "/a/b"),
            ("/", "/a/./b/", "/a/b"),
            ("/", "/../..", "/"),
            ("/", "/a/.hidden", "/a/.hidden"),
            ("/", "/a/...", "/a/..."),
        ] {
            assert_eq!(normalize(directory, path), expect, "{directory} {path}");
        }
    }
}
