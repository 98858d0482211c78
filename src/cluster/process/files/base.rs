//! What stands in an image before anything is written: the usual directories and the few files
//! that lessons look at.

use super::tree::{Node, Tree};
use crate::cluster::process::image::ImageName;

/// The tree of an image.
pub(super) fn tree_of(image: &ImageName) -> Tree {
    let mut tree = Tree::default();
    for directory in DIRECTORIES {
        tree.put(directory, Node::Directory);
    }
    for (path, content) in FILES {
        tree.put_file(path, (*content).to_owned());
    }
    let specific = BY_IMAGE
        .iter()
        .filter(|(name, _, _)| *name == image.base_name());
    for (_, path, content) in specific {
        match content.strip_prefix("-> ") {
            Some(target) => tree.put(path, Node::Link(target.into())),
            None => tree.put_file(path, (*content).to_owned()),
        }
    }
    tree
}

/// Whether the runtime puts the file there, so that it does not count as written.
pub(super) fn is_provided(path: &str) -> bool {
    matches!(
        path,
        "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf" | "/dev/termination-log"
    )
}

/// What stays writable under a read-only root: the runtime's own mounts.
pub(super) fn is_always_writable(path: &str) -> bool {
    is_provided(path) || path.starts_with("/dev/") || path.starts_with("/proc/")
}

const DIRECTORIES: [&str; 26] = [
    "bin",
    "dev",
    "dev/shm",
    "etc",
    "home",
    "lib",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/local",
    "usr/local/bin",
    "usr/sbin",
    "usr/share",
    "var",
    "var/log",
    "var/tmp",
];

const FILES: [(&str, &str); 15] = [
    ("dev/null", ""),
    ("dev/zero", ""),
    ("dev/full", ""),
    ("dev/random", ""),
    ("dev/urandom", ""),
    ("dev/stdin", ""),
    ("dev/stdout", ""),
    ("dev/stderr", ""),
    ("dev/tty", ""),
    ("dev/termination-log", ""),
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
    ),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/hosts", ""),
    ("etc/hostname", ""),
    ("etc/resolv.conf", ""),
];

/// Image, path, content; `-> target` makes a link.
const BY_IMAGE: [(&str, &str, &str); 13] = [
    ("nginx", "usr/share/nginx/html/index.html", NGINX_INDEX),
    (
        "nginx",
        "usr/share/nginx/html/50x.html",
        "<h1>An error occurred.</h1>\n",
    ),
    (
        "nginx",
        "etc/nginx/nginx.conf",
        "events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n",
    ),
    (
        "nginx",
        "etc/nginx/conf.d/default.conf",
        NGINX_CONFIGURATION,
    ),
    ("nginx", "var/log/nginx/access.log", "-> /dev/stdout"),
    ("nginx", "var/log/nginx/error.log", "-> /dev/stderr"),
    (
        "httpd",
        "usr/local/apache2/htdocs/index.html",
        "<html><body><h1>It works!</h1></body></html>\n",
    ),
    ("alpine", "etc/alpine-release", "3.22.1\n"),
    (
        "alpine",
        "etc/os-release",
        "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME=\"Alpine Linux v3.22\"\n",
    ),
    ("busybox", "var/www/.keep", ""),
    (
        "ubuntu",
        "etc/os-release",
        "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n",
    ),
    (
        "debian",
        "etc/os-release",
        "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nID=debian\n",
    ),
    ("debian", "etc/debian_version", "13.1\n"),
];

const NGINX_INDEX: &str = "<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href=\"http://nginx.org/\">nginx.org</a>.<br/>
Commercial support is available at
<a href=\"http://nginx.com/\">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
";

const NGINX_CONFIGURATION: &str = "server {
    listen       80;
    server_name  localhost;
    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
}
";
