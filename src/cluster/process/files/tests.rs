//! Tests of the file tree.

use super::*;

fn container() -> (Files, Volumes) {
    let image = ImageName::parse("nginx:1.27").expect("a valid name");
    let mut files = Files::for_image(&image);
    let mut volumes = Volumes::default();
    volumes.create("shared");
    volumes.replace("config", [("a.conf".to_owned(), "a=1\n".to_owned())]);
    let mount = |volume: &str, sub_path: &str, read_only| Mount {
        volume: Rc::from(volume),
        sub_path: sub_path.to_owned(),
        read_only,
    };
    files.mount("/data/shared", mount("shared", "", false));
    files.mount("/etc/config", mount("config", "", true));
    files.mount("/etc/one.conf", mount("config", "a.conf", true));
    (files, volumes)
}

#[test]
fn reads_and_writes_as_a_real_tree() {
    let (mut files, mut volumes) = container();
    let mut write = |path: &str, expected: Result<(), FileError>| {
        assert_eq!(
            files.write(&mut volumes, path, "x\n", true),
            expected,
            "{path}"
        );
    };
    write("/tmp/a", Ok(()));
    write("/tmp/a", Ok(()));
    write("/tmp/no/a", Err(FileError::NoSuchFile));
    write("/tmp", Err(FileError::IsDirectory));
    write("/tmp/a/b", Err(FileError::NotDirectory));
    write("/etc/config/a.conf", Err(FileError::ReadOnly));
    write("/etc/config/new", Err(FileError::ReadOnly));
    write("/data/shared/f", Ok(()));
    let read = |path: &str| files.read(&volumes, path).map(|text| text.to_string());
    assert_eq!(read("/tmp/a"), Ok("x\nx\n".to_owned()));
    assert_eq!(read("/tmp/../tmp/./a"), Ok("x\nx\n".to_owned()));
    assert_eq!(read("/etc/one.conf"), Ok("a=1\n".to_owned()));
    assert_eq!(read("/etc/config"), Err(FileError::IsDirectory));
    assert_eq!(read("/nope"), Err(FileError::NoSuchFile));
    assert_eq!(volumes.used_bytes("shared"), 2);
    assert_eq!(files.used_bytes(), 4);
}

#[test]
fn containers_share_volumes_and_nothing_else() {
    let (mut one, mut volumes) = container();
    let (other, _) = container();
    one.write(&mut volumes, "/data/shared/f", "hello", false)
        .expect("writable");
    one.write(&mut volumes, "/tmp/f", "hello", false)
        .expect("writable");
    assert!(other.exists(&volumes, "/data/shared/f"));
    assert!(!other.exists(&volumes, "/tmp/f"));
    let restarted = one.pristine();
    assert!(restarted.exists(&volumes, "/data/shared/f"));
    assert!(!restarted.exists(&volumes, "/tmp/f"));
}

#[test]
fn lists_removes_and_links() {
    let (mut files, mut volumes) = container();
    files.make_directory(&mut volumes, "/tmp/d").expect("new");
    assert_eq!(
        files.make_directory(&mut volumes, "/tmp/d"),
        Err(FileError::Exists)
    );
    files
        .write(&mut volumes, "/tmp/d/f", "1", false)
        .expect("writable");
    files.make_link(&mut volumes, "/tmp/l", "d").expect("new");
    assert_eq!(
        files
            .read(&volumes, "/tmp/l/f")
            .as_deref()
            .map(String::as_str),
        Ok("1")
    );
    assert_eq!(
        files.list(&volumes, "/tmp"),
        Ok(vec!["d".to_owned(), "l".to_owned()])
    );
    assert_eq!(files.list(&volumes, "/data"), Ok(vec!["shared".to_owned()]));
    assert_eq!(
        files.remove(&mut volumes, "/tmp/d"),
        Err(FileError::NotEmpty)
    );
    assert_eq!(
        files.remove(&mut volumes, "/data/shared"),
        Err(FileError::Busy)
    );
    for path in [
        "/tmp/d/f",
        "/tmp/d",
        "/tmp/l",
        "/usr/share/nginx/html/index.html",
    ] {
        assert_eq!(files.remove(&mut volumes, path), Ok(()), "{path}");
        assert!(!files.exists(&volumes, path), "{path}");
    }
    files.make_link(&mut volumes, "/tmp/x", "y").expect("new");
    files.make_link(&mut volumes, "/tmp/y", "x").expect("new");
    assert_eq!(files.read(&volumes, "/tmp/x"), Err(FileError::TooManyLinks));
}

#[test]
fn read_only_root_spares_volumes_and_devices() {
    let (mut files, mut volumes) = container();
    files.set_read_only_root(true);
    assert_eq!(
        files.write(&mut volumes, "/tmp/a", "x", false),
        Err(FileError::ReadOnly)
    );
    assert_eq!(
        files.write(&mut volumes, "/data/shared/a", "x", false),
        Ok(())
    );
    assert_eq!(
        files.write(&mut volumes, "/dev/termination-log", "x", false),
        Ok(())
    );
}

#[test]
fn sizes_count_zeros_without_keeping_them() {
    let (mut files, mut volumes) = container();
    files
        .set_size(&mut volumes, "/data/shared/big", 5 << 30)
        .expect("writable");
    assert_eq!(volumes.used_bytes("shared"), 5 << 30);
    files
        .write(&mut volumes, "/data/shared/small", "äb", false)
        .expect("writable");
    files
        .set_size(&mut volumes, "/data/shared/small", 1)
        .expect("writable");
    assert_eq!(volumes.used_bytes("shared"), (5 << 30) + 1);
}
