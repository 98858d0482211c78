//! Resource quantities: `100m`, `1.5Gi`, `2e3`, exact to a thousandth.

pub use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The quantity in thousandths of its unit (CPU: millicores), rounded up as Kubernetes rounds.
///
/// # Errors
/// The text is not a quantity, or too large for 2^96.
pub fn milli_value(quantity: &Quantity) -> Result<i128, InvalidQuantity> {
    parse(&quantity.0, 3)
}

/// The quantity in whole units (memory: bytes), rounded up as Kubernetes rounds.
///
/// # Errors
/// The text is not a quantity, or too large for 2^96.
pub fn value(quantity: &Quantity) -> Result<i128, InvalidQuantity> {
    parse(&quantity.0, 0)
}

/// The text as the API server stores it: rounded up to a thousandth, the suffix as large as it can be
/// without a fraction, of the same family (`1Gi`, `1G`, `1e9`) as it was written in.
///
/// # Errors
/// The text is not a quantity, or too large for 2^96.
pub fn canonical(quantity: &Quantity) -> Result<Quantity, InvalidQuantity> {
    Ok(of_milli(milli_value(quantity)?, quantity))
}

/// The sum of two quantities, written in the family of the first, or of the second if the first is zero. What is
/// no quantity counts as zero.
#[must_use]
pub fn sum(one: &Quantity, other: &Quantity) -> Quantity {
    let milli = |quantity| milli_value(quantity).unwrap_or(0);
    let (first, second) = (milli(one), milli(other));
    of_milli(first + second, if first == 0 { other } else { one })
}

/// So many thousandths as the API server writes them, in the family of `like`.
#[must_use]
pub fn of_milli(milli: i128, like: &Quantity) -> Quantity {
    const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&str; 8] = ["m", "", "k", "M", "G", "T", "P", "E"];
    const EXPONENT: [&str; 8] = ["m", "", "e3", "e6", "e9", "e12", "e15", "e18"];
    let text = &like.0;
    let (amount, base, suffixes) = if text.ends_with('i') && milli.abs() >= 1_024_000 {
        // Rounded away from zero.
        let whole = milli / 1000 + milli.signum() * i128::from(milli % 1000 != 0);
        (whole, 1024, BINARY.as_slice())
    } else if text.find(['e', 'E']).is_some_and(|at| at + 1 < text.len()) {
        (milli, 1000, EXPONENT.as_slice())
    } else {
        // Below 1024 a binary suffix says nothing, and decimal ones are used.
        (milli, 1000, DECIMAL.as_slice())
    };
    if amount == 0 {
        return Quantity("0".to_owned());
    }
    let (mut amount, mut step) = (amount, 0);
    while amount % base == 0 && step + 1 < suffixes.len() {
        (amount, step) = (amount / base, step + 1);
    }
    Quantity(format!("{amount}{}", suffixes[step]))
}

/// A text that is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidQuantity;

const LIMIT: i128 = 1 << 96;

fn parse(text: &str, scale: i32) -> Result<i128, InvalidQuantity> {
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let number_end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return Err(InvalidQuantity);
    }
    let (binary, exponent) = multiplier(suffix)?;
    // digits × 10^-len(fraction) × 10^exponent × 2^binary, wanted in units of 10^-scale.
    let digits: i128 = format!("0{whole}{fraction}")
        .parse()
        .map_err(|_| InvalidQuantity)?;
    let shifted = digits.checked_mul(1 << binary).ok_or(InvalidQuantity)?;
    let power = exponent + scale - i32::try_from(fraction.len()).map_err(|_| InvalidQuantity)?;
    let size = if power >= 0 {
        let factor = 10_i128
            .checked_pow(power.unsigned_abs())
            .ok_or(InvalidQuantity)?;
        shifted.checked_mul(factor).ok_or(InvalidQuantity)?
    } else {
        // Rounded away from zero; beyond 10^38 every remainder rounds to one unit.
        match 10_i128.checked_pow(power.unsigned_abs()) {
            Some(divisor) => shifted / divisor + i128::from(shifted % divisor != 0),
            None => i128::from(shifted != 0),
        }
    };
    if size > LIMIT {
        return Err(InvalidQuantity);
    }
    Ok(if negative { -size } else { size })
}

/// (power of two, power of ten) of a suffix.
fn multiplier(suffix: &str) -> Result<(u32, i32), InvalidQuantity> {
    Ok(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(InvalidQuantity)?;
            (
                0,
                exponent.parse::<i16>().map_err(|_| InvalidQuantity)?.into(),
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        text: &str,
        milli: Result<i128, InvalidQuantity>,
        whole: Result<i128, InvalidQuantity>,
    ) {
        let quantity = Quantity(text.to_owned());
        assert_eq!(
            (milli_value(&quantity), value(&quantity)),
            (milli, whole),
            "{text}"
        );
    }

    #[test]
    fn canonical_texts() {
        for (written, stored) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1536", "1536"),
            ("1000Ki", "1000Ki"),
            ("0.5Ki", "512"),
            ("100000k", "100M"),
            ("2e3", "2e3"),
            ("1e10", "10e9"),
            ("0.0001", "1m"),
            ("0Gi", "0"),
            ("-500m", "-500m"),
            ("1E", "1E"),
        ] {
            let stored = Ok(Quantity(stored.to_owned()));
            assert_eq!(
                canonical(&Quantity(written.to_owned())),
                stored,
                "{written}"
            );
        }
    }

    #[test]
    fn sums_keep_the_family_of_the_first() {
        for (one, other, expect) in [
            ("100m", "1", "1100m"),
            ("1Gi", "500M", "1573741824"),
            ("64Mi", "64M", "128036Ki"),
            ("0", "64Mi", "64Mi"),
            ("512Mi", "512Mi", "1Gi"),
            ("1", "-1", "0"),
        ] {
            let quantity = |text: &str| Quantity(text.to_owned());
            assert_eq!(
                sum(&quantity(one), &quantity(other)).0,
                expect,
                "{one} + {other}"
            );
        }
    }

    #[test]
    fn parses_as_kubernetes_does() {
        check("1", Ok(1_000), Ok(1));
        check("100m", Ok(100), Ok(1));
        check("0.5", Ok(500), Ok(1));
        check(".5", Ok(500), Ok(1));
        check("1.", Ok(1_000), Ok(1));
        check("1.5Gi", Ok(1_610_612_736_000), Ok(1_610_612_736));
        check("2e3", Ok(2_000_000), Ok(2_000));
        check(
            "1E",
            Ok(1_000_000_000_000_000_000_000),
            Ok(1_000_000_000_000_000_000),
        );
        check("5n", Ok(1), Ok(1));
        check("-1", Ok(-1_000), Ok(-1));
        check("1e-400", Ok(1), Ok(1));
        for bad in [
            "",
            ".",
            "-",
            "1.2.3",
            "1KB",
            "1 Gi",
            "abc",
            "1ei",
            "9999999999999999999999999999Ei",
        ] {
            check(bad, Err(InvalidQuantity), Err(InvalidQuantity));
        }
    }
}
