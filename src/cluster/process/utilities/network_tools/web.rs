//! The command lines of `wget` and `curl`.

use std::time::Duration;

use super::super::{Call, parse_duration};
use super::{Begun, Kind, http_request};
use crate::cluster::process::machine::Context;
use crate::cluster::process::network::RequestKind;

/// What a web client was asked to do with the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub url: String,
    /// No progress.
    pub quiet: bool,
    /// Errors all the same (`curl -S`).
    pub shows_errors: bool,
    /// Only look whether it is there (`wget --spider`, `curl -I`).
    pub head_only: bool,
    /// `curl -f`.
    pub fails: bool,
    /// `curl -i`.
    pub with_headers: bool,
    /// Where the body goes: a file, or standard output if empty.
    pub output: String,
    /// `curl -w`.
    pub write_out: String,
}

pub(super) fn wget(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
    let flags = call.split("OTtUPo");
    let long = |name: &str| {
        let found = flags.long.iter().find(|(long, _)| long == name);
        found.map(|(_, value)| value.as_str())
    };
    let Some(url) = flags.operands.first() else {
        return Err(call.fail(context, "missing URL"));
    };
    let Some(mut request) = http_request(url, "Wget") else {
        return Err(call.fail(context, &format!("not an http or ftp url: {url}")));
    };
    if let (Some(body), RequestKind::Http { request, .. }) = (long("post-data"), &mut request) {
        request.method = "POST".to_owned();
        request.body = body.to_owned();
    }
    let timeout = flags
        .value('T')
        .or_else(|| long("timeout"))
        .and_then(parse_duration);
    let name = url
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty() && url.matches('/').count() > 2);
    let output = match flags.value('O').or_else(|| long("output-document")) {
        Some("-") => String::new(),
        Some(file) => call.path(file),
        None => call.path(name.unwrap_or("index.html")),
    };
    let options = Options {
        url: url.clone(),
        quiet: flags.has('q'),
        head_only: flags.has_long("spider"),
        output,
        ..Options::default()
    };
    Ok((Kind::Wget(options), request, timeout))
}

pub(super) fn curl(call: &Call<'_>, context: &mut Context<'_, '_>) -> Begun {
    let flags = call.split("omwXdHAubTx");
    // Long flags of curl take their value as the next word.
    let long = |name: &str| {
        let at = call
            .arguments
            .iter()
            .position(|word| word.strip_prefix("--") == Some(name))?;
        call.arguments.get(at + 1).map(String::as_str)
    };
    let Some(url) = url_among(&flags.operands) else {
        // With nowhere to complain to, the code has to say it.
        let _ = context.write(2, "curl: (2) no URL specified\n");
        return Err(2);
    };
    let Some(mut request) = http_request(&url, "curl/8.14.1") else {
        let _ = context.write(
            2,
            "curl: (3) URL rejected: Malformed input to a URL function\n",
        );
        return Err(3);
    };
    let body = flags.value('d').or_else(|| long("data"));
    if let RequestKind::Http { request, .. } = &mut request {
        let usual = if body.is_some() {
            "POST"
        } else if flags.has('I') {
            "HEAD"
        } else {
            "GET"
        };
        request.method = flags
            .value('X')
            .or_else(|| long("request"))
            .unwrap_or(usual)
            .to_owned();
        request.body = body.unwrap_or_default().to_owned();
        let headers = flags.values.iter().filter(|(flag, _)| *flag == 'H');
        for (_, header) in headers {
            let (name, value) = header.split_once(':').unwrap_or((header, ""));
            request
                .headers
                .push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let limits = [flags.value('m'), long("max-time"), long("connect-timeout")];
    let timeout: Option<Duration> = limits
        .into_iter()
        .flatten()
        .filter_map(parse_duration)
        .min();
    let options = Options {
        url,
        quiet: flags.has('s') || flags.has_long("silent"),
        shows_errors: flags.has('S') || flags.has_long("show-error"),
        head_only: flags.has('I') || flags.has_long("head"),
        fails: flags.has('f') || flags.has_long("fail"),
        with_headers: flags.has('i') || flags.has_long("include"),
        output: flags
            .value('o')
            .or_else(|| long("output"))
            .map_or(String::new(), |file| call.path(file)),
        write_out: flags
            .value('w')
            .or_else(|| long("write-out"))
            .unwrap_or_default()
            .to_owned(),
    };
    Ok((Kind::Curl(options), request, timeout))
}

/// The operand that is the URL: values of long flags stand among the operands, too.
fn url_among(operands: &[String]) -> Option<String> {
    let full = operands.iter().find(|word| word.contains("://"));
    let likely = || operands.iter().find(|word| word.contains(['.', ':']));
    full.or_else(likely).or(operands.last()).cloned()
}
