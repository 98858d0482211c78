//! The formats of names, labels, ports and paths, with the texts that say what is wrong. Each check
//! returns nothing for a good value.

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_KEY_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                              alphanumeric character";

/// A DNS label (RFC 1123): names of containers, volumes, services, namespaces.
pub(super) fn dns_label(value: &str) -> Vec<String> {
    let mut problems = longest(value, 63, "characters");
    if !is_dns_label(value) {
        problems.push(if is_dns_subdomain(value) {
            "must not contain dots".to_owned()
        } else {
            let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
                        must start and end with an alphanumeric character";
            pattern(rule, LABEL, &["my-name", "123-abc"])
        });
    }
    problems
}

/// A DNS subdomain (RFC 1123): names of most objects.
pub(super) fn dns_subdomain(value: &str) -> Vec<String> {
    subdomain(value, "characters")
}

/// A search domain of a resolver: a DNS subdomain whose labels may also have underscores.
pub(super) fn dns_search(value: &str) -> Vec<String> {
    const LABEL: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let mut problems = longest(value, 253, "characters");
    let good =
        |label: &str| is_dns_label(&label.strip_prefix('_').unwrap_or(label).replace('_', "-"));
    if !value.split('.').all(good) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
                    '.', and must start and end with an alphanumeric character";
        let expression = format!("{LABEL}(\\.{LABEL})*");
        problems.push(pattern(rule, &expression, &["example.com"]));
    }
    problems
}

/// A label key, also called a qualified name: `example.com/name` or `name`.
pub(super) fn label_key(value: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let wrong = |prefix: &str| {
        prefix.to_owned() + &pattern(LABEL_KEY_RULE, LABEL_KEY, &["MyName", "my.name", "123-abc"])
    };
    let name = match value.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                let texts = subdomain(prefix, "bytes").into_iter();
                problems.extend(texts.map(|text| format!("prefix part {text}")));
            }
            *name
        }
        _ => {
            let with = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![wrong("a valid label key ") + with];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else {
        let texts = longest(name, 63, "bytes").into_iter();
        problems.extend(texts.map(|text| format!("name part {text}")));
    }
    if !is_label_text(name) {
        problems.push(wrong("name part "));
    }
    problems
}

/// A label's value.
pub(super) fn label_value(value: &str) -> Vec<String> {
    let mut problems = longest(value, 63, "bytes");
    if !value.is_empty() && !is_label_text(value) {
        let rule = format!(
            "a valid label must be an empty string or {}",
            LABEL_KEY_RULE.trim_start_matches("must ")
        );
        let expression = format!("({LABEL_KEY})?");
        problems.push(pattern(
            &rule,
            &expression,
            &["MyValue", "my_value", "12345"],
        ));
    }
    problems
}

