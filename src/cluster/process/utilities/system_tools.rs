//! Tools that say something about the system, and are done at once.

use super::{Call, dates};
use crate::cluster::process::machine::Context;

pub(super) fn is_known(base: &str) -> bool {
    matches!(
        base,
        "date"
            | "hostname"
            | "printenv"
            | "id"
            | "whoami"
            | "ps"
            | "uname"
            | "uptime"
            | "nproc"
            | "free"
            | "arch"
            | "expr"
            | "which"
            | "clear"
            | "mount"
            | "umount"
            | "tty"
            | "logger"
            | "apk"
            | "apt-get"
            | "apt"
            | "pip"
            | "npm"
            | "nginx"
            | "hello"
            | "python"
            | "python3"
            | "node"
            | "ruby"
            | "top"
            | "groups"
            | "ip"
            | "ifconfig"
            | "sysctl"
    )
}

/// Runs a tool; its exit code.
pub(super) fn run(call: &Call<'_>, context: &mut Context<'_, '_>) -> i32 {
    match text(call, context) {
        Ok(text) => {
            let failed = context.write(1, &text).is_err();
            // POSIX, `expr`: 0 and nothing are failures.
            i32::from(failed || (call.name == "expr" && matches!(text.trim(), "" | "0")))
        }
        Err((message, code)) => {
            if !message.is_empty() {
                // With nowhere to complain to, the code has to say it.
                let _ = context.write(2, &message);
            }
            code
        }
    }
}

