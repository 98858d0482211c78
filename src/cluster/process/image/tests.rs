//! Tests of image names and pulls.

use super::*;

#[test]
fn references_are_normalized_or_refused() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let parsed = ImageName::parse(text).map(|name| name.to_string());
        let parsed = parsed.as_deref().map_err(String::as_str);
        assert_eq!(parsed, expected, "{text}");
    };
    let bad = Err("invalid reference format");
    check("nginx", Ok("docker.io/library/nginx:latest"));
    check("nginx:1.27", Ok("docker.io/library/nginx:1.27"));
    check("bitnami/redis", Ok("docker.io/bitnami/redis:latest"));
    check(
        "registry.k8s.io/pause:3.10",
        Ok("registry.k8s.io/pause:3.10"),
    );
    check("localhost:5000/a/b", Ok("localhost:5000/a/b:latest"));
    check("docker.io/busybox", Ok("docker.io/library/busybox:latest"));
    let digest = format!("a@sha256:{}", "0".repeat(64));
    check(&digest, Ok(&format!("docker.io/library/{digest}")));
    check(
        "my_app__x--y.z",
        Ok("docker.io/library/my_app__x--y.z:latest"),
    );
    check(
        "Nginx",
        Err("invalid reference format: repository name (library/Nginx) must be lowercase"),
    );
    for text in [
        "",
        "nginx:",
        ":1",
        "a b",
        "nginx:-x",
        "a//b",
        "a@sha256:12",
        "x:y:z",
        "-a",
        "a_",
    ] {
        check(text, bad);
    }
}

#[test]
fn pulls_follow_the_conventions() {
    let check = |text: &str, is_present: bool, millis: u128, error: &str| {
        let name = ImageName::parse(text).expect("the table holds valid names");
        let pull = name.pull(text, is_present);
        assert_eq!(pull.takes.as_millis(), millis, "{text}");
        assert_eq!(pull.result.err().unwrap_or_default(), error, "{text}");
    };
    check("nginx", false, 1_000, "");
    check("nginx", true, 300, "");
    check("registry.example/slow20:1", false, 20_000, "");
    check(
        "registry.example/notfound:1",
        false,
        300,
        "rpc error: code = NotFound desc = failed to pull and unpack image \
         \"registry.example/notfound:1\": failed to resolve reference \
         \"registry.example/notfound:1\": registry.example/notfound:1: not found",
    );
    check(
        "unreachable.example/a:1",
        false,
        5_000,
        "rpc error: code = Unknown desc = failed to pull and unpack image \
         \"unreachable.example/a:1\": failed to resolve reference \"unreachable.example/a:1\": \
         failed to do request: Head \"https://unreachable.example/v2/a/manifests/1\": dial tcp: \
         lookup unreachable.example: no such host",
    );
}

#[test]
fn identity_depends_on_the_full_name_only() {
    let name = |text| ImageName::parse(text).expect("valid");
    assert_eq!(
        name("nginx").image_id(),
        name("docker.io/library/nginx:latest").image_id()
    );
    assert_ne!(name("nginx:1").image_id(), name("nginx:2").image_id());
    assert_eq!(name("nginx").content_digest().len(), 7 + 64);
    assert_eq!(name("busybox:1.36").size_bytes(), 2_223_686);
}
