//! What the known servers answer over HTTP, and what they log of it.

use std::time::Duration;

use super::kinds::ServerKind;
use crate::cluster::process::files::normalize;
use crate::cluster::process::network::{HttpRequest, HttpResponse, status_text};
use crate::cluster::process::utilities::dates;
use crate::cluster::process::{ProgramSpec, Surroundings};

/// Time for which `agnhost liveness` stays healthy.
const AGNHOST_HEALTHY_FOR: Duration = Duration::from_secs(10);

/// The answer of a server that no script governs.
pub(super) fn respond(
    kind: ServerKind,
    root: Option<&str>,
    request: &HttpRequest,
    spec: &ProgramSpec,
    surroundings: &Surroundings<'_>,
    age: Duration,
) -> HttpResponse {
    let path = request.path_only();
    if let Some(root) = root {
        return file_response(kind, root, path, surroundings);
    }
    match kind {
        ServerKind::AgnhostLiveness if path == "/healthz" && age > AGNHOST_HEALTHY_FOR => {
            HttpResponse::new(
                500,
                &format!("error: {}.{}", age.as_secs(), age.subsec_nanos()),
            )
        }
        ServerKind::AgnhostLiveness | ServerKind::ProbeServer => HttpResponse::new(200, "ok"),
        ServerKind::Netexec => netexec(path, request, spec),
        ServerKind::Go if spec.image.base_name() == "hello-app" => {
            let body = format!(
                "Hello, world!\nVersion: 1.0.0\nHostname: {}\n",
                spec.hostname
            );
            HttpResponse::new(200, &body)
        }
        ServerKind::Web(_) => HttpResponse::new(200, &format!("Hostname: {}\n", spec.hostname)),
        _ => HttpResponse::new(200, "OK\n"),
    }
}

/// `agnhost netexec`: the paths that tests and lessons use.
fn netexec(path: &str, request: &HttpRequest, spec: &ProgramSpec) -> HttpResponse {
    match path {
        "/" => HttpResponse::new(200, "NOW: the server is up"),
        "/hostname" | "/hostName" => HttpResponse::new(200, &spec.hostname),
        "/echo" => HttpResponse::new(200, query(request, "msg").unwrap_or_default()),
        "/clientip" => HttpResponse::new(200, "127.0.0.1:40000"),
        "/healthz" | "/exit" => HttpResponse::new(200, ""),
        "/redirect" => {
            let code = query(request, "code")
                .and_then(|c| c.parse().ok())
                .unwrap_or(302);
            let mut response = HttpResponse::new(code, "");
            let target = query(request, "location").unwrap_or("/");
            response
                .headers
                .push(("Location".to_owned(), target.to_owned()));
            response
        }
        _ => HttpResponse::new(404, "404 page not found\n"),
    }
}

/// The exit code if the request ends the server.
pub(super) fn exit_request(kind: ServerKind, request: &HttpRequest) -> Option<i32> {
    if kind != ServerKind::Netexec || request.path_only() != "/exit" {
        return None;
    }
    Some(
        query(request, "code")
            .and_then(|code| code.parse().ok())
            .unwrap_or(0),
    )
}

/// The body that goes with a status by script. Recordings: `status 399 from c399`.
pub(super) fn status_body(status: u16, hostname: &str) -> String {
    format!("status {status} from {hostname}\n")
}

fn query<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let (_, query) = request.path.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn file_response(
    kind: ServerKind,
    root: &str,
    path: &str,
    surroundings: &Surroundings<'_>,
) -> HttpResponse {
    // `normalize` keeps `..` from leaving the root.
    let full = format!("{root}{}", normalize("/", path));
    let read = |path: &str| surroundings.files.read(surroundings.volumes, path);
    let is_directory = surroundings.files.is_directory(surroundings.volumes, &full);
    let content = if is_directory {
        read(&format!("{}/index.html", full.trim_end_matches('/')))
    } else {
        read(&full)
    };
    match content {
        Ok(content) => HttpResponse::new(200, &content),
        // A directory without index may not be listed.
        Err(_) if is_directory && kind == ServerKind::Nginx => error_page(kind, 403),
        Err(_) => error_page(kind, 404),
    }
}

fn error_page(kind: ServerKind, status: u16) -> HttpResponse {
    let text = status_text(status);
    let body = match kind {
        ServerKind::Nginx => format!(
            "<html>\r\n<head><title>{status} {text}</title></head>\r\n<body>\r\n\
             <center><h1>{status} {text}</h1></center>\r\n<hr><center>nginx</center>\r\n\
             </body>\r\n</html>\r\n"
        ),
        _ => format!("<html><body><h1>{status} {text}</h1></body></html>\n"),
    };
    HttpResponse::new(status, &body)
}

/// The line that servers with an access log write, in the combined format.
pub(super) fn access_line(
    kind: ServerKind,
    request: &HttpRequest,
    response: &HttpResponse,
    unix_micros: i64,
) -> Option<String> {
    if !matches!(kind, ServerKind::Nginx | ServerKind::Apache) {
        return None;
    }
    let client = request.header("X-Podarium-Client").unwrap_or("10.244.0.1");
    let agent = request.header("User-Agent").unwrap_or("-");
    let date = dates::format(unix_micros, "%d/%b/%Y:%H:%M:%S +0000");
    Some(format!(
        "{client} - - [{date}] \"{} {} HTTP/1.1\" {} {} \"-\" \"{agent}\"\n",
        request.method,
        request.path,
        response.status,
        response.body.len(),
    ))
}