fn text(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<String, (String, i32)> {
    let user = context.spec().user_id;
    let name = if user == 0 {
        "root".to_owned()
    } else {
        user.to_string()
    };
    Ok(match call.name {
        "date" => date(call, context),
        "hostname" => match call.arguments.first().map(String::as_str) {
            Some("-i" | "-I") => format!("{}\n", context.spec().pod_ip),
            _ => format!("{}\n", context.spec().hostname),
        },
        "printenv" => return variables(call),
        "id" => match call.arguments.first().map(String::as_str) {
            Some("-u" | "-g") => format!("{user}\n"),
            Some("-un" | "-nu") => format!("{name}\n"),
            _ if user == 0 => "uid=0(root) gid=0(root) groups=0(root)\n".to_owned(),
            _ => format!("uid={user} gid=0(root) groups=0(root)\n"),
        },
        "whoami" if user == 0 => "root\n".to_owned(),
        "whoami" => return Err((format!("whoami: unknown uid {user}\n"), 1)),
        "groups" => "root\n".to_owned(),
        "ps" | "top" => processes(context, &name),
        "uname" => match call.arguments.first().map(String::as_str) {
            Some("-m") => "x86_64\n".to_owned(),
            Some("-n") => format!("{}\n", context.spec().hostname),
            Some("-r") => "6.8.0\n".to_owned(),
            Some("-a") => format!("Linux {} 6.8.0 #1 SMP x86_64 GNU/Linux\n", context.spec().hostname),
            _ => "Linux\n".to_owned(),
        },
        "arch" => "x86_64\n".to_owned(),
        "nproc" => "4\n".to_owned(),
        "uptime" => format!(" {} up\n", dates::format(context.unix_micros(), "%H:%M:%S")),
        "free" => "              total        used        free\nMem:        8388608     1048576     7340032\n".to_owned(),
        "ip" | "ifconfig" => format!("eth0: inet {}/24\n", context.spec().pod_ip),
        "expr" => return expression(call.arguments),
        "which" => return which(call),
        "nginx" => return nginx(call, context),
        "hello" => HELLO_WORLD.to_owned(),
        "python" | "python3" | "node" | "ruby" => interpreter(call),
        _ => String::new(),
    })
}

fn date(call: &Call<'_>, context: &Context<'_, '_>) -> String {
    let mut micros = context.unix_micros();
    let mut words = call.arguments.iter();
    let mut format = "%a %b %e %H:%M:%S UTC %Y".to_owned();
    while let Some(word) = words.next() {
        if let Some(given) = word.strip_prefix('+') {
            format = given.to_owned();
        } else if word == "-d" {
            let stamp = words
                .next()
                .and_then(|text| text.trim_start_matches('@').parse::<i64>().ok());
            micros = stamp.map_or(micros, |seconds| seconds.saturating_mul(1_000_000));
        } else if word.starts_with("-I") || word == "--iso-8601" {
            format = if word.contains("sec") || word == "-Is" {
                "%FT%T+00:00"
            } else {
                "%F"
            }
            .to_owned();
        } else if word == "-R" {
            format = "%a, %d %b %Y %T %z".to_owned();
        }
    }
    dates::format(micros, &format) + "\n"
}

fn variables(call: &Call<'_>) -> Result<String, (String, i32)> {
    let find = |name: &str| call.env.iter().rev().find(|(key, _)| key == name);
    if call.arguments.is_empty() {
        return Ok(call
            .env
            .iter()
            .map(|(key, value)| format!("{key}={value}\n"))
            .collect());
    }
    let mut text = String::new();
    for name in call.arguments {
        let (_, value) = find(name).ok_or((String::new(), 1))?;
        text.push_str(&format!("{value}\n"));
    }
    Ok(text)
}

fn processes(context: &Context<'_, '_>, user: &str) -> String {
    let mut text = "PID   USER     TIME  COMMAND\n".to_owned();
    for (pid, title) in context.all_processes() {
        text.push_str(&format!("{pid:>5} {user:<8}  0:00 {title}\n"));
    }
    text
}

/// `expr` with one operator, or a chain of the same precedence from left to right.
fn expression(words: &[String]) -> Result<String, (String, i32)> {
    let bad = || ("expr: syntax error\n".to_owned(), 2);
    let (first, rest) = words.split_first().ok_or_else(bad)?;
    let mut value = first.clone();
    for pair in rest.chunks(2) {
        let [operator, right] = pair else {
            return Err(bad());
        };
        let numbers = value.parse::<i64>().ok().zip(right.parse::<i64>().ok());
        let arithmetic = |f: fn(i64, i64) -> i64| {
            let non_numeric = || ("expr: non-integer argument\n".to_owned(), 2);
            numbers
                .map(|(left, right)| f(left, right).to_string())
                .ok_or_else(non_numeric)
        };
        if matches!(operator.as_str(), "/" | "%") && numbers.is_some_and(|(_, right)| right == 0) {
            return Err(("expr: division by zero\n".to_owned(), 2));
        }
        let order = match numbers {
            Some((left, right)) => left.cmp(&right),
            None => value.as_str().cmp(right.as_str()),
        };
        value = match operator.as_str() {
            "+" => arithmetic(i64::wrapping_add)?,
            "-" => arithmetic(i64::wrapping_sub)?,
            "*" => arithmetic(i64::wrapping_mul)?,
            "/" => arithmetic(i64::wrapping_div)?,
            "%" => arithmetic(i64::wrapping_rem)?,
            "=" | "==" => i32::from(order.is_eq()).to_string(),
            "!=" => i32::from(order.is_ne()).to_string(),
            "<" => i32::from(order.is_lt()).to_string(),
            "<=" => i32::from(order.is_le()).to_string(),
            ">" => i32::from(order.is_gt()).to_string(),
            ">=" => i32::from(order.is_ge()).to_string(),
            _ => return Err(bad()),
        };
    }
    Ok(value + "\n")
}

fn which(call: &Call<'_>) -> Result<String, (String, i32)> {
    let mut text = String::new();
    for name in call.arguments {
        if !super::is_known(name) && name != "sh" {
            return Err((String::new(), 1));
        }
        text.push_str(&format!("/usr/bin/{name}\n"));
    }
    Ok(text)
}

/// `nginx -s quit`, `nginx -t`, `nginx -v`.
fn nginx(call: &Call<'_>, context: &mut Context<'_, '_>) -> Result<String, (String, i32)> {
    use crate::cluster::process::Signal;
    let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    let signal = match words.as_slice() {
        ["-s", "quit", ..] => Signal::QUIT,
        ["-s", "stop", ..] => Signal::TERM,
        ["-s", "reload", ..] => Signal::HUP,
        ["-v" | "-V", ..] => return Err(("nginx version: nginx/1.27.5\n".to_owned(), 0)),
        _ => {
            let text = "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n\
                        nginx: configuration file /etc/nginx/nginx.conf test is successful\n";
            return Err((text.to_owned(), 0));
        }
    };
    let is_master = |title: &str| title.starts_with("nginx") && !title.contains(" -s ");
    let own = context
        .processes()
        .into_iter()
        .find(|(_, _, title)| is_master(title));
    context.kill(own.map_or(1, |(pid, ..)| pid), Some(signal));
    Ok(String::new())
}

/// One-liners that only print a text: `python3 -c "print('hi')"`.
fn interpreter(call: &Call<'_>) -> String {
    let script = call.arguments.last().map_or("", String::as_str);
    let inner = ["print(", "console.log(", "puts "]
        .iter()
        .find_map(|verb| script.trim().strip_prefix(verb));
    let text = inner.map(|inner| inner.trim_end_matches(')').trim_matches(['"', '\'']));
    text.map_or(String::new(), |text| format!("{text}\n"))
}

const HELLO_WORLD: &str = "\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\n";
