//! What the network tools say to an answer, and the code they end with.

use super::web::Options;
use super::{Ask, Kind};
use crate::cluster::process::machine::Context;
use crate::cluster::process::network::{HttpResponse, NetworkReply, RequestKind, status_text};
use crate::cluster::process::shell::unescape;

/// Says what the answer was; the exit code.
pub(super) fn finish(ask: &mut Ask, reply: &NetworkReply, context: &mut Context<'_, '_>) -> i32 {
    let host = match &ask.request {
        RequestKind::Resolve { name } => name.clone(),
        RequestKind::Connect { host, .. }
        | RequestKind::Http { host, .. }
        | RequestKind::Ping { host } => host.clone(),
    };
    let port = match &ask.request {
        RequestKind::Connect { port, .. } | RequestKind::Http { port, .. } => *port,
        _ => 0,
    };
    match &ask.kind {
        Kind::Wget(options) => wget(&options.clone(), &host, reply, context),
        Kind::Curl(options) => {
            let millis = context.now.since(ask.started_at).as_millis();
            curl(&options.clone(), &host, port, millis, reply, context)
        }
        Kind::Ping { .. } => {
            ping(ask, reply, context);
            ping_summary(ask, &host, reply, context)
        }
        Kind::Netcat { verbose } => netcat(*verbose, &host, port, reply, context),
        Kind::Port { up, down, code } => {
            let (text, code) = match reply {
                NetworkReply::Connected => (*up, 0),
                _ => (*down, *code),
            };
            print(context, text);
            code
        }
        kind => resolved(kind, &host, reply, context),
    }
}

fn print(context: &mut Context<'_, '_>, text: &str) {
    // The code says how it went, even if nobody can read the text.
    let _ = context.write(1, text);
}

fn complain(context: &mut Context<'_, '_>, text: &str) {
    // As above.
    let _ = context.write(2, text);
}

/// The name server in `/etc/resolv.conf`.
fn name_server(context: &Context<'_, '_>) -> String {
    let surroundings = &context.surroundings;
    let text = surroundings
        .files
        .read(surroundings.volumes, "/etc/resolv.conf");
    let text = text.unwrap_or_default();
    let server = text
        .lines()
        .find_map(|line| line.strip_prefix("nameserver "));
    server.unwrap_or("10.96.0.10").trim().to_owned()
}

fn resolved(kind: &Kind, host: &str, reply: &NetworkReply, context: &mut Context<'_, '_>) -> i32 {
    let server = name_server(context);
    match (kind, reply) {
        (Kind::Dig { short: true }, NetworkReply::Resolved { addresses, .. }) => {
            print(context, &(addresses.join("\n") + "\n"));
            0
        }
        (Kind::Getent, NetworkReply::Resolved { name, addresses }) => {
            let address = addresses.first().map_or("", String::as_str);
            print(context, &format!("{address:<15} {name}\n"));
            0
        }
        (Kind::Getent, _) => 2,
        (_, NetworkReply::Resolved { name, addresses }) => {
            let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
            for address in addresses {
                text.push_str(&format!("Name:\t{name}\nAddress: {address}\n"));
            }
            print(context, &(text + "\n"));
            0
        }
        (_, NetworkReply::TimedOut | NetworkReply::Unreachable) => {
            complain(
                context,
                ";; connection timed out; no servers could be reached\n\n",
            );
            1
        }
        _ => {
            print(
                context,
                &format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"),
            );
            print(
                context,
                &format!("** server can't find {host}: NXDOMAIN\n\n"),
            );
            1
        }
    }
}

fn netcat(
    verbose: bool,
    host: &str,
    port: u16,
    reply: &NetworkReply,
    context: &mut Context<'_, '_>,
) -> i32 {
    let text = match reply {
        NetworkReply::Connected if verbose => format!("{host} ({host}:{port}) open\n"),
        NetworkReply::NoSuchHost => format!("nc: bad address '{host}'\n"),
        NetworkReply::Refused if verbose => {
            format!("nc: {host} ({host}:{port}): Connection refused\n")
        }
        NetworkReply::TimedOut if verbose => {
            format!("nc: {host} ({host}:{port}): Connection timed out\n")
        }
        _ => String::new(),
    };
    if !text.is_empty() {
        complain(context, &text);
    }
    i32::from(*reply != NetworkReply::Connected)
}

fn wget(options: &Options, host: &str, reply: &NetworkReply, context: &mut Context<'_, '_>) -> i32 {
    let failure = match reply {
        NetworkReply::Http(response) if response.status < 400 => {
            return save(options, response, context);
        }
        NetworkReply::Http(response) => {
            let text = status_text(response.status);
            format!("server returned error: HTTP/1.1 {} {text}", response.status)
        }
        NetworkReply::NoSuchHost => format!("bad address '{host}'"),
        NetworkReply::Refused => {
            format!("can't connect to remote host ({host}): Connection refused")
        }
        NetworkReply::Unreachable => {
            format!("can't connect to remote host ({host}): No route to host")
        }
        _ => "download timed out".to_owned(),
    };
    complain(context, &format!("wget: {failure}\n"));
    1
}

