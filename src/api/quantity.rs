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
