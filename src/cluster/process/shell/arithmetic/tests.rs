//! Tests of arithmetic.

use std::collections::BTreeMap;

use super::*;

impl Variables for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }

    fn set(&mut self, name: &str, value: String) {
        self.insert(name.to_owned(), value);
    }
}

#[test]
fn values_are_those_of_c() {
    let check = |text: &str, expected: Result<i64, &str>| {
        let mut variables = BTreeMap::from([("x".to_owned(), "5".to_owned())]);
        let value = evaluate(text, &mut variables);
        assert_eq!(
            value.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|e| *e),
            "{text}"
        );
    };
    check("", Ok(0));
    check("1 + 2 * 3", Ok(7));
    check("(1+2)*3 - -4", Ok(13));
    check("x++ + x", Ok(11));
    check("++x", Ok(6));
    check("x += 3, x * 2", Ok(16));
    check("x > 3 && x <= 5", Ok(1));
    check("x == 5 ? 10 : 1/0", Ok(10));
    check("0 && (y = 3)", Ok(0));
    check("1 << 4 | 1", Ok(17));
    check("010 + 0x10", Ok(24));
    check("7 % 4", Ok(3));
    check("!x", Ok(0));
    check("~0", Ok(-1));
    check("unset", Ok(0));
    check("1 / 0", Err("divide by zero"));
    check("1 +", Err("arithmetic syntax error"));
    check("1 2", Err("arithmetic syntax error"));
    check("9223372036854775807 + 1", Ok(i64::MIN));
    check(&"(".repeat(500), Err("expression nested too deeply"));
    check(&"-".repeat(501), Err("arithmetic syntax error"));
}