/// A port's name, as a probe or a container port uses it.
pub(super) fn port_name(value: &str) -> Vec<String> {
    let mut problems = longest(value, 15, "characters");
    let mut unless = |good: bool, problem: &str| {
        if !good {
            problems.push(problem.to_owned());
        }
    };
    let charset = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    unless(
        !value.is_empty() && value.chars().all(charset),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    unless(
        value.contains(|c: char| c.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    unless(
        !value.contains("--"),
        "must not contain consecutive hyphens",
    );
    unless(
        !value.starts_with('-') && !value.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    problems
}

/// A port's number.
pub(super) fn port_number(value: i32) -> Option<String> {
    in_range(value.into(), 1, 65_535)
}

/// A number between two others, both included.
pub(super) fn in_range(value: i64, least: i64, most: i64) -> Option<String> {
    let good = (least..=most).contains(&value);
    (!good).then(|| format!("must be between {least} and {most}, inclusive"))
}

/// The name of an environment variable: since 1.34 any printable ASCII but `=`.
pub(super) fn variable_name(value: &str) -> Vec<String> {
    if value.is_empty() {
        return vec!["environment variable name must be non-empty".to_owned()];
    }
    let good = value.chars().all(|c| (' '..='~').contains(&c) && c != '=');
    let rule = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    if good {
        Vec::new()
    } else {
        vec![rule.to_owned()]
    }
}

/// The key of a config map or secret.
pub(super) fn data_key(value: &str) -> Vec<String> {
    let mut problems = longest(value, 253, "characters");
    let charset = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if value.is_empty() || !value.chars().all(charset) {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        problems.push(pattern(
            rule,
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    let dots = match value {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ if value.starts_with("..") => "must not start with '..'",
        _ => return problems,
    };
    problems.push(dots.to_owned());
    problems
}

/// A part of a URL's path. Nothing is said of an empty one.
pub(super) fn path_segment(value: &str) -> Vec<String> {
    if matches!(value, "." | "..") {
        return vec![format!("may not be '{value}'")];
    }
    let found = ["/", "%"].into_iter().filter(|part| value.contains(part));
    found
        .map(|part| format!("may not contain '{part}'"))
        .collect()
}

/// The name of an HTTP header.
pub(super) fn header_name(value: &str) -> Vec<String> {
    if !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Vec::new();
    }
    let rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![pattern(rule, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// A percentage: `25%`.
pub(super) fn percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let rule = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![pattern(rule, "[0-9]+%", &["1%", "93%"])]
}

/// An IPv4 or IPv6 address.
pub(super) fn ip_address(value: &str) -> Option<&'static str> {
    let good = value.parse::<std::net::IpAddr>().is_ok();
    (!good).then_some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
}

fn subdomain(value: &str, unit: &str) -> Vec<String> {
    let mut problems = longest(value, 253, unit);
    if !is_dns_subdomain(value) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                    and must start and end with an alphanumeric character";
        let expression = format!("{LABEL}(\\.{LABEL})*");
        problems.push(pattern(rule, &expression, &["example.com"]));
    }
    problems
}

fn is_dns_label(value: &str) -> bool {
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = value.as_bytes();
    bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes.iter().all(|byte| edge(byte) || *byte == b'-')
}

fn is_dns_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns_label)
}

fn is_label_text(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn longest(value: &str, most: usize, unit: &str) -> Vec<String> {
    let long = value.len() > most;
    long.then(|| format!("must be no more than {most} {unit}"))
        .into_iter()
        .collect()
}

/// The rule, examples, and the regular expression that the server uses.
fn pattern(rule: &str, expression: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|one| format!("'{one}', ")).collect();
    format!(
        "{rule} (e.g. {}regex used for validation is '{expression}')",
        examples.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_and_bad() {
        let check = |rule: fn(&str) -> Vec<String>, good: &[&str], bad: &[&str]| {
            for value in good {
                assert_eq!(rule(value), [""; 0], "{value}");
            }
            for value in bad {
                assert!(!rule(value).is_empty(), "{value}");
            }
        };
        check(
            dns_label,
            &["a", "a-1", "1"],
            &["", "-a", "a-", "A", "a.b", "a_b"],
        );
        check(
            dns_subdomain,
            &["a.b", "a-b.c1"],
            &["", ".a", "a..b", "a_b"],
        );
        check(
            label_key,
            &["app", "example.com/App_1"],
            &["", "/a", "a/", "a/b/c", "A b"],
        );
        check(label_value, &["", "a.b_c-D"], &["-a", "a b"]);
        check(
            port_name,
            &["http", "a1-b"],
            &["", "1", "a--b", "-a", "HTTP", "abcdefghijklmnop"],
        );
        check(variable_name, &["a b", "1A"], &["", "a=b", "ä"]);
        check(
            data_key,
            &["a.b", "..b.c".trim_start_matches('.')],
            &["", "..", "..a", "a b"],
        );
        check(percent, &["0%", "150%"], &["", "%", "-1%", "1.5%"]);
    }

    #[test]
    fn the_words() {
        assert_eq!(
            dns_label("A b"),
            [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
              and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
              '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ]
        );
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
        assert_eq!(
            label_value("a b"),
            [
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
              start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
              for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ]
        );
    }
}
