//! Values that have a reader of their own: quantities, times, bytes.

/// Why `text` is no quantity, in Kubernetes' words; none where it is one.
#[must_use]
pub fn quantity_problem(text: &str) -> Option<&'static str> {
    const FORMAT: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    const SUFFIX: &str = "unable to parse quantity's suffix";
    if text.is_empty() {
        return Some(FORMAT);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let rest = &unsigned[whole..];
    let fraction = rest.strip_prefix('.').map_or(0, digits);
    let suffix = rest
        .strip_prefix('.')
        .map_or(rest, |rest| &rest[fraction..]);
    let letters = suffix
        .bytes()
        .take_while(|byte| b"eEinumkKMGTP".contains(byte))
        .count();
    let exponent = &suffix[letters..];
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if digits(exponent) != exponent.len() {
        return Some(FORMAT);
    }
    // Kubernetes reads no digits at all as zero: `Mi` and `.` are quantities.
    (!known_suffix(suffix)).then_some(SUFFIX)
}

/// The suffixes of Kubernetes: decimal, binary, and decimal exponents.
fn known_suffix(suffix: &str) -> bool {
    let plain = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let exponent = suffix.strip_prefix(['e', 'E']);
    plain.contains(&suffix) || exponent.is_some_and(|digits| digits.parse::<i32>().is_ok())
}

/// A quantity that was probably meant by `text`: units of other systems, and letters in the wrong case.
#[must_use]
pub fn meant_quantity(text: &str) -> Option<String> {
    let at = text.find(|character: char| {
        !(character.is_ascii_digit() || matches!(character, '.' | '+' | '-'))
    })?;
    let (number, unit) = text.split_at(at);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "k" | "kb" => "k",
        "m" | "mb" | "megabytes" => "M",
        "g" | "gb" => "G",
        "t" | "tb" => "T",
        "ki" | "kib" => "Ki",
        "mi" | "mib" => "Mi",
        "gi" | "gib" => "Gi",
        "ti" | "tib" => "Ti",
        "b" | "bytes" => "",
        _ => return None,
    };
    let meant = format!("{number}{unit}");
    quantity_problem(&meant).is_none().then_some(meant)
}

/// Why `text` is no moment in RFC 3339, in Go's words; none where it is one.
#[must_use]
pub fn time_problem(text: &str) -> Option<String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let parts = [
        ("2006", 4, 0, 9999),
        ("-", 0, 0, 0),
        ("01", 2, 1, 12),
        ("-", 0, 0, 0),
        ("02", 2, 1, 31),
        ("T", 0, 0, 0),
        ("15", 2, 0, 23),
        (":", 0, 0, 0),
        ("04", 2, 0, 59),
        (":", 0, 0, 0),
        ("05", 2, 0, 59),
    ];
    let failed = |rest: &str, part: &str| {
        Some(format!(
            "parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {part:?}"
        ))
    };
    let names = [
        "year", "", "month", "", "day", "", "hour", "", "minute", "", "second",
    ];
    let mut rest = text;
    for (index, (part, width, low, high)) in parts.into_iter().enumerate() {
        if width == 0 {
            let Some(after) = rest.strip_prefix(part) else {
                return failed(rest, part);
            };
            rest = after;
            continue;
        }
        let number = rest
            .get(..width)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()) else {
            return failed(rest, part);
        };
        rest = &rest[width..];
        if !(low..=high).contains(&number) {
            return Some(format!(
                "parsing time {text:?}: {} out of range",
                names[index]
            ));
        }
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            rest = &fraction[digits..];
        }
    }
    if rest == "Z" {
        return None;
    }
    let zone = rest.as_bytes();
    let is_zone = matches!(zone, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()));
    if is_zone {
        None
    } else {
        failed(rest, "Z07:00")
    }
}

/// Why `text` is not in base64, in Go's words; none where it is.
#[must_use]
pub fn base64_problem(text: &str) -> Option<String> {
    let failed = |at: usize| Some(format!("illegal base64 data at input byte {at}"));
    let bytes = text.as_bytes();
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut count = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            // Go's decoder passes over line ends.
            b'\r' | b'\n' => {}
            b'=' => {
                let rest: Vec<usize> = (at + 1..bytes.len())
                    .filter(|at| !matches!(bytes[*at], b'\r' | b'\n'))
                    .collect();
                return match (count % 4, rest.as_slice()) {
                    (2, [second]) if bytes[*second] == b'=' => None,
                    (3, []) => None,
                    (2, []) => failed(bytes.len()),
                    (2, [second, third, ..]) if bytes[*second] == b'=' => failed(*third),
                    (2 | 3, [second, ..]) => failed(*second),
                    _ => failed(at),
                };
            }
            byte if in_alphabet(byte) => count += 1,
            _ => return failed(at),
        }
        at += 1;
    }
    // The last group of four is not full: told at its start.
    if count % 4 == 0 {
        None
    } else {
        failed(bytes.len() - count % 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for text in [
            "0", "1", "500m", "64Mi", "1.5Gi", "2e3", "2E-3", "+1k", "1.", ".5", "1E", "Mi", "-",
        ] {
            assert_eq!(quantity_problem(text), None, "{text}");
        }
        let check = |text: &str, expect: &str| {
            let found = quantity_problem(text).unwrap_or_default();
            assert!(found.contains(expect), "{text}: {found}");
        };
        for text in ["64MB", "1.2.3", "ten", "", "1 Gi", "true", "{}"] {
            check(text, "regular expression");
        }
        check("64mi", "suffix");
        check("10MM", "suffix");
        assert_eq!(meant_quantity("64MB").as_deref(), Some("64M"));
        assert_eq!(meant_quantity("64mi").as_deref(), Some("64Mi"));
        assert_eq!(meant_quantity("ten"), None);
    }

    #[test]
    fn times_are_rfc_3339() {
        for text in [
            "2022-06-02T07:21:36Z",
            "2022-06-02T07:21:36.5Z",
            "2022-06-02T07:21:36+02:00",
        ] {
            assert_eq!(time_problem(text), None, "{text}");
        }
        let check =
            |text: &str, expect: &str| assert_eq!(time_problem(text).as_deref(), Some(expect));
        check(
            "yesterday",
            r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#,
        );
        check(
            "2022-06-02",
            r#"parsing time "2022-06-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#,
        );
        check(
            "2022-13-02T07:21:36Z",
            r#"parsing time "2022-13-02T07:21:36Z": month out of range"#,
        );
    }

    #[test]
    fn base64_is_padded() {
        for text in ["", "YQ==", "YWI=", "YWJj", "YW\nJj"] {
            assert_eq!(base64_problem(text), None, "{text:?}");
        }
        let check = |text: &str, at: usize| {
            assert_eq!(
                base64_problem(text),
                Some(format!("illegal base64 data at input byte {at}"))
            );
        };
        check("a b", 1);
        check("p@ss", 1);
        check("YQ=", 3);
        check("secret", 4);
    }
}