fn save(options: &Options, response: &HttpResponse, context: &mut Context<'_, '_>) -> i32 {
    if options.head_only {
        if !options.quiet {
            complain(context, "remote file exists\n");
        }
        return 0;
    }
    if options.output.is_empty() {
        print(context, &response.body);
        return 0;
    }
    let surroundings = &mut *context.surroundings;
    let name = options
        .output
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let written =
        surroundings
            .files
            .write(surroundings.volumes, &options.output, &response.body, false);
    match written {
        Ok(()) if options.quiet => 0,
        Ok(()) => {
            complain(context, &format!("saving to '{name}'\n'{name}' saved\n"));
            0
        }
        Err(error) => {
            complain(context, &format!("wget: can't open '{name}': {error}\n"));
            1
        }
    }
}

fn curl(
    options: &Options,
    host: &str,
    port: u16,
    millis: u128,
    reply: &NetworkReply,
    context: &mut Context<'_, '_>,
) -> i32 {
    let (code, failure) = match reply {
        NetworkReply::Http(response) if options.fails && response.status >= 400 => (
            22,
            format!("The requested URL returned error: {}", response.status),
        ),
        NetworkReply::Http(response) => (curl_body(options, response, context), String::new()),
        NetworkReply::NoSuchHost => (6, format!("Could not resolve host: {host}")),
        NetworkReply::TimedOut => (
            28,
            format!("Connection timed out after {millis} milliseconds"),
        ),
        _ => (
            7,
            format!(
                "Failed to connect to {host} port {port} after {millis} ms: Could not connect to server"
            ),
        ),
    };
    if !failure.is_empty() && (!options.quiet || options.shows_errors) {
        complain(context, &format!("curl: ({code}) {failure}\n"));
    }
    if !options.write_out.is_empty() {
        let status = match reply {
            NetworkReply::Http(response) => response.status,
            _ => 0,
        };
        let time = format!("{}.{:06}", millis / 1_000, millis % 1_000 * 1_000);
        let text = unescape(&options.write_out)
            .replace("%{http_code}", &format!("{status:03}"))
            .replace("%{response_code}", &format!("{status:03}"))
            .replace("%{time_total}", &time)
            .replace("%{url_effective}", &options.url);
        print(context, &text);
    }
    code
}

fn curl_body(options: &Options, response: &HttpResponse, context: &mut Context<'_, '_>) -> i32 {
    let mut text = String::new();
    if options.head_only || options.with_headers {
        let status = status_text(response.status);
        text.push_str(&format!("HTTP/1.1 {} {status}\r\n", response.status));
        for (name, value) in &response.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
    }
    if !options.head_only {
        text.push_str(&response.body);
    }
    if options.output.is_empty() {
        print(context, &text);
        return 0;
    }
    if options.output == "/dev/null" {
        return 0;
    }
    let surroundings = &mut *context.surroundings;
    match surroundings
        .files
        .write(surroundings.volumes, &options.output, &text, false)
    {
        Ok(()) => 0,
        Err(_) => {
            complain(context, "curl: (23) client returned ERROR on write\n");
            23
        }
    }
}

/// One answer of a ping.
pub(super) fn ping(ask: &mut Ask, reply: &NetworkReply, context: &mut Context<'_, '_>) {
    let RequestKind::Ping { host } = &ask.request else {
        return;
    };
    let Kind::Ping {
        sent,
        received,
        address,
        ..
    } = &mut ask.kind
    else {
        return;
    };
    if let NetworkReply::Pong {
        address: from,
        round_trip,
    } = reply
    {
        if *sent == 0 {
            print(context, &format!("PING {host} ({from}): 56 data bytes\n"));
        }
        address.clone_from(from);
        let micros = round_trip.as_micros();
        let time = format!("{}.{:03}", micros / 1_000, micros % 1_000);
        print(
            context,
            &format!("64 bytes from {from}: seq={sent} ttl=64 time={time} ms\n"),
        );
        *received += 1;
    }
    *sent += 1;
}

fn ping_summary(ask: &Ask, host: &str, reply: &NetworkReply, context: &mut Context<'_, '_>) -> i32 {
    let Kind::Ping { sent, received, .. } = &ask.kind else {
        return 1;
    };
    if *reply == NetworkReply::NoSuchHost {
        complain(context, &format!("ping: bad address '{host}'\n"));
        return 1;
    }
    let lost = (sent - received) * 100 / (*sent).max(1);
    print(
        context,
        &format!(
            "\n--- {host} ping statistics ---\n{sent} packets transmitted, {received} packets received, \
         {lost}% packet loss\n"
        ),
    );
    i32::from(*received == 0)
}
